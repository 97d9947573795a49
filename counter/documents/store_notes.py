"""What is noted of a page after it was stored, before anybody decided about it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from counter.documents.page import Note, PageState
from counter.documents.papers import PageRow
from counter.documents.store_documents import page, page_of
from counter.ids import CaseId, Digest, PageId
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all

COUNTER = "counter:documents"
"Who notes and turns by itself, for the journal."
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


def cards_before(conn: Connection, case_id: str, page_id: str) -> list[tuple[PageId, Digest]]:
    """As `kept_before`, but only cards of the same item as this one; as they were flattened."""
    this = page_of(conn, case_id, page_id)
    rows = conn.execute(
        select(page.c.id, page.c.page_sha256, page.c.flat, page.c.findings)
        .where(
            page.c.case_id == case_id,
            page.c.item == this.item,
            page.c.seq < this.seq,
            page.c.state.in_(COUNTS),
        )
        .order_by(page.c.seq.desc())
    )
    return [
        (PageId(row.id), Digest((row.flat or {}).get("sha256", row.page_sha256)))
        for row in rows
        if row.findings.get("format") == this.format
    ]


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
    if row.same_as is not None:
        return row
    facts = {"same_as": same_as}
    return _noted(conn, audiences, case_id, row, "seen_before", facts, by=by, now=now)


def note_same_side(
    conn: Connection, audiences: Audiences, case_id: CaseId, page_id: PageId, *, now: datetime
) -> PageRow:
    """This card shows the side that is here already.  As `note_same` otherwise."""
    lock_case(conn, case_id)
    row = page_of(conn, case_id, page_id)
    return _noted(conn, audiences, case_id, row, "same_side", {}, by=COUNTER, now=now)


def _noted(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    row: PageRow,
    note: Note,
    facts: Mapping[str, str],
    *,
    by: str,
    now: datetime,
) -> PageRow:
    if row.state is not PageState.STORED or note in row.notes:
        return row
    page_id = row.page_id
    findings = conn.execute(select(page.c.findings).where(page.c.id == page_id)).scalar_one()
    findings = findings | {"notes": [*findings["notes"], note], **facts}
    conn.execute(update(page).where(page.c.id == page_id).values(findings=findings))
    tell_all(conn, audiences, case_id, "page.noted", {"page_id": page_id, "note": note}, now)
    record(
        conn,
        actor=by,
        action="page.note",
        subject=f"case:{case_id}",
        facts={"page_id": page_id, "note": note, **facts},
        now=now,
    )
    return page_of(conn, case_id, page_id)
