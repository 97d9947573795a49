"""The waiting list: who wants a slot if one becomes free, and which slot they are offered.

Whoever waited longest and can come is offered it: a hold in their name, for `OFFER_FOR`, so nobody
else takes it meanwhile.  An entry is offered one slot in its life; who lets it pass joins again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from booking import release, slots
from booking.appointment import Wish
from booking.catalogue import Ability, Catalogue, Service, Site
from booking.errors import BookingRefused, NotReleased, SlotTaken
from booking.grains import GRAIN, grain_of, grains_of, instant_of, local_day
from booking.scarce import Used
from booking.slots import SlotOffer

OFFER_FOR = timedelta(minutes=15)
"How long an offered slot is kept; one that begins sooner than that is left to whoever comes."
WAITING_PER_PERSON = 3
"Entries that wait or are offered a slot."
MOST_TRIED = 20
"Entries that are tried for one freed slot: a transaction has an end."
MOST_LOOKED_AT = 200
"Entries of which it is worked out whether a slot is free for them."


class WaitState(StrEnum):
    """Where an entry is in its life."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    "The offered slot was booked."
    LAPSED = "lapsed"
    "The offer ran out or was given back, or the time that was wanted is past."
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an entry waits for."""

    service: str
    site: str
    first_grain: int
    "The slot begins here or later."
    last_grain: int
    "The last grain of the slot is this one or earlier."
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOrder:
    """An entry as worked out from a catalogue."""

    entry_id: str
    idem: str
    "SHA-256 of the person and the key of the request."
    reference: str
    person: str
    department: str
    wanted: Wanted
    grains: int
    contact: str
    language: str
    catalogue_version: int
    resources: tuple[str, ...]
    from_grain: int
    until_grain: int
    "What to look at of them, both included."
    free: Callable[[Used], datetime | None]
    "The first slot that is free already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Somebody is on the list.  This is the one time the reference is told."""

    entry_id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedSlot:
    """A slot that is kept for an entry."""

    appointment_id: str
    reference: str
    "Of the appointment: with it the slot is confirmed or given back."
    start: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitView:
    """An entry as its holder may see it."""

    entry_id: str
    state: WaitState
    department: str
    service: str
    site: str
    from_at: datetime
    until_at: datetime
    speech: str
    language: str
    abilities: frozenset[Ability]
    "What the terminal must have for them."
    offer: OfferedSlot | None
    "While it is offered."


def wanted_between(
    catalogue: Catalogue,
    service: Service,
    site: Site,
    from_at: datetime,
    until_at: datetime,
    wish: Wish,
    now: datetime,
) -> Wanted:
    """What to wait for: a slot that begins at `from_at` or later and is over by `until_at`.

    What is past of it is left out.  Raises `NotReleased` when it reaches out of the booking window
    or is past, `ClosedDay` or `SlotTaken` when there is no slot in it, free or not.
    """
    department = catalogue.department(service.department)
    from_at = max(from_at, now)
    window = release.window(department, site, now)
    if until_at <= from_at or local_day(site, until_at - timedelta(microseconds=1)) not in window:
        raise NotReleased("one can wait for days that can be booked")
    wanted = Wanted(
        service=service.id,
        site=site.id,
        first_grain=-int(-from_at.timestamp() // GRAIN.total_seconds()),
        last_grain=grain_of(until_at) - 1,
        wish=wish,
    )
    refusal: BookingRefused | None = None
    for day in days_of(wanted, site):
        try:
            release.must_be_released(catalogue, service, site, day, now)
        except BookingRefused as refused:
            refusal = refusal or refused
        else:
            if any(
                holds(wanted, service, at) for at in slots.starts(catalogue, service, site, day)
            ):
                return wanted
    raise refusal or SlotTaken("no slot is in that time")


def days_of(wanted: Wanted, site: Site) -> list[date]:
    """The days on the wall of the site, in order."""
    first, last = (
        local_day(site, instant_of(grain)) for grain in (wanted.first_grain, wanted.last_grain)
    )
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def holds(wanted: Wanted, service: Service, first: int) -> bool:
    """Whether a slot that begins at grain `first` is in the time that is waited for."""
    return wanted.first_grain <= first and first + grains_of(service) - 1 <= wanted.last_grain


def free_for(
    catalogue: Catalogue, wanted: Wanted, days: Sequence[date], used: Used, now: datetime
) -> Iterator[SlotOffer]:
    """The slots of these days that are free and wanted, in order; none of what is not given now."""
    try:
        service, site = slots.offered(catalogue, wanted.service, wanted.site, wanted.wish)
    except BookingRefused:
        return
    for day in days:
        try:
            release.must_be_released(catalogue, service, site, day, now)
        except BookingRefused:
            continue
        for offer in slots.offers(catalogue, service, site, day, used, now, wanted.wish):
            if holds(wanted, service, grain_of(offer.start)):
                yield offer


def may_be_offered(start: datetime, now: datetime) -> bool:
    """Whether there is time to answer before it begins."""
    return start >= now + OFFER_FOR
