"""What desk and terminal ask of an identification, each for the case that is theirs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from counter.case import Case
from counter.identity.ports import Proofings
from counter.identity.proofing import Verdict
from counter.ids import CaseId
from counter.protocol import proofing as asks
from counter.protocol.message import Ask
from counter.signaling.ports import GatewayPrincipal, Handler


class Zones(Protocol):
    """Reads pages of identity papers."""

    async def look(self, case_id: CaseId) -> int:
        """Look at those not looked at; how many there were."""
        ...


def handlers(
    case_of: Callable[[GatewayPrincipal], Awaitable[Case]],
    current: Callable[[GatewayPrincipal], Awaitable[None]],
    proofings: Proofings,
    zones: Zones,
) -> dict[type[Ask], Handler]:
    """The rows of the gateway's table, for both namespaces.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    current: raises `UsedElsewhere` when another window of this desk took over.
    """

    async def begin(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityBegin)
        case = await case_of(who)
        proofing_id = ask.key[:40]  # a repeated ask is the same identification
        await proofings.begin(proofing_id, case.id, document=ask.document, agent_id=who.subject)
        return {"proofing_id": proofing_id}

    async def read(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityRead)
        case = await case_of(who)
        return {"pages": await zones.look(case.id)}

    async def give(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityGive)
        case = await case_of(who)
        await proofings.give(
            ask.proofing_id,
            case.id,
            step_id=ask.step,
            verdict=Verdict(ask.verdict),
            by=who.own,
            role="agent",
        )
        return {}

    async def decide(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityDecide)
        case = await case_of(who)
        state = await proofings.decide(
            ask.proofing_id, case.id, identified=ask.identified, agent_id=who.subject
        )
        return {"state": state.value}

    async def abort(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityAbort)
        case = await case_of(who)
        await proofings.abort(ask.proofing_id, case.id, reason=ask.reason, by=who.own)
        return {}

    async def second(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentitySecond)
        await current(who)
        await proofings.second(ask.proofing_id, agree=ask.agree, officer_id=who.subject)
        return {}

    async def agree(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, asks.IdentityAgree)
        case = await case_of(who)
        if not ask.agree:
            await proofings.abort(ask.proofing_id, case.id, reason="citizen_declined", by=who.own)
            return {}
        await proofings.give(
            ask.proofing_id,
            case.id,
            step_id="consent",
            verdict=Verdict.OK,
            by=who.own,
            role="citizen",
        )
        return {}

    return {
        asks.IdentityBegin: begin,
        asks.IdentityRead: read,
        asks.IdentityGive: give,
        asks.IdentityDecide: decide,
        asks.IdentityAbort: abort,
        asks.IdentitySecond: second,
        asks.IdentityAgree: agree,
    }
