"""What the commands of booking are asked, and what they answer."""

from dataclasses import dataclass
from datetime import datetime

from booking.slots import Want


class CatalogueChanged(Exception):
    """The slot was worked out from an older catalogue; load it again and repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """A hold as worked out from a catalogue."""

    catalogue_version: int
    appointment_id: str
    idem: str
    "SHA-256 of the person and the key of the request."
    reference: str
    person: str
    department: str
    service: str
    site: str
    lane: str
    first_grain: int
    grains: int
    wanted: tuple[Want, ...]
    start_at: int
    "A random number: where to begin among the free units."
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A slot is kept.  This is the one time the reference is told."""

    appointment_id: str
    reference: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """What the ticket of a booked citizen needs to know."""

    appointment_id: str
    department: str
    service: str
    site: str
    start: datetime
    name: str
    language: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to tell of an appointment, and how."""

    name: str
    contact: str
    "E-mail address or telephone number; empty when reminders are not wanted."
    language: str
