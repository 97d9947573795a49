"""What is done with papers after the counter: read words, copy in black and white, hand over.

A job is a row.  Who takes it has a lease; a node that dies lets it run out, and another goes on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from counter.ids import CaseId

LEASE: Final = timedelta(minutes=10)
"Longer than any job takes, so that two nodes never do the same at once."
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
PAGE_ATTEMPTS: Final = 5
"A page that five attempts did not read is not read."
HANDOVER_ATTEMPTS: Final = 200
"About eight days: a directory of another department may be away over a long weekend."


class JobKind(StrEnum):
    """What is to be done."""

    WORDS = "words"
    "Of a page; `ref` is the page's id."
    BITONAL = "bitonal"
    "Of a page, alike."
    HANDOVER = "handover"
    "Of a case; `ref` is the case's id."


class JobOutcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    NOTHING = "nothing"
    "There was nothing to make: a page in colour, a case without papers."
    FAILED = "failed"
    "Given up."


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job that was taken."""

    kind: JobKind
    ref: str
    case_id: CaseId
    attempts: int
    "This one included."
    since: datetime
    "When it was written down."

    @property
    def last(self) -> bool:
        """Whether it is given up when this attempt comes to nothing."""
        most = HANDOVER_ATTEMPTS if self.kind is JobKind.HANDOVER else PAGE_ATTEMPTS
        return self.attempts >= most


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Not yet: something else comes first.  Not counted as an attempt."""

    pause: timedelta


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that came to nothing, from 1."""
    doubled: int = 1 << min(max(attempts - 1, 0), 10)
    return min(LONGEST_PAUSE, FIRST_PAUSE * doubled)
