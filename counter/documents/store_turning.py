"""A stored page that is turned: its picture is another, its original and its first picture stay.

What is turned is always the page as it was flattened, so turning it back gives the same bytes, and
turning it often costs nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from counter.documents.facing import ToldBy
from counter.documents.page import Note, PageState
from counter.documents.papers import Faced, PageRow, Picture
from counter.documents.store_documents import page, page_of
from counter.documents.store_notes import COUNTER
from counter.errors import NotAllowedNow
from counter.ids import CaseId, Digest, PageId
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all

TURNED: Final[Note] = "turned_by_counter"


def faced(conn: Connection, case_id: CaseId, page_id: PageId) -> Faced:
    """How this page lies now.  Raises `PageUnknown`."""
    row = page_of(conn, case_id, page_id)
    more = conn.execute(select(page.c.findings, page.c.flat).where(page.c.id == page_id)).one()
    flat = more.flat or {
        "sha256": row.page_sha256,
        "thumb_sha256": row.thumb_sha256,
        "width_px": row.width_px,
        "height_px": row.height_px,
    }
    return Faced(
        row=row,
        flat=Picture(**flat),
        quarters=more.findings.get("quarters", 0),
        turned_before=more.flat is not None,
    )


def turn_page(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    page_id: PageId,
    before: Digest,
    picture: Picture,
    quarters: int,
    *,
    by: str,
    now: datetime,
) -> PageRow:
    """Show this picture, which is the flattened page turned clockwise by so many quarters.

    before: what was shown when it was asked for; when something else is by now, nothing changes.
    Raises `PageUnknown`; `NotAllowedNow` when the page was decided about.
    """
    lock_case(conn, case_id)
    now_faced = faced(conn, case_id, page_id)
    row = now_faced.row
    if row.page_sha256 != before:
        return row
    if row.state is not PageState.STORED:
        raise NotAllowedNow(f"page {page_id} is {row.state}: it is not turned any more")
    return _show(conn, audiences, case_id, now_faced, picture, quarters, {}, by=by, now=now)


def set_upright(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    page_id: PageId,
    before: Digest,
    picture: Picture,
    quarters: int,
    *,
    told_by: ToldBy,
    now: datetime,
) -> PageRow:
    """As `turn_page`, by the counter itself, with a note for the agent.

    Once at most: a page that anybody has turned before, or decided about, stays as it lies.
    Raises `PageUnknown`.
    """
    lock_case(conn, case_id)
    now_faced = faced(conn, case_id, page_id)
    row = now_faced.row
    if row.page_sha256 != before or row.state is not PageState.STORED or now_faced.turned_before:
        return row
    why = {"told_by": told_by}
    return _show(conn, audiences, case_id, now_faced, picture, quarters, why, by=COUNTER, now=now)


def _show(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    lying: Faced,
    picture: Picture,
    quarters: int,
    why: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> PageRow:
    """Whoever turns it by hand has seen it: then nothing is noted of it any more."""
    page_id, before, flat = lying.row.page_id, lying.row.page_sha256, lying.flat
    findings = conn.execute(select(page.c.findings).where(page.c.id == page_id)).scalar_one()
    notes = [note for note in findings["notes"] if note != TURNED]
    if by == COUNTER:
        notes.append(TURNED)
    conn.execute(
        update(page)
        .where(page.c.id == page_id)
        .values(
            page_sha256=picture.sha256,
            thumb_sha256=picture.thumb_sha256,
            width_px=picture.width_px,
            height_px=picture.height_px,
            flat=asdict(flat),
            findings=findings | {"quarters": quarters, "notes": notes},
        )
    )
    tell_all(conn, audiences, case_id, "page.rotated", {"page_id": page_id}, now)
    record(
        conn,
        actor=by,
        action="page.rotate",
        subject=f"case:{case_id}",
        facts={
            "page_id": page_id,
            "quarters": quarters,
            "before_sha256": before,
            "page_sha256": picture.sha256,
            **why,
        },
        now=now,
    )
    return page_of(conn, case_id, page_id)
