"""Readings of machine-readable zones as rows, for as long as an identification is under way."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Float, Row, String, Table, delete, select

from counter.documents.mrz import Reading
from counter.documents.page import PageState
from counter.documents.store_documents import page
from counter.documents.zones import IDENTITY_ITEMS, ReadPage, Unread
from counter.ids import CaseId, Digest, PageId
from counter.store.metadata import UtcDateTime, insert_for, metadata

zone_reading = Table(
    "zone_reading",
    metadata,
    Column("page_id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("layout", String(12)),
    Column("lines", JSON, nullable=False),
    Column("doubtful", JSON, nullable=False),
    Column("repaired", JSON, nullable=False),
    Column("correlation", Float, nullable=False),
    Column("number_hash", String(64)),
    Column("read_at", UtcDateTime, nullable=False, index=True),
)
"""Holds what is printed on a paper: rows go when the identification is over, or the day."""

_COUNTS = page.c.state.not_in([PageState.REJECTED, PageState.SUPERSEDED])


def unread_pages(conn: Connection, case_id: str) -> list[Unread]:
    """Pages of identity papers that were not looked at, in the order in which they came."""
    rows = conn.execute(
        select(page.c.id, page.c.page_sha256)
        .outerjoin(zone_reading, zone_reading.c.page_id == page.c.id)
        .where(
            page.c.case_id == case_id,
            page.c.item.in_(IDENTITY_ITEMS),
            _COUNTS,
            zone_reading.c.page_id.is_(None),
        )
        .order_by(page.c.seq)
    )
    return [Unread(page_id=PageId(row.id), page_sha256=Digest(row.page_sha256)) for row in rows]


def keep_reading(conn: Connection, read: ReadPage) -> None:
    """Keep what was found on a page; the first reading of a page stays."""
    found = read.reading
    conn.execute(
        insert_for(conn, zone_reading)
        .values(
            page_id=read.page_id,
            case_id=read.case_id,
            layout=found.layout if found else None,
            lines=list(found.lines) if found else [],
            doubtful=[list(one) for one in found.doubtful] if found else [],
            repaired=[list(one) for one in found.repaired] if found else [],
            correlation=found.correlation if found else 0.0,
            number_hash=read.number_hash,
            read_at=read.read_at,
        )
        .on_conflict_do_nothing(index_elements=["page_id"])
    )


def readings_of(conn: Connection, case_id: str, *, accepted_only: bool = False) -> list[ReadPage]:
    """Of pages that were not sent back nor replaced, oldest first.

    accepted_only: as the record names them.
    """
    counts = page.c.state == PageState.ACCEPTED if accepted_only else _COUNTS
    rows = conn.execute(
        select(zone_reading)
        .join(page, page.c.id == zone_reading.c.page_id)
        .where(zone_reading.c.case_id == case_id, counts)
        .order_by(page.c.seq)
    )
    return [_read_page(row) for row in rows]


def accepted_identity_pages(conn: Connection, case_id: str) -> list[str]:
    """Digests of the pages of identity papers that the agent accepted."""
    rows = conn.execute(
        select(page.c.page_sha256)
        .where(
            page.c.case_id == case_id,
            page.c.item.in_(IDENTITY_ITEMS),
            page.c.state == PageState.ACCEPTED,
        )
        .order_by(page.c.seq)
    ).scalars()
    return list(rows)


def forget_readings(conn: Connection, case_id: str) -> None:
    """Let go of everything that was read in this case."""
    conn.execute(delete(zone_reading).where(zone_reading.c.case_id == case_id))


def forget_old_readings(conn: Connection, before: datetime) -> int:
    """The same for what nobody finished; how many there were."""
    return conn.execute(delete(zone_reading).where(zone_reading.c.read_at < before)).rowcount


def _read_page(row: Row[Any]) -> ReadPage:
    reading = None
    if row.layout is not None:
        reading = Reading(
            layout=row.layout,
            lines=tuple(row.lines),
            correlation=row.correlation,
            doubtful=_places(row.doubtful),
            repaired=_places(row.repaired),
        )
    return ReadPage(
        page_id=PageId(row.page_id),
        case_id=CaseId(row.case_id),
        reading=reading,
        number_hash=row.number_hash,
        read_at=row.read_at,
    )


def _places(stored: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((line, column) for line, column in stored)
