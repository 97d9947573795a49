"""Links to the signed documents of a case, and who took what, as rows."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Connection, Integer, Row, String, Table, select, update

from counter.errors import NotFound
from counter.esign.issued import Delivery, DocumentLink, Issued, IssuedDocument, deadline
from counter.esign.refusals import DocumentUnknown, IssueOver
from counter.esign.store_given_out import Given, line_of
from counter.esign.store_tables import ceremony, esign_document
from counter.ids import CaseId, Digest
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata

document_link = Table(
    "document_link",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, unique=True),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

document_delivery = Table(
    "document_delivery",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("channel", String(12), primary_key=True),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("times", Integer, nullable=False),
)

NewLink = Callable[[], tuple[str, Digest]]
"A link's id and the digest of its token."
ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."
LEADS_TO_PAPER = ("sealed", "signing")


def issue(conn: Connection, case_id: CaseId, new_link: NewLink, now: datetime) -> None:
    """Let the documents of a case be taken: once, and only where somebody signed one."""
    signed = select(ceremony.c.id).where(
        ceremony.c.case_id == case_id, ceremony.c.state.in_(LEADS_TO_PAPER)
    )
    if conn.execute(signed.limit(1)).one_or_none() is None:
        return
    link_id, token_sha256 = new_link()
    made = conn.execute(
        insert_for(conn, document_link)
        .values(
            id=link_id,
            case_id=case_id,
            token_sha256=token_sha256,
            made_at=now,
            expires_at=deadline(now, ZONE),
        )
        .on_conflict_do_nothing(index_elements=["case_id"])
    )
    if made.rowcount:
        _note(conn, "counter:closing", "documents.link_made", case_id, {}, now)


def link_of(conn: Connection, case_id: str, now: datetime) -> DocumentLink | None:
    """The case's link while it holds."""
    row = conn.execute(
        select(document_link).where(document_link.c.case_id == case_id)
    ).one_or_none()
    return None if row is None or _is_over(row, now) else _link(row)


def issued(conn: Connection, token_sha256: str, now: datetime) -> Issued:
    """What can be taken.  Raises `IssueOver`, alike for a link that never was."""
    link = _held(conn, token_sha256, now)
    rows = conn.execute(
        select(
            ceremony.c.state,
            ceremony.c.document_id,
            ceremony.c.sealed_sha256,
            esign_document.c.form,
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .where(ceremony.c.case_id == link.case_id, ceremony.c.state.in_(LEADS_TO_PAPER))
        .order_by(ceremony.c.order_in_case)
    ).all()
    return Issued(
        link=link,
        documents=tuple(
            _document(row.form, line_of(conn, row.document_id, row.sealed_sha256))
            for row in rows
            if row.state == "sealed"
        ),
        being_sealed=sum(row.state == "signing" for row in rows),
    )


def take(conn: Connection, token_sha256: str, sha256: str, now: datetime) -> CaseId:
    """Note that a document is taken over the link; whose case it is of.

    Raises `IssueOver`, `DocumentUnknown` for what the link does not lead to.
    """
    found = issued(conn, token_sha256, now)
    if not any(sha256 in (one.sha256, *one.before) for one in found.documents):
        raise DocumentUnknown(f"case {found.link.case_id} has no document {sha256[:12]} to take")
    known = (document_delivery.c.case_id == found.link.case_id) & (
        document_delivery.c.sha256 == sha256
    )
    first = conn.execute(
        insert_for(conn, document_delivery)
        .values(
            case_id=found.link.case_id,
            sha256=sha256,
            channel="link",
            first_at=now,
            last_at=now,
            times=1,
        )
        .on_conflict_do_nothing()
    )
    if not first.rowcount:
        conn.execute(
            update(document_delivery)
            .where(known, document_delivery.c.channel == "link")
            .values(last_at=now, times=document_delivery.c.times + 1)
        )
    else:
        facts = {"sha256": sha256, "channel": "link"}
        _note(conn, "citizen:link", "document.delivered", found.link.case_id, facts, now)
    return found.link.case_id


def revoke(conn: Connection, case_id: str, *, by: str, now: datetime) -> None:
    """Let nothing be taken over the case's link any more.  Raises `NotFound` without one."""
    row = conn.execute(
        select(document_link).where(document_link.c.case_id == case_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"case {case_id} has no link to its documents")
    if row.revoked_at is None:
        conn.execute(
            update(document_link).where(document_link.c.id == row.id).values(revoked_at=now)
        )
        _note(conn, by, "documents.link_revoked", case_id, {}, now)


def deliveries_of(conn: Connection, case_id: str) -> tuple[Delivery, ...]:
    """What was taken, the first time first."""
    rows = conn.execute(
        select(document_delivery)
        .where(document_delivery.c.case_id == case_id)
        .order_by(document_delivery.c.first_at, document_delivery.c.sha256)
    )
    return tuple(
        Delivery(
            sha256=Digest(row.sha256),
            channel=row.channel,
            first_at=row.first_at,
            times=row.times,
        )
        for row in rows
    )


def _held(conn: Connection, token_sha256: str, now: datetime) -> DocumentLink:
    row = conn.execute(
        select(document_link).where(document_link.c.token_sha256 == token_sha256)
    ).one_or_none()
    if row is None or _is_over(row, now):
        raise IssueOver("a link that was taken back, has expired, or never was")
    return _link(row)


def _is_over(row: Row[Any], now: datetime) -> bool:
    return row.revoked_at is not None or bool(row.expires_at <= now)


def _link(row: Row[Any]) -> DocumentLink:
    return DocumentLink(link_id=row.id, case_id=CaseId(row.case_id), expires_at=row.expires_at)


def _document(form: str, line: Sequence[Given]) -> IssuedDocument:
    *before, newest = line
    return IssuedDocument(
        sha256=newest.sha256,
        form=form,
        size_bytes=newest.size_bytes,
        before=tuple(one.sha256 for one in before),
    )


def _note(
    conn: Connection, actor: str, action: str, case_id: str, facts: dict[str, Any], now: datetime
) -> None:
    record(conn, actor=actor, action=action, subject=f"case:{case_id}", facts=facts, now=now)
