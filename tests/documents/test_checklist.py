"""Rules of the checklist: when a paper is green, and what is said of those that are missing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.case import Outcome
from counter.documents.checklist import SETTLED_OUTCOMES, Due, Standing, settle, standings
from counter.documents.page import PageState
from counter.documents.refusals import DueDayWrong, PapersUndecided

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"In Macau the 24th has begun."
TODAY = date(2026, 11, 24)
STORED, ACCEPTED, REJECTED = PageState.STORED, PageState.ACCEPTED, PageState.REJECTED


def one(
    *states: PageState,
    asked: bool = False,
    declined: bool = False,
    seen: bool = False,
    due: tuple[date | None] | None = None,
) -> Standing:
    """How the paper `bir` stands with these pages, in the order in which they came."""
    [found] = standings(
        ["bir"],
        [("bir", state) for state in states] + [("other", ACCEPTED)],
        asked="bir" if asked else "other",
        declined=["bir"] if declined else [],
        seen={"bir": NOW} if seen else {},
        dues={"bir": due[0]} if due else {},
    )
    return found


@pytest.mark.parametrize(
    ("standing", "state", "green", "missing"),
    [
        (one(), "missing", False, True),
        (one(asked=True), "asked", False, True),
        (one(ACCEPTED, asked=True), "asked", False, False),
        (one(STORED, asked=True), "asked", False, False),
        (one(REJECTED, asked=True), "asked", False, True),
        (one(STORED), "stored", False, False),
        (one(ACCEPTED), "accepted", True, False),
        (one(REJECTED), "rejected", False, True),
        (one(ACCEPTED, STORED), "stored", False, False),
        (one(ACCEPTED, REJECTED), "accepted", True, False),
        (one(REJECTED, ACCEPTED), "accepted", True, False),
        (one(PageState.SUPERSEDED), "missing", False, True),
        (one(ACCEPTED, PageState.SUPERSEDED), "accepted", True, False),
        (one(declined=True), "declined", False, True),
        (one(REJECTED, declined=True), "declined", False, True),
        (one(seen=True), "missing", True, False),
        (one(due=(None,)), "missing", True, False),
        (one(due=(TODAY,)), "missing", False, True),
    ],
)
def test_a_paper_is_green_when_nothing_more_is_to_be_done(
    standing: Standing, state: str, green: bool, missing: bool
) -> None:
    assert (standing.state, standing.green, standing.missing) == (state, green, missing)


@pytest.mark.parametrize("outcome", sorted(SETTLED_OUTCOMES))
def test_a_case_does_not_close_while_nothing_is_said_of_a_missing_paper(outcome: Outcome) -> None:
    with pytest.raises(PapersUndecided):
        settle([one()], outcome, {"other": None}, NOW)
    assert settle([one()], outcome, {"bir": None}, NOW) == [Due(item="bir", until=None)]


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - SETTLED_OUTCOMES))
def test_when_the_matter_ends_here_its_papers_do_not_matter(outcome: Outcome) -> None:
    assert settle([one()], outcome, {"bir": TODAY}, NOW) == []


def test_what_is_not_missing_is_left_out() -> None:
    assert settle([one(ACCEPTED)], Outcome.COMPLETED, {"bir": None, "tax": None}, NOW) == []


@given(days=st.integers(-400, 800))
def test_a_paper_is_due_from_tomorrow_until_a_year_from_now(days: int) -> None:
    until = TODAY + timedelta(days=days)
    if 1 <= days <= 366:
        assert settle([one()], Outcome.ACCEPTED, {"bir": until}, NOW)[0].until == until
    else:
        with pytest.raises(DueDayWrong):
            settle([one()], Outcome.ACCEPTED, {"bir": until}, NOW)
