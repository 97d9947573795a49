"""Questions about the ceremonies of a case: what screens show of them, and what a document says."""

from typing import Any, get_args

from sqlalchemy import Connection, Row, exists, or_, select

from counter.esign.attendance import GivenUp
from counter.esign.ceremony import Ceremony
from counter.esign.reading_ports import Content
from counter.esign.record_ports import CeremonyState, Sheet
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_ceremony import find, stage_of
from counter.esign.store_tables import (
    OPEN,
    OPEN_BEFORE_INK,
    TAKEN_BACK,
    ceremony,
    esign_check,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from counter.esign.ticket import CITIZEN
from counter.ids import CaseId, CeremonyId, Digest, DocumentId


def signing_of(conn: Connection, case_id: str) -> tuple[CeremonyState, ...]:
    """Every ceremony of a case as screens show it, newest first.

    None that was never presented, unless it was given up: then screens say why.
    """
    given_up = exists().where(
        ceremony_attendance.c.ceremony_id == ceremony.c.id,
        ceremony_attendance.c.reason.in_(get_args(GivenUp)),
    )
    citizen_signed = exists().where(
        esign_ticket.c.ceremony_id == ceremony.c.id,
        esign_ticket.c.field == CITIZEN,
        esign_ticket.c.revision_sha256.is_not(None),
    )
    rows = conn.execute(
        select(
            ceremony,
            esign_document.c.form,
            esign_document.c.form_version,
            citizen_signed.label("citizen_signed"),
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .where(ceremony.c.case_id == case_id, or_(ceremony.c.pages > 0, given_up))
        .order_by(ceremony.c.order_in_case.desc())
    )
    return tuple(
        CeremonyState(
            ceremony_id=CeremonyId(row.id),
            case_id=CaseId(row.case_id),
            document_id=DocumentId(row.document_id),
            form=row.form,
            form_version=row.form_version,
            language=row.language,
            state=row.state,
            version=row.version,
            sha256=Digest(row.sha256),
            sheets=_sheets(conn, row),
            sealed_sha256=Digest(row.sealed_sha256) if row.sealed_sha256 else None,
            created_at=row.created_at,
            agreed=row.agreed,
            signed_at=row.signed_at,
            citizen_signed=row.citizen_signed,
        )
        for row in rows.all()
    )


def ever_seen(conn: Connection, case_id: str) -> frozenset[str]:
    """Ceremonies of a case that were presented at least once, by id; also those let go since."""
    certified = exists().where(
        esign_revision.c.document_id == ceremony.c.document_id,
        esign_revision.c.kind == "certified",
    )
    rows = conn.execute(
        select(ceremony.c.id).where(
            ceremony.c.case_id == case_id, or_(ceremony.c.pages > 0, certified)
        )
    )
    return frozenset(rows.scalars())


def is_open(conn: Connection, case_id: str) -> bool:
    """Whether the case has a ceremony under way."""
    under_way = select(ceremony.c.id).where(
        ceremony.c.case_id == case_id, ceremony.c.state.in_(OPEN)
    )
    return conn.execute(under_way).first() is not None


def open_before_ink(conn: Connection, case_id: str) -> tuple[str, ...]:
    """Ceremonies of a case that nobody has signed in yet, by id."""
    rows = conn.execute(
        select(ceremony.c.id).where(
            ceremony.c.case_id == case_id, ceremony.c.state.in_(OPEN_BEFORE_INK)
        )
    )
    return tuple(rows.scalars())


def load(conn: Connection, case_id: str, ceremony_id: str) -> Ceremony:
    """The stage of a ceremony.  Raises `CeremonyUnknown`."""
    return stage_of(conn, find(conn, case_id, ceremony_id, lock=False))


def content(conn: Connection, case_id: str, ceremony_id: str) -> Content:
    """What a document says.  Raises `CeremonyUnknown`."""
    row = find(conn, case_id, ceremony_id, lock=False)
    document = conn.execute(
        select(esign_document).where(esign_document.c.id == row.document_id)
    ).one()
    reference = conn.execute(
        select(esign_check.c.reference).where(esign_check.c.document_id == row.document_id)
    ).scalar_one_or_none()
    return Content(
        form=document.form,
        form_version=document.form_version,
        language=row.language,
        sha256=Digest(row.sha256),
        data=document.data,
        check_reference=reference or "",
    )


def _sheets(conn: Connection, row: Row[Any]) -> tuple[Sheet, ...]:
    if row.state in TAKEN_BACK and row.signed_at is not None and row.sealed_sha256 is None:
        return ()  # nobody may have them
    found = conn.execute(
        select(esign_page_image)
        .where(
            esign_page_image.c.document_id == row.document_id,
            esign_page_image.c.revision_sha256 == (row.sealed_sha256 or row.sha256),
        )
        .order_by(esign_page_image.c.page)
    )
    return tuple(
        Sheet(
            page=image.page,
            sha256=Digest(image.sha256),
            width_px=image.width_px,
            height_px=image.height_px,
            seen=image.page in row.seen,
        )
        for image in found
    )
