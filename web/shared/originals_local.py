"""The forgotten-original guard on both screens, and the terminal's "I have it"."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.originals import Seen, items_lying
from counter.documents.papers import CaseDocuments
from counter.documents.store_originals import bed_of, see_bed, see_place, take_originals
from counter.errors import NotAllowedNow
from counter.ids import TerminalId
from counter.protocol.device import BedReport
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
    lying = items_lying(documents.pages, bed_of(conn, case.id))
    return [paper_label(service, item, tag) for item in lying]


def seen_lying(conn: Connection, case: Case, documents: CaseDocuments) -> bool:
    """Whether a camera sees that something lies there."""
    return documents.open_request is None and bed_of(conn, case.id).seen is Seen.PAPER


def handlers(executor: Executor, clock: Callable[[], datetime]) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.  They are answered also after the case was closed."""

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

    async def seen(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, BedReport)

        def command(conn: Connection) -> None:
            require_current(conn, who)
            now, state = clock(), Seen(ask.seen)
            see_place(conn, who.subject, state, now)
            case = case_on_terminal(conn, TerminalId(who.subject))
            if case is not None and case.id == ask.sitting:
                see_bed(conn, audiences, case.id, state, by=who.own, now=now)

        await executor.write(command)
        return {}

    return {OriginalsTaken: taken, BedReport: seen}
