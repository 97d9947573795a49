"""Signatures that were begun: what a restart needs to finish them, each row once."""

import base64
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, case, select, update

from counter.errors import NotAllowedNow
from counter.esign.store_tables import ceremony, ceremony_certificate, esign_ticket
from counter.esign.ticket import (
    CITIZEN,
    ORIGIN,
    CertificateChain,
    KeptTicket,
    LeftOver,
    Mechanism,
    SigningTicket,
)
from counter.ids import Digest
from counter.store.metadata import insert_for


def ticket_of(conn: Connection, ceremony_id: str, field: str) -> KeptTicket | None:
    """How far this act has come; None when it was not begun."""
    row = conn.execute(select(esign_ticket).where(*_is(ceremony_id, field))).one_or_none()
    return _kept(row) if row is not None else None


def keep_ticket(
    conn: Connection, ceremony_id: str, ticket: SigningTicket, *, now: datetime
) -> KeptTicket:
    """Keep it before the key is asked; answers the one that stands, which is the first.

    Raises `NotAllowedNow` when the ceremony does not sign any more.
    """
    if not _activates(conn, ceremony_id, ticket.field):
        _require_signing(conn, ceremony_id, ticket.field)
    conn.execute(
        insert_for(conn, esign_ticket)
        .values(
            ceremony_id=ceremony_id,
            field=ticket.field,
            parent_sha256=ticket.parent_sha256,
            hole_sha256=ticket.hole_sha256,
            hole_start=ticket.hole_start,
            hole_end=ticket.hole_end,
            document_digest=ticket.document_digest,
            signed_attributes=ticket.signed_attributes,
            mechanism=ticket.mechanism,
            certificate=ticket.chain.certificate,
            issuers=[base64.b64encode(one).decode() for one in ticket.chain.issuers],
            token_room_bytes=ticket.token_room_bytes,
            created_at=now,
        )
        .on_conflict_do_nothing()
    )
    return _standing(conn, ceremony_id, ticket.field)


def keep_value(conn: Connection, ceremony_id: str, field: str, value: bytes) -> bytes:
    """Keep what the key's holder answered; answers the value that stands."""
    _require_signing(conn, ceremony_id, field)
    return set_value(conn, ceremony_id, field, value)


def set_value(conn: Connection, ceremony_id: str, field: str, value: bytes) -> bytes:
    """The same in a transaction that has looked at the ceremony already."""
    unset = esign_ticket.c.value.is_(None)
    conn.execute(update(esign_ticket).where(*_is(ceremony_id, field), unset).values(value=value))
    return cast(bytes, _standing(conn, ceremony_id, field).value)


def keep_revision(conn: Connection, ceremony_id: str, field: str, sha256: Digest) -> Digest:
    """Keep which document it became; answers the one that stands."""
    _require_signing(conn, ceremony_id, field)
    unset = esign_ticket.c.revision_sha256.is_(None)
    conn.execute(
        update(esign_ticket).where(*_is(ceremony_id, field), unset).values(revision_sha256=sha256)
    )
    return cast(Digest, _standing(conn, ceremony_id, field).revision_sha256)


def left_over(conn: Connection) -> tuple[LeftOver, ...]:
    """Acts whose ceremony does not sign any more, and whose documents are still in the blobs.

    The document with the hole goes; of a withdrawn ceremony, what became of it too, unless it was
    presented.
    """
    of_origin = esign_ticket.c.field == ORIGIN
    activating = and_(esign_ticket.c.field == CITIZEN, ceremony.c.state == "consented")
    rows = conn.execute(
        select(
            esign_ticket,
            ceremony.c.sealed_sha256,
            ceremony.c.sha256.label("shown_sha256"),
        )
        .join(ceremony, ceremony.c.id == esign_ticket.c.ceremony_id)
        .where(
            esign_ticket.c.cleared_at.is_(None),
            ceremony.c.state != case((of_origin, "prepared"), else_="signing"),
            ~activating,
        )
    )
    found = []
    for row in rows:
        useless = [row.hole_sha256]
        # What was sealed stays, also when it was voided since: that erases nothing.
        kept = row.sealed_sha256 or row.revision_sha256 in (None, row.shown_sha256)
        if not kept:
            useless.append(row.revision_sha256)
        found.append(
            LeftOver(
                ceremony_id=row.ceremony_id,
                field=row.field,
                documents=tuple(Digest(sha256) for sha256 in useless),
            )
        )
    return tuple(found)


def drop_ticket(conn: Connection, ceremony_id: str) -> None:
    """The citizen signs by another means, or another document: the hole that was begun goes.

    No value was kept of it; its row stays, under a name of its own, until the hole is cleared.
    """
    found = ticket_of(conn, ceremony_id, CITIZEN)
    if found is not None:
        name = f"{CITIZEN}~{found.ticket.hole_sha256[:8]}"
        conn.execute(update(esign_ticket).where(*_is(ceremony_id, CITIZEN)).values(field=name))


def cleared(conn: Connection, ceremony_id: str, field: str, *, now: datetime) -> None:
    """Note that they are out of the blobs."""
    conn.execute(update(esign_ticket).where(*_is(ceremony_id, field)).values(cleared_at=now))


def _require_signing(conn: Connection, ceremony_id: str, field: str) -> None:
    asked = select(ceremony.c.state).where(ceremony.c.id == ceremony_id).with_for_update()
    state = conn.execute(asked).scalar_one_or_none()
    if state != ("prepared" if field == ORIGIN else "signing"):
        raise NotAllowedNow(f"ceremony {ceremony_id} is {state}: nothing is signed now")


def _activates(conn: Connection, ceremony_id: str, field: str) -> bool:
    """Whether the citizen, who has agreed, chose his own certificate."""
    asked = select(ceremony.c.state).where(ceremony.c.id == ceremony_id).with_for_update()
    if field != CITIZEN or conn.execute(asked).scalar_one_or_none() != "consented":
        return False
    chosen = select(ceremony_certificate.c.state).where(
        ceremony_certificate.c.ceremony_id == ceremony_id
    )
    return conn.execute(chosen).scalar_one_or_none() in ("chosen", "coded")


def _standing(conn: Connection, ceremony_id: str, field: str) -> KeptTicket:
    found = ticket_of(conn, ceremony_id, field)
    assert found is not None  # written in this transaction, or by who came first
    return found


def _is(ceremony_id: str, field: str) -> tuple[Any, Any]:
    return esign_ticket.c.ceremony_id == ceremony_id, esign_ticket.c.field == field


def _kept(row: Row[Any]) -> KeptTicket:
    return KeptTicket(
        ticket=SigningTicket(
            field=row.field,
            parent_sha256=Digest(row.parent_sha256),
            hole_sha256=Digest(row.hole_sha256),
            hole_start=row.hole_start,
            hole_end=row.hole_end,
            document_digest=row.document_digest,
            signed_attributes=row.signed_attributes,
            mechanism=cast(Mechanism, row.mechanism),
            chain=CertificateChain(
                certificate=row.certificate,
                issuers=tuple(base64.b64decode(one) for one in row.issuers),
            ),
            token_room_bytes=row.token_room_bytes,
        ),
        value=row.value,
        revision_sha256=Digest(row.revision_sha256) if row.revision_sha256 else None,
    )
