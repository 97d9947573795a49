"""Requests for scans and pages as rows, and what is asked of them.

At most one request per case is open: a partial unique index, not code, forbids a second.  The
commands that change these rows are in `store_requests` and `store_pages`.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    or_,
    select,
)

from counter.documents.capture import ON_ITS_WAY, CaptureState, quarters
from counter.documents.codes import Code
from counter.documents.page import PageState, RequestState
from counter.documents.papers import Arriving, CaseDocuments, OpenRequest, PageRow
from counter.documents.refusals import PageUnknown, ScanNotAsked
from counter.ids import CaseId, RequestId
from counter.store.metadata import UtcDateTime, metadata

scan_request = Table(
    "scan_request",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("item", String(80), nullable=False),
    Column("label_id", String(80)),
    Column("state", String(12), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("refusal", String(40)),
    Column("retake_of", String(40)),
    Column("shots", Integer, nullable=False, server_default="0"),
    Column("source", String(8), nullable=False, server_default="camera"),
)
"""`shots`: of how many captures the terminal's program was told; fewer were announced: it is to
take one now."""
Index(
    "one_open_scan_per_case",
    scan_request.c.case_id,
    unique=True,
    sqlite_where=scan_request.c.state == RequestState.OPEN.value,
    postgresql_where=scan_request.c.state == RequestState.OPEN.value,
)

page = Table(
    "page",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False),
    Column("request_id", String(40), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("item", String(80), nullable=False),
    Column("state", String(12), nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("page_sha256", String(64), nullable=False),
    Column("thumb_sha256", String(64), nullable=False),
    Column("width_px", Integer, nullable=False),
    Column("height_px", Integer, nullable=False),
    Column("findings", JSON, nullable=False),
    # Its picture before it was turned by hand, as `Picture` has it.
    Column("flat", JSON(none_as_null=True)),
    Column("stored_at", UtcDateTime, nullable=False),
    Column("decided_by", String(80)),
    Column("decided_at", UtcDateTime),
    Column("shown_at", UtcDateTime),
    UniqueConstraint("case_id", "seq"),
    UniqueConstraint("request_id", "original_sha256"),
)

capture = Table(
    "capture",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("request_id", String(40), nullable=False),
    Column("terminal_id", String(40), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("length", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("received", Integer, nullable=False),
    Column("thumb_sha256", String(64)),
    Column("preview_sha256", String(64)),
    Column("page_id", String(40)),
    Column("code", String(40)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("announced_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("request_id", "sha256"),
)
"""Photographs on their way up from terminals' programs; see `counter.documents.capture`.

failures: how often it ended the scanner's process."""


def documents_of(conn: Connection, case_id: CaseId) -> CaseDocuments:
    """The papers of this case as they stand."""
    asked = conn.execute(
        select(scan_request).where(
            scan_request.c.case_id == case_id, scan_request.c.state == RequestState.OPEN
        )
    ).one_or_none()
    rows = conn.execute(select(page).where(page.c.case_id == case_id).order_by(page.c.seq))
    return CaseDocuments(
        open_request=_with_captures(conn, asked) if asked else None,
        pages=tuple(page_row(row) for row in rows),
    )


def _with_captures(conn: Connection, asked: Row[Any]) -> OpenRequest:
    rows = conn.execute(
        select(capture)
        .where(capture.c.request_id == asked.id)
        .order_by(capture.c.announced_at.desc(), capture.c.id)
    ).all()
    newest = next((row for row in rows if row.state in ON_ITS_WAY), None)
    arriving = None
    if newest is not None:
        arriving = Arriving(
            state=CaptureState(newest.state),
            thumb_sha256=newest.thumb_sha256,
            preview_sha256=newest.preview_sha256,
            quarters=quarters(newest.received, newest.length),
        )
    return replace(
        open_request(asked),
        taking=asked.shots > len(rows),
        shot=asked.shots,
        arriving=arriving,
    )


def declined_items(conn: Connection, case_id: CaseId) -> list[str]:
    """Papers that the citizen said not to have here, when that was the last word on them."""
    last: dict[str, str] = {}
    for row in conn.execute(
        select(scan_request.c.item, scan_request.c.state)
        .where(scan_request.c.case_id == case_id)
        .order_by(scan_request.c.asked_at, scan_request.c.id)
    ):
        last[row.item] = row.state
    return [item for item, state in last.items() if state == RequestState.DECLINED]


def shows(conn: Connection, case_id: CaseId, sha256: str) -> bool:
    """Whether this digest is a flattened page or a thumbnail of this case, or of one on its way.

    Originals are evidence and are never shown: only what was re-encoded here goes to a screen.
    """
    found = conn.execute(
        select(page.c.id)
        .where(
            page.c.case_id == case_id,
            or_(page.c.page_sha256 == sha256, page.c.thumb_sha256 == sha256),
        )
        .limit(1)
    ).one_or_none()
    return found is not None or _arrives(conn, case_id, sha256)


def _arrives(conn: Connection, case_id: CaseId, sha256: str) -> bool:
    found = conn.execute(
        select(capture.c.id)
        .where(
            capture.c.case_id == case_id,
            or_(capture.c.thumb_sha256 == sha256, capture.c.preview_sha256 == sha256),
        )
        .limit(1)
    ).one_or_none()
    return found is not None


def unseen(conn: Connection, case_id: CaseId, sha256: str) -> bool:
    """Whether this is a page that no agent was given yet."""
    found = conn.execute(
        select(page.c.id)
        .where(page.c.case_id == case_id, page.c.page_sha256 == sha256, page.c.shown_at.is_(None))
        .limit(1)
    ).one_or_none()
    return found is not None


def may_receive(
    conn: Connection, case_id: CaseId, request_id: RequestId, original_sha256: str
) -> PageRow | None:
    """Whether an upload is worth looking at: `None` says yes.

    A page means that this very photograph was taken before: answer with it.
    Raises `ScanNotAsked` when nobody asks this case for it.
    """
    if known := page_of_upload(conn, case_id, request_id, original_sha256):
        return known
    if request_state(conn, case_id, request_id) is not RequestState.OPEN:
        raise ScanNotAsked(f"request {request_id} is not open in case {case_id}")
    return None


def request_state(conn: Connection, case_id: str, request_id: str) -> RequestState:
    state = conn.execute(
        select(scan_request.c.state).where(
            scan_request.c.id == request_id, scan_request.c.case_id == case_id
        )
    ).scalar_one_or_none()
    if state is None:
        raise ScanNotAsked(f"request {request_id} is not known in case {case_id}")
    return RequestState(state)


def page_of_upload(
    conn: Connection, case_id: str, request_id: str, original_sha256: str
) -> PageRow | None:
    row = conn.execute(
        select(page).where(
            page.c.case_id == case_id,
            page.c.request_id == request_id,
            page.c.original_sha256 == original_sha256,
        )
    ).one_or_none()
    return page_row(row) if row else None


def page_of(conn: Connection, case_id: str, page_id: str) -> PageRow:
    row = conn.execute(
        select(page).where(page.c.id == page_id, page.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        raise PageUnknown(f"page {page_id} is not in case {case_id}")
    return page_row(row)


def open_request(row: Row[Any]) -> OpenRequest:
    return OpenRequest(
        request_id=row.id,
        item=row.item,
        label_id=row.label_id,
        asked_at=row.asked_at,
        refusal=row.refusal,
        retake_of=row.retake_of,
        source=row.source,
    )


def page_row(row: Row[Any]) -> PageRow:
    return PageRow(
        page_id=row.id,
        request_id=row.request_id,
        seq=row.seq,
        item=row.item,
        state=PageState(row.state),
        page_sha256=row.page_sha256,
        thumb_sha256=row.thumb_sha256,
        width_px=row.width_px,
        height_px=row.height_px,
        notes=tuple(row.findings["notes"]),
        stored_at=row.stored_at,
        format=row.findings.get("format", "free"),
        shown=row.shown_at is not None,
        codes=tuple(Code(kind=kind, text=text) for kind, text in row.findings.get("codes", ())),
        same_as=row.findings.get("same_as"),
    )
