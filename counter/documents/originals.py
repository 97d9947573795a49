"""The forgotten-original guard: a paper that was laid under the camera is to be taken back.

A page that came since the citizen last said "I have it" means that a paper may lie there still.
What a camera or a tray's sensor sees (`seen`) settles it where there is one; without, the citizen
is asked, and the agent sees that it was not answered.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from counter.documents.papers import PageRow


class Seen(StrEnum):
    """What a sensor says of the place where papers are laid."""

    EMPTY = "empty"
    PAPER = "paper"
    UNKNOWN = "unknown"
    "There is no sensor, or it cannot tell."


def items_lying(
    pages: Sequence[PageRow], taken_at: datetime | None, seen: Seen = Seen.UNKNOWN
) -> tuple[str, ...]:
    """Items of the checklist whose original may still lie there, the last one last.

    pages: of the case, in the order in which they came.
    """
    if seen is Seen.EMPTY:
        return ()
    since = [one.item for one in pages if taken_at is None or one.stored_at > taken_at]
    if not since and seen is Seen.PAPER and pages:
        since = [pages[-1].item]  # it was said to be taken, and it lies there
    return tuple(dict.fromkeys(since))
