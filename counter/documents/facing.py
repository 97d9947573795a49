"""Which way up a stored page lies, and whether a card shows the same side again.

Promise: what cannot be told stays as it lies.  A page that is turned wrongly costs the agent more
than one that was left.
"""

from dataclasses import dataclass
from typing import Final, Literal

from counter.documents.mrz import LAYOUTS, Reading, holds, text_of
from counter.documents.page import Format
from counter.documents.zones import IDENTITY_ITEMS

ToldBy = Literal["zone", "text"]

CONFIDENCE_MIN: Final = 2.0
"Of the reading program; drawings were seen to have 0.9 at most, Chinese letters 3 and more."
SCRIPTS: Final = frozenset({"Latin", "Han", "Japanese", "Hiragana", "Katakana"})
"""What is written here, and what it may be taken for.  Upright tables of nothing but figures were
told to be upside down when taken for Greek (14 of 40), never when taken for Latin."""
TEXT_FORMATS: Final = frozenset[Format]({"a4", "a5", "a-series", "free"})
CARDS_COMPARED_MAX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingZone:
    """A machine-readable zone that reads without doubt."""

    quarters: int
    "By which the page is to be turned clockwise to stand upright, 0 to 3."
    number: str
    "Of the paper; looked at and let go, never kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class LyingText:
    """What the reading program says of the lines of a page."""

    quarters: int
    confidence: float
    script: str
    "As the program names it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """How a page is to be turned, and what told it."""

    quarters: int
    told_by: ToldBy


def lying_zone(reading: Reading, quarters: int) -> LyingZone | None:
    """`None` when a check digit does not hold, or holds only after a character was changed."""
    if reading.repaired or not holds(reading):
        return None
    layout = LAYOUTS[reading.layout]
    return LyingZone(quarters=quarters, number=text_of(reading.lines, layout.fields["number"].span))


def may_have_zone(sheet: Format, item: str) -> bool:
    """A card, a passport's page, or what may be one when no mat gave the scale."""
    return sheet in ("id-1", "td3") or (item in IDENTITY_ITEMS and sheet in ("a-series", "free"))


def is_card(sheet: Format, item: str) -> bool:
    """An identity card, of which both sides are wanted."""
    return sheet == "id-1" and item in IDENTITY_ITEMS


def facing(zone: LyingZone | None, text: LyingText | None) -> Facing | None:
    """`None`: nobody can tell."""
    if zone is not None:
        return Facing(quarters=zone.quarters, told_by="zone")
    if text is not None and text.confidence >= CONFIDENCE_MIN and text.script in SCRIPTS:
        return Facing(quarters=text.quarters, told_by="text")
    return None
