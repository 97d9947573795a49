"""The forgotten-original guard on both screens, and the terminal's "I have it"."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.originals import items_lying
from counter.documents.papers import CaseDocuments
from counter.documents.store_originals import take_originals, taken_of
from counter.errors import NotAllowedNow
from counter.ids import TerminalId
from counter.protocol.message import Ask
from counter.protocol.terminal import OriginalsTaken
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_asks import require_current
from counter.store.cases import audiences, case_on_terminal
from counter.store.executor import Executor
from web.shared.wording import paper_label, service_or_none


def lying_papers(
    conn: Connection, case: Case, documents: CaseDocuments, catalogue: Catalogue, tag: str
) -> list[str]:
    """Papers, in words, that may lie under the camera; none while another one is asked for."""
    if documents.open_request is not None:
        return []
    service = service_or_none(catalogue, case.service_id)
    taken_at, seen = taken_of(conn, case.id)
    return [
        paper_label(service, item, tag) for item in items_lying(documents.pages, taken_at, seen)
    ]


def handlers(executor: Executor, clock: Callable[[], datetime]) -> dict[type[Ask], Handler]:
    """The row of the gateway's table.  It is answered also after the case was closed."""

    async def taken(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, OriginalsTaken)

        def command(conn: Connection) -> None:
            require_current(conn, who)
            case = case_on_terminal(conn, TerminalId(who.subject))
            if case is None:
                raise NotAllowedNow(f"nobody is at {who.own}")
            take_originals(conn, audiences, case.id, by=who.own, now=clock())

        await executor.write(command)
        return {}

    return {OriginalsTaken: taken}
