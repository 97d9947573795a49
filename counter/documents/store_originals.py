"""When the citizen took the originals back, and what a camera sees of the bed, as rows."""

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, select

from counter.documents.originals import Bed, Seen
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

originals_taken = Table(
    "originals_taken",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("taken_at", UtcDateTime),
    Column("seen", String(8), nullable=False),
    Column("seen_at", UtcDateTime),
)
terminal_bed = Table(
    "terminal_bed",
    metadata,
    Column("terminal_id", String(40), primary_key=True),
    Column("seen", String(8), nullable=False),
    Column("since", UtcDateTime, nullable=False),
)
"What lies at a terminal whoever sits there; also when nobody does."


def take_originals(
    conn: Connection, audiences: Audiences, case_id: str, *, by: str, now: datetime
) -> None:
    """The citizen says that nothing of theirs lies there."""
    values = {"taken_at": now, "seen": Seen.UNKNOWN, "seen_at": None}
    conn.execute(
        insert_for(conn, originals_taken)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=values)
    )
    tell_all(conn, audiences, case_id, "originals.taken", {}, now)
    record(conn, actor=by, action="originals.taken", subject=f"case:{case_id}", facts={}, now=now)


def see_bed(
    conn: Connection, audiences: Audiences, case_id: str, seen: Seen, *, by: str, now: datetime
) -> None:
    """What a camera sees; told and journalled when it is something else than before."""
    before = bed_of(conn, case_id)
    if before.seen is seen is not Seen.EMPTY:
        return
    values = {"seen": seen, "seen_at": now}
    conn.execute(
        insert_for(conn, originals_taken)
        .values(case_id=case_id, taken_at=None, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=values)
    )
    facts = {"seen": seen.value}
    tell_all(conn, audiences, case_id, "originals.seen", facts, now)
    if before.seen is not seen:  # empty after another page, as it was before, is no news
        subject = f"case:{case_id}"
        record(conn, actor=by, action="originals.seen", subject=subject, facts=facts, now=now)


def see_place(conn: Connection, terminal_id: str, seen: Seen, now: datetime) -> None:
    """What lies at a terminal; `since` stays while nothing changes."""
    known = forgotten_since(conn, terminal_id)
    if seen is Seen.UNKNOWN or (known is not None and seen is Seen.PAPER):
        return
    values = {"seen": seen, "since": now}
    conn.execute(
        insert_for(conn, terminal_bed)
        .values(terminal_id=terminal_id, **values)
        .on_conflict_do_update(index_elements=["terminal_id"], set_=values)
    )


def forgotten_since(conn: Connection, terminal_id: str) -> datetime | None:
    """Since when something lies at a terminal; None: nothing does, or nobody looks."""
    return conn.execute(
        select(terminal_bed.c.since).where(
            terminal_bed.c.terminal_id == terminal_id, terminal_bed.c.seen == Seen.PAPER
        )
    ).scalar_one_or_none()


def note_left_behind(conn: Connection, case_id: str, *, by: str, now: datetime) -> None:
    """Journal that somebody left while an original was seen lying there."""
    if bed_of(conn, case_id).seen is Seen.PAPER:
        subject = f"case:{case_id}"
        record(conn, actor=by, action="originals.left_behind", subject=subject, facts={}, now=now)


def bed_of(conn: Connection, case_id: str) -> Bed:
    """What is known of the bed in this case."""
    row = conn.execute(
        select(originals_taken).where(originals_taken.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        return Bed()
    return Bed(taken_at=row.taken_at, seen=Seen(row.seen), seen_at=row.seen_at)
