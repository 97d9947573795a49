"""Commands that change pages: added, shown to an agent, decided about.

Each runs in one transaction that also tells the screens of the case and writes the journal.
"""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from counter.documents.page import DECISIONS, RETAKEN, PageState, RequestState
from counter.documents.papers import NewPage, PageRow
from counter.documents.refusals import ScanNotAsked
from counter.documents.store_documents import page, page_of, page_of_upload, scan_request
from counter.errors import NotAllowedNow
from counter.ids import CaseId, PageId, RequestId
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all


def add_page(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    new: NewPage,
    *,
    by: str,
    now: datetime,
) -> PageRow:
    """Answer the open request with a page.  The same photograph twice is one page.

    Raises `ScanNotAsked` when the request was cancelled, or answered by another photograph.
    """
    lock_case(conn, case_id)  # pages that come over a link are numbered along with these
    # The request's row is the lock: of two uploads at once the second finds it answered.
    asked = conn.execute(
        update(scan_request)
        .where(
            scan_request.c.id == request_id,
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
        )
        .values(state=RequestState.ANSWERED)
        .returning(scan_request.c.item, scan_request.c.retake_of)
    ).one_or_none()
    if asked is None:
        if known := page_of_upload(conn, case_id, request_id, new.original_sha256):
            return known
        raise ScanNotAsked(f"request {request_id} is not open in case {case_id}")
    seq: int = conn.execute(
        select(func.coalesce(func.max(page.c.seq), 0) + 1).where(page.c.case_id == case_id)
    ).scalar_one()
    conn.execute(
        page.insert().values(
            id=new.page_id,
            case_id=case_id,
            request_id=request_id,
            seq=seq,
            item=asked.item,
            state=PageState.STORED,
            original_sha256=new.original_sha256,
            page_sha256=new.page_sha256,
            thumb_sha256=new.thumb_sha256,
            width_px=new.width_px,
            height_px=new.height_px,
            findings=asdict(new.findings)
            | {"notes": list(new.notes), "codes": [[one.kind, one.text] for one in new.codes]},
            stored_at=now,
        )
    )
    if asked.retake_of:
        _supersede(conn, case_id, asked.retake_of)
    row = page_of(conn, case_id, new.page_id)
    body = {"page_id": new.page_id, "sha256": new.page_sha256, "thumb_sha256": new.thumb_sha256}
    tell_all(conn, audiences, case_id, "page.added", body | {"request_id": request_id}, now)
    record(
        conn,
        actor=by,
        action="page.add",
        subject=f"case:{case_id}",
        facts={
            "page_id": new.page_id,
            "request_id": request_id,
            "original_sha256": new.original_sha256,
            "page_sha256": new.page_sha256,
        }
        | ({"retake_of": asked.retake_of} if asked.retake_of else {}),
        now=now,
    )
    return row


def decide_page(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    page_id: PageId,
    *,
    accept: bool,
    by: str,
    now: datetime,
) -> PageRow:
    """Accept or reject a stored page.  The same decision again is answered alike.

    Raises `PageUnknown`; `NotAllowedNow` when the other decision was taken before.
    """
    wanted = PageState.ACCEPTED if accept else PageState.REJECTED
    before = sorted(old.value for old, new in DECISIONS if new is wanted)
    changed = conn.execute(
        update(page)
        .where(page.c.id == page_id, page.c.case_id == case_id, page.c.state.in_(before))
        .values(state=wanted, decided_by=by, decided_at=now)
    ).rowcount
    row = page_of(conn, case_id, page_id)
    if not changed:
        if row.state is not wanted:
            raise NotAllowedNow(f"page {page_id} is {row.state}: it cannot become {wanted} now")
        return row
    tell_all(
        conn,
        audiences,
        case_id,
        "page.decided",
        {"page_id": page_id, "state": wanted.value},
        now,
    )
    record(
        conn,
        actor=by,
        action="page.decide",
        subject=f"case:{case_id}",
        facts={"page_id": page_id, "state": wanted.value, "page_sha256": row.page_sha256},
        now=now,
    )
    return row


def note_shown(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    sha256: str,
    *,
    by: str,
    now: datetime,
) -> None:
    """An agent has been given this page; noted once."""
    page_id = conn.execute(
        update(page)
        .where(page.c.case_id == case_id, page.c.page_sha256 == sha256, page.c.shown_at.is_(None))
        .values(shown_at=now)
        .returning(page.c.id)
    ).scalar()
    if page_id is None:
        return
    tell_all(conn, audiences, case_id, "page.shown", {"page_id": page_id}, now)
    record(
        conn,
        actor=by,
        action="page.show",
        subject=f"case:{case_id}",
        facts={"page_id": page_id, "page_sha256": sha256},
        now=now,
    )


def _supersede(conn: Connection, case_id: CaseId, page_id: str) -> None:
    """Let the older page count no more, unless it was accepted meanwhile."""
    conn.execute(
        update(page)
        .where(
            page.c.id == page_id,
            page.c.case_id == case_id,
            page.c.state.in_(sorted(state.value for state in RETAKEN)),
        )
        .values(state=PageState.SUPERSEDED)
    )
