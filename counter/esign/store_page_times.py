"""Commands about pages: which is on the screen, for how long, and how it was read.

Each one is one transaction, and locks the ceremony first.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from counter.errors import BadInput
from counter.esign.attendance import TURNERS, Turner, counted_ms, require_moment
from counter.esign.refusals import CeremonyPaused
from counter.esign.store_attendance import (
    READING,
    Calls,
    attend,
    attendance_of,
    attendance_row,
    going,
    write_attendance,
)
from counter.esign.store_attendance_tables import ceremony_page_time
from counter.esign.store_ceremony import find, not_now
from counter.esign.store_presenting import page_seen
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all


def page_shown(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    page: int | None,
    *,
    still: bool,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """This page is on the screen now; None: none is.  It says so by itself: that is no touch.

    still: it was there before, and nobody has turned to it.  Raises `BadInput` for a page there is
    not.
    """
    row = find(conn, case_id, ceremony_id)
    here = attendance_row(conn, ceremony_id)
    if here is None or row.state != "presented":
        return
    if page is not None and not 1 <= page <= row.pages:
        raise BadInput(f"case {case_id}: page {page} of {row.pages}")
    if page is not None and attendance_of(conn, here, calls).paused:
        raise CeremonyPaused(f"ceremony {ceremony_id} waits until somebody resumes it")
    _count(conn, row, here, now)
    if page is None:
        write_attendance(conn, ceremony_id, page=None, opened_at=None, counted_at=None)
    elif page == here.page:
        write_attendance(conn, ceremony_id, counted_at=now)
    else:
        by = None if still else _turned_by(conn, row, page, calls)
        write_attendance(conn, ceremony_id, page=page, opened_at=now, counted_at=now, turned_by=by)
        _page_row(conn, row, page, by, now)
    body = {"ceremony_id": ceremony_id, "page": page or 0}
    tell_all(conn, audiences, case_id, "ceremony.page_shown", body, now)


def page_read(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    page: int,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> tuple[int, ...]:
    """The whole page was on the screen; answers the pages still unseen.

    Raises `PageTooShort` before it was there for a moment, `BadInput` for a page there is not.
    """
    # A page that fits on the screen is there as soon as it is turned to, by whomever.
    row = going(conn, case_id, ceremony_id, calls=calls)
    here = attendance_row(conn, ceremony_id)
    fresh = row.state == "presented" and page not in row.seen
    if here is not None and fresh:
        require_moment(here.opened_at if here.page == page else None, now)
        _count(conn, row, here, now)
        write_attendance(conn, ceremony_id, counted_at=now)
        conn.execute(
            update(ceremony_page_time)
            .where(*_is(ceremony_id, row.sha256, page))
            .values(seen_at=now)
        )
    unseen = page_seen(conn, case_id, ceremony_id, page, audiences=audiences, now=now)
    if here is not None and fresh:
        record(
            conn,
            actor=f"citizen:{case_id}",
            action="ceremony.page_seen",
            subject=f"ceremony:{ceremony_id}",
            facts={"page": page, "sha256": row.sha256, **_by(here.turned_by)},
            now=now,
        )
    return unseen


def close_page(conn: Connection, row: Row[Any], now: datetime) -> None:
    """No page is on the screen any more: its time is counted."""
    here = attendance_row(conn, row.id)
    if here is not None:
        _count(conn, row, here, now)
        write_attendance(conn, row.id, page=None, opened_at=None, counted_at=None)


def times_said(conn: Connection, row: Row[Any]) -> dict[str, Any]:
    """What the journal keeps of the reading, with the consent: whole seconds per page."""
    here = attendance_row(conn, row.id)
    if here is None:
        return {}
    found = conn.execute(
        select(ceremony_page_time)
        .where(
            ceremony_page_time.c.ceremony_id == row.id,
            ceremony_page_time.c.sha256 == row.sha256,
        )
        .order_by(ceremony_page_time.c.page)
    )
    return {
        "pages": [
            {
                "page": one.page,
                "first_at": one.first_at.isoformat(),
                "last_at": one.last_at.isoformat(),
                "seconds": one.total_ms // 1000,
                "turned_by": [who for who in TURNERS if getattr(one, f"by_{who}")],
            }
            for one in found
        ],
        # Beside the pictures, the same data went to the screen as text.
        "text_of": "data",
        "read_aloud": here.aloud or "",
    }


def read_aloud(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    by: str,
    language: str,
    *,
    calls: Calls,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen asked to have it read out.  by: `machine`, or `agent` where it has no voice."""
    row = attend(conn, case_id, ceremony_id, calls=calls, now=now)
    here = attendance_row(conn, ceremony_id)
    if here is None or row.state not in READING:
        raise not_now(row, "ceremony.aloud")
    if (here.aloud, here.aloud_language) == (by, language):
        return
    write_attendance(conn, ceremony_id, aloud=by, aloud_language=language)
    facts = {"by": by, "language": language, "sha256": row.sha256}
    record(
        conn,
        actor=f"citizen:{case_id}",
        action="ceremony.read_aloud",
        subject=f"ceremony:{ceremony_id}",
        facts=facts,
        now=now,
    )
    body = {"ceremony_id": ceremony_id, "by": by}
    tell_all(conn, audiences, case_id, "ceremony.read_aloud", body, now)


def _turned_by(conn: Connection, row: Row[Any], page: int, calls: Calls) -> Turner | None:
    """Who turned to this page; None: nobody did, it appeared."""
    turned = calls.turned(conn, row.case_id)
    if turned is None or (turned.ceremony_id, turned.page) != (row.id, page):
        return None
    return turned.by


def _by(turned_by: Turner | None) -> dict[str, str]:
    return {"turned_by": turned_by} if turned_by else {}


def _page_row(conn: Connection, row: Row[Any], page: int, by: Turner | None, now: datetime) -> None:
    """Its first time on the screen, or one more."""
    turned = {f"by_{by}": True} if by else {}
    again = conn.execute(
        update(ceremony_page_time)
        .where(*_is(row.id, row.sha256, page))
        .values(last_at=now, **turned)
    ).rowcount
    if not again:
        conn.execute(
            ceremony_page_time.insert().values(
                ceremony_id=row.id,
                sha256=row.sha256,
                page=page,
                first_at=now,
                last_at=now,
                total_ms=0,
                **turned,
            )
        )


def _count(conn: Connection, row: Row[Any], here: Row[Any], now: datetime) -> None:
    """Add the time since the last ask to the page that is on the screen."""
    if here.page is None or here.counted_at is None:
        return
    counted = counted_ms(here.counted_at, now)
    conn.execute(
        update(ceremony_page_time)
        .where(*_is(row.id, row.sha256, here.page))
        .values(
            last_at=here.counted_at + timedelta(milliseconds=counted),
            total_ms=ceremony_page_time.c.total_ms + counted,
        )
    )


def _is(ceremony_id: str, sha256: str, page: int) -> tuple[Any, Any, Any]:
    return (
        ceremony_page_time.c.ceremony_id == ceremony_id,
        ceremony_page_time.c.sha256 == sha256,
        ceremony_page_time.c.page == page,
    )
