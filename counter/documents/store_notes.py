"""What is noted of a page after it was stored, before anybody decided about it."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from counter.documents.page import PageState
from counter.documents.papers import PageRow
from counter.documents.store_documents import page, page_of
from counter.ids import CaseId, Digest, PageId
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all

COUNTS = (PageState.STORED, PageState.ACCEPTED)


def kept_before(conn: Connection, case_id: str, page_id: str) -> list[tuple[PageId, Digest]]:
    """Pages that count and came before this one, the newest first; with their digests."""
    this = page_of(conn, case_id, page_id)
    rows = conn.execute(
        select(page.c.id, page.c.page_sha256)
        .where(page.c.case_id == case_id, page.c.seq < this.seq, page.c.state.in_(COUNTS))
        .order_by(page.c.seq.desc())
    )
    return [(PageId(row.id), Digest(row.page_sha256)) for row in rows]


def note_same(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    page_id: PageId,
    same_as: PageId,
    *,
    by: str,
    now: datetime,
) -> PageRow:
    """This page shows the same sheet as another one.  Noting it twice is once.

    Of a page about which somebody has decided meanwhile nothing is noted.
    """
    lock_case(conn, case_id)
    row = page_of(conn, case_id, page_id)
    if row.state is not PageState.STORED or row.same_as is not None:
        return row
    findings = conn.execute(select(page.c.findings).where(page.c.id == page_id)).scalar_one()
    findings = findings | {"notes": [*findings["notes"], "seen_before"], "same_as": same_as}
    conn.execute(update(page).where(page.c.id == page_id).values(findings=findings))
    tell_all(
        conn, audiences, case_id, "page.noted", {"page_id": page_id, "note": "seen_before"}, now
    )
    record(
        conn,
        actor=by,
        action="page.note",
        subject=f"case:{case_id}",
        facts={"page_id": page_id, "note": "seen_before", "same_as": same_as},
        now=now,
    )
    return page_of(conn, case_id, page_id)
