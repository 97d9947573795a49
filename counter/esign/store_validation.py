"""What the record says about a finished document: for whoever holds it against its copy."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as digest
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from counter.esign.store_tables import (
    ceremony,
    esign_document,
    esign_revision,
    esign_ticket,
)
from counter.esign.validation import Manifest, Signer
from counter.ids import CaseId, CeremonyId, DocumentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A ceremony that ended in a sealed document."""

    ceremony_id: CeremonyId
    case_id: CaseId
    document_id: DocumentId
    form: str
    form_version: int
    language: str
    created_at: datetime
    sealed_sha256: str
    newest_sha256: str
    "Of the sealed document, or of what the archive made of it last."
    manifest: Manifest


def manifest_of_bytes(conn: Connection, sha256: str) -> Manifest | None:
    """What is known about exactly these bytes; None when they were not given out here."""
    documents = conn.execute(
        select(esign_revision.c.document_id).where(esign_revision.c.sha256 == sha256)
    ).scalars()
    for document_id in documents:
        found = finished_of_document(conn, document_id)
        if found is not None and sha256 in found.manifest.sha256s:
            return found.manifest
    return None


def finished_of_document(conn: Connection, document_id: str) -> Finished | None:
    """None when it is not sealed."""
    return _finished(conn, _sealed(conn, ceremony.c.document_id == document_id))


def finished_of(conn: Connection, case_id: str, ceremony_id: str) -> Finished | None:
    """None when this case has no such ceremony, or it is not sealed."""
    mine = (ceremony.c.case_id == case_id) & (ceremony.c.id == ceremony_id)
    return _finished(conn, _sealed(conn, mine))


def _sealed(conn: Connection, which: ColumnElement[bool]) -> Any:
    row: Any = conn.execute(
        select(
            ceremony.c.id,
            ceremony.c.case_id,
            ceremony.c.document_id,
            ceremony.c.language,
            ceremony.c.created_at,
            ceremony.c.sealed_sha256,
            esign_document.c.form,
            esign_document.c.form_version,
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .where(which, ceremony.c.sealed_sha256.is_not(None))
    ).one_or_none()
    return row


def _finished(conn: Connection, row: Any) -> Finished | None:
    if row is None:
        return None
    line = _line(conn, row.document_id, row.sealed_sha256)
    return Finished(
        ceremony_id=CeremonyId(row.id),
        case_id=CaseId(row.case_id),
        document_id=DocumentId(row.document_id),
        form=row.form,
        form_version=row.form_version,
        language=row.language,
        created_at=row.created_at,
        sealed_sha256=row.sealed_sha256,
        newest_sha256=line[-1],
        manifest=Manifest(
            ceremony_id=row.id, signers=_signers(conn, row.id), sha256s=frozenset(line)
        ),
    )


def _line(conn: Connection, document_id: str, sealed_sha256: str) -> list[str]:
    """The sealed document and what was made of it, each from the one before it."""
    rows = conn.execute(
        select(esign_revision.c.sha256, esign_revision.c.parent_sha256)
        .where(esign_revision.c.document_id == document_id)
        .order_by(esign_revision.c.created_at)
    ).all()
    line = [sealed_sha256]
    for row in rows:
        if row.parent_sha256 == line[-1]:
            line.append(row.sha256)
    return line


def _signers(conn: Connection, ceremony_id: str) -> tuple[Signer, ...]:
    """In the order of their holes, which is that of the file: each revision is written behind."""
    rows = conn.execute(
        select(esign_ticket.c.field, esign_ticket.c.certificate)
        .where(
            esign_ticket.c.ceremony_id == ceremony_id,
            esign_ticket.c.revision_sha256.is_not(None),
        )
        .order_by(esign_ticket.c.hole_start)
    )
    return tuple(
        Signer(field=row.field, certificate_sha256=digest(row.certificate).hexdigest())
        for row in rows
    )
