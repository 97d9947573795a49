"""Visits to several departments: when all fit one after another in one seat, and keeping that.

The reference of the first part stands for the whole: it is confirmed, changed and cancelled as one.
"""

from functools import partial
from typing import Any

from booking import sittings
from booking.appointment import Wish
from counter.identity.api_key import Scope
from counter.protocol.message import Model
from web.api.appointment_calls import HOLD_REFUSES, TIMES_REFUSE, part_out
from web.api.booking_models import SittingHeldOut, SittingIn, SittingTimes, Times
from web.api.call import Asked, Call, Told, instant, tagged, told
from web.api.catalogue_calls import SHORT_TIME, service_of
from web.api.catalogue_models import SlotOut
from web.api.fields import day_of, instant_of

_read: partial[Call[Any]] = partial(Call, method="GET", scope=Scope.READ, kept=True)
_do: partial[Call[Any]] = partial(Call, method="POST", scope=Scope.BOOK)


async def times(asked: Asked[SittingTimes]) -> Told:
    said = asked.said
    wanted = [one for one in (said.service, said.second, said.third) if one is not None]
    service_ids = [(await service_of(asked, one)).id for one in wanted]
    offers = await asked.deps.booking.sitting_slots(
        service_ids, said.site, day_of(said.day), asked.now, Wish(speech=said.speech)
    )
    found: Model = Times(times=[SlotOut(start=instant(one.start), left=one.left) for one in offers])
    return tagged(found.model_dump_json(by_alias=True).encode(), SHORT_TIME)


async def hold(asked: Asked[SittingIn]) -> Told:
    said, booking = asked.said, asked.deps.booking
    service_ids = [(await service_of(asked, one)).id for one in said.services]
    first, *_ = await booking.hold_sitting(
        asked.key,
        service_ids,
        said.site,
        instant_of(said.start),
        asked.person(said.person),
        asked.now,
        said.wish(),
    )
    parts = sittings.whole(await booking.appointment(first.reference, asked.now))
    return told(
        SittingHeldOut(
            id=first.appointment_id,
            reference=first.reference,
            start=instant(parts[0].start),
            expires_at=instant(first.expires_at),
            parts=[part_out(one) for one in parts],
        )
    )


CALLS: tuple[Call[Any], ...] = (
    _read(
        name="getSittingTimes",
        path="/sitting/times",
        does="Times of a day at which two or three services fit one after another in one seat.",
        takes=SittingTimes,
        gives=Times,
        answer=times,
        refuses=TIMES_REFUSE,
    ),
    _do(
        name="holdSitting",
        path="/hold/sitting",
        does="Keep two or three services one after another, all or none; otherwise as `hold`.",
        takes=SittingIn,
        gives=SittingHeldOut,
        answer=hold,
        status=201,
        refuses=HOLD_REFUSES,
    ),
)
