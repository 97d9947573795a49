"""With which device of the terminal a paper is taken, as the agent chooses."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from counter.case import Case
from counter.documents.store_requests import choose_source
from counter.errors import NotAllowedNow
from counter.ids import RequestId
from counter.protocol.desk import ScanChoose
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_device import scan_sources
from counter.store.cases import audiences, get_case, require_open, require_own
from counter.store.executor import Executor

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(
    case_of: CaseOf, executor: Executor, clock: Callable[[], datetime]
) -> dict[type[Ask], Handler]:
    """The row of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def choose(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, ScanChoose)
        case = await case_of(who)

        def command(conn: Connection) -> None:
            require_open(conn, case.id)
            require_own(get_case(conn, case.id), who.own)
            if ask.source not in scan_sources(conn, case.terminal_id, clock()):
                raise NotAllowedNow(f"terminal {case.terminal_id} has no {ask.source} that works")
            choose_source(
                conn,
                audiences,
                case.id,
                RequestId(ask.request_id),
                ask.source,
                by=who.own,
                now=clock(),
            )

        await executor.write(command)
        return {}

    return {ScanChoose: choose}
