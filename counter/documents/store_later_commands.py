"""What is done with links for papers that come later: plain functions of a connection.

The link's row is the lock: of two things done with one link at once the second sees what the first
did.  Each is journalled; what is sent is told to who has the case on a screen.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from counter.documents.later import (
    KEPT_AFTER,
    SHEETS_MAX,
    UPLOADS_MAX,
    Asked,
    Link,
    LinkState,
    NewSheet,
)
from counter.documents.page import PageState
from counter.documents.refusals import (
    NothingToSend,
    OtherPhotograph,
    PageUnknown,
    TooManyPhotographs,
)
from counter.documents.store_documents import page, page_of
from counter.documents.store_later import (
    asked,
    link_of,
    open_row,
    paper_link,
    paper_sheet,
    sheet_rows,
    upload_known,
)
from counter.errors import NotFound
from counter.ids import CaseId, Digest
from counter.store.cases import lock_case
from counter.store.journal_sql import record
from counter.store.session_log import Audiences, tell_all

Plain = Mapping[str, tuple[Digest, Digest]]
"By sheet: the digests of its page and thumbnail as pages of the case."
SWEEP = 100


def make_link(
    conn: Connection,
    link_id: str,
    case_id: CaseId,
    item: str,
    token_sha256: str,
    expires_at: datetime,
    *,
    by: str,
    now: datetime,
) -> Link:
    """Let a paper be sent later; an older open link for it holds no more.  A repeat is one."""
    known = conn.execute(select(paper_link).where(paper_link.c.id == link_id)).one_or_none()
    if known is not None:
        return link_of(known, now)
    older = select(paper_link).where(
        paper_link.c.case_id == case_id,
        paper_link.c.item == item,
        paper_link.c.state == LinkState.OPEN,
    )
    for row in conn.execute(older.with_for_update()).all():
        _revoke(conn, row, by, now)
    conn.execute(
        paper_link.insert().values(
            id=link_id,
            case_id=case_id,
            item=item,
            token_sha256=token_sha256,
            state=LinkState.OPEN,
            uploads=0,
            made_at=now,
            made_by=by,
            expires_at=expires_at,
        )
    )
    row = conn.execute(select(paper_link).where(paper_link.c.id == link_id)).one()
    _record(conn, row, "link.made", by, now, item=item, until=expires_at.isoformat())
    return link_of(row, now)


def revoke_link(conn: Connection, case_id: CaseId, link_id: str, *, by: str, now: datetime) -> None:
    """Take a link back; harmless when it is over.  Raises `NotFound` for another case's."""
    row = conn.execute(
        select(paper_link)
        .where(paper_link.c.id == link_id, paper_link.c.case_id == case_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"case {case_id} has no link {link_id}")
    if row.state == LinkState.OPEN:
        _revoke(conn, row, by, now)


def add_sheets(
    conn: Connection, token_sha256: str, sheets: Sequence[NewSheet], now: datetime
) -> bool:
    """Keep the pages of one file.  False: this file is there already, and these bytes are not kept.

    Raises `LinkOver`, `TooManyPhotographs`.
    """
    row = open_row(conn, token_sha256, now, lock=True)
    if upload_known(conn, token_sha256, sheets[0].original_sha256, now):
        return False
    there = len(sheet_rows(conn, row.id))
    if row.uploads >= UPLOADS_MAX or there + len(sheets) > SHEETS_MAX:
        raise TooManyPhotographs(f"link {row.id}: no more are taken")
    last: int = conn.execute(
        select(func.coalesce(func.max(paper_sheet.c.seq), 0)).where(paper_sheet.c.link_id == row.id)
    ).scalar_one()
    for seq, one in enumerate(sheets, last + 1):
        look = one.look
        conn.execute(
            paper_sheet.insert().values(
                id=one.sheet_id,
                link_id=row.id,
                seq=seq,
                original_sha256=one.original_sha256,
                page_blob=one.sealed.page_blob,
                thumb_blob=one.sealed.thumb_blob,
                wrapped_key=one.wrapped_key,
                width_px=look.width_px,
                height_px=look.height_px,
                findings=look.found,
                advice=look.advice,
                taken_at=now,
            )
        )
    conn.execute(
        update(paper_link).where(paper_link.c.id == row.id).values(uploads=row.uploads + 1)
    )
    _record(conn, row, "link.uploaded", f"link:{row.id}", now, pages=str(len(sheets)))
    return True


def remove_sheet(
    conn: Connection, token_sha256: str, sheet_id: str, now: datetime
) -> tuple[Digest, ...]:
    """Take a page away; which bytes nobody needs now.  Harmless when there is none."""
    row = open_row(conn, token_sha256, now, lock=True)
    gone = conn.execute(
        delete(paper_sheet)
        .where(paper_sheet.c.id == sheet_id, paper_sheet.c.link_id == row.id)
        .returning(paper_sheet.c.page_blob, paper_sheet.c.thumb_blob)
    ).all()
    if gone:
        _record(conn, row, "link.removed", f"link:{row.id}", now, page=sheet_id)
    return tuple(Digest(blob) for one in gone for blob in one)


def send(
    conn: Connection, audiences: Audiences, token_sha256: str, plain: Plain, now: datetime
) -> tuple[Asked, tuple[Digest, ...]]:
    """The pages become pages of the case, and the link is used up; which bytes nobody needs now.

    Raises `LinkOver`, `NothingToSend`; `OtherPhotograph` when there are other pages by now.
    """
    lock_case(conn, open_row(conn, token_sha256, now).case_id)  # others number its pages as well
    row = open_row(conn, token_sha256, now, lock=True)
    sent = asked(conn, token_sha256, now)
    rows = sheet_rows(conn, row.id)
    if not rows:
        raise NothingToSend(f"link {row.id}: no page was uploaded")
    if {one.id for one in rows} != set(plain):
        raise OtherPhotograph(f"link {row.id}: pages came or went meanwhile")
    last: int = conn.execute(
        select(func.coalesce(func.max(page.c.seq), 0)).where(page.c.case_id == row.case_id)
    ).scalar_one()
    for seq, one in enumerate(rows, last + 1):
        page_sha256, thumb_sha256 = plain[one.id]
        conn.execute(
            page.insert().values(
                id=one.id,
                case_id=row.case_id,
                request_id=one.id,  # it was asked for by the link, and by no request for a scan
                seq=seq,
                item=row.item,
                state=PageState.STORED,
                original_sha256=page_sha256,  # the file itself was never kept
                page_sha256=page_sha256,
                thumb_sha256=thumb_sha256,
                width_px=one.width_px,
                height_px=one.height_px,
                findings={
                    **one.findings,
                    "link": row.id,
                    "advice": one.advice,
                    "file_sha256": one.original_sha256,
                },
                stored_at=now,
            )
        )
        body = {
            "page_id": one.id,
            "sha256": page_sha256,
            "thumb_sha256": thumb_sha256,
            "request_id": one.id,
        }
        tell_all(conn, audiences, row.case_id, "page.added", body, now)
        _record(conn, row, "page.add", f"link:{row.id}", now, page_id=one.id, page=page_sha256)
    conn.execute(
        update(paper_link)
        .where(paper_link.c.id == row.id)
        .values(state=LinkState.SENT, sent_at=now)
    )
    conn.execute(delete(paper_sheet).where(paper_sheet.c.link_id == row.id))
    _record(conn, row, "link.sent", f"link:{row.id}", now, pages=str(len(rows)))
    return sent, _blobs(rows)


def forget(conn: Connection, now: datetime) -> tuple[Digest, ...]:
    """Forget what was uploaded and never sent; which bytes nobody needs now."""
    over = (
        select(paper_link.c.id)
        .where(
            or_(
                paper_link.c.state == LinkState.REVOKED,
                paper_link.c.expires_at <= now - KEPT_AFTER,
            ),
            paper_link.c.id.in_(select(paper_sheet.c.link_id)),
        )
        .limit(SWEEP)
    )
    ids = list(conn.execute(over).scalars())
    gone = conn.execute(
        delete(paper_sheet).where(paper_sheet.c.link_id.in_(ids)).returning(paper_sheet)
    ).all()
    for link in conn.execute(select(paper_link).where(paper_link.c.id.in_(ids))).all():
        _record(conn, link, "link.forgotten", "counter", now)
    return _blobs(gone)


def require_of_link(conn: Connection, case_id: str, page_id: str) -> None:
    """Raises `PageUnknown` for a page that did not come over a link of this case."""
    if not page_of(conn, case_id, page_id).over_link:
        raise PageUnknown(f"page {page_id} did not come over a link of case {case_id}")


def _revoke(conn: Connection, row: Row[Any], by: str, now: datetime) -> None:
    conn.execute(
        update(paper_link).where(paper_link.c.id == row.id).values(state=LinkState.REVOKED)
    )
    _record(conn, row, "link.revoked", by, now)


def _blobs(rows: Sequence[Row[Any]]) -> tuple[Digest, ...]:
    return tuple(Digest(blob) for row in rows for blob in (row.page_blob, row.thumb_blob))


def _record(
    conn: Connection, row: Row[Any], action: str, actor: str, now: datetime, **facts: str | None
) -> None:
    record(
        conn,
        actor=actor,
        action=action,
        subject=f"case:{row.case_id}",
        facts={"link": row.id, **facts},
        now=now,
    )
