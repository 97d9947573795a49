"""The commands of captures: announced, on the way, ended.  Each is one transaction.

A photograph is announced once per request: the same one again is the same capture.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, and_, cast, or_, select, update

from counter.documents.capture import (
    EXPIRES_AFTER,
    ON_ITS_WAY,
    PICTURES_FOR,
    Announced,
    Capture,
    CaptureState,
    before,
)
from counter.documents.page import RequestState
from counter.documents.refusals import CaptureUnknown, ScanNotAsked
from counter.documents.store_documents import capture, page, page_of_upload, scan_request
from counter.errors import NotFound
from counter.ids import CaseId, Digest, PageId, RequestId
from counter.store.cases import get_case
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all


def announce(
    conn: Connection,
    audiences: Audiences,
    terminal_id: str,
    new: Announced,
    capture_id: str,
    thumb_sha256: Digest | None,
    now: datetime,
) -> Capture:
    """The capture of this photograph, new or known.

    Raises `ScanNotAsked` when the request is not open, or of a case that is not this terminal's.
    """
    if known := _of_request(conn, terminal_id, new.request_id, new.sha256):
        return known
    case_id = _asked(conn, terminal_id, new.request_id, new.sha256)
    stored = page_of_upload(conn, case_id, new.request_id, new.sha256)
    added = conn.execute(
        insert_for(conn, capture)
        .values(
            id=capture_id,
            case_id=case_id,
            request_id=new.request_id,
            terminal_id=terminal_id,
            sha256=new.sha256,
            length=new.length,
            seq=new.seq,
            state=CaptureState.STORED if stored else CaptureState.CAPTURED,
            received=0,
            thumb_sha256=thumb_sha256,
            page_id=stored.page_id if stored else None,
            announced_at=now,
            ended_at=now if stored else None,
        )
        .on_conflict_do_nothing(index_elements=["request_id", "sha256"])
    ).rowcount
    made = _of_request(conn, terminal_id, new.request_id, new.sha256)
    assert made is not None
    if added and not stored:
        _forget_refusal(conn, new.request_id)
        body = {"request_id": new.request_id, "capture_id": capture_id}
        tell_all(conn, audiences, case_id, "page.captured", body, now)
        record(
            conn,
            actor=f"device:{terminal_id}",
            action="page.capture",
            subject=f"case:{case_id}",
            facts={"capture_id": capture_id, "request_id": new.request_id, "sha256": new.sha256},
            now=now,
        )
    return made


def capture_of(conn: Connection, terminal_id: str, capture_id: str) -> Capture:
    """Raises `CaptureUnknown` alike for what there is not and what another terminal announced."""
    row = conn.execute(
        select(capture).where(capture.c.id == capture_id, capture.c.terminal_id == terminal_id)
    ).one_or_none()
    if row is None:
        raise CaptureUnknown(f"terminal {terminal_id} announced no capture {capture_id}")
    return _capture(row)


def require_asked(conn: Connection, one: Capture) -> None:
    """Raises `ScanNotAsked` when nobody asks for it any more."""
    _asked(conn, one.terminal_id, one.request_id, one.sha256)


def note_progress(
    conn: Connection, audiences: Audiences, one: Capture, received: int, now: datetime
) -> None:
    """So many bytes are here; the screens hear of it."""
    state = CaptureState.UPLOADING if received else CaptureState.CAPTURED
    changed = conn.execute(
        update(capture)
        .where(capture.c.id == one.capture_id, capture.c.state.in_(_names(ON_ITS_WAY)))
        .values(state=state, received=received)
    ).rowcount
    if changed:
        body = {"request_id": one.request_id, "received": received}
        tell_all(conn, audiences, one.case_id, "page.uploading", body, now)


def count_failure(conn: Connection, one: Capture) -> int:
    """The scanner's process ended over it once more; how often by now."""
    failures: int = conn.execute(
        update(capture)
        .where(capture.c.id == one.capture_id)
        .values(failures=capture.c.failures + 1)
        .returning(capture.c.failures)
    ).scalar_one()
    return failures


def add_preview(
    conn: Connection, audiences: Audiences, one: Capture, sha256: Digest, now: datetime
) -> None:
    """The screens may show the page as the terminal flattened it."""
    changed = conn.execute(
        update(capture)
        .where(capture.c.id == one.capture_id, capture.c.state.in_(_names(ON_ITS_WAY)))
        .values(preview_sha256=sha256)
    ).rowcount
    if changed:
        body = {"request_id": one.request_id}
        tell_all(conn, audiences, one.case_id, "page.previewed", body, now)


def end(
    conn: Connection,
    audiences: Audiences,
    one: Capture,
    state: CaptureState,
    now: datetime,
    *,
    page_id: PageId | None = None,
    code: str | None = None,
) -> None:
    """It is stored, refused or dropped.  Ending twice is ending once."""
    changed = conn.execute(
        update(capture)
        .where(capture.c.id == one.capture_id, capture.c.state.in_(_names(before(state))))
        .values(state=state, page_id=page_id, code=code, ended_at=now)
    ).rowcount
    if not changed or state is CaptureState.STORED:  # the page itself was told and journalled
        return
    body = {"request_id": one.request_id, "code": code}
    tell_all(conn, audiences, one.case_id, f"capture.{state}", body, now)
    record(
        conn,
        actor=f"device:{one.terminal_id}",
        action=f"capture.{'refuse' if state is CaptureState.REFUSED else 'drop'}",
        subject=f"case:{one.case_id}",
        facts={"capture_id": one.capture_id, "code": code},
        now=now,
    )


def overdue(conn: Connection, now: datetime) -> list[Capture]:
    """Those that have not come in their time."""
    rows = conn.execute(
        select(capture).where(
            capture.c.state.in_(_names(ON_ITS_WAY)), capture.c.announced_at < now - EXPIRES_AFTER
        )
    )
    return [_capture(row) for row in rows]


def on_their_way(conn: Connection, capture_ids: Collection[str]) -> set[str]:
    """Which of these have not ended."""
    return set(
        conn.execute(
            select(capture.c.id).where(
                capture.c.id.in_(list(capture_ids)), capture.c.state.in_(_names(ON_ITS_WAY))
            )
        ).scalars()
    )


def forget_pictures(conn: Connection, now: datetime) -> list[Digest]:
    """Thumbnails and previews of what has ended; which bytes nobody names any more."""
    ended = and_(
        capture.c.ended_at < now - PICTURES_FOR,
        or_(capture.c.thumb_sha256.is_not(None), capture.c.preview_sha256.is_not(None)),
    )
    rows = conn.execute(select(capture.c.thumb_sha256, capture.c.preview_sha256).where(ended)).all()
    conn.execute(update(capture).where(ended).values(thumb_sha256=None, preview_sha256=None))
    named = {sha256 for row in rows for sha256 in row if sha256}
    return sorted(sha256 for sha256 in named if not _is_named(conn, sha256))


def _is_named(conn: Connection, sha256: str) -> bool:
    of_page = select(page.c.id).where(
        or_(
            page.c.page_sha256 == sha256,
            page.c.thumb_sha256 == sha256,
            page.c.original_sha256 == sha256,
            cast(page.c.flat, Text).like(f'%"{sha256}"%'),
        )
    )
    of_capture = select(capture.c.id).where(
        or_(capture.c.thumb_sha256 == sha256, capture.c.preview_sha256 == sha256)
    )
    return any(conn.execute(query.limit(1)).first() for query in (of_page, of_capture))


def _asked(conn: Connection, terminal_id: str, request_id: str, sha256: str) -> CaseId:
    """The open case that asks this terminal for this; or has this very photograph already."""
    row = conn.execute(select(scan_request).where(scan_request.c.id == request_id)).one_or_none()
    if row is None:
        raise ScanNotAsked(f"request {request_id} is not known")
    case_id = CaseId(row.case_id)
    try:
        case = get_case(conn, case_id)
    except NotFound as gone:
        raise ScanNotAsked(f"request {request_id} is of no case") from gone
    if case.terminal_id != terminal_id:
        raise ScanNotAsked(f"request {request_id} is not asked of terminal {terminal_id}")
    if page_of_upload(conn, case_id, request_id, sha256):
        return case_id
    if row.state != RequestState.OPEN or not case.open:
        raise ScanNotAsked(f"request {request_id} is {row.state}: nobody asks for it now")
    return case_id


def _of_request(
    conn: Connection, terminal_id: str, request_id: RequestId, sha256: str
) -> Capture | None:
    row = conn.execute(
        select(capture).where(
            capture.c.request_id == request_id,
            capture.c.sha256 == sha256,
            capture.c.terminal_id == terminal_id,
        )
    ).one_or_none()
    return _capture(row) if row else None


def _forget_refusal(conn: Connection, request_id: RequestId) -> None:
    """What was wrong with the photograph before is not what is wrong with this one."""
    conn.execute(update(scan_request).where(scan_request.c.id == request_id).values(refusal=None))


def _capture(row: Row[Any]) -> Capture:
    return Capture(
        capture_id=row.id,
        case_id=row.case_id,
        request_id=row.request_id,
        terminal_id=row.terminal_id,
        sha256=row.sha256,
        length=row.length,
        state=CaptureState(row.state),
        received=row.received,
        page_id=row.page_id,
        code=row.code,
    )


def _names(states: Collection[CaptureState]) -> list[str]:
    return sorted(state.value for state in states)
