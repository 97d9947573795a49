"""How far opening the citizen's own key has come: what is typed, and whether it was right.

Each command is one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, select, update

from counter.esign.ceremony import Consented
from counter.esign.certificate import CODED, TRIES, UNDER_WAY, Activating, ActivatingState, Wanted
from counter.esign.store_ceremony import find, not_now, stage_of
from counter.esign.store_tables import ceremony_certificate
from counter.store.journal_sql import record
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
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    going = found is not None and found.state in UNDER_WAY | {"asked"}
    if found is None or not going or found.credential_id != credential_id:
        raise not_now(row, "ceremony.code")
    sent = {"code_sent_at": now} if "code" in wants else {}
    write_activating(conn, ceremony_id, state="coded", wants=" ".join(wants), **sent)
    action = "ceremony.code_sent" if sent else "ceremony.activation_asked"
    certificate_told(conn, row, action, {"wants": list(wants)}, audiences, now)


def code_given(conn: Connection, case_id: str, ceremony_id: str, *, now: datetime) -> bool:
    """What was typed goes to the provider; answers whether its code may be used up.

    Kept before it goes: a node that dies, or a line that is cut, may leave a code that is used up.
    """
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state not in CODED:  # left meanwhile, or locked
        raise not_now(row, "ceremony.code")
    write_activating(conn, ceremony_id, state="given")
    return found.state == "given" and found.with_code


def code_spent(
    conn: Connection, case_id: str, ceremony_id: str, *, audiences: Audiences, now: datetime
) -> None:
    """It opens nothing any more, and counts as no wrong one: a code has to be a new one."""
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    if found is None or found.state not in CODED:
        raise not_now(row, "ceremony.code")
    write_activating(conn, ceremony_id, state=found.used_up().state)
    action = "ceremony.code_spent" if found.with_code else "ceremony.activation_lapsed"
    certificate_told(conn, row, action, {}, audiences, now)


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
    row = consented(conn, case_id, ceremony_id, None, now)
    found = activating_of(conn, ceremony_id)
    after = found or Activating(credential_id="", state="locked", wrong=TRIES)
    after = after.refused(pin=pin)
    write_activating(conn, ceremony_id, state=after.state, wrong=after.wrong)
    refused = "ceremony.pin_refused" if pin else "ceremony.code_refused"
    action = refused if after.left else "ceremony.activation_locked"
    certificate_told(conn, row, action, {"left": after.left}, audiences, now)
    return after.left


def consented(
    conn: Connection, case_id: str, ceremony_id: str, sha256: str | None, now: datetime
) -> Row[Any]:
    """The ceremony, locked, of a citizen who has agreed and not signed.  Raises `NotAllowedNow`.

    sha256: what he signs, if he says so; raises `DigestMismatch`.
    """
    row = find(conn, case_id, ceremony_id)
    stage = stage_of(conn, row)
    if not isinstance(stage, Consented):
        raise not_now(row, "ceremony.certificate")
    stage.activated(sha256 or row.sha256, now)
    return row


def write_activating(conn: Connection, ceremony_id: str, **values: Any) -> None:
    """Write columns of how far it has come."""
    conn.execute(
        update(ceremony_certificate)
        .where(ceremony_certificate.c.ceremony_id == ceremony_id)
        .values(**values)
    )


def certificate_told(
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
