"""Where recordings meet signalling: which call somebody is in, and where it goes."""

from sqlalchemy import Connection, select

from counter.app.call_lines import listeners
from counter.ids import CaseId
from counter.media.store_recordings import Calls, OnCall
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_asks import require_current
from counter.signaling.store_calls import active_call
from counter.signaling.tables import call, call_is_on


def _of(conn: Connection, who: GatewayPrincipal) -> OnCall:
    require_current(conn, who)
    found = active_call(conn, who)
    return OnCall(call_id=found.call_id, case_id=found.case_id, worker=found.worker)


def _on(conn: Connection, call_id: str) -> OnCall | None:
    row = conn.execute(
        select(call.c.case_id, call.c.worker).where(call.c.id == call_id, call_is_on)
    ).one_or_none()
    if row is None:
        return None
    return OnCall(call_id=call_id, case_id=CaseId(row.case_id), worker=row.worker)


RECORDED_CALLS = Calls(of=_of, on=_on, listeners=listeners)
