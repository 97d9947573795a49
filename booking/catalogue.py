"""What can be asked for, of whom and where: departments, services, sites, terminals.

A catalogue is one immutable snapshot with a version.  Every text is there in every language, so a
page never has a hole in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from booking.calendar import Hours, Texts
from booking.errors import NotInCatalogue

LANGUAGES = ("zh_Hant", "zh_Hans", "pt", "en")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """One kiosk."""

    id: str
    site: str
    number: int
    "As painted on it, from 1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with terminals."""

    id: str
    territory: str
    names: Texts
    addresses: Texts
    hours: Hours
    terminals: tuple[Terminal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything above at one version, in the order in which pages show it."""

    version: int
    departments: Mapping[str, Department]
    services: Mapping[str, Service]
    sites: Mapping[str, Site]

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
        return [one for one in self.services.values() if one.department == department_id]

    def sites_for(self, service_id: str) -> list[Site]:
        """Where the service is given: on the other side of the border than its department."""
        at_home = self.department(self.service(service_id).department).territory
        return [site for site in self.sites.values() if site.territory != at_home]


T = TypeVar("T")


def _found(things: Mapping[str, T], thing_id: str, what: str) -> T:
    """Look up, or refuse without repeating what was typed."""
    thing = things.get(thing_id)
    if thing is None:
        raise NotInCatalogue(f"no such {what}")
    return thing
