"""Commands of signing with one's own certificate: each one is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, select, update

from counter.esign.ceremony import Consented, Sealed, Signed
from counter.esign.certificate import CODED, TRIES, UNDER_WAY, Activating, ActivatingState, Wanted
from counter.esign.certificate_refusals import ActivationLocked
from counter.esign.store_case import WitnessOf
from counter.esign.store_ceremony import find, not_now, stage_of
from counter.esign.store_signing import signed
from counter.esign.store_tables import ceremony_certificate
from counter.esign.store_tickets import drop_ticket, set_value, ticket_of
from counter.esign.ticket import CITIZEN
from counter.ids import Digest
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import Audiences, tell_all


def activating_of(conn: Connection, ceremony_id: str) -> Activating | None:
    """How far it has come; None when the citizen did not choose it."""
    row = conn.execute(
        select(ceremony_certificate).where(ceremony_certificate.c.ceremony_id == ceremony_id)
    ).one_or_none()
    if row is None:
        return None
    return Activating(
        credential_id=row.credential_id or "",
        state=cast(ActivatingState, row.state),
        wrong=row.wrong,
        wants=cast(tuple[Wanted, ...], tuple((row.wants or "code").split())),
    )


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
    row = _consented(conn, case_id, ceremony_id, sha256, now)
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
    _told(conn, row, "ceremony.certificate_chosen", {}, audiences, now)


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
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state != "chosen":
        raise not_now(row, "ceremony.certificate")
    _write(conn, ceremony_id, state="asked")
    said = {"certificate_sha256": certificate_sha256}
    _told(conn, row, "ceremony.certificate_asked", said, audiences, now)


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
    row = _consented(conn, case_id, ceremony_id, None, now)
    found, kept = activating_of(conn, ceremony_id), ticket_of(conn, ceremony_id, CITIZEN)
    if found is None or found.state != "asked":
        raise not_now(row, "certificate.confirm")
    if kept is None or kept.ticket.chain.sha256 != certificate_sha256:
        raise not_now(row, "certificate.confirm")
    said = {"certificate_sha256": certificate_sha256}
    _told(conn, row, "ceremony.certificate_confirmed", said, audiences, now, by=by)


def to_be_typed(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    credential_id: str,
    wants: Sequence[Wanted],
    *,
    audiences: Audiences,
    now: datetime,
) -> None:
    """What opens this key is typed now; the provider was asked to send the code among it.

    Raises `NotAllowedNow` when he has let go of it meanwhile: the next one may not be his.
    """
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    going = found is not None and found.state in UNDER_WAY | {"asked"}
    if found is None or not going or found.credential_id != credential_id:
        raise not_now(row, "ceremony.code")
    sent = {"code_sent_at": now} if "code" in wants else {}
    _write(conn, ceremony_id, state="coded", wants=" ".join(wants), **sent)
    action = "ceremony.code_sent" if sent else "ceremony.activation_asked"
    _told(conn, row, action, {"wants": list(wants)}, audiences, now)


def code_given(conn: Connection, case_id: str, ceremony_id: str, *, now: datetime) -> bool:
    """What was typed goes to the provider; answers whether its code may be used up.

    Kept before it goes: a node that dies, or a line that is cut, may leave a code that is used up.
    """
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state not in CODED:  # left meanwhile, or locked
        raise not_now(row, "ceremony.code")
    _write(conn, ceremony_id, state="given")
    return found.state == "given" and found.with_code


def code_spent(
    conn: Connection, case_id: str, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """It opens nothing any more, and counts as no wrong one: a code has to be a new one."""
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state not in CODED:
        raise not_now(row, "ceremony.code")
    _write(conn, ceremony_id, state=found.used_up().state)
    action = "ceremony.code_spent" if found.with_code else "ceremony.activation_lapsed"
    _told(conn, row, action, {}, audiences, now)


def code_refused(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    *,
    pin: bool,
    audiences: Audiences,
    now: datetime,
) -> int:
    """What was typed was wrong; answers how many tries are left: after the last one, none ever.

    pin: it was the PIN.
    """
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    after = found or Activating(credential_id="", state="locked", wrong=TRIES)
    after = after.refused(pin=pin)
    _write(conn, ceremony_id, state=after.state, wrong=after.wrong)
    refused = "ceremony.pin_refused" if pin else "ceremony.code_refused"
    action = refused if after.left else "ceremony.activation_locked"
    _told(conn, row, action, {"left": after.left}, audiences, now)
    return after.left


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
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if by is not None and (found is None or found.state != "asked"):
        raise not_now(row, "certificate.confirm")
    if found is None or found.state in ("another", "locked"):
        return found.left if found else TRIES
    after = found.changed()
    drop_ticket(conn, ceremony_id)
    _write(conn, ceremony_id, credential_id=None, state=after.state, wrong=after.wrong)
    done = "certificate_denied" if by is not None else "certificate_changed"
    action = f"ceremony.{done}" if after.left else "ceremony.activation_locked"
    _told(conn, row, action, {"left": after.left}, audiences, now, by=by)
    return after.left


def leave(
    conn: Connection, case_id: str, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """The citizen goes back to the other means; a key that is locked stays so."""
    row = _consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is not None and found.state in UNDER_WAY | {"asked", "another"}:
        _write(conn, ceremony_id, state="left")
        _told(conn, row, "ceremony.certificate_left", {}, audiences, now)


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
    _write(conn, ceremony_id, state="signed")
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


def _consented(
    conn: Connection, case_id: str, ceremony_id: str, sha256: str | None, now: datetime
) -> Row[Any]:
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if not isinstance(stage, Consented):
        raise not_now(row, "ceremony.certificate")
    stage.activated(sha256 or row.sha256, now)
    return row


def _write(conn: Connection, ceremony_id: str, **values: Any) -> None:
    conn.execute(
        update(ceremony_certificate)
        .where(ceremony_certificate.c.ceremony_id == ceremony_id)
        .values(**values)
    )


def _told(
    conn: Connection,
    row: Row[Any],
    action: str,
    more: Mapping[str, Any],
    audiences: Audiences,
    now: datetime,
    *,
    by: str | None = None,
) -> None:
    """Journal and screens: the stage, and nothing that opens a key.  by: None: the citizen."""
    record(
        conn,
        actor=by or f"citizen:{row.case_id}",
        action=action,
        subject=f"ceremony:{row.id}",
        facts={"sha256": row.sha256, **more},
        now=now,
    )
    tell_all(conn, audiences, row.case_id, action, {"ceremony_id": row.id, **more}, now)
