"""What can be asked for, of whom and where: departments, services, sites, terminals.

A catalogue is one immutable snapshot with a version.  Every text is there in every language, so a
page never has a hole in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from booking.calendar import Hours, Texts
from booking.errors import NotInCatalogue

LANGUAGES = ("zh_Hant", "zh_Hans", "pt", "en")
SPEECH = ("yue", "cmn", "pt", "en")
"Languages that are spoken at the counter (ISO 639-3, or 639-1 where there is one)."
SPOKEN_BY_READERS = {"zh_Hant": "yue", "zh_Hans": "cmn", "pt": "pt", "en": "en"}
"What a reader of a language is taken to speak until they say otherwise."


class PaperKind(StrEnum):
    """In which form a paper is asked for."""

    ORIGINAL = "original"
    COPY = "copy"
    PHOTO = "photo"


class ByVideo(StrEnum):
    """How far a service goes at a remote counter."""

    COMPLETES = "completes"
    ENQUIRY = "enquiry"
    "Questions and a check of the papers; the matter itself is done elsewhere."


class IdentityLevel(StrEnum):
    """How surely it must be known who sits there."""

    NONE = "L0"
    ACCOUNT = "L1"
    "Signed in with the app, or a code."
    DOCUMENT = "L2"
    "The identity document is read at the terminal, and the agent looks."
    WITNESSED = "L3"
    "As L2, with a random challenge and a second officer."


class SignatureClass(StrEnum):
    """What signature the form of a service needs."""

    NONE = "none"
    SIMPLE = "simple"
    "Ink on the screen, sealed by the department."
    ADVANCED = "advanced"
    "Signed with the citizen's own key."
    IN_PERSON = "in_person"
    "The law wants the hand and the eye in one room; refused here."


class Ability(StrEnum):
    """What a terminal can do, or a place has, that not every service or citizen needs."""

    SCANNER = "scanner"
    PRINTER = "printer"
    STEP_FREE = "step_free"
    "Reached and used in a wheelchair."


class Acting(StrEnum):
    """In whose matter somebody comes."""

    SELF = "self"
    RELATIVE = "relative"
    SOCIAL_WORKER = "social_worker"
    REPRESENTATIVE = "representative"
    "Of a company or association."


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One item of the checklist of a service."""

    id: str
    kind: PaperKind
    names: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """An amount in the smallest unit of its currency."""

    minor: int
    "Avos or fen: 100 is one pataca or one yuan."
    currency: str
    "ISO 4217: MOP or CNY."


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One thing that can be asked for."""

    id: str
    department: str
    names: Texts
    papers: tuple[Paper, ...]
    fee: Fee | None
    "`None`: not stated; the agent says it."
    processing_days: int | None
    "Working days until the result; `None`: not stated."
    slot_minutes: int
    by_video: ByVideo
    identity_level: IdentityLevel
    signature_class: SignatureClass
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    "Everyday words for it, by language."
    acts_for: tuple[Acting, ...] = (Acting.SELF,)
    "In whose matter one may come."
    abilities: frozenset[Ability] = frozenset()
    "What the terminal must be able to do."
    speech: tuple[str, ...] = SPEECH
    "In which languages it is given."
    elsewhere: Texts = field(default_factory=dict)
    "The place that does what this counter does not; empty when there is none."
    change_until_minutes: int = 0
    "Before the start; later it is neither changed nor cancelled by the citizen."
    weekly_per_person: int | None = None
    "Appointments for it that one person may have in a week."
    withdrawn: bool = False
    "Not offered any more; what is booked stays."


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Days that are opened for booking at one instant."""

    id: str
    opens_at: datetime
    from_day: date
    to_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One unit of a resource that cannot be booked for a while."""

    id: str
    resource: str
    "As in a claim: `department:<id>` or `site:<id>`."
    unit: int
    first_grain: int
    end_grain: int
    "The first grain after it."
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Who is responsible."""

    id: str
    territory: str
    prefix: str
    "First letters of its ticket numbers."
    names: Texts
    short_names: Texts
    lanes: int
    "Appointments that may run at the same time: agents on duty kept for bookings."
    daily_quota: int
    "Appointments that may be booked for one day."
    hours: Hours
    speech: tuple[tuple[str, ...], ...] = ()
    "Of each lane, what its agent speaks; a lane that is not named speaks all."
    releases: tuple[Release, ...] = ()
    "None: every day opens some weeks before it."

    def lanes_that_speak(self, speech: str) -> tuple[int, ...]:
        """Lanes whose agent speaks it, those who speak least else first."""
        named = dict(enumerate(self.speech))
        able = [unit for unit in range(self.lanes) if speech in named.get(unit, SPEECH)]
        return tuple(sorted(able, key=lambda unit: (len(named.get(unit, SPEECH)), unit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One kiosk."""

    id: str
    site: str
    number: int
    "As painted on it, from 1."
    abilities: frozenset[Ability] = frozenset(Ability)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with terminals."""

    id: str
    territory: str
    names: Texts
    addresses: Texts
    hours: Hours
    terminals: tuple[Terminal, ...]
    directions: Texts = field(default_factory=dict)
    "How to get there; empty when nobody has written it."

    @property
    def terminals_alike(self) -> bool:
        """Whether all of them can do the same."""
        first = self.terminals[0].abilities if self.terminals else None
        return all(one.abilities == first for one in self.terminals)

    def terminals_with(self, abilities: frozenset[Ability]) -> tuple[int, ...]:
        """Units of its resource, one per terminal that can do all of it, the least able first."""
        able = [one for one in self.terminals if abilities <= one.abilities]
        ordered = sorted(able, key=lambda one: (len(one.abilities), one.number))
        return tuple(one.number - 1 for one in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """A change that is made and has not taken effect yet; see `booking.catalogue_changes`."""

    id: int
    department: str
    subject: str
    at: datetime
    change: Any
    "A `booking.catalogue_changes.Change`; `None`: of a kind that only a newer counter knows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything above at one version, in the order in which pages show it."""

    version: int
    departments: Mapping[str, Department]
    services: Mapping[str, Service]
    sites: Mapping[str, Site]
    outages: tuple[Outage, ...] = ()
    scheduled: tuple[Scheduled, ...] = ()
    "In the order in which they take effect."
    worked_out: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    "What `booking.worked_out` keeps: what follows from it, so that it is worked out once."

    def has_changes_due(self, now: datetime) -> bool:
        """Whether a change that was scheduled is to take effect by now."""
        return bool(self.scheduled) and self.scheduled[0].at <= now

    def department(self, department_id: str) -> Department:
        """Raises `NotInCatalogue`."""
        return _found(self.departments, department_id, "department")

    def service(self, service_id: str) -> Service:
        """Raises `NotInCatalogue`."""
        return _found(self.services, service_id, "service")

    def site(self, site_id: str) -> Site:
        """Raises `NotInCatalogue`."""
        return _found(self.sites, site_id, "site")

    def services_of(self, department_id: str) -> list[Service]:
        """What the department gives, in order.  Raises `NotInCatalogue`."""
        self.department(department_id)
        return [
            one
            for one in self.services.values()
            if one.department == department_id and not one.withdrawn
        ]

    def sites_for(self, service_id: str) -> list[Site]:
        """Where the service is given: across the border from its department, if a terminal can."""
        service = self.service(service_id)
        at_home = self.department(service.department).territory
        return [
            site
            for site in self.sites.values()
            if site.territory != at_home
            and site.terminals_with(service.abilities)
            and not service.withdrawn
        ]

    def out_at(self, resource: str, grain: int) -> frozenset[int]:
        """Units of a resource that cannot be booked at a grain."""
        return frozenset(
            one.unit
            for one in self.outages
            if one.resource == resource and one.first_grain <= grain < one.end_grain
        )


T = TypeVar("T")


def _found(things: Mapping[str, T], thing_id: str, what: str) -> T:
    """Look up, or refuse without repeating what was typed."""
    thing = things.get(thing_id)
    if thing is None:
        raise NotInCatalogue(f"no such {what}")
    return thing
