"""Alerts: what somebody who runs the counter must look at, until it is settled.

One of a kind about one thing is open at a time; raising it again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Index, String, Table, select, update

from counter.store.metadata import BigSerial, UtcDateTime, insert_for, metadata

alert = Table(
    "alert",
    metadata,
    Column("id", BigSerial, primary_key=True, autoincrement=True),
    Column("kind", String(60), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("raised_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
)
Index(
    "uq_alert_open",
    alert.c.kind,
    alert.c.subject,
    unique=True,
    sqlite_where=alert.c.settled_at.is_(None),
    postgresql_where=alert.c.settled_at.is_(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One that is open."""

    kind: str
    subject: str
    facts: dict[str, Any]
    raised_at: datetime


def raise_alert(
    conn: Connection, kind: str, subject: str, facts: Mapping[str, Any], now: datetime
) -> bool:
    """Open an alert; False when it is open already.  facts: no personal data."""
    raised = conn.execute(
        insert_for(conn, alert)
        .values(kind=kind, subject=subject, facts=dict(facts), raised_at=now)
        .on_conflict_do_nothing()
    )
    return bool(raised.rowcount)


def settle_alert(conn: Connection, kind: str, subject: str, now: datetime) -> None:
    """It is seen to; harmless when there is none."""
    conn.execute(
        update(alert)
        .where(alert.c.kind == kind, alert.c.subject == subject, alert.c.settled_at.is_(None))
        .values(settled_at=now)
    )


def open_alerts(conn: Connection) -> list[Alert]:
    """Oldest first."""
    rows = conn.execute(select(alert).where(alert.c.settled_at.is_(None)).order_by(alert.c.id))
    return [
        Alert(kind=row.kind, subject=row.subject, facts=row.facts, raised_at=row.raised_at)
        for row in rows
    ]
