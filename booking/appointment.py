"""The life of an appointment, its reference, and the details that come with it.

The reference is a bearer secret: who has it may see, cancel and use the appointment.  So it has
100 bits of chance, only its SHA-256 is kept once booked, and it is in no log.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from booking.catalogue import LANGUAGES, SPEECH, SPOKEN_BY_READERS, Ability, Acting
from booking.errors import (
    AppointmentCancelled,
    BadDetails,
    HoldExpired,
    NotConfirmed,
    ReferenceUsed,
    TooEarly,
    TooLate,
    TooLateToChange,
    UnknownReference,
    WrongSite,
)

HOLD_FOR = timedelta(minutes=10)
CHECK_IN_FROM = timedelta(minutes=30)
"Before the start."
CHECK_IN_UNTIL = timedelta(minutes=15)
"After the start; then the place goes to whoever waits."
CHECK_IN_AGAIN_UNTIL = timedelta(minutes=60)
"After the start, for who was checked in before, and whose terminal failed or who left unserved."
ACTIVE_PER_PERSON = 3
"Coming appointments; several in one sitting count as several."
ACTIVE_PER_ENTITY = 12
SENT_AT_ONCE_PER_ENTITY = 2
"Appointments of one company or association at the same time."
MISSED_LIMIT = 3
MISSED_WITHIN = timedelta(days=90)
"Who missed so many appointments within that time may book for the same day only."

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
        (State.ARRIVED, State.BOOKED),
        (State.ARRIVED, State.FULFILLED),
        (State.ARRIVED, State.CANCELLED),
    }
)
"Every change there is; statements that change a state name the state they change from."

COMING = frozenset({State.BOOKED, State.ARRIVED})
"Booked, and not served yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody else who takes part in an appointment."""

    name: str
    site: str
    "Where they sit; the site of the appointment, or another."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants beside a service, a place and a time."""

    speech: str = "yue"
    "What they speak; one of `booking.catalogue.SPEECH`."
    abilities: frozenset[Ability] = frozenset()
    "What the terminal must have for them, beside what the service needs."
    others: tuple[str, ...] = ()
    "Sites at which others take part at the same time, one entry for each of them."


ANYBODY = Wish()


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the citizen tells us, as cleaned by `checked`."""

    name: str
    contact: str = ""
    "E-mail address or telephone number; empty when reminders are not wanted."
    language: str = "zh_Hant"
    needs: tuple[str, ...] = ()
    speech: str = ""
    "What is spoken; empty: what readers of `language` speak."
    acting: Acting = Acting.SELF
    acting_for: str = ""
    "Name of the relative, the person helped, or the company; empty when for oneself."
    entity_number: str = ""
    "Registration number of the company or association; only a pseudonym of it is kept."
    parties: tuple[Party, ...] = ()

    @property
    def wish(self) -> Wish:
        """What these details want of the counter."""
        return Wish(
            speech=self.speech or SPOKEN_BY_READERS[self.language],
            abilities=abilities_for(self.needs),
            others=tuple(sorted(party.site for party in self.parties)),
        )


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
    wish: Wish = ANYBODY
    acting: Acting = Acting.SELF
    acting_for: str = ""
    entity_key: str | None = None
    parties: tuple[Party, ...] = ()
    came: bool = False
    "Somebody has checked in for it."
    sitting: tuple["AppointmentView", ...] = ()
    "The appointments before and after it in the same seat, in order; this one is not among them."


def abilities_for(needs: Iterable[str]) -> frozenset[Ability]:
    """What a terminal must have for somebody with these needs."""
    return frozenset({Ability.STEP_FREE} if "step_free" in needs else ())


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
_ENTITY_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()/.\-]{1,28}[A-Za-z0-9)]")
MOST_PARTIES = 3
_PHONE = re.compile(r"\+?[0-9][0-9 ()\-]{5,22}[0-9]")


def checked(details: Details) -> Details:
    """Details without stray blanks, needs in order and once each.

    Raises `BadDetails` with every field that cannot be taken.
    """
    name, acting_for = _one_line(details.name), _one_line(details.acting_for)
    contact, number = details.contact.strip(), details.entity_number.strip()
    parties = tuple(Party(name=_one_line(party.name), site=party.site) for party in details.parties)
    for_another = details.acting is not Acting.SELF
    good = {
        "name": _is_name(name, 80),
        "contact": not contact
        or (
            len(contact) <= 120
            and contact.isprintable()
            and bool(_EMAIL.fullmatch(contact) or _PHONE.fullmatch(contact))
        ),
        "language": details.language in LANGUAGES and details.speech in ("", *SPEECH),
        "needs": all(need in NEEDS for need in details.needs),
        "acting_for": not for_another or _is_name(acting_for, 120),
        "entity_number": details.acting is not Acting.REPRESENTATIVE
        or bool(_ENTITY_NUMBER.fullmatch(number)),
        "parties": len(parties) <= MOST_PARTIES and all(_is_name(one.name, 80) for one in parties),
    }
    bad = tuple(field for field, well in good.items() if not well)
    if bad:
        raise BadDetails(bad)
    return replace(
        details,
        name=name,
        contact=contact,
        needs=tuple(need for need in NEEDS if need in details.needs),
        acting_for=acting_for if for_another else "",
        entity_number=number.upper() if details.acting is Acting.REPRESENTATIVE else "",
        parties=parties,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _is_name(text: str, most: int) -> bool:
    return 1 <= len(text) <= most and all(letter.isprintable() for letter in text)


def may_change(start: datetime, until_minutes: int, now: datetime) -> None:
    """Refuse a change by the citizen that comes too late.  Raises `TooLateToChange`."""
    until = start - timedelta(minutes=until_minutes)
    if now > until:
        raise TooLateToChange(until)


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


def check_in_until(start: datetime, *, again: bool) -> datetime:
    """Until when one may check in; again: who was here already."""
    return start + (CHECK_IN_AGAIN_UNTIL if again else CHECK_IN_UNTIL)


def may_arrive(
    state: State, start: datetime, *, at_site: str, here: str, again: bool, now: datetime
) -> None:
    """Refuse a check-in that is not for this appointment, this place or this time."""
    if state is not State.BOOKED:
        refuse(state, start)
    if at_site != here:
        raise WrongSite(at_site)
    if now < start - CHECK_IN_FROM:
        raise TooEarly(start)
    if now > check_in_until(start, again=again):
        raise TooLate(start)
