"""Webhooks, one method per use case: who is told, telling them, and telling them again."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from counter.errors import BadInput
from counter.ids import NewId
from counter.notify.ports import Due, NotReached, Post, WebhookStore
from counter.notify.webhook import (
    SECRET_BYTES,
    Delivery,
    Webhook,
    checked_kinds,
    checked_url,
    new_secret,
    payload,
    signed,
)

log = logging.getLogger(__name__)

PAUSE_S = 2.0


class WebhookService:
    """Everywhere, department: only webhooks of that department exist for the caller; none: all."""

    def __init__(
        self,
        store: WebhookStore,
        post: Post,
        new_id: NewId,
        random_bytes: Callable[[int], bytes],
        clock: Callable[[], datetime],
        *,
        plain_http: bool = False,
    ) -> None:
        """plain_http: receivers may be reached without TLS; for development."""
        self._store = store
        self._post = post
        self._new_id = new_id
        self._random_bytes = random_bytes
        self._clock = clock
        self._plain_http = plain_http

    async def listed(self, department: str | None = None) -> list[Webhook]:
        """Oldest first; without their secrets."""
        return await self._store.listed(department)

    async def add(
        self,
        url: str,
        kinds: Sequence[str],
        department: str | None,
        by: str,
        *,
        webhook_id: str | None = None,
    ) -> tuple[Webhook, str]:
        """A new one, and the secret of its signatures, which is told this once.

        kinds: none for all.  by: `kind:id`, for the journal.  webhook_id: of who may ask twice; the
        one that has it already is not made again.  Raises `BadInput`.
        """
        now = self._clock()
        webhook = Webhook(
            id=webhook_id or self._new_id(),
            url=checked_url(url, plain_http=self._plain_http),
            kinds=checked_kinds(kinds),
            department=department,
            active=True,
            made_at=now,
        )
        secret = new_secret(self._random_bytes(SECRET_BYTES))
        return await self._store.add(webhook, secret, by, now)

    async def remove(self, webhook_id: str, by: str, department: str | None = None) -> None:
        """Tell it nothing any more.  Raises `NotFound`."""
        await self._store.remove(webhook_id, department, by, self._clock())

    async def deliveries(self, webhook_id: str, department: str | None = None) -> list[Delivery]:
        """What it was told, newest first.  Raises `NotFound`."""
        return await self._store.deliveries(webhook_id, department)

    async def replay(
        self,
        webhook_id: str,
        by: str,
        *,
        delivery: int | None = None,
        since: datetime | None = None,
        department: str | None = None,
    ) -> int:
        """Tell it one thing again, or all that happened since; answers how many.

        A webhook that said it is gone is active again.  Raises `NotFound`; `BadInput` unless one of
        `delivery` and `since` is given, and `since` with its offset.
        """
        if (delivery is None) == (since is None) or (since is not None and since.tzinfo is None):
            raise BadInput("replay one delivery, or all since an instant with its offset")
        return await self._store.replay(
            webhook_id, department, delivery=delivery, since=since, by=by, now=self._clock()
        )

    async def deliver_due(self) -> int:
        """Send what is due now; answers how many were tried."""
        due = await self._store.take_due(self._clock())
        await asyncio.gather(*(self._send(one) for one in due))
        return len(due)

    async def run_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.deliver_due():
                    pass
            except Exception as failed:
                log.warning("webhooks could not be told: %s", type(failed).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _send(self, due: Due) -> None:
        body = payload(due.body)
        headers = signed(due.secret, due.message, body, self._clock())
        status: int | None
        try:
            status = await self._post(due.url, headers, body)
        except NotReached as why:
            log.info("webhook delivery %s: %s", due.delivery, why)
            status = None
        await self._store.answered(due.delivery, status, self._clock())
