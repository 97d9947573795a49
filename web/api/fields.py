"""The small words of the API: identifiers, days, instants, references, languages.

Each says its form in the document as it is checked here, so that what fits the document is at worst
refused by a rule of booking.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from booking.appointment import MOST_PARTIES, Wish
from booking.catalogue import Ability
from counter.protocol.message import Language, Model

_LONG = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
_SHORT = "(0[469]|11)-(0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP_DAY = "20([02468][048]|[13579][26])-02-29"
_DAY = f"(20[0-9][0-9]-({_LONG}|{_SHORT}|{_FEBRUARY})|{_LEAP_DAY})"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])"
_DIGIT = "[0-9A-HJKMNP-TV-Z]"


def day_of(text: str) -> date:
    """Of a `Day`."""
    return date.fromisoformat(text)


def instant_of(text: str) -> datetime:
    """Of an `Instant`."""
    return datetime.fromisoformat(text)


Id = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_:-]+$")]
"Of a department, service, site, appointment or entry of the waiting list."

Day = Annotated[str, Field(pattern=f"^{_DAY}$")]
"`2026-11-25`, by the calendar on the wall of the site."

Instant = Annotated[str, Field(pattern=f"^{_DAY}T{_TIME}{_OFFSET}$")]
"RFC 3339, with its offset."

Reference = Annotated[str, Field(pattern=f"^{_DIGIT}{{5}}(-{_DIGIT}{{5}}){{3}}$")]
"A bearer secret: who has it may check in with it."

Person = Annotated[str, Field(min_length=8, max_length=128, pattern=r"^[A-Za-z0-9._~-]+$")]
"Who it is for, in the words of the program that asks: an opaque token, the same for one person."

Key = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9._~-]+$")]
"Of one request; its repeats carry the same."

Speech = Literal["yue", "cmn", "pt", "en"]
Need = Literal["elderly", "pregnant", "step_free", "hearing", "sight", "reading_help", "companion"]

Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f]*$")]
"Text without control characters, which nobody can read and not every store can keep."

Words = Annotated[Line, Field(min_length=1, max_length=80)]
"A name, or a question."

Texts = dict[Language, str]
"One text in every language."


class Wishes(Model):
    """What is wanted beside a service, a place and a time."""

    speech: Speech = "yue"
    """What is spoken: Cantonese, Mandarin, Portuguese or English."""
    step_free: bool = False
    """At a terminal that is reached and used in a wheelchair."""

    def wish(self) -> Wish:
        """As booking has it."""
        needed = {Ability.STEP_FREE} if self.step_free else set()
        return Wish(speech=self.speech, abilities=frozenset(needed))


class Party(Model):
    """Somebody else who takes part."""

    name: Words
    site: Id
    """Where they sit."""


Parties = Annotated[list[Party], Field(max_length=MOST_PARTIES)]
