"""Appointments: kept, confirmed, looked at, changed, cancelled.

The reference says which, and never stands in an address.  It is not enough: an appointment that was
not made with this key is unknown to it, as one that does not exist.
"""

from datetime import datetime
from functools import partial
from typing import Any

from booking import sittings
from booking.appointment import AppointmentView, Details, Party, State, refuse
from booking.errors import (
    AppointmentCancelled,
    BadDetails,
    BookingRefused,
    ClosedDay,
    HoldExpired,
    NotConfirmed,
    NotForOthers,
    NotInCatalogue,
    NotInThisLanguage,
    NotOfferedHere,
    NotReleased,
    OnlySameDay,
    PersonOverlap,
    ReferenceUsed,
    SlotTaken,
    TooLate,
    TooLateToChange,
    TooManyAppointments,
    TooManyOfEntity,
    UnknownReference,
    WeeklyLimit,
)
from booking.ics import calendar_entry
from booking.orders import Held
from counter.identity.api_key import Scope
from web.api.booking_models import (
    AppointmentOut,
    ChangeIn,
    ConfirmIn,
    FirstIn,
    HeldOut,
    HoldIn,
    OfReference,
    PartOut,
    PartyOut,
    ReferenceIn,
)
from web.api.call import Asked, Call, Told, instant, told
from web.api.catalogue_calls import service_of
from web.api.fields import day_of, instant_of
from web.shared.i18n import TAGS
from web.shared.wording import catalogue_language

TIMES_REFUSE: tuple[type[BookingRefused], ...] = (
    NotInCatalogue,
    NotOfferedHere,
    NotInThisLanguage,
    ClosedDay,
    NotReleased,
)
HOLD_REFUSES: tuple[type[BookingRefused], ...] = (
    *TIMES_REFUSE,
    SlotTaken,
    PersonOverlap,
    TooManyAppointments,
    WeeklyLimit,
    OnlySameDay,
    HoldExpired,
    BadDetails,
)


async def hold(asked: Asked[HoldIn]) -> Told:
    said, booking = asked.said, asked.deps.booking
    service_ids = [(await service_of(asked, said.service)).id]
    start = instant_of(said.start)
    (held,) = await booking.hold_sitting(
        asked.key, service_ids, said.site, start, asked.person(said.person), asked.now, said.wish()
    )
    return told(_held(held, start))


async def hold_first(asked: Asked[FirstIn]) -> Told:
    said = asked.said
    held = await asked.deps.booking.hold_first(
        asked.key,
        (await service_of(asked, said.service)).id,
        said.site,
        day_of(said.day),
        said.part,
        asked.person(said.person),
        asked.now,
        said.wish(),
    )
    return told(_held(held, held.start))


async def confirm(asked: Asked[ConfirmIn]) -> Told:
    said = asked.said
    held = await mine(asked, said.reference)
    details = Details(
        name=said.name,
        contact=said.contact,
        language=catalogue_language(said.language),
        needs=held.needs if said.needs is None else tuple(said.needs),
        speech=said.speech or held.wish.speech,
        acting=said.acting,
        acting_for=said.acting_for,
        entity_number=said.entity_number,
        parties=tuple(Party(name=one.name, site=one.site) for one in said.parties),
    )
    view = await asked.deps.booking.confirm(said.reference, details, asked.now)
    return told(appointment_out(view))


async def look(asked: Asked[OfReference]) -> Told:
    return told(appointment_out(await mine(asked, asked.said.reference)))


async def calendar(asked: Asked[OfReference]) -> Told:
    view = await mine(asked, asked.said.reference)
    if view.state in (State.HELD, State.EXPIRED):
        refuse(view.state, view.start)
    text = calendar_entry(
        view,
        await asked.deps.booking.catalogue(),
        language=asked.language,
        domain=asked.deps.domain,
        now=asked.now,
    )
    return Told(
        body=text.encode(),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Language": TAGS[asked.language]},
    )


async def change(asked: Asked[ChangeIn]) -> Told:
    said = asked.said
    view = await mine(asked, said.reference)
    who = f"program:{asked.caller.id}"
    first = await asked.deps.once.first(who, asked.key, view.version, asked.now)
    if view.version != first:
        # A late repeat: it was moved since, by this request or by a newer one, which stands.
        return told(appointment_out(view))
    view = await asked.deps.booking.reschedule(
        said.reference, said.site, instant_of(said.start), asked.now
    )
    return told(appointment_out(view))


async def cancel(asked: Asked[ReferenceIn]) -> Told:
    await mine(asked, asked.said.reference)
    view = await asked.deps.booking.cancel(asked.said.reference, asked.now)
    return told(appointment_out(view))


async def mine(asked: Asked[Any], reference: str) -> AppointmentView:
    """The appointment, if it was made with this key.  Raises `UnknownReference`."""
    view = await asked.deps.booking.appointment(reference, asked.now)
    await asked.must_be_mine(view.appointment_id)
    return view


def _held(held: Held, start: datetime) -> HeldOut:
    return HeldOut(
        id=held.appointment_id,
        reference=held.reference,
        start=instant(start),
        expires_at=instant(held.expires_at),
    )


def part_out(view: AppointmentView) -> PartOut:
    """One department of a visit."""
    return PartOut(
        id=view.appointment_id,
        state=view.state,
        department=view.department,
        service=view.service,
        start=instant(view.start),
        end=instant(view.end),
    )


def appointment_out(view: AppointmentView) -> AppointmentOut:
    """As its holder may see it."""
    return AppointmentOut.model_validate(
        {
            "id": view.appointment_id,
            "state": view.state,
            "department": view.department,
            "service": view.service,
            "site": view.site,
            "start": instant(view.start),
            "end": instant(view.end),
            "version": view.version,
            "expires_at": None if view.expires_at is None else instant(view.expires_at),
            "name": view.name,
            "contact": view.contact,
            "language": TAGS.get(view.language),
            "speech": view.wish.speech,
            "needs": list(view.needs),
            "acting": view.acting,
            "acting_for": view.acting_for,
            "parties": [PartyOut(name=one.name, site=one.site) for one in view.parties],
            "parts": [part_out(one) for one in sittings.whole(view)] if view.sitting else [],
        }
    )


_ask: partial[Call[Any]] = partial(Call, method="GET", scope=Scope.BOOK)
_do: partial[Call[Any]] = partial(Call, method="POST", scope=Scope.BOOK)
CALLS: tuple[Call[Any], ...] = (
    _do(
        name="hold",
        path="/hold",
        does="Keep a time for ten minutes; an earlier hold of the same person is let go.",
        takes=HoldIn,
        gives=HeldOut,
        answer=hold,
        status=201,
        refuses=HOLD_REFUSES,
    ),
    _do(
        name="holdFirst",
        path="/hold/first",
        does="Keep the first free time of a part of a day; for when many ask at once.",
        takes=FirstIn,
        gives=HeldOut,
        answer=hold_first,
        status=201,
        refuses=HOLD_REFUSES,
    ),
    _do(
        name="confirm",
        path="/appointment/confirm",
        does="Make what is held an appointment; the first confirmation counts.",
        takes=ConfirmIn,
        gives=AppointmentOut,
        answer=confirm,
        refuses=(
            UnknownReference,
            HoldExpired,
            SlotTaken,
            NotForOthers,
            NotInThisLanguage,
            NotOfferedHere,
            NotInCatalogue,
            TooManyOfEntity,
            AppointmentCancelled,
            ReferenceUsed,
            TooLate,
            BadDetails,
        ),
    ),
    _ask(
        name="getAppointment",
        path="/appointment",
        does="An appointment, or what is held.",
        takes=OfReference,
        gives=AppointmentOut,
        answer=look,
        refuses=(UnknownReference,),
    ),
    _ask(
        name="getCalendarEntry",
        path="/appointment/calendar",
        does="An appointment for the person's own calendar (RFC 5545); it says nothing of who.",
        takes=OfReference,
        gives=None,
        answer=calendar,
        refuses=(UnknownReference, NotConfirmed, HoldExpired),
    ),
    _do(
        name="change",
        path="/appointment/change",
        does="Move an appointment to another time or site; on any refusal it stays as it was.",
        takes=ChangeIn,
        gives=AppointmentOut,
        answer=change,
        refuses=(
            UnknownReference,
            TooLateToChange,
            SlotTaken,
            ClosedDay,
            NotReleased,
            PersonOverlap,
            WeeklyLimit,
            TooManyOfEntity,
            OnlySameDay,
            NotInCatalogue,
            NotOfferedHere,
            NotInThisLanguage,
            NotConfirmed,
            HoldExpired,
            AppointmentCancelled,
            ReferenceUsed,
            TooLate,
        ),
    ),
    _do(
        name="cancel",
        path="/appointment/cancel",
        does="Give an appointment, or what is held, back.",
        takes=ReferenceIn,
        gives=AppointmentOut,
        answer=cancel,
        refuses=(UnknownReference, TooLateToChange, HoldExpired, ReferenceUsed, TooLate),
    ),
)
