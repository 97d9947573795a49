"""Where the watching of lines meets signalling: who is in which call, and whose screens show it."""

from sqlalchemy import Connection

from counter.ids import CallId
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_asks import require_current
from counter.signaling.store_calls import active_call
from counter.signaling.store_party_rows import screens_of


def speaks_in(conn: Connection, who: GatewayPrincipal) -> str:
    """The call that this side takes part in now.  Raises `NotAllowedNow`, `UsedElsewhere`."""
    require_current(conn, who)
    return active_call(conn, who).call_id


def listeners(conn: Connection, call_id: str) -> list[str]:
    """Whose screens show this call; nobody's when it is over."""
    return screens_of(conn, CallId(call_id))
