"""The forgotten-original guard: a paper that was laid under the camera is to be taken back.

A page that came since the citizen last said "I have it" means that a paper may lie there still.
What a camera or a tray's sensor sees (`seen`) settles it where there is one; without, the citizen
is asked, and the agent sees that it was not answered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from counter.documents.papers import PageRow


class Seen(StrEnum):
    """What a sensor says of the place where papers are laid."""

    EMPTY = "empty"
    PAPER = "paper"
    UNKNOWN = "unknown"
    "There is no sensor, or it cannot tell."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """What is known of the place where the papers of a case are laid."""

    taken_at: datetime | None = None
    "When the citizen last said that nothing lies there."
    seen: Seen = Seen.UNKNOWN
    "What a camera saw since then."
    seen_at: datetime | None = None

    @property
    def clear_at(self) -> datetime | None:
        """The last moment at which nothing lay there."""
        empty_at = self.seen_at if self.seen is Seen.EMPTY else None
        return max(filter(None, (self.taken_at, empty_at)), default=None)


def items_lying(pages: Sequence[PageRow], bed: Bed) -> tuple[str, ...]:
    """Items of the checklist whose original may still lie there, the last one last.

    pages: of the case, in the order in which they came.
    """
    clear_at = bed.clear_at
    since = [one.item for one in pages if clear_at is None or one.stored_at > clear_at]
    if not since and bed.seen is Seen.PAPER and pages:
        since = [pages[-1].item]  # it was said to be taken, and it lies there
    return tuple(dict.fromkeys(since))


def worth_a_look(pages: Sequence[PageRow], bed: Bed) -> bool:
    """Whether a camera should look: until it has seen the place empty after the last page."""
    if not pages:
        return False
    empty_at = bed.seen_at if bed.seen is Seen.EMPTY else None
    return empty_at is None or empty_at < pages[-1].stored_at
