"""The waiting list: joined, looked at, left."""

from functools import partial
from typing import Any

from booking.errors import (
    BadDetails,
    ClosedDay,
    NotInCatalogue,
    NotInThisLanguage,
    NotOfferedHere,
    NotReleased,
    SlotIsFree,
    SlotTaken,
    TooManyWaiting,
    UnknownReference,
)
from booking.waitlist import WaitView
from counter.identity.api_key import Scope
from web.api.booking_models import JoinedOut, OfferOut, OfReference, ReferenceIn, WaitIn, WaitingOut
from web.api.call import Asked, Call, Told, instant, told
from web.api.catalogue_calls import service_of
from web.api.fields import instant_of
from web.shared.i18n import TAGS
from web.shared.wording import catalogue_language


async def join(asked: Asked[WaitIn]) -> Told:
    said = asked.said
    joined = await asked.deps.booking.join_waitlist(
        asked.key,
        (await service_of(asked, said.service)).id,
        said.site,
        instant_of(said.from_at),
        instant_of(said.until_at),
        said.contact,
        catalogue_language(said.language),
        asked.person(said.person),
        asked.now,
        said.wish(),
    )
    return told(JoinedOut(id=joined.entry_id, reference=joined.reference))


async def look(asked: Asked[OfReference]) -> Told:
    return told(_waiting_out(await _mine(asked, asked.said.reference)))


async def leave(asked: Asked[ReferenceIn]) -> Told:
    await _mine(asked, asked.said.reference)
    view = await asked.deps.booking.leave_waitlist(asked.said.reference, asked.now)
    return told(_waiting_out(view))


async def _mine(asked: Asked[Any], reference: str) -> WaitView:
    view = await asked.deps.booking.waiting(reference, asked.now)
    await asked.must_be_mine(view.entry_id)
    return view


def _waiting_out(view: WaitView) -> WaitingOut:
    offer = view.offer
    return WaitingOut.model_validate(
        {
            "id": view.entry_id,
            "state": view.state,
            "department": view.department,
            "service": view.service,
            "site": view.site,
            "from_at": instant(view.from_at),
            "until_at": instant(view.until_at),
            "speech": view.speech,
            "language": TAGS[view.language],
            "offer": offer
            and OfferOut(
                id=offer.appointment_id,
                reference=offer.reference,
                start=instant(offer.start),
                expires_at=instant(offer.expires_at),
            ),
        }
    )


_ask: partial[Call[Any]] = partial(Call, method="GET", scope=Scope.BOOK)
_do: partial[Call[Any]] = partial(Call, method="POST", scope=Scope.BOOK)
CALLS: tuple[Call[Any], ...] = (
    _do(
        name="joinWaitingList",
        path="/waiting",
        does="Wait for a time; whoever waited longest and can come is offered what becomes free.",
        takes=WaitIn,
        gives=JoinedOut,
        answer=join,
        status=201,
        refuses=(
            SlotIsFree,
            TooManyWaiting,
            NotReleased,
            ClosedDay,
            SlotTaken,
            NotInCatalogue,
            NotOfferedHere,
            NotInThisLanguage,
            BadDetails,
        ),
    ),
    _ask(
        name="getWaiting",
        path="/waiting",
        does="An entry of the waiting list, and what it is offered.",
        takes=OfReference,
        gives=WaitingOut,
        answer=look,
        refuses=(UnknownReference,),
    ),
    _do(
        name="leaveWaitingList",
        path="/waiting/leave",
        does="Wait no longer, and give back what is offered; repeated, it says how it stands.",
        takes=ReferenceIn,
        gives=WaitingOut,
        answer=leave,
        refuses=(UnknownReference,),
    ),
)
