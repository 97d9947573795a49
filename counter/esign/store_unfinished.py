"""Questions about what the counter still has to do: documents to certify, documents to seal."""

from datetime import datetime
from typing import cast

from sqlalchemy import Connection, and_, select

from counter.esign.ceremony import Prepared, Signed
from counter.esign.record_ports import Uncertified, Unfinished
from counter.esign.store_ceremony import stage_of
from counter.esign.store_tables import ceremony, esign_document, esign_revision
from counter.esign.ticket import Witness
from counter.ids import CeremonyId
from counter.store.cases import case_table


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
