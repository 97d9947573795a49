"""Whom a desk can ask into its call: read when the list is opened, as it changes all the time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import cast

from booking.catalogue import Catalogue
from counter.case import Case
from counter.ids import AgentId
from counter.protocol.message import Ask, Language
from counter.protocol.parties import PartyCandidates
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.signaling.store_party_screens import candidates
from counter.store.executor import Executor
from web.console.party_screens import candidate_cards


def handlers(
    case_of: Callable[[GatewayPrincipal], Awaitable[Case]],
    executor: Executor,
    catalogue: Callable[[], Catalogue],
    clock: Callable[[], datetime],
) -> dict[type[Ask], Handler]:
    """The row of the gateway's table.

    case_of: the open case of who speaks; raises `NotAllowedNow` when there is none.
    """

    async def list_candidates(who: GatewayPrincipal, ask: Ask) -> Mapping[str, object]:
        assert isinstance(ask, PartyCandidates)
        case = await case_of(who)
        found = await executor.read(candidates, AgentId(who.subject), clock())
        cards = candidate_cards(found, case, catalogue(), cast(Language, who.language))
        if ask.purpose == "transfer":
            cards = [card for card in cards if card.serves]
        return {"candidates": [card.model_dump(mode="json") for card in cards]}

    return {PartyCandidates: list_candidates}
