"""When a mark is tied, followed and hidden: the rules, and the service that keeps to them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.documents import marks
from counter.documents.marks import (
    AWAY_S,
    LOOKED_S,
    PAUSE_S,
    REMEMBERED_S,
    SHEETS_MAX,
    TIED_WITHIN_S,
    Corners,
    DrawnMark,
    Hidden,
    Looks,
    Lying,
    Points,
    SheetLook,
    Sighting,
    Tied,
)
from counter.documents.page import ScanRefused
from counter.documents.papers_sql import SqlPapers
from counter.documents.preview import Glance
from counter.documents.preview_service import PreviewService
from counter.ids import CaseId, RequestId
from counter.store.executor import Executor
from tests.documents.moving_sheets import corners, letter, seen
from tests.documents.test_preview import GOOD, small

LINE = ((0.1, 0.1), (0.2, 0.1))
THERE = ((0.1, 0.13), (0.2, 0.13))
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SIGHT = Sighting(width_px=1, height_px=1, places=b"", words=b"")
LOOK = SheetLook(
    corners=WHOLE, picture_px=(1, 1), left_px=0, top_px=0, width_px=1, height_px=1, bgr=b"abc"
)
CASE, REQUEST = CaseId("case-1"), RequestId("r-1")


def row(mark_id: str = "m-1", age_s: float = 0.0, **more: Any) -> DrawnMark:
    return DrawnMark(mark_id=mark_id, points=LINE, age_s=age_s, **more)


def sheet(*ids: str, seen_s: float = 100.0) -> Tied:
    return Tied(sheet=SIGHT, look=LOOK, marks=dict.fromkeys(ids, LINE), seen_s=seen_s)


def test_a_frame_moves_by_its_corners_and_a_line_by_its_ends() -> None:
    assert marks.outline("rect", 0.1, 0.2, 0.5, 0.6) == (
        *((0.1, 0.2), (0.5, 0.2)),
        *((0.5, 0.6), (0.1, 0.6)),
    )
    assert marks.outline("underline", 0.1, 0.2, 0.5, 0.3) == ((0.1, 0.3), (0.5, 0.3))
    assert marks.outline("arrow", 0.1, 0.2, 0.5, 0.3) == ((0.1, 0.2), (0.5, 0.3))


def looks(*at_s: float) -> Looks | None:
    """As a node has it after previews at these times."""
    found: Looks | None = None
    for one in at_s:
        found = marks.looked(found, one)
    return found


def every(step_s: float, begin_s: float, end_s: float) -> Looks | None:
    count = round((end_s - begin_s) / step_s)
    return looks(*(begin_s + step_s * number for number in range(count + 1)))


def test_a_new_mark_is_tied_to_what_is_seen_now_and_an_old_one_is_not() -> None:
    rows = [row(), row("m-2", TIED_WITHIN_S + 0.1)]
    done = marks.plan((), rows, 100.0, every(0.1, 90.0, 99.9))
    assert [one.mark_id for one in done.new] == ["m-1"]
    assert done.hide == {"m-2": "lost"} and done.follow == ()


@pytest.mark.parametrize(
    ("before", "tied"),
    [
        (None, False),
        (looks(98.9), False),
        (looks(99.1), True),
        (looks(99.1, 100.05), True),
        (looks(100.05), False),
        (looks(98.0, 100.05), False),
    ],
)
def test_who_did_not_look_when_it_was_drawn_ties_it_to_nothing(
    before: Looks | None, tied: bool
) -> None:
    done = marks.plan((), [row("m-1", 0.2)], 100.2, before)
    assert bool(done.new) is tied
    assert done.hide == {}, "another node may know"


def test_what_it_did_not_see_drawn_is_lost_when_nobody_else_is_asked_for_long() -> None:
    rows = [row("m-1", 60.0), row("m-2", AWAY_S - 0.1)]
    waits = marks.plan((), rows, 100.0, every(0.4, 98.0, 99.6))
    assert waits.new == () and waits.hide == {}
    apart = marks.plan((), rows, 100.0, looks(90.0, 92.6, 95.2, 97.8, 99.0))
    assert apart.hide == {}, "each a while after the one before"
    late = marks.plan((), rows, 100.6, every(0.4, 98.0, 100.4))
    assert late.hide == {"m-1": "lost"}


def test_what_was_cleared_is_forgotten_with_its_sheet() -> None:
    done = marks.plan((sheet("m-1", "m-2"), sheet("m-3")), [row("m-2", 9)], 100.1, looks(100.0))
    assert [dict(one.marks) for one in done.follow] == [{"m-2": LINE}]
    assert done.apart == () and done.hide == {}


def test_a_sheet_that_was_away_is_not_looked_for_until_the_agent_vouches_for_it() -> None:
    known = (sheet("m-1", "m-2"),)
    rows = [row("m-1", 9), row("m-2", 9)]
    soon = marks.plan(known, rows, 100.0 + AWAY_S, looks(100.0))
    assert soon.follow == known and soon.hide == {}
    late = marks.plan(known, rows, 100.1 + AWAY_S, looks(102.0))
    assert late.follow == () and late.hide == {"m-1": "left", "m-2": "left"}
    hidden = [replace(one, hidden=True) for one in rows]
    still = marks.plan(late.apart, hidden, 110.0, looks(109.9))
    assert still.follow == () and still.hide == {} and len(still.apart) == 1
    word = [replace(one, vouched_s=0.5) for one in rows]
    again = marks.plan(still.apart, word, 120.0, looks(119.9))
    assert [(one.vouched, one.seen_s) for one in again.follow] == [(True, 119.5)]
    missed = Lying(sheets=again.follow, places={})
    there = marks.after(again, missed, 120.0)
    later = [replace(one, vouched_s=AWAY_S + 1) for one in rows]
    assert marks.plan(there, later, 122.6, looks(122.5)).hide == {"m-1": "left", "m-2": "left"}
    found = marks.after(again, Lying(sheets=again.follow, places={"m-1": LINE}), 120.0)
    assert [(one.vouched, one.seen_s) for one in found] == [(False, 120.0)]
    old = [replace(one, vouched_s=1.0) for one in rows]
    assert not marks.plan(found, old, 120.5, looks(120.4)).follow[0].vouched, "a word is good once"


def test_of_many_sheets_the_newest_are_remembered() -> None:
    rows = [row(f"m-{number}", 9) for number in range(5)]
    done = marks.plan((), rows, 100.0, looks(99.9))
    sheets = tuple(sheet(one.mark_id) for one in rows)
    kept = marks.after(done, Lying(sheets=sheets, places={}), 100.0)
    assert kept == sheets[-SHEETS_MAX:]


@given(
    seen_s=st.floats(0, 50),
    at=st.floats(0, 50),
    hidden=st.booleans(),
    vouched=st.none() | st.floats(0, 50),
    age=st.floats(0, 50),
    known=st.booleans(),
    gaps=st.lists(st.floats(0.06, 4), max_size=8),
)
def test_a_mark_is_followed_tied_hidden_or_left_to_others_and_never_two_of_them(
    seen_s: float,
    at: float,
    hidden: bool,
    vouched: float | None,
    age: float,
    known: bool,
    gaps: list[float],
) -> None:
    sheets = (sheet("m-1", seen_s=seen_s),) if known else ()
    at_s = seen_s + at
    times = [at_s - sum(gaps[number:]) for number in range(len(gaps))]
    rows = [row("m-1", age, hidden=hidden, vouched_s=vouched)]
    done = marks.plan(sheets, rows, at_s, looks(*times))
    drawn_s = at_s - age
    if done.new:
        assert any(abs(one - drawn_s) <= LOOKED_S + 1e-6 for one in times), "nobody saw it drawn"
        assert min(times) <= drawn_s
    if "lost" in done.hide.values():
        since = [one for one in [*times, at_s] if one >= at_s - AWAY_S - 1e-6]
        assert len(since) > 1 and age > AWAY_S and min(times) < at_s - AWAY_S + 1e-6
    followed = [key for one in done.follow for key in one.marks]
    tied = [one.mark_id for one in done.new]
    away = [*done.hide] if not hidden else ["m-1"]
    others = [] if known or hidden or tied or away else ["m-1"]
    assert sorted([*followed, *tied, *away, *others]) == ["m-1"]


class Drawn:
    """What is drawn, and what the service did with it; see `LiveMarks`."""

    def __init__(self) -> None:
        self.rows: list[DrawnMark] = []
        self.told: list[Mapping[str, Points]] = []

    async def drawn(self, case_id: CaseId, request_id: RequestId) -> Sequence[DrawnMark]:
        return list(self.rows)

    async def hide(self, case_id: CaseId, why: Mapping[str, Hidden]) -> None:
        self.rows = [replace(one, hidden=one.hidden or one.mark_id in why) for one in self.rows]

    async def tell(
        self, case_id: CaseId, request_id: RequestId, places: Mapping[str, Points]
    ) -> None:
        self.told.append(places)


class Eyes:
    """Sees one sheet, or does not; see `Previewer`."""

    def __init__(self) -> None:
        self.there, self.broken, self.at = True, False, LINE

    async def preview(self, picture: bytes, finer: float) -> Glance | ScanRefused:
        return GOOD

    async def lie(
        self,
        picture: bytes,
        page: Corners | None,
        known: tuple[Tied, ...],
        new: tuple[DrawnMark, ...],
    ) -> Lying | ScanRefused:
        if self.broken:
            return ScanRefused(code="scan_failed", findings=None)
        sheets = known or ((sheet(*(one.mark_id for one in new)),) if new else ())
        places = {key: self.at for one in sheets for key in one.marks} if self.there else {}
        return Lying(sheets=sheets, places=places)


class Looking:
    """The service, and time that is moved by hand."""

    def __init__(self, papers: SqlPapers) -> None:
        self.papers, self.drawn, self.eyes, self.at_s = papers, Drawn(), Eyes(), 100.0
        self.service = self.made()
        self.jpeg = small(seen(letter(1), corners(), 1))

    def made(self) -> PreviewService:
        return PreviewService(self.papers, self.eyes, lambda: self.at_s, marks=self.drawn)

    async def look_on(self, for_s: float) -> None:
        """Four times a second."""
        for _ in range(round(for_s * 4)):
            await self.look(0.25)

    async def look(self, after_s: float) -> Mapping[str, Points]:
        self.at_s += after_s
        self.drawn.rows = [replace(one, age_s=one.age_s + after_s) for one in self.drawn.rows]
        found = await self.service.look("t-1", CASE, REQUEST, self.jpeg, 4.0)
        return found.marks


@pytest.fixture
async def looking(executor: Executor, now: datetime) -> Looking:
    papers = SqlPapers(executor, lambda conn, case: ["terminal:t-1"])
    await papers.request_scan(
        CASE, REQUEST, item="identity-card", label_id=None, by="agent:a-1", now=now
    )
    return Looking(papers)


async def test_marks_are_told_while_their_sheet_is_seen_and_hidden_when_it_was_away(
    looking: Looking,
) -> None:
    assert await looking.look(0.1) == {} and looking.drawn.told == [], "nothing is drawn"
    looking.drawn.rows = [row()]
    assert await looking.look(0.1) == {"m-1": LINE}
    assert looking.drawn.told == [{"m-1": LINE}]
    looking.eyes.there = False
    for _ in range(5):
        assert await looking.look(0.4) == {}
        assert not looking.drawn.rows[0].hidden, "a hand may lie on it for a moment"
    await looking.look(1.0)
    assert looking.drawn.rows[0].hidden
    looking.eyes.there = True
    assert await looking.look(0.2) == {}, "another one may lie there now"
    looking.drawn.rows = [replace(looking.drawn.rows[0], hidden=False, vouched_s=0.1)]
    assert await looking.look(0.2) == {"m-1": LINE}


@pytest.fixture
async def marked(looking: Looking) -> Looking:
    """A mark was drawn, and is followed."""
    await looking.look(0.1)
    looking.drawn.rows = [row()]
    assert await looking.look(0.1) == {"m-1": LINE}
    return looking


async def test_a_sheet_that_nobody_looked_at_for_long_was_away(marked: Looking) -> None:
    assert await marked.look(PAUSE_S + 0.1) == {}
    assert marked.drawn.rows[0].hidden


async def test_a_sheet_that_lies_there_after_a_pause_is_the_same(marked: Looking) -> None:
    marked.eyes.there = False
    assert await marked.look(PAUSE_S - 0.5) == {}, "a hand lies on it, say"
    marked.eyes.there = True
    assert await marked.look(0.1) == {"m-1": LINE}
    marked.eyes.at = THERE
    assert await marked.look(0.1) == {"m-1": THERE}, "it is seen to go there"
    assert await marked.look(AWAY_S + 1) == {"m-1": THERE}
    assert not marked.drawn.rows[0].hidden


@pytest.mark.parametrize("there", [False, True])
async def test_a_sheet_that_is_not_where_it_lay_before_a_pause_was_away(
    marked: Looking, there: bool
) -> None:
    marked.eyes.there, marked.eyes.at = there, THERE
    for pause_s in (AWAY_S + 0.1, 0.1):
        assert await marked.look(pause_s) == {}
        assert not marked.drawn.rows[0].hidden
    marked.eyes.there, marked.eyes.at = True, LINE
    assert await marked.look(0.1) == {}
    assert marked.drawn.rows[0].hidden


async def test_a_second_pause_gives_no_more_time(marked: Looking) -> None:
    marked.eyes.there = False
    assert await marked.look(AWAY_S + 1) == {}
    assert not marked.drawn.rows[0].hidden
    marked.eyes.there = True
    assert await marked.look(AWAY_S + 1) == {}
    assert marked.drawn.rows[0].hidden


async def test_what_fails_shows_no_mark_and_forgets_no_sheet(looking: Looking) -> None:
    await looking.look(0.1)
    looking.drawn.rows = [row()]
    await looking.look(0.1)
    looking.eyes.broken = True
    assert await looking.look(0.2) == {}
    looking.eyes.broken = False
    assert await looking.look(0.2) == {"m-1": LINE}


async def test_after_a_pause_or_a_restart_it_is_not_known_which_sheet_was_marked(
    looking: Looking,
) -> None:
    await looking.look(0.1)
    looking.drawn.rows = [row()]
    await looking.look(0.1)
    assert await looking.look(REMEMBERED_S + 1) == {}
    await looking.look_on(AWAY_S)
    assert not looking.drawn.rows[0].hidden, "another node may know it"
    await looking.look_on(0.2)
    assert looking.drawn.rows[0].hidden
    looking.drawn.rows = [replace(looking.drawn.rows[0], hidden=False, vouched_s=0.1)]
    assert await looking.look(0.1) == {} and looking.drawn.rows[0].hidden


async def test_of_two_nodes_only_the_one_that_saw_it_drawn_ties_it(
    looking: Looking, executor: Executor
) -> None:
    other = Looking(looking.papers)
    other.drawn = looking.drawn
    other.service = other.made()
    await looking.look(0.1)
    looking.drawn.rows = [row()]
    assert await looking.look(0.1) == {"m-1": LINE}
    for _ in range(5):
        other.at_s = looking.at_s
        assert await other.look(0.2) == {}
        looking.at_s = other.at_s
        assert await looking.look(0.2) == {"m-1": LINE}
    assert not looking.drawn.rows[0].hidden


async def test_what_is_cleared_is_forgotten_at_once(looking: Looking) -> None:
    await looking.look(0.1)
    looking.drawn.rows = [row()]
    await looking.look(0.1)
    looking.drawn.rows = []
    await looking.look(0.1)
    (one,) = looking.service._remembered.values()
    assert one.sheets == ()
    looking.service._forget(looking.at_s + REMEMBERED_S + 1)
    assert looking.service._remembered == {}
