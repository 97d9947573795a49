"""What the API is asked about appointments and the waiting list, and what it answers."""

from typing import Annotated

from pydantic import Field

from booking.appointment import State
from booking.catalogue import Acting
from booking.service import MOST_IN_A_SITTING
from booking.slots import Part
from booking.waitlist import WaitState
from counter.protocol.message import Language, Model
from web.api.catalogue_models import SlotOut
from web.api.fields import (
    Day,
    Id,
    Instant,
    Line,
    Need,
    Parties,
    Person,
    Reference,
    Speech,
    Wishes,
    Words,
)


class HoldIn(Wishes):
    """A time to be kept for ten minutes."""

    service: Id
    site: Id
    start: Instant
    person: Person


class FirstIn(Wishes):
    """Any time of a part of a day, the first that is free."""

    service: Id
    site: Id
    day: Day
    part: Part = Part.DAY
    person: Person


class HeldOut(Model):
    """A time is kept.  This is the one time its reference is told."""

    id: Id
    """Of the appointment; webhooks call it so."""
    reference: Reference
    start: Instant
    expires_at: Instant
    """Until when it is kept."""


class SittingTimes(Model):
    """When services fit one after another in one seat, in this order."""

    service: Id
    second: Id
    third: Id | None = None
    site: Id
    day: Day
    speech: Speech = "yue"
    """What is spoken in all of them."""


class Times(Model):
    """Times of the day, in order; none: they do not fit."""

    times: list[SlotOut]


class SittingIn(Wishes):
    """Several services one after another in one seat, from `start` on."""

    services: Annotated[list[Id], Field(min_length=2, max_length=MOST_IN_A_SITTING)]
    site: Id
    start: Instant
    person: Person


class PartOut(Model):
    """One department of a visit."""

    id: Id
    state: State
    department: Id
    service: Id
    start: Instant
    end: Instant


class SittingHeldOut(HeldOut):
    """All of it is kept.  Its one reference, that of the first part, is told this one time."""

    parts: list[PartOut]
    """In order."""


class ConfirmIn(Model):
    """Who comes, and for whom."""

    reference: Reference
    name: Words
    contact: Annotated[Line, Field(max_length=120)] = ""
    """E-mail address or telephone number; empty when no reminders are wanted."""
    language: Language
    """Of letters and memos."""
    speech: Speech | None = None
    """What is spoken; left out: as it was held."""
    needs: Annotated[list[Need], Field(max_length=7)] | None = None
    """What to prepare for; left out: as it was held."""
    acting: Acting = Acting.SELF
    acting_for: Annotated[Line, Field(max_length=120)] = ""
    """Name of the relative, the person helped, or the company; empty when for oneself."""
    entity_number: Annotated[Line, Field(max_length=30)] = ""
    """Registration number of the company or association; only a pseudonym of it is kept."""
    parties: Parties = []
    """Others who take part, here or at other sites."""


class ChangeIn(Model):
    """Another time or site."""

    reference: Reference
    site: Id
    start: Instant


class ReferenceIn(Model):
    """Which appointment, or which entry of the waiting list."""

    reference: Reference


class OfReference(Model):
    """Which appointment, or which entry of the waiting list."""

    reference: Reference = Field(json_schema_extra={"in": "header"})


class PartyOut(Model):
    """Somebody else who takes part."""

    name: str
    site: Id


class AppointmentOut(Model):
    """An appointment as its holder may see it."""

    id: Id
    state: State
    department: Id
    service: Id
    site: Id
    start: Instant
    end: Instant
    version: int
    """Counts changes; the SEQUENCE of the calendar entry."""
    expires_at: Instant | None
    """Of a hold: until when it is kept."""
    name: str
    contact: str
    language: Language | None
    """None: it is only held yet."""
    speech: Speech
    needs: list[Need]
    acting: Acting
    acting_for: str
    parties: list[PartyOut]
    parts: list[PartOut]
    """Of a visit to several departments: all of them, in order; else none."""


class WaitIn(Wishes):
    """A time to wait for, should one become free."""

    service: Id
    site: Id
    from_at: Instant
    """It begins then or later."""
    until_at: Instant
    """It is over by then."""
    contact: Annotated[Line, Field(min_length=1, max_length=120)]
    """Where an offer is told; it is good for 15 minutes."""
    language: Language
    person: Person


class JoinedOut(Model):
    """Somebody waits.  This is the one time the reference is told."""

    id: Id
    """Of the entry; webhooks call it so."""
    reference: Reference


class OfferOut(Model):
    """A time that is kept for who waits; it is confirmed or cancelled as any hold."""

    id: Id
    reference: Reference
    """Of the appointment, not of the entry."""
    start: Instant
    expires_at: Instant


class WaitingOut(Model):
    """An entry of the waiting list."""

    id: Id
    state: WaitState
    department: Id
    service: Id
    site: Id
    from_at: Instant
    until_at: Instant
    speech: Speech
    language: Language
    offer: OfferOut | None
    """While it is offered."""
