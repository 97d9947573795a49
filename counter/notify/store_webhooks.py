"""Webhooks and their deliveries: commands and queries, one transaction each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from counter.errors import NotFound
from counter.notify.ports import Due
from counter.notify.store_tables import webhook, webhook_delivery
from counter.notify.webhook import (
    Delivery,
    Verdict,
    Webhook,
    message_body,
    pause_after,
    verdict,
    wants,
)
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import insert_for

AT_ONCE = 20
NEWEST = 100
KEPT_FOR = timedelta(days=30)
"How long what was delivered can be replayed."


class SqlWebhooks:
    """See `counter.notify.ports.WebhookStore`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def listed(self, department: str | None) -> list[Webhook]:
        return await self._executor.read(listed, department)

    async def add(
        self, webhook: Webhook, secret: str, by: str, now: datetime
    ) -> tuple[Webhook, str]:
        return await self._executor.write(add, webhook, secret, by, now)

    async def remove(self, webhook_id: str, department: str | None, by: str, now: datetime) -> None:
        await self._executor.write(remove, webhook_id, department, by, now)

    async def deliveries(self, webhook_id: str, department: str | None) -> list[Delivery]:
        return await self._executor.read(deliveries, webhook_id, department)

    async def replay(
        self,
        webhook_id: str,
        department: str | None,
        *,
        delivery: int | None,
        since: datetime | None,
        by: str,
        now: datetime,
    ) -> int:
        return await self._executor.write(
            replay, webhook_id, department, delivery=delivery, since=since, by=by, now=now
        )

    async def take_due(self, now: datetime) -> Sequence[Due]:
        return await self._executor.write(take_due, now)

    async def answered(self, delivery: int, status: int | None, now: datetime) -> None:
        await self._executor.write(answered, delivery, status, now)


def owe(
    conn: Connection,
    message: str,
    kind: str,
    ref: str,
    body: Mapping[str, Any],
    owed_at: datetime,
    now: datetime,
) -> None:
    """Write down what every webhook that wants it is to be told; the same again adds nothing."""
    for one in listed(conn, None):
        if wants(one, kind, body):
            conn.execute(
                insert_for(conn, webhook_delivery)
                .values(
                    webhook_id=one.id,
                    message=message,
                    kind=kind,
                    body=message_body(kind, ref, body, owed_at),
                    attempts=0,
                    due_at=now,
                )
                .on_conflict_do_nothing(index_elements=["webhook_id", "message"])
            )


def listed(conn: Connection, department: str | None) -> list[Webhook]:
    """Oldest first; department: only those that are told of it alone."""
    asked = select(webhook).order_by(webhook.c.made_at, webhook.c.id)
    if department is not None:
        asked = asked.where(webhook.c.department == department)
    return [_webhook(row) for row in conn.execute(asked)]


def add(conn: Connection, new: Webhook, secret: str, by: str, now: datetime) -> tuple[Webhook, str]:
    """Keep a new one, unless its id is known; the one that is kept, and its secret."""
    made = conn.execute(
        insert_for(conn, webhook)
        .values(
            id=new.id,
            url=new.url,
            secret=secret,
            kinds=list(new.kinds),
            department=new.department,
            active=new.active,
            made_at=new.made_at,
        )
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(webhook.c.id)
    ).first()
    if made is not None:
        facts = {"kinds": list(new.kinds), "department": new.department}
        _record(conn, by, "added", new.id, facts, now)
    row = conn.execute(select(webhook).where(webhook.c.id == new.id)).one()
    return _webhook(row), row.secret


def remove(
    conn: Connection, webhook_id: str, department: str | None, by: str, now: datetime
) -> None:
    """Forget one, and what it was still to be told.  Raises `NotFound`."""
    _require(conn, webhook_id, department)
    conn.execute(delete(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id))
    conn.execute(delete(webhook).where(webhook.c.id == webhook_id))
    _record(conn, by, "removed", webhook_id, {}, now)


def deliveries(conn: Connection, webhook_id: str, department: str | None) -> list[Delivery]:
    """The newest of one webhook.  Raises `NotFound`."""
    _require(conn, webhook_id, department)
    rows = conn.execute(
        select(webhook_delivery)
        .where(webhook_delivery.c.webhook_id == webhook_id)
        .order_by(webhook_delivery.c.id.desc())
        .limit(NEWEST)
    )
    return [
        Delivery(
            id=row.id,
            message=row.message,
            kind=row.kind,
            body=row.body,
            status=row.status,
            attempts=row.attempts,
            due_at=row.due_at,
            done_at=row.done_at,
        )
        for row in rows
    ]


def replay(
    conn: Connection,
    webhook_id: str,
    department: str | None,
    *,
    delivery: int | None,
    since: datetime | None,
    by: str,
    now: datetime,
) -> int:
    """Let one delivery be due again, or all of what happened since an instant; how many.

    The messages keep their ids.  A webhook that was given up is tried again.  Raises `NotFound`.
    """
    _require(conn, webhook_id, department)
    mine = webhook_delivery.c.webhook_id == webhook_id
    if delivery is not None:
        chosen = [delivery]
    else:
        # What happened since was not done before.
        done = webhook_delivery.c.done_at
        rows = conn.execute(
            select(webhook_delivery.c.id, webhook_delivery.c.body).where(
                mine, or_(done.is_(None), done >= since)
            )
        ).all()
        chosen = [row.id for row in rows if _happened(row.body) >= (since or now)]
    again = sum(
        conn.execute(
            update(webhook_delivery)
            .where(mine, webhook_delivery.c.id == one)
            .values(status=None, attempts=0, due_at=now, done_at=None)
        ).rowcount
        for one in chosen
    )
    if delivery is not None and not again:
        raise NotFound(f"webhook {webhook_id} has no delivery {delivery}")
    conn.execute(update(webhook).where(webhook.c.id == webhook_id).values(active=True))
    _record(conn, by, "replayed", webhook_id, {"deliveries": again}, now)
    return again


def take_due(conn: Connection, now: datetime) -> list[Due]:
    """Take what is to be sent; two nodes never take the same at once."""
    rows = conn.execute(
        select(webhook_delivery, webhook.c.url, webhook.c.secret)
        .join(webhook, webhook.c.id == webhook_delivery.c.webhook_id)
        .where(
            webhook.c.active,
            webhook_delivery.c.done_at.is_(None),
            webhook_delivery.c.due_at <= now,
        )
        .order_by(webhook_delivery.c.due_at, webhook_delivery.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=webhook_delivery)
    ).all()
    for row in rows:
        conn.execute(
            update(webhook_delivery)
            .where(webhook_delivery.c.id == row.id)
            .values(
                attempts=row.attempts + 1,
                due_at=now + (pause_after(row.attempts + 1) or timedelta(hours=1)),
            )
        )
    return [
        Due(delivery=row.id, message=row.message, url=row.url, secret=row.secret, body=row.body)
        for row in rows
    ]


def answered(conn: Connection, delivery: int, status: int | None, now: datetime) -> None:
    """Note what came of an attempt: it is done, or given up, or comes again by itself."""
    row = conn.execute(
        select(webhook_delivery.c.webhook_id, webhook_delivery.c.attempts).where(
            webhook_delivery.c.id == delivery
        )
    ).first()
    if row is None:  # its webhook was removed meanwhile
        return
    said = verdict(status)
    over = said is not Verdict.AGAIN or pause_after(row.attempts) is None
    conn.execute(
        update(webhook_delivery)
        .where(webhook_delivery.c.id == delivery)
        .values(status=status, done_at=now if over else None)
    )
    if said is Verdict.GONE:
        conn.execute(update(webhook).where(webhook.c.id == row.webhook_id).values(active=False))
        _record(conn, "counter:webhooks", "gone", row.webhook_id, {}, now)


def tidy(conn: Connection, now: datetime) -> None:
    """Forget what was delivered or given up long ago."""
    conn.execute(delete(webhook_delivery).where(webhook_delivery.c.done_at < now - KEPT_FOR))


def _require(conn: Connection, webhook_id: str, department: str | None) -> None:
    if all(one.id != webhook_id for one in listed(conn, department)):
        raise NotFound(f"no webhook {webhook_id[:40]}")


def _webhook(row: Row[Any]) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        kinds=tuple(row.kinds),
        department=row.department,
        active=row.active,
        made_at=row.made_at,
    )


def _happened(body: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(body["timestamp"])


def _record(
    conn: Connection,
    by: str,
    what: str,
    webhook_id: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    record(
        conn,
        actor=by,
        action=f"webhook.{what}",
        subject=f"webhook:{webhook_id}",
        facts=facts,
        now=now,
    )
