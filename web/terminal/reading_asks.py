"""What a terminal asks while a document is being read: each for the case that sits there now."""

from collections.abc import Awaitable, Callable, Mapping

from counter.case import Case
from counter.esign.reading_service import ReadingService
from counter.protocol import reading as asks
from counter.protocol.message import Ask
from counter.protocol.terminal import PagesShown
from counter.signaling.ports import GatewayPrincipal, Handler

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(case_of: CaseOf, reading: ReadingService) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def page_shown(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.PageShown)
        case = await case_of(who)
        await reading.page_shown(case.id, ask.ceremony_id, ask.number, still=ask.still)
        return {}

    async def page_hidden(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.PageHidden)
        case = await case_of(who)
        await reading.page_shown(case.id, ask.ceremony_id, None)
        return {}

    async def page_seen(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PagesShown)
        case = await case_of(who)
        unseen = await reading.page_read(case.id, ask.ceremony_id, ask.number)
        return {"unseen": list(unseen)}

    async def here(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyHere)
        case = await case_of(who)
        await reading.here(case.id, ask.ceremony_id)
        return {}

    async def aloud(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyAloud)
        case = await case_of(who)
        await reading.read_aloud(case.id, ask.ceremony_id, ask.by, ask.language)
        return {}

    return {
        asks.PageShown: page_shown,
        asks.PageHidden: page_hidden,
        PagesShown: page_seen,
        asks.CeremonyHere: here,
        asks.CeremonyAloud: aloud,
    }
