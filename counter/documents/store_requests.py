"""Commands that ask for a scan: asked, from which device, taken, refused, taken back.

Each runs in one transaction that also tells the screens of the case and writes the journal.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from counter.documents.page import RETAKEN, RequestState
from counter.documents.papers import OpenRequest
from counter.documents.refusals import ScanNotAsked
from counter.documents.store_documents import (
    capture,
    open_request,
    page_of,
    request_state,
    scan_request,
)
from counter.errors import Busy, NotAllowedNow
from counter.ids import CaseId, PageId, RequestId
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all

TRIES = 5
"How often a request gives way to another that came at the same instant."


def request_scan(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    *,
    item: str,
    label_id: str | None,
    by: str,
    now: datetime,
    retake_of: PageId | None = None,
) -> OpenRequest:
    """Ask this case for a scan of `item`.  An older open request is cancelled by the newer.

    Repeating the same `request_id` changes nothing and is answered alike.
    """
    asked = insert_for(conn, scan_request).values(
        id=request_id,
        case_id=case_id,
        item=item,
        label_id=label_id,
        state=RequestState.OPEN,
        asked_at=now,
        retake_of=retake_of,
    )
    for _ in range(TRIES):  # another desk's request can come between the two statements
        if known := _known_request(conn, case_id, request_id):
            return known
        if retake_of is not None:
            _require_retakable(conn, case_id, retake_of, item)
        _cancel_older(conn, audiences, case_id, request_id, now)
        if conn.execute(asked.on_conflict_do_nothing()).rowcount:
            break
    else:
        raise Busy(f"case {case_id} is being asked for scans from several desks at once")
    body = {"request_id": request_id, "item": item, "label_id": label_id}
    tell_all(conn, audiences, case_id, "scan.requested", body, now)
    record(
        conn,
        actor=by,
        action="scan.request",
        subject=f"case:{case_id}",
        facts={"request_id": request_id, "item": item},
        now=now,
    )
    return OpenRequest(
        request_id=request_id, item=item, label_id=label_id, asked_at=now, retake_of=retake_of
    )


def choose_source(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    source: str,
    *,
    by: str,
    now: datetime,
) -> None:
    """With what device the paper is taken from now on.  Raises `ScanNotAsked`."""
    row = conn.execute(
        select(scan_request)
        .where(
            scan_request.c.id == request_id,
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise ScanNotAsked(f"request {request_id} is not open in case {case_id}")
    if row.source == source:
        return
    conn.execute(update(scan_request).where(scan_request.c.id == request_id).values(source=source))
    body = {"request_id": request_id, "source": source}
    tell_all(conn, audiences, case_id, "scan.chosen", body, now)
    record(conn, actor=by, action="scan.choose", subject=f"case:{case_id}", facts=body, now=now)


def by_camera(conn: Connection, request_id: str) -> bool:
    """Whether the answers to this request were laid under the camera."""
    source = conn.execute(
        select(scan_request.c.source).where(scan_request.c.id == request_id)
    ).scalar_one_or_none()
    return source in (None, "camera")


def cancel_request(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    *,
    by: str,
    now: datetime,
    to: RequestState = RequestState.CANCELLED,
) -> None:
    """Take the request back, or decline it.

    Doing so twice is once; an answered request raises `ScanNotAsked`.
    """
    changed = conn.execute(
        update(scan_request)
        .where(
            scan_request.c.id == request_id,
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
        )
        .values(state=to)
    ).rowcount
    if not changed:
        if request_state(conn, case_id, request_id) is not to:
            raise ScanNotAsked(f"request {request_id} is not open; there is nothing to take back")
        return
    tell_all(conn, audiences, case_id, f"scan.{to}", {"request_id": request_id}, now)
    record(
        conn,
        actor=by,
        action="scan.cancel" if to is RequestState.CANCELLED else "scan.decline",
        subject=f"case:{case_id}",
        facts={"request_id": request_id},
        now=now,
    )


def tell_refused(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    *,
    code: str,
    now: datetime,
) -> None:
    """Let both screens know that a photograph would not do; the request stays open."""
    announced = select(func.count()).where(capture.c.request_id == request_id).scalar_subquery()
    conn.execute(
        update(scan_request)
        .where(
            scan_request.c.id == request_id,
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
        )
        .values(refusal=code, shots=announced)  # whoever laid the paper anew says so again
    )
    body = {"request_id": request_id, "code": code}
    tell_all(conn, audiences, case_id, "page.refused", body, now)


def take_shot(
    conn: Connection,
    audiences: Audiences,
    case_id: CaseId,
    request_id: RequestId,
    *,
    by: str,
    now: datetime,
) -> None:
    """Have the terminal's program take one photograph more than were announced.

    Asked twice before it has done so, it is asked once.  Raises `ScanNotAsked`.
    """
    announced = select(func.count()).where(capture.c.request_id == request_id).scalar_subquery()
    changed = conn.execute(
        update(scan_request)
        .where(
            scan_request.c.id == request_id,
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
            scan_request.c.shots <= announced,
        )
        .values(shots=announced + 1, refusal=None)
    ).rowcount
    if not changed:
        if request_state(conn, case_id, request_id) is not RequestState.OPEN:
            raise ScanNotAsked(f"request {request_id} is not open in case {case_id}")
        return
    tell_all(conn, audiences, case_id, "scan.taking", {"request_id": request_id}, now)
    record(
        conn,
        actor=by,
        action="shot.take",
        subject=f"case:{case_id}",
        facts={"request_id": request_id},
        now=now,
    )


def _known_request(conn: Connection, case_id: str, request_id: str) -> OpenRequest | None:
    row = conn.execute(select(scan_request).where(scan_request.c.id == request_id)).one_or_none()
    if row is None:
        return None
    if row.case_id != case_id:
        raise ScanNotAsked(f"request {request_id} is of another case")
    return open_request(row)


def _require_retakable(conn: Connection, case_id: CaseId, page_id: PageId, item: str) -> None:
    old = page_of(conn, case_id, page_id)
    if old.item != item:
        raise NotAllowedNow(f"page {page_id} is of another paper")
    if old.state not in RETAKEN:
        raise NotAllowedNow(f"page {page_id} is {old.state}: it cannot be taken again")


def _cancel_older(
    conn: Connection, audiences: Audiences, case_id: CaseId, request_id: str, now: datetime
) -> None:
    older = conn.execute(
        update(scan_request)
        .where(
            scan_request.c.case_id == case_id,
            scan_request.c.state == RequestState.OPEN,
            scan_request.c.id != request_id,
        )
        .values(state=RequestState.CANCELLED)
        .returning(scan_request.c.id)
    ).scalars()
    for cancelled in older.all():
        tell_all(conn, audiences, case_id, "scan.cancelled", {"request_id": cancelled}, now)
