"""What the commands of booking are asked, and what they answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.appointment import AppointmentView, Details, Wish
from booking.scarce import Used, Want


class CatalogueChanged(Exception):
    """The slot was worked out from an older catalogue; load it again and repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and when, and what that takes, as worked out from a catalogue."""

    catalogue_version: int
    site: str
    first_grain: int
    grains: int
    wanted: tuple[Want, ...]
    start_at: int
    "A random number: where to begin among the free units."


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """A hold as worked out from a catalogue."""

    appointment_id: str
    idem: str
    "SHA-256 of the person and the key of the request."
    reference: str
    person: str
    department: str
    service: str
    place: Place
    wish: Wish
    expires_at: datetime
    same_day: bool
    "It is for the day on which it is asked."
    sitting: str | None = None
    "Shared by appointments one after another in one seat."
    offered: bool = False
    "To somebody on the waiting list, by the counter: other holds of theirs stay."


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrder:
    """A booking of what is held."""

    details: Details
    "As `booking.appointment.checked` cleaned them."
    entity_key: str | None
    retake: tuple[tuple[str, Place], ...]
    "Appointment and what it takes, where the details want something else than the hold had."
    entity: tuple[tuple[str, Place], ...]
    "Appointment and what it takes of the company or association."


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """How what was held stands now."""

    view: AppointmentView
    retaken: bool
    "Something else was taken than the hold had."


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One appointment that goes elsewhere."""

    appointment_id: str
    version: int
    "Of the appointment when the new place was worked out."
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveOrder:
    """Another time or site for an appointment, with all of its sitting."""

    reference: str | None
    "`None`: the department moves it, which knows no reference."
    person: str
    moves: tuple[Move, ...]
    "Every part of the sitting, in order."
    same_day: bool
    "To the day on which it is asked, or to another time of the day that it has."
    by: str = "citizen"
    "As the journal names them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A slot is kept.  This is the one time the reference is told."""

    appointment_id: str
    reference: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAt(Held):
    """A slot is kept that was chosen here."""

    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOrder:
    """Any of some slots, the first that is free."""

    idem: str
    "As in `HoldOrder`; the same in all that `choose` gives."
    catalogue_version: int
    service: str
    site: str
    resources: tuple[str, ...]
    first_grain: int
    last_grain: int
    "What to look at, both included."
    choose: Callable[[Used], Iterable[HoldOrder]]
    "Slots that seem free, in order."


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
    person: str = ""
    "Pseudonym of who booked, for memos in the app."
