"""How the documents of a case are or were read, as screens show it."""

from typing import Any

from sqlalchemy import Connection, Row, select

from counter.esign.reading_ports import Watched
from counter.esign.store_attendance import READING, Calls, attendance_of
from counter.esign.store_attendance_tables import ceremony_attendance, ceremony_page_time
from counter.esign.store_tables import ceremony, esign_document


def watched_of(conn: Connection, case_id: str, calls: Calls) -> dict[str, Watched]:
    """How each document of a case is or was read, by the ceremony's id."""
    rows = conn.execute(
        select(ceremony_attendance, ceremony.c.state, ceremony.c.sha256, esign_document.c.data)
        .join(ceremony, ceremony.c.id == ceremony_attendance.c.ceremony_id)
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .where(ceremony.c.case_id == case_id)
    ).all()
    call_id = calls.now(conn, case_id) if any(row.state in READING for row in rows) else None
    return {row.ceremony_id: _watched(conn, row, case_id, call_id, calls) for row in rows}


def _watched(
    conn: Connection, row: Row[Any], case_id: str, call_id: str | None, calls: Calls
) -> Watched:
    times = conn.execute(
        select(ceremony_page_time.c.page, ceremony_page_time.c.total_ms).where(
            ceremony_page_time.c.ceremony_id == row.ceremony_id,
            ceremony_page_time.c.sha256 == row.sha256,
        )
    )
    attendance = attendance_of(conn, row, calls)
    reading = row.state in READING
    return Watched(
        attendance=attendance,
        may_resume=(
            reading
            and attendance.paused
            and call_id is not None
            and calls.known_again(conn, case_id, call_id)
        ),
        reason=row.reason,
        aloud=row.aloud,
        revision=row.revision,
        corrected=tuple(row.corrected),
        page=row.page,
        seconds={one.page: one.total_ms // 1000 for one in times},
        data=row.data if reading else {},
    )
