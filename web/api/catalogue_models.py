"""What can be booked, as the API tells it; every text in every language."""

from typing import Annotated

from pydantic import Field

from booking.calendar import Why
from booking.catalogue import (
    Ability,
    Acting,
    ByVideo,
    IdentityLevel,
    PaperKind,
    SignatureClass,
)
from booking.search import Role
from counter.protocol.message import Model
from web.api.fields import Day, Id, Instant, Speech, Texts, Words


class OfDepartment(Model):
    """Which services."""

    department: Id | None = None
    """Only of this one."""


class OfService(Model):
    """Which service."""

    service: Id = Field(json_schema_extra={"in": "path"})


class ForService(Model):
    """Which sites."""

    service: Id | None = None
    """Only those at which this one is given."""


class Question(Model):
    """What somebody typed."""

    q: Words
    """In any of the four languages, with slips."""


class WhatIsFree(Model):
    """Of what, where and from when."""

    service: Id = Field(json_schema_extra={"in": "path"})
    site: Id
    from_day: Annotated[Day | None, Field(alias="from")] = None
    """The first of seven days; today, when it is left out."""


class DepartmentOut(Model):
    """Who is responsible."""

    id: Id
    territory: str
    names: Texts
    short_names: Texts


class PaperOut(Model):
    """A paper to bring."""

    id: str
    kind: PaperKind
    names: Texts


class FeeOut(Model):
    """A sum."""

    minor: int
    """Avos or fen: 100 is one pataca or one yuan."""
    currency: str
    """ISO 4217."""


class ServiceOut(Model):
    """One thing that can be asked for."""

    id: Id
    department: Id
    names: Texts
    papers: list[PaperOut]
    fee: FeeOut | None
    """None: not stated."""
    processing_days: int | None
    """Working days until the result; none: not stated."""
    slot_minutes: int
    by_video: ByVideo
    identity_level: IdentityLevel
    signature_class: SignatureClass
    acts_for: list[Acting]
    """In whose matter one may come."""
    speech: list[Speech]
    """In which languages it is given."""
    elsewhere: Texts
    """The place that does what this counter does not; empty when there is none."""
    change_until_minutes: int
    """Before the start; later it is neither changed nor cancelled."""
    weekly_per_person: int | None
    """Appointments for it that one person may have in a week; none: no limit."""
    withdrawn: bool
    """Not offered any more; what is booked stays."""


class SiteOut(Model):
    """A place with terminals."""

    id: Id
    territory: str
    names: Texts
    addresses: Texts
    directions: Texts
    """Empty when nobody has written it."""
    zone: str
    """IANA name of its time zone."""
    terminals: int
    abilities: list[Ability]
    """What one of its terminals at least can do."""


class Departments(Model):
    """All departments, in order."""

    departments: list[DepartmentOut]


class Services(Model):
    """Services, in order."""

    services: list[ServiceOut]


class Sites(Model):
    """Places, in order."""

    sites: list[SiteOut]


class Because(Model):
    """The text that was found."""

    role: Role
    texts: dict[str, str]
    """As the catalogue writes it, in those languages in which it fits."""


class FoundOut(Model):
    """A service that fits."""

    service: Id
    because: Because


class FoundServices(Model):
    """The best first."""

    found: list[FoundOut]


class SlotOut(Model):
    """A time at which one can come."""

    start: Instant
    left: int
    """How many can still book it; a hint, the hold decides."""


class DayOut(Model):
    """One day."""

    day: Day
    free: int
    reason: Why | None
    """Why nothing can be booked, or why the day is short."""
    opens_at: Instant | None
    """When it opens for booking, if that is still to come."""
    slots: list[SlotOut]


class Availability(Model):
    """What is free, for seven days."""

    service: Id
    site: Id
    days: Annotated[list[DayOut], Field(max_length=7)]
