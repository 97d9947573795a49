"""Who else is in a conversation, on the screens of those who have it."""

from typing import Any, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.ids import CallId
from counter.media.arrangement import Arrangement, Party, seats
from counter.protocol.calling import CallCard
from counter.protocol.party_cards import PartyCard, PartyRole
from counter.signaling.party import Purpose
from counter.signaling.store_party_screens import PartyView, parties_view
from web.shared.wording import instant, text_in


def with_parties(
    conn: Connection, card: CallCard | None, own: str, catalogue: Catalogue, tag: str
) -> CallCard | None:
    """The conversation's card with everybody in it, as `own` (`agent:lei`) has them."""
    if card is None:
        return None
    found, since = parties_view(conn, CallId(card.call_id))
    slots = {owner: slot for slot, owner in _seats(found, own).items()}
    mine = next((one.party for one in found if one.party.owner == own), None)
    at_terminal = own.startswith("terminal:")
    update = {
        "held_since": instant(since) if since else None,
        "muted": mine.muted if mine else False,
        "hidden": mine.hidden if mine else False,
        "parties": [
            _card(one, slots.get(one.party.owner), catalogue, tag, with_owner=not at_terminal)
            for one in found
            if one.party.owner != own and not (at_terminal and _kept_from_citizen(one))
        ],
    }
    return card.model_copy(update=update)


def role_of(purpose: Purpose | None, role: str) -> PartyRole:
    """What to call one who takes part."""
    if purpose is None:
        return cast(PartyRole, role)
    return "supervisor" if purpose is Purpose.SUPERVISE else cast(PartyRole, purpose.value)


def _kept_from_citizen(one: PartyView) -> bool:
    """Nothing of this one reaches the citizen; the agent's picture stands on the screen anyway."""
    return one.party.role == "agent" or one.aside or one.party.mode != "full"


def _seats(found: list[PartyView], own: str) -> dict[int, str]:
    parties = tuple(
        Party(owner=one.party.owner, role=one.party.role, mode=one.party.mode) for one in found
    )
    return seats(Arrangement(parties=parties), own)


def _card(
    one: PartyView, slot: int | None, catalogue: Catalogue, tag: str, *, with_owner: bool
) -> PartyCard:
    department = catalogue.departments.get(one.department_id)
    return PartyCard(
        key=one.party_id or one.party.role,
        party_id=one.party_id,
        owner=one.party.owner if with_owner else "",
        name=one.name,
        department=text_in(department.names, tag) if department else "",
        role=role_of(one.purpose, one.party.role),
        mode=cast(Any, one.party.mode),
        slot=None if one.party.mode == "listen" else slot,
        muted=one.party.muted,
        hidden=one.party.hidden,
        aside=one.aside,
    )
