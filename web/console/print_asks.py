"""What a desk asks of the terminal's printer."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from counter.case import Case
from counter.documents.store_printing import ask as ask_print
from counter.errors import NotFound
from counter.protocol.message import Ask
from counter.protocol.printing import PrintRequest
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_device import prints
from counter.store.cases import audiences, require_led, require_open
from counter.store.executor import Executor
from web.shared.print_cards import sheets_for

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(
    case_of: CaseOf, executor: Executor, clock: Callable[[], datetime]
) -> dict[type[Ask], Handler]:
    """The row of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def request(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PrintRequest)
        case = await case_of(who)

        def command(conn: Connection) -> str:
            require_open(conn, case.id)  # locks the case: sheets of two asks are counted in turn
            require_led(conn, case.id, who.own)  # it may have been handed over meanwhile
            sheets = sheets_for(conn, case, ask.what, ask.ref)
            if not sheets:
                raise NotFound(f"case {case.id} has no such {ask.what} to print")
            made = ask_print(
                conn,
                audiences,
                case.id,
                ask.key[:40],
                terminal_id=case.terminal_id,
                what=ask.what,
                ref="" if ask.what == "receipt" else ask.ref,
                sheets=sheets,
                maker="program" if prints(conn, case.terminal_id, clock()) else "page",
                by=who.own,
                now=clock(),
            )
            return made.id

        return {"print_id": await executor.write(command)}

    return {PrintRequest: request}
