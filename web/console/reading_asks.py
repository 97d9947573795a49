"""What a desk asks about a document that the citizen reads or has signed."""

from collections.abc import Awaitable, Callable, Mapping

from counter.case import Case
from counter.esign.reading_service import ReadingService
from counter.protocol import reading as asks
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler

CaseOf = Callable[[GatewayPrincipal], Awaitable[Case]]


def handlers(case_of: CaseOf, reading: ReadingService) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def correct(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.FormCorrect)
        case = await case_of(who)
        changed = await reading.correct(case.id, ask.ceremony_id, ask.fields, by=who.own)
        return {"changed": list(changed)}

    async def resume(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyResume)
        case = await case_of(who)
        await reading.resume(case.id, ask.ceremony_id, by=who.own)
        return {}

    async def void(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.CeremonyVoid)
        case = await case_of(who)
        await reading.void(case.id, ask.ceremony_id, ask.reason, by=who.own)
        return {}

    return {asks.FormCorrect: correct, asks.CeremonyResume: resume, asks.CeremonyVoid: void}
