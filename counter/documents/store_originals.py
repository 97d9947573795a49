"""When the citizen took the originals back, as rows."""

from datetime import datetime

from sqlalchemy import Column, Connection, String, Table, select

from counter.documents.originals import Seen
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata
from counter.store.session_log import Audiences, tell_all

originals_taken = Table(
    "originals_taken",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("taken_at", UtcDateTime),
    Column("seen", String(8), nullable=False),
)


def take_originals(
    conn: Connection, audiences: Audiences, case_id: str, *, by: str, now: datetime
) -> None:
    """The citizen says that nothing of theirs lies there."""
    values = {"taken_at": now, "seen": Seen.UNKNOWN}
    conn.execute(
        insert_for(conn, originals_taken)
        .values(case_id=case_id, **values)
        .on_conflict_do_update(index_elements=["case_id"], set_=values)
    )
    tell_all(conn, audiences, case_id, "originals.taken", {}, now)
    record(conn, actor=by, action="originals.taken", subject=f"case:{case_id}", facts={}, now=now)


def see_bed(
    conn: Connection, audiences: Audiences, case_id: str, seen: Seen, *, now: datetime
) -> None:
    """What a sensor sees; screens are told when it is something else than before."""
    if taken_of(conn, case_id)[1] is seen:
        return
    conn.execute(
        insert_for(conn, originals_taken)
        .values(case_id=case_id, taken_at=None, seen=seen)
        .on_conflict_do_update(index_elements=["case_id"], set_={"seen": seen})
    )
    tell_all(conn, audiences, case_id, "originals.seen", {"seen": seen.value}, now)


def taken_of(conn: Connection, case_id: str) -> tuple[datetime | None, Seen]:
    """When they were last said to be taken, and what a sensor saw since."""
    row = conn.execute(
        select(originals_taken).where(originals_taken.c.case_id == case_id)
    ).one_or_none()
    return (None, Seen.UNKNOWN) if row is None else (row.taken_at, Seen(row.seen))
