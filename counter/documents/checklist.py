"""The checklist of a case: how each paper stands, what is green, and what is still to be handed in.

Promise: a case with a paper missing does not close before the agent said of that paper until when
it is handed in, or that it is not needed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from counter.case import Outcome
from counter.documents.page import PageState
from counter.documents.refusals import DueDayWrong, PapersUndecided

State = Literal["missing", "asked", "stored", "accepted", "rejected", "declined"]

SETTLED_OUTCOMES: Final = frozenset({Outcome.COMPLETED, Outcome.ACCEPTED, Outcome.PAPERS_MISSING})
"With these a matter goes on here, so its papers matter; with all others nobody waits for them."
ZONE: Final = ZoneInfo("Asia/Macau")
"Both sides of the border keep the same days."
LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """An agent has looked at the original."""

    item: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What an agent said of a paper that is not there."""

    item: str
    until: date | None
    "Last day to hand it in; `None`: not needed in this matter."


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One paper of the checklist, as both screens show it."""

    item: str
    state: State
    here: bool
    "A page of it was accepted or waits for the agent, also while another one is asked for."
    original_seen: datetime | None
    not_needed: bool

    @property
    def green(self) -> bool:
        """Nothing more is to be done about it."""
        return self.state == "accepted" or self.original_seen is not None or self.not_needed

    @property
    def missing(self) -> bool:
        """Neither a page of it is here, nor its original was seen, nor is it done without."""
        return not self.green and not self.here


def standings(
    items: Sequence[str],
    pages: Sequence[tuple[str, PageState]],
    *,
    asked: str | None,
    declined: Collection[str],
    seen: Mapping[str, datetime],
    dues: Mapping[str, date | None],
) -> list[Standing]:
    """How each of `items` stands.

    pages: (item, state) in the order in which they came.  asked: what lies under the camera now.
    declined: what the citizen has not here.  dues: what was said of papers that are not there.
    """
    of = {item: [state for owner, state in pages if owner == item] for item in items}
    return [
        Standing(
            item=item,
            state="asked" if item == asked else _state(of[item], declined=item in declined),
            here=PageState.STORED in of[item] or PageState.ACCEPTED in of[item],
            original_seen=seen.get(item),
            not_needed=item in dues and dues[item] is None,
        )
        for item in items
    ]


def _state(pages: Sequence[PageState], *, declined: bool) -> State:
    """A page that waits for the agent comes first; one that was accepted outweighs any other."""
    pages = [state for state in pages if state is not PageState.SUPERSEDED]
    if PageState.STORED in pages:
        return "stored"
    if PageState.ACCEPTED in pages:
        return "accepted"
    if declined:
        return "declined"
    return "rejected" if pages else "missing"


def settle(
    papers: Sequence[Standing],
    outcome: Outcome,
    given: Mapping[str, date | None],
    now: datetime,
) -> list[Due]:
    """What is kept with the case that closes with `outcome`.

    given: what the agent says now of papers that are missing; what is not missing is left out.
    Raises `PapersUndecided` when nothing is said of one, `DueDayWrong`.
    """
    if outcome not in SETTLED_OUTCOMES:
        return []
    missing = [paper.item for paper in papers if paper.missing]
    silent = [item for item in missing if item not in given]
    if silent:
        raise PapersUndecided(f"{len(silent)} papers are missing; say until when, or not needed")
    today = now.astimezone(ZONE).date()
    for item in missing:
        until = given[item]
        if until is not None and not today < until <= today + LONGEST:
            raise DueDayWrong(f"{until} is not a day from tomorrow until a year from {today}")
    return [Due(item=item, until=given[item]) for item in missing]
