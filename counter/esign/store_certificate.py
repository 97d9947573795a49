"""Commands of the citizen's own certificate: chosen, confirmed, let go of, signed with.

Each one is one transaction.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete

from counter.esign.ceremony import Consented, Sealed, Signed
from counter.esign.certificate import CODED, TRIES, UNDER_WAY
from counter.esign.certificate_refusals import ActivationLocked
from counter.esign.store_activation import (
    activating_of,
    certificate_told,
    consented,
    write_activating,
)
from counter.esign.store_case import WitnessOf
from counter.esign.store_ceremony import find, not_now, stage_of
from counter.esign.store_signing import signed
from counter.esign.store_tables import ceremony_certificate
from counter.esign.store_tickets import drop_ticket, set_value, ticket_of
from counter.esign.ticket import CITIZEN
from counter.ids import Digest
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences


def choose(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    sha256: str,
    credential_id: str,
    *,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen signs with this key of his; again is the same, and how many were wrong stays.

    Raises `DigestMismatch`, `ActivationLocked`.
    """
    row = consented(conn, case_id, ceremony_id, sha256, now)
    found = activating_of(conn, ceremony_id)
    if found is not None and found.state == "locked":
        raise ActivationLocked(f"ceremony {ceremony_id}: {TRIES} wrong codes")
    coded = found is not None and found.state in CODED
    if found is not None and coded and found.credential_id == credential_id:
        return
    values = {"credential_id": credential_id, "state": "chosen", "chosen_at": now}
    conn.execute(
        insert_for(conn, ceremony_certificate)
        .values(ceremony_id=ceremony_id, wrong=0, **values)
        .on_conflict_do_update(index_elements=["ceremony_id"], set_=values)
    )
    certificate_told(conn, row, "ceremony.certificate_chosen", {}, audiences, now)


def asked(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    certificate_sha256: str,
    *,
    audiences: Audiences,
    now: datetime,
) -> None:
    """Nobody knows whether the certificate that was chosen is the citizen's: the agent is asked."""
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state != "chosen":
        raise not_now(row, "ceremony.certificate")
    write_activating(conn, ceremony_id, state="asked")
    said = {"certificate_sha256": certificate_sha256}
    certificate_told(conn, row, "ceremony.certificate_asked", said, audiences, now)


def confirmed(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    certificate_sha256: str,
    *,
    by: str,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The agent says that it is his: a code may be sent.

    Raises `NotAllowedNow` when it is not asked any more, or was about another certificate.
    """
    row = consented(conn, case_id, ceremony_id, None, now)
    found, kept = activating_of(conn, ceremony_id), ticket_of(conn, ceremony_id, CITIZEN)
    if found is None or found.state != "asked":
        raise not_now(row, "certificate.confirm")
    if kept is None or kept.ticket.chain.sha256 != certificate_sha256:
        raise not_now(row, "certificate.confirm")
    said = {"certificate_sha256": certificate_sha256}
    certificate_told(conn, row, "ceremony.certificate_confirmed", said, audiences, now, by=by)


def another(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    by: str | None = None,
    audiences: Audiences,
    now: datetime,
) -> int:
    """The citizen types another number: the hole goes, as it does for ink; pressed again the same.

    by: an agent, who was asked whether it is his and says no.  Answers how many tries are left;
    after the last one, none ever.
    """
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if by is not None and (found is None or found.state != "asked"):
        raise not_now(row, "certificate.confirm")
    if found is None or found.state in ("another", "locked"):
        return found.left if found else TRIES
    after = found.changed()
    drop_ticket(conn, ceremony_id)
    write_activating(conn, ceremony_id, credential_id=None, state=after.state, wrong=after.wrong)
    done = "certificate_denied" if by is not None else "certificate_changed"
    action = f"ceremony.{done}" if after.left else "ceremony.activation_locked"
    certificate_told(conn, row, action, {"left": after.left}, audiences, now, by=by)
    return after.left


def leave(
    conn: Connection, case_id: str, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """The citizen goes back to the other means; a key that is locked stays so."""
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is not None and found.state in UNDER_WAY | {"asked", "another"}:
        write_activating(conn, ceremony_id, state="left")
        certificate_told(conn, row, "ceremony.certificate_left", {}, audiences, now)


def keep_certificate_value(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    sha256: str,
    hole: Digest,
    value: bytes,
    facts: Mapping[str, str],
    *,
    witness_of: WitnessOf,
    audiences: Audiences,
    now: datetime,
) -> None:
    """The citizen's key has signed: from here the document is sealed without anybody's help.

    hole: of the ticket that it is for.  facts: for the journal.  The first value stands; again is
    the same.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if isinstance(stage, Sealed) or (isinstance(stage, Signed) and stage.ink is None):
        return
    kept = ticket_of(conn, ceremony_id, CITIZEN)
    if not isinstance(stage, Consented) or kept is None or kept.ticket.hole_sha256 != hole:
        raise not_now(row, "ceremony.code")
    stage.activated(sha256, now)
    set_value(conn, ceremony_id, CITIZEN, hole, value)
    write_activating(conn, ceremony_id, state="signed")
    said = {
        "act": "certificate",
        "certificate_sha256": kept.ticket.chain.sha256,
        "dtbsr": kept.ticket.dtbsr.hex(),
        **facts,
    }
    signed(conn, row, said, witness_of=witness_of, audiences=audiences, now=now)


def forget_certificate(conn: Connection, ceremony_id: str) -> None:
    """Another document takes its place: all is chosen anew."""
    conn.execute(
        delete(ceremony_certificate).where(ceremony_certificate.c.ceremony_id == ceremony_id)
    )
