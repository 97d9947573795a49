"""The life of an appointment, its reference, and the details that come with it.

The reference is a bearer secret: who has it may see, cancel and use the appointment.  So it has
100 bits of chance, only its SHA-256 is kept once booked, and it is in no log.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from booking.catalogue import LANGUAGES
from booking.errors import (
    AppointmentCancelled,
    BadDetails,
    HoldExpired,
    NotConfirmed,
    ReferenceUsed,
    TooEarly,
    TooLate,
    UnknownReference,
    WrongSite,
)

HOLD_FOR = timedelta(minutes=10)
CHECK_IN_FROM = timedelta(minutes=30)
"Before the start."
CHECK_IN_UNTIL = timedelta(minutes=15)
"After the start; then the place goes to whoever waits."
ACTIVE_PER_PERSON = 3

NEEDS = ("elderly", "pregnant", "step_free", "hearing", "sight", "reading_help", "companion")
"What a citizen can ask us to prepare for, in the order of the form."

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"Crockford's base 32: no I, L, O, U, which are misread or spell words."
REFERENCE_BITS = 100
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


class State(StrEnum):
    """Where an appointment is in its life (the words of FHIR, where it has them)."""

    HELD = "held"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    EXPIRED = "expired"


ALLOWED = frozenset(
    {
        (State.HELD, State.BOOKED),
        (State.HELD, State.CANCELLED),
        (State.HELD, State.EXPIRED),
        (State.BOOKED, State.ARRIVED),
        (State.BOOKED, State.CANCELLED),
        (State.BOOKED, State.NOSHOW),
        (State.ARRIVED, State.FULFILLED),
        (State.ARRIVED, State.CANCELLED),
    }
)
"Every change there is; statements that change a state name the state they change from."


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the citizen tells us, as cleaned by `checked`."""

    name: str
    contact: str = ""
    "E-mail address or telephone number; empty when reminders are not wanted."
    language: str = "zh_Hant"
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentView:
    """One appointment as its holder may see it."""

    appointment_id: str
    state: State
    department: str
    service: str
    site: str
    start: datetime
    end: datetime
    expires_at: datetime | None
    "Of a hold: until when the slot is kept."
    name: str
    contact: str
    language: str
    needs: tuple[str, ...]
    version: int
    "Counts changes; the SEQUENCE of the calendar entry."


def new_reference(random_bytes: Callable[[int], bytes]) -> str:
    """Make a reference, "XXXXX-XXXXX-XXXXX-XXXXX", from 100 bits of chance."""
    number = int.from_bytes(random_bytes(13)) >> (13 * 8 - REFERENCE_BITS)
    digits = "".join(ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))
    return "-".join(digits[at : at + 5] for at in range(0, 20, 5))


def parse_reference(typed: str) -> str:
    """The reference that was meant: any case, spaces or dashes, O for 0, I and L for 1.

    Raises `UnknownReference` when it can be none of ours.
    """
    digits = re.sub(r"[\s\-\u2010-\u2015_.]", "", typed[:80]).upper().translate(_READ_AS)
    if len(digits) != 20 or any(digit not in ALPHABET for digit in digits):
        raise UnknownReference("not in the form of a reference")
    return "-".join(digits[at : at + 5] for at in range(0, 20, 5))


def reference_sha256(typed: str) -> str:
    """What is kept of a reference, and looked up by: 64 hexadecimal digits."""
    return hashlib.sha256(parse_reference(typed).encode()).hexdigest()


_EMAIL = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-]{5,22}[0-9]")


def checked(details: Details) -> Details:
    """Details without stray blanks, needs in order and once each.

    Raises `BadDetails` with every field that cannot be taken.
    """
    name = " ".join(details.name.split())
    contact = details.contact.strip()
    bad = []
    if not 1 <= len(name) <= 80 or not all(letter.isprintable() for letter in name):
        bad.append("name")
    if contact and (
        len(contact) > 120
        or not contact.isprintable()
        or not (_EMAIL.fullmatch(contact) or _PHONE.fullmatch(contact))
    ):
        bad.append("contact")
    if details.language not in LANGUAGES:
        bad.append("language")
    if any(need not in NEEDS for need in details.needs):
        bad.append("needs")
    if bad:
        raise BadDetails(tuple(bad))
    needs = tuple(need for need in NEEDS if need in details.needs)
    return Details(name=name, contact=contact, language=details.language, needs=needs)


def refuse(state: State, start: datetime) -> NoReturn:
    """Say why nothing more can be done with an appointment that is not simply booked."""
    match state:
        case State.CANCELLED:
            raise AppointmentCancelled("it was cancelled")
        case State.EXPIRED:
            raise HoldExpired("the hold ran out before it was confirmed")
        case State.NOSHOW:
            raise TooLate(start)
        case State.HELD:
            raise NotConfirmed("it is held, not booked")
        case _:
            raise ReferenceUsed(f"it is {state}")


def may_arrive(state: State, start: datetime, *, at_site: str, here: str, now: datetime) -> None:
    """Refuse a check-in that is not for this appointment, this place or this time."""
    if state is not State.BOOKED:
        refuse(state, start)
    if at_site != here:
        raise WrongSite(at_site)
    if now < start - CHECK_IN_FROM:
        raise TooEarly(start)
    if now > start + CHECK_IN_UNTIL:
        raise TooLate(start)
