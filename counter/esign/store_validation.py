"""What the record says about a finished document: for whoever holds it against its copy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256 as digest
from itertools import zip_longest
from typing import Any

from cryptography.x509 import load_der_x509_certificate
from cryptography.x509.oid import NameOID
from sqlalchemy import ColumnElement, Connection, select

from counter.esign.store_archive import AT_ONCE
from counter.esign.store_archive_table import esign_archive
from counter.esign.store_given_out import line_of
from counter.esign.store_tables import (
    ceremony,
    esign_check,
    esign_document,
    esign_revision,
    esign_ticket,
)
from counter.esign.ticket import CITIZEN
from counter.esign.validation import Finished, Manifest, Recorded, Signer
from counter.ids import CaseId, CeremonyId, DocumentId
from counter.store.cases import case_table
from counter.store.executor import Executor
from counter.store.journal_sql import entries_about


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlChecks:
    """See `counter.esign.check_ports.CheckRecords`."""

    executor: Executor

    async def by_reference(self, reference: str) -> Recorded | None:
        return await self.executor.read(_by_reference, reference)

    async def by_bytes(self, sha256: str) -> Recorded | None:
        return await self.executor.read(_by_bytes, sha256)

    async def by_beginning(self, sha256s: Sequence[str]) -> Recorded | None:
        return await self.executor.read(_by_beginning, sha256s)


def _by_reference(conn: Connection, reference: str) -> Recorded | None:
    document_id = conn.execute(
        select(esign_check.c.document_id).where(esign_check.c.reference == reference)
    ).scalar_one_or_none()
    found = None if document_id is None else finished_of_document(conn, document_id)
    return None if found is None else _shown(found)


def _by_bytes(conn: Connection, sha256: str) -> Recorded | None:
    found = finished_of_bytes(conn, sha256)
    return None if found is None else _shown(found)


def _by_beginning(conn: Connection, sha256s: Sequence[str]) -> Recorded | None:
    found = finished_of_beginning(conn, sha256s)
    return None if found is None else _shown(found)


def _shown(found: Finished) -> Recorded:
    return Recorded(
        manifest=found.manifest,
        department=found.department,
        form=found.form,
        case_number=found.case_number,
        pages=found.pages,
        sealed_at=found.sealed_at,
        sealed_sha256=found.sealed_sha256,
        newest_sha256=found.newest_sha256,
        # A citizen who signs with a certificate of their own is named by it.
        signers=tuple((field, "" if field == CITIZEN else name) for field, name in found.signers),
        not_archived=found.not_archived,
    )


def finished_of_bytes(conn: Connection, sha256: str) -> Finished | None:
    """The document that was given out with exactly these bytes."""
    documents = conn.execute(
        select(esign_revision.c.document_id).where(esign_revision.c.sha256 == sha256)
    ).scalars()
    for document_id in documents:
        found = finished_of_document(conn, document_id)
        if found is not None and sha256 in found.manifest.sha256s:
            return found
    return None


def finished_of_beginning(conn: Connection, sha256s: Sequence[str]) -> Finished | None:
    """The document that one of these is a file of, given out or not."""
    documents = conn.execute(
        select(esign_revision.c.document_id)
        .where(esign_revision.c.sha256.in_(sha256s))
        .distinct()
        .order_by(esign_revision.c.document_id)
    ).scalars()
    finished = (finished_of_document(conn, one) for one in documents.all())
    return next((one for one in finished if one is not None), None)


def finished_of_document(conn: Connection, document_id: str) -> Finished | None:
    """None when it is not sealed."""
    return _finished(conn, _sealed(conn, ceremony.c.document_id == document_id))


def finished_of(conn: Connection, case_id: str, ceremony_id: str) -> Finished | None:
    """None when this case has no such ceremony, or it is not sealed."""
    mine = (ceremony.c.case_id == case_id) & (ceremony.c.id == ceremony_id)
    return _finished(conn, _sealed(conn, mine))


def revoked_later(conn: Connection, case_id: str) -> dict[str, dict[str, datetime | None]]:
    """By ceremony of a case: fields whose certificates were revoked after they had signed.

    With when; None where the archive did not note it yet.  As the journal has it.
    """
    sealed = select(ceremony.c.id, ceremony.c.document_id).where(
        ceremony.c.case_id == case_id, ceremony.c.sealed_sha256.is_not(None)
    )
    found: dict[str, dict[str, datetime | None]] = {}
    for row in conn.execute(sealed).all():
        for entry in entries_about(conn, f"document:{row.document_id}"):
            facts = json.loads(entry.body)["facts"]
            fields, times = facts.get("revoked_later", "").split(), facts.get("revoked_at", "")
            for field, at in zip_longest(fields, times.split()):
                one = found.setdefault(row.id, {})
                one[field] = datetime.fromisoformat(at) if at else None
    return found


def _sealed(conn: Connection, which: ColumnElement[bool]) -> Any:
    row: Any = conn.execute(
        select(
            ceremony.c.id,
            ceremony.c.case_id,
            ceremony.c.document_id,
            ceremony.c.language,
            ceremony.c.created_at,
            ceremony.c.sealed_sha256,
            ceremony.c.voided_at,
            ceremony.c.pages,
            esign_document.c.data,
            esign_document.c.form,
            esign_document.c.form_version,
            case_table.c.department_id,
            esign_revision.c.created_at.label("sealed_at"),
            esign_archive.c.last_error,
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .join(case_table, case_table.c.id == ceremony.c.case_id)
        .join(
            esign_revision,
            (esign_revision.c.document_id == ceremony.c.document_id)
            & (esign_revision.c.sha256 == ceremony.c.sealed_sha256),
        )
        .outerjoin(
            esign_archive,
            (esign_archive.c.document_id == ceremony.c.document_id)
            & (esign_archive.c.revision_sha256 == ceremony.c.sealed_sha256),
        )
        .where(which, ceremony.c.sealed_sha256.is_not(None))
    ).one_or_none()
    return row


def _finished(conn: Connection, row: Any) -> Finished | None:
    if row is None:
        return None
    line = [one.sha256 for one in line_of(conn, row.document_id, row.sealed_sha256)]
    signed = _signed(conn, row.id)
    return Finished(
        ceremony_id=CeremonyId(row.id),
        case_id=CaseId(row.case_id),
        document_id=DocumentId(row.document_id),
        form=row.form,
        form_version=row.form_version,
        language=row.language,
        created_at=row.created_at,
        department=row.department_id,
        department_name=row.data.get("department_name", ""),
        case_number=row.data.get("case_number", ""),
        pages=row.pages,
        sealed_at=row.sealed_at,
        signers=tuple((field, _named(certificate)) for field, certificate in signed),
        sealed_sha256=row.sealed_sha256,
        newest_sha256=line[-1],
        manifest=Manifest(
            ceremony_id=row.id,
            signers=tuple(
                Signer(field=field, certificate_sha256=digest(certificate).hexdigest())
                for field, certificate in signed
            ),
            sha256s=frozenset(line),
            voided_at=row.voided_at,
            beginnings=_beginnings(conn, row.document_id),
        ),
        not_archived=row.last_error if row.last_error in AT_ONCE else "",
    )


def _beginnings(conn: Connection, document_id: str) -> frozenset[str]:
    whole = select(esign_revision.c.sha256).where(
        esign_revision.c.document_id == document_id,
        esign_revision.c.kind.not_in(("sealed", "archived")),
    )
    return frozenset(conn.execute(whole).scalars())


def _signed(conn: Connection, ceremony_id: str) -> list[tuple[str, bytes]]:
    """In the order of their holes, which is that of the file: each revision is written behind."""
    rows = conn.execute(
        select(esign_ticket.c.field, esign_ticket.c.certificate)
        .where(
            esign_ticket.c.ceremony_id == ceremony_id,
            esign_ticket.c.revision_sha256.is_not(None),
        )
        .order_by(esign_ticket.c.hole_start)
    )
    return [(row.field, row.certificate) for row in rows]


def _named(certificate: bytes) -> str:
    """Whom a certificate names: its common name, else all of its subject."""
    subject = load_der_x509_certificate(certificate).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()
