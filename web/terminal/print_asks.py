"""What a terminal's page, or the program beside it, says of its prints.

Also when the case is closed: what has begun, and a receipt, still come.  Of what was taken back it
says no more; a program that hears so takes it from the printer's queue.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from counter.documents.printing import PrintState
from counter.documents.store_printing import move
from counter.protocol.message import Ask
from counter.protocol.printing import PrintReport
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_asks import require_current
from counter.store.cases import audiences
from counter.store.executor import Executor


def handlers(executor: Executor, clock: Callable[[], datetime]) -> dict[type[Ask], Handler]:
    """The row of the gateway's table."""

    async def report(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PrintReport)
        reason = (ask.reason or "printer") if ask.state == "failed" else None

        def command(conn: Connection) -> None:
            require_current(conn, who)
            move(
                conn,
                audiences,
                who.subject,
                ask.print_id,
                PrintState(ask.state),
                reason=reason,
                maker="program" if who.audience == "/device" else "page",
                now=clock(),
            )

        await executor.write(command)
        return {}

    return {PrintReport: report}
