"""Questions about signing: what screens show, what may be given out, what is still to be sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast, get_args

from sqlalchemy import Connection, Row, and_, exists, or_, select

from counter.esign.attendance import GivenUp
from counter.esign.ceremony import (
    Abandoned,
    Ceremony,
    Consented,
    Declined,
    Expired,
    Prepared,
    Presented,
    Sealed,
    Signed,
    Voided,
    Withdrawn,
)
from counter.esign.ink import Ink
from counter.esign.ports import CeremonyState, Sheet, Uncertified, Unfinished
from counter.esign.reading_ports import Content
from counter.esign.refusals import CeremonyUnknown
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_tables import (
    OPEN,
    OPEN_BEFORE_INK,
    SIGNED_ONLY,
    TAKEN_BACK,
    ceremony,
    ceremony_ink,
    esign_check,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from counter.esign.ticket import CITIZEN, Witness
from counter.ids import CaseId, CeremonyId, Digest, DocumentId
from counter.store.cases import case_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A finished document, as one of its files."""

    sha256: Digest
    size_bytes: int


def find(conn: Connection, case_id: str | None, ceremony_id: str, *, lock: bool = True) -> Row[Any]:
    """The row of a ceremony, of this case unless None.  Raises `CeremonyUnknown`."""
    asked = select(ceremony).where(ceremony.c.id == ceremony_id)
    if case_id is not None:
        asked = asked.where(ceremony.c.case_id == case_id)
    row = conn.execute(asked.with_for_update() if lock else asked).one_or_none()
    if row is None:
        raise CeremonyUnknown(f"case {case_id} has no ceremony {ceremony_id}")
    return row


def stage_of(conn: Connection, row: Row[Any]) -> Ceremony:
    """The stage that a row stands for."""
    case_id, sha256 = CaseId(row.case_id), Digest(row.sha256)
    match row.state:
        case "prepared":
            return Prepared(case_id=case_id, sha256=sha256)
        case "presented":
            return Presented(
                case_id=case_id, sha256=sha256, pages=row.pages, seen=frozenset(row.seen)
            )
        case "consented":
            return Consented(case_id=case_id, sha256=sha256, consented_at=row.consented_at)
        case "signing":
            strokes = conn.execute(
                select(ceremony_ink.c.strokes).where(ceremony_ink.c.ceremony_id == row.id)
            ).scalar_one_or_none()
            return Signed(
                case_id=case_id,
                sha256=sha256,
                ink=None if strokes is None else Ink.load(strokes),
                signed_at=row.signed_at,
            )
        case "sealed":
            return Sealed(
                case_id=case_id,
                signed_sha256=Digest(row.signed_sha256),
                sealed_sha256=Digest(row.sealed_sha256),
            )
        case "declined":
            return Declined(case_id=case_id)
        case "abandoned":
            return Abandoned(case_id=case_id)
        case "expired":
            return Expired(case_id=case_id)
        case "voided":
            return Voided(case_id=case_id)
        case _:
            return Withdrawn(case_id=case_id)


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


def uncertified(conn: Connection, ceremony_id: str | None = None) -> tuple[Uncertified, ...]:
    """Forms that are drawn and not presented, oldest first; with an id, that one only."""
    asked = (
        select(
            ceremony,
            esign_document.c.form,
            esign_document.c.form_version,
            esign_revision.c.created_at.label("drawn_at"),
            case_table.c.department_id,
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .outerjoin(case_table, case_table.c.id == ceremony.c.case_id)
        .join(
            esign_revision,
            and_(
                esign_revision.c.document_id == ceremony.c.document_id,
                esign_revision.c.sha256 == ceremony.c.sha256,
            ),
        )
        .where(ceremony.c.state == "prepared")
        .order_by(ceremony.c.created_at)
    )
    if ceremony_id is not None:
        asked = asked.where(ceremony.c.id == ceremony_id)
    return tuple(
        Uncertified(
            ceremony_id=CeremonyId(row.id),
            prepared=cast(Prepared, stage_of(conn, row)),
            form=row.form,
            form_version=row.form_version,
            drawn_at=row.drawn_at,
            department=row.department_id or "",
        )
        for row in conn.execute(asked).all()
    )


def load(conn: Connection, case_id: str, ceremony_id: str) -> Ceremony:
    """The stage of a ceremony.  Raises `CeremonyUnknown`."""
    return stage_of(conn, find(conn, case_id, ceremony_id, lock=False))


def department_of(conn: Connection, case_id: str) -> str:
    """Whose case it is; empty when nobody knows."""
    asked = select(case_table.c.department_id).where(case_table.c.id == case_id)
    return conn.execute(asked).scalar_one_or_none() or ""


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


def unfinished(conn: Connection, ceremony_id: str | None = None) -> tuple[Unfinished, ...]:
    """Ceremonies with ink and without seal, oldest first; with an id, that one only."""
    asked = (
        select(
            ceremony,
            esign_document.c.form,
            esign_document.c.form_version,
            esign_document.c.data,
            case_table.c.department_id,
        )
        .join(esign_document, esign_document.c.id == ceremony.c.document_id)
        .outerjoin(case_table, case_table.c.id == ceremony.c.case_id)
        .where(ceremony.c.state == "signing")
        .order_by(ceremony.c.signed_at)
    )
    if ceremony_id is not None:
        asked = asked.where(ceremony.c.id == ceremony_id)
    return tuple(
        Unfinished(
            ceremony_id=CeremonyId(row.id),
            form=row.form,
            form_version=row.form_version,
            data=row.data,
            signed=cast(Signed, stage_of(conn, row)),
            witness=Witness(**row.witness) if row.witness else None,
            department=row.department_id or "",
        )
        for row in conn.execute(asked).all()
    )


def unfinished_since(conn: Connection, before: datetime) -> tuple[CeremonyId, ...]:
    """Ceremonies whose ink came before this and that have no seal."""
    waiting = select(ceremony.c.id).where(
        ceremony.c.state == "signing", ceremony.c.signed_at < before
    )
    return tuple(CeremonyId(one) for one in conn.execute(waiting).scalars())


def owns_document(conn: Connection, case_id: str, sha256: str) -> bool:
    """Whether the case may have it: presented, sealed or archived; never half-signed or voided.

    Of one taken back between the pen and the seal nothing: it is evidence, and given out by nobody.
    """
    found = conn.execute(
        select(esign_revision.c.kind)
        .join(esign_document, esign_document.c.id == esign_revision.c.document_id)
        .join(ceremony, ceremony.c.document_id == esign_document.c.id)
        .where(
            esign_document.c.case_id == case_id,
            esign_revision.c.sha256 == sha256,
            ~SIGNED_ONLY,
            or_(
                # What was only drawn was shown until the department certified first.
                esign_revision.c.kind.in_(("prepared", "certified")),
                and_(
                    esign_revision.c.kind.in_(("sealed", "archived")), ceremony.c.state == "sealed"
                ),
            ),
        )
    )
    return found.first() is not None


def line_of(conn: Connection, document_id: str, sealed_sha256: str) -> tuple[Given, ...]:
    """The sealed document and what the archive made of it, each from the one before; newest last.

    Each was given out once, so each may be asked for; who asks for the document gets the last.
    """
    children = {
        row.parent_sha256: Given(sha256=Digest(row.sha256), size_bytes=row.size_bytes)
        for row in conn.execute(
            select(esign_revision).where(
                esign_revision.c.document_id == document_id,
                esign_revision.c.kind.in_(("sealed", "archived")),
            )
        )
    }
    sealed = next(one for one in children.values() if one.sha256 == sealed_sha256)
    line = [sealed]
    while (child := children.get(line[-1].sha256)) is not None:
        line.append(child)
    return tuple(line)


def owns_image(conn: Connection, case_id: str, sha256: str) -> bool:
    """Whether this page image belongs to the case, and not only to what `owns_document` denies."""
    found = conn.execute(
        select(esign_page_image.c.page)
        .join(esign_document, esign_document.c.id == esign_page_image.c.document_id)
        .join(ceremony, ceremony.c.document_id == esign_document.c.id)
        .where(
            esign_document.c.case_id == case_id, esign_page_image.c.sha256 == sha256, ~SIGNED_ONLY
        )
    )
    return found.first() is not None


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
