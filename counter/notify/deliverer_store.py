"""Takes what the outbox owes and hands it on, at least once: memos, webhooks, then the sinks.

What is owed may have waited for days: whether it is still true is asked when it is delivered.  The
memo and what webhooks are to be told are written in one transaction before the letter goes, so that
a letter that does not get there holds up nothing else.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from counter.notify import store_memos, store_webhooks
from counter.notify.notice import Channel, Notice, channel_of
from counter.notify.ports import Reader, Readers, Sink, Undeliverable
from counter.notify.webhook import PASSING
from counter.store import outbox
from counter.store.executor import Executor

log = logging.getLogger(__name__)

PAUSE_S = 2.0
WITHIN_S = 25.0
"Shorter than the pause after which the outbox gives a row out again."
MOST_ATTEMPTS = 96
"About four days."


class Deliverer:
    """Runs beside the counter; any node may run one."""

    def __init__(
        self,
        executor: Executor,
        readers: Readers,
        sinks: Mapping[Channel, Sink],
        clock: Callable[[], datetime],
    ) -> None:
        self._executor = executor
        self._readers = readers
        self._sinks = sinks
        self._clock = clock

    async def deliver_due(self) -> int:
        """Deliver what is due now; answers how many are done."""
        due = await self._executor.write(outbox.take_due, self._clock())
        return sum(await asyncio.gather(*(self._deliver(owed) for owed in due)))

    async def run_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.deliver_due():
                    pass
            except Exception as failed:
                log.warning("the outbox could not be read: %s", type(failed).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _deliver(self, owed: outbox.Owed) -> bool:
        """Whether it is done with."""
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._tell(owed)
        except Undeliverable as never:
            log.warning("notice %s will never get there: %s", owed.id, never)
        except Exception as failed:
            log.warning("notice %s not delivered: %s", owed.id, type(failed).__name__)
            if owed.attempts < MOST_ATTEMPTS:
                return False
        await self._executor.write(outbox.done, owed.id, self._clock())
        return True

    async def _tell(self, owed: outbox.Owed) -> None:
        now = self._clock()
        reader = await self._readers.reader(owed.kind, owed.ref, owed.body, now)
        if reader is None and owed.kind in PASSING:
            return
        notice_id = f"notice-{owed.id}"
        await self._executor.write(_keep, notice_id, owed, reader, now)
        if reader is None or not reader.to:
            return
        notice = Notice(
            id=notice_id,
            kind=owed.kind,
            ref=owed.ref,
            to=reader.to,
            language=reader.language,
            body=owed.body,
            letter=await self._readers.letter(owed.kind, owed.ref, owed.body, reader.language, now),
        )
        await self._sinks[channel_of(reader.to)].deliver(notice)


def _keep(
    conn: Connection, notice_id: str, owed: outbox.Owed, reader: Reader | None, now: datetime
) -> None:
    store_webhooks.owe(conn, notice_id, owed.kind, owed.ref, owed.body, owed.owed_at, now)
    if reader is not None and reader.person:
        store_memos.keep(conn, reader.person, notice_id, owed.kind, owed.ref, owed.body, now)
