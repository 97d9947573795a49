"""What chance chooses in an identification: features to be looked at, and challenges.

Nobody can prepare for what is drawn when it begins.  The lists are of features that public pages
describe; a department completes them from its own specimens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Below = Callable[[int], int]
"An unpredictable whole number, from 0, below the one given."

DocumentKind = Literal["bir", "home_permit", "exit_entry", "mainland_id", "passport", "other"]

CATEGORIES: Final[Mapping[str, str]] = {
    "hologram": "optical",
    "colour_shift": "optical",
    "echo_portrait": "optical",
    "raised_letters": "surface",
    "engraved_portrait": "surface",
    "fine_lines": "print",
    "small_print": "print",
}
"Feature -> how it is seen."

FEATURES: Final[Mapping[DocumentKind, tuple[str, ...]]] = {
    "bir": ("echo_portrait", "colour_shift", "raised_letters", "engraved_portrait", "fine_lines"),
    "home_permit": ("hologram", "colour_shift", "raised_letters", "fine_lines", "small_print"),
    "exit_entry": ("hologram", "colour_shift", "raised_letters", "fine_lines", "small_print"),
    "mainland_id": ("colour_shift", "hologram", "fine_lines", "small_print"),
    "passport": ("hologram", "colour_shift", "engraved_portrait", "fine_lines", "small_print"),
    "other": ("hologram", "colour_shift", "fine_lines", "small_print"),
}
DRAWN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What was drawn for one identification."""

    features: tuple[str, str, str]
    "Of two categories at least."
    number: str
    "Three digits, to be said aloud."
    turn: Literal["left", "right"]
    "Where to turn the head."

    def body(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self) | {"features": list(self.features)}


def challenge_of(body: Mapping[str, Any]) -> Challenge:
    """What `Challenge.body` made."""
    first, second, third = body["features"]
    return Challenge(features=(first, second, third), number=body["number"], turn=body["turn"])


def draw(document: DocumentKind, below: Below) -> Challenge:
    """Draw anew."""
    left = list(FEATURES[document])
    drawn = [left.pop(below(len(left))) for _ in range(DRAWN - 1)]
    seen = {CATEGORIES[one] for one in drawn}
    last = _others(left, seen) if len(seen) == 1 else left
    drawn.append(last[below(len(last))])
    return Challenge(
        features=(drawn[0], drawn[1], drawn[2]),
        number=f"{100 + below(900)}",
        turn="left" if below(2) else "right",
    )


def _others(left: Sequence[str], seen: set[str]) -> list[str]:
    return [one for one in left if CATEGORIES[one] not in seen]
