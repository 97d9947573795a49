"""What an agent may do to the citizen's terminal from afar, and how the citizen takes it back.

A hand is a wish of state, not a command: how the terminal shall be, until the call ends.  Each use
is announced on the terminal by its word.  What the tables do not say is refused.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final, Literal

from counter.errors import NotAllowedNow


class Hand(StrEnum):
    """What can be reached from afar."""

    CAMERA = "camera"
    "`face` or `document`."
    CROP = "crop"
    "[x, y, width, height] of the picture, each 0 to 1; None: the whole."
    GAIN = "gain"
    "Of the citizen's microphone, in per cent of what it gives."
    VOLUME = "volume"
    "How loud the agent is there, in per cent."
    LIGHT = "light"
    "Of the lamp over the papers, in per cent; 0: off.  Made so by the terminal's program."
    TEXT_SIZE = "text_size"
    LANGUAGE = "language"
    PAGE = "page"
    "{ceremony_id, number, by}: which page of a presented document is shown."
    SHOW = "show"
    "Digest of a stored page that lies before both; None: none does."


MADE_BY_TERMINAL: Final = (Hand.CAMERA, Hand.CROP, Hand.GAIN, Hand.VOLUME, Hand.LIGHT)
"""The terminal's page, or its program, makes its devices so and reports; the others are made by its
screen alone."""

AT_FIRST: Final[Mapping[Hand, Any]] = {
    Hand.CAMERA: "face",
    Hand.CROP: None,
    Hand.GAIN: 100,
    Hand.VOLUME: 70,
    Hand.LIGHT: 100,
    Hand.PAGE: None,
    Hand.SHOW: None,
}
"How a call begins."

TAKEN_BACK: Final = (Hand.CAMERA, Hand.CROP, Hand.SHOW, Hand.LIGHT)
"What goes back to how the call began when the citizen says stop; loudness stays as it is."

USES: Final = 40
"At most so many in `WITHIN`."
WITHIN: Final = timedelta(minutes=1)

SIZES: Final = ("A", "A+", "A++")

Permission = Literal["allowed", "stopped", "asked"]
Event = Literal["stop", "ask", "allow", "decline"]
AFTER: Final[Mapping[tuple[Permission, Event], Permission]] = {
    ("allowed", "stop"): "stopped",
    ("asked", "stop"): "stopped",
    ("stopped", "stop"): "stopped",
    ("stopped", "ask"): "asked",
    ("asked", "ask"): "asked",
    ("asked", "allow"): "allowed",
    ("asked", "decline"): "stopped",
}


class HandsStopped(NotAllowedNow):
    """The citizen has taken the machine back; ask first."""

    code: ClassVar[str] = "hands_stopped"


class TooFast(NotAllowedNow):
    """More uses than anybody could follow."""

    code: ClassVar[str] = "too_many_requests"
    status: ClassVar[int] = 429


def permission_after(permission: Permission, event: Event) -> Permission:
    """What the citizen allows now.  Raises `NotAllowedNow`."""
    try:
        return AFTER[permission, event]
    except KeyError:
        raise NotAllowedNow(f"hands are {permission}: no {event} now") from None


def require_use(permission: Permission, lately: int) -> None:
    """Raises `HandsStopped`, `TooFast`.  lately: uses within `WITHIN`."""
    if permission != "allowed":
        raise HandsStopped(f"hands are {permission}; ask the citizen first")
    if lately >= USES:
        raise TooFast(f"{lately} uses within {WITHIN}")


def word_for(hand: Hand, before: Any, after: Any) -> str:
    """By what a use is announced; the terminal says it in the citizen's language."""
    match hand:
        case Hand.GAIN | Hand.VOLUME:
            return f"{hand}_{'up' if after > before else 'down'}"
        case Hand.LIGHT:
            if not after or not before:
                return "light_on" if after else "light_off"
            return "light_up" if after > before else "light_down"
        case Hand.TEXT_SIZE:
            larger = SIZES.index(after) > SIZES.index(before)
            return "text_larger" if larger else "text_smaller"
        case Hand.CROP:
            if after is None:
                return "crop_whole"
            if before is None or after[2] < before[2]:
                return "crop_closer"
            return "crop_moved" if after[2] == before[2] else "crop_wider"
        case Hand.CAMERA:
            return f"camera_{after}"
        case Hand.SHOW:
            return "show" if after else "show_end"
    return str(hand)
