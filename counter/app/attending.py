"""Where a ceremony meets the conversation and the identification."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from counter.esign.attendance import Turned
from counter.esign.store_attendance import Calls
from counter.identity.proofing import Level, ProofingState, reached
from counter.identity.store_proofing_tables import proofing
from counter.signaling.hand import Hand
from counter.signaling.tables import call, call_is_on, hand


def _now(conn: Connection, case_id: str) -> str | None:
    found: str | None = conn.execute(
        select(call.c.id).where(call.c.case_id == case_id, call_is_on)
    ).scalar_one_or_none()
    return found


def _ended_at(conn: Connection, call_id: str) -> datetime | None:
    found: datetime | None = conn.execute(
        select(call.c.ended_at).where(call.c.id == call_id)
    ).scalar_one_or_none()
    return found


def _last(conn: Connection, case_id: str) -> str | None:
    found: str | None = conn.execute(
        select(call.c.id)
        .where(call.c.case_id == case_id, call.c.ended_at.is_not(None))
        .order_by(call.c.ended_at.desc(), call.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return found


def _known_again(conn: Connection, case_id: str, call_id: str) -> bool:
    """Identified in this call to the level that was reached before it; nobody: to none.

    Who was never identified signs as before: the agent who sees him answers for it.
    """
    started_at = conn.execute(select(call.c.started_at).where(call.c.id == call_id)).scalar_one()
    rows = conn.execute(
        select(proofing.c.target, proofing.c.state, proofing.c.decided_at)
        .where(
            proofing.c.case_id == case_id,
            proofing.c.state.in_([ProofingState.IDENTIFIED, ProofingState.REFUSED]),
        )
        .order_by(proofing.c.decided_at, proofing.c.begun_at, proofing.c.id)
    ).all()
    before = [one for one in rows if one.decided_at < started_at]
    # What is decided in a call was seen in it, whenever it was begun.
    since = [one for one in rows if one.decided_at >= started_at]
    return _level(since) >= _level(before)


def _turned(conn: Connection, case_id: str) -> Turned | None:
    value = conn.execute(
        select(hand.c.value)
        .join(call, call.c.id == hand.c.call_id)
        .where(call.c.case_id == case_id, call_is_on, hand.c.hand == Hand.PAGE)
    ).scalar_one_or_none()
    if not value:
        return None
    return Turned(ceremony_id=value["ceremony_id"], page=value["number"], by=value["by"])


def _level(rows: Sequence[Any]) -> Level:
    """Of the newest decision."""
    if not rows:
        return Level.NONE
    newest = rows[-1]
    return reached(Level(newest.target), ProofingState(newest.state))


CALLS = Calls(now=_now, ended_at=_ended_at, last=_last, known_again=_known_again, turned=_turned)
"What ceremonies ask of conversations."
