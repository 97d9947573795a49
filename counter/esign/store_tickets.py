"""Signatures that were begun: what a restart needs to finish them, each row once."""

import base64
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, case, select, update

from counter.errors import NotAllowedNow
from counter.esign.certificate import UNDER_WAY
from counter.esign.store_tables import SIGNED_ONLY, ceremony, ceremony_certificate, esign_ticket
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

    Raises `NotAllowedNow` when the ceremony does not sign any more, or not what was drawn before.
    """
    if not _activates(conn, ceremony_id, ticket.field):
        drawn = _require_signing(conn, ceremony_id, ticket.field)
        if ticket.field == ORIGIN and ticket.parent_sha256 != drawn:
            raise NotAllowedNow(f"ceremony {ceremony_id} was corrected since this was drawn")
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
    standing = ticket_of(conn, ceremony_id, ticket.field)
    assert standing is not None  # written in this transaction, or by who came first
    return standing


def keep_value(conn: Connection, ceremony_id: str, field: str, hole: Digest, value: bytes) -> bytes:
    """Keep what the key's holder answered; answers the value that stands.

    hole: of the ticket it belongs to.  Raises `NotAllowedNow` when another one took its place.
    """
    _require_signing(conn, ceremony_id, field)
    return set_value(conn, ceremony_id, field, hole, value)


def set_value(conn: Connection, ceremony_id: str, field: str, hole: Digest, value: bytes) -> bytes:
    """The same in a transaction that has looked at the ceremony already."""
    unset = esign_ticket.c.value.is_(None)
    conn.execute(
        update(esign_ticket).where(*_is(ceremony_id, field, hole), unset).values(value=value)
    )
    return cast(bytes, _standing(conn, ceremony_id, field, hole).value)


def keep_revision(
    conn: Connection, ceremony_id: str, field: str, hole: Digest, sha256: Digest
) -> Digest:
    """Keep which document it became; answers the one that stands.

    hole: of the ticket it belongs to.  Raises `NotAllowedNow` when another one took its place.
    """
    _require_signing(conn, ceremony_id, field)
    unset = esign_ticket.c.revision_sha256.is_(None)
    conn.execute(
        update(esign_ticket)
        .where(*_is(ceremony_id, field, hole), unset)
        .values(revision_sha256=sha256)
    )
    return cast(Digest, _standing(conn, ceremony_id, field, hole).revision_sha256)


def left_over(conn: Connection) -> tuple[LeftOver, ...]:
    """Acts whose ceremony does not sign any more, and whose documents are still in the blobs.

    The document with the hole goes; of a withdrawn ceremony, what became of it too, unless it was
    presented.  What was signed and taken back before the seal stays, as evidence.
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
            ~SIGNED_ONLY,
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
                hole_sha256=Digest(row.hole_sha256),
                documents=tuple(Digest(sha256) for sha256 in useless),
            )
        )
    return tuple(found)


def cleared(conn: Connection, one: LeftOver, *, now: datetime) -> None:
    """Note that they are out of the blobs; nothing about a ticket that took this one's place."""
    conn.execute(
        update(esign_ticket)
        .where(*_is(one.ceremony_id, one.field, one.hole_sha256))
        .values(cleared_at=now)
    )


def drop_ticket(conn: Connection, ceremony_id: str) -> None:
    """The citizen signs by another means, or another document: the hole that was begun goes.

    No value was kept of it; its row stays, under a name of its own, until the hole is cleared.
    """
    found = ticket_of(conn, ceremony_id, CITIZEN)
    if found is not None:
        name = f"{CITIZEN}~{found.ticket.hole_sha256[:8]}"
        conn.execute(
            update(esign_ticket)
            .where(*_is(ceremony_id, CITIZEN, found.ticket.hole_sha256))
            .values(field=name)
        )


def _require_signing(conn: Connection, ceremony_id: str, field: str) -> str:
    """Answers the digest of what is signed; locks the ceremony."""
    asked = select(ceremony.c.state, ceremony.c.sha256).where(ceremony.c.id == ceremony_id)
    row = conn.execute(asked.with_for_update()).one_or_none()
    state = row.state if row is not None else None
    if row is None or state != ("prepared" if field == ORIGIN else "signing"):
        raise NotAllowedNow(f"ceremony {ceremony_id} is {state}: nothing is signed now")
    return str(row.sha256)


def _activates(conn: Connection, ceremony_id: str, field: str) -> bool:
    """Whether the citizen, who has agreed, chose his own certificate."""
    asked = select(ceremony.c.state).where(ceremony.c.id == ceremony_id).with_for_update()
    if field != CITIZEN or conn.execute(asked).scalar_one_or_none() != "consented":
        return False
    chosen = select(ceremony_certificate.c.state).where(
        ceremony_certificate.c.ceremony_id == ceremony_id
    )
    return conn.execute(chosen).scalar_one_or_none() in UNDER_WAY


def _standing(conn: Connection, ceremony_id: str, field: str, hole: Digest) -> KeptTicket:
    found = ticket_of(conn, ceremony_id, field)
    if found is None or found.ticket.hole_sha256 != hole:
        raise NotAllowedNow(f"ceremony {ceremony_id}: {field} was begun anew since")
    return found


def _is(ceremony_id: str, field: str, hole: Digest | None = None) -> tuple[Any, ...]:
    """hole: None: whichever it is."""
    same = (esign_ticket.c.ceremony_id == ceremony_id, esign_ticket.c.field == field)
    return same if hole is None else (*same, esign_ticket.c.hole_sha256 == hole)


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
