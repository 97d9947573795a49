"""Marks under the camera, from the agent's pen to the previews and back, on both engines."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from counter.app.live_marks import MARKS, StoredLiveMarks
from counter.ids import CaseId, RequestId
from counter.protocol import hands, pointing
from counter.signaling.hand import HandsStopped
from counter.signaling.store_marks import marks_of
from counter.signaling.tables import mark
from counter.store.executor import Executor
from counter.store.journal_sql import journal_entry
from counter.store.session_log import session_log
from tests.app.test_pointing import Bus
from tests.signaling.visits import Visit

REQUEST = RequestId("r-1")
SURFACE = f"scan:{REQUEST}"
PLACES = {"x0": 0.2, "y0": 0.1, "x1": 0.6, "y1": 0.3}


class Desk:
    """A call, an agent's pen, and what the previews see of it."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.bus, self.late = visit, Bus(), timedelta()
        self.live = StoredLiveMarks(visit.executor, self.bus, lambda: visit.now + self.late)

    async def draw(self, surface: str = SURFACE) -> None:
        ask = pointing.MarkDraw(key=self.visit.key(), surface=surface, kind="rect", **PLACES)
        await self.visit.agent_asks(ask)

    @property
    def case(self) -> CaseId:
        return CaseId(self.visit.case_id)

    async def journalled(self) -> list[str]:
        def actions(conn: Connection) -> list[str]:
            bodies = conn.execute(select(journal_entry.c.body).order_by(journal_entry.c.seq))
            return [json.loads(body)["action"] for body in bodies.scalars()]

        return await self.visit.executor.read(actions)

    async def ids(self, *, hidden: bool = True) -> list[tuple[str, str | None]]:
        call_id, _ = await self.visit.call_row()

        def found(conn: Connection) -> list[tuple[str, str | None]]:
            cards = marks_of(conn, call_id, hidden=hidden)
            return [(card.mark_id, card.hidden) for card in cards]

        return await self.visit.executor.read(found)


@pytest.fixture
async def desk(executor: Executor, now: datetime) -> Desk:
    return Desk(await Visit(executor, now).in_call())


def told(conn: Connection) -> list[tuple[str, str]]:
    rows = conn.execute(select(session_log.c.audience, session_log.c.kind))
    return [(row.audience, row.kind) for row in rows if row.kind.startswith("mark.")]


async def test_what_is_drawn_on_this_paper_is_followed_and_nothing_else(desk: Desk) -> None:
    await desk.draw(f"page:{'a' * 64}")
    await desk.draw()
    desk.late = timedelta(seconds=2)
    case = desk.case
    (one,) = await desk.live.drawn(case, REQUEST)
    assert one.points == ((0.2, 0.1), (0.6, 0.1), (0.6, 0.3), (0.2, 0.3))
    assert (one.age_s, one.hidden, one.vouched_s) == (2.0, False, None)
    assert await desk.live.drawn(case, RequestId("r-2")) == []
    await desk.draw("scan:r-2")
    assert await desk.live.drawn(case, REQUEST) == [], "one paper is asked for at a time"


async def test_where_they_lie_goes_to_the_agent_of_the_call(desk: Desk) -> None:
    case = desk.case
    await desk.live.tell(case, REQUEST, {"m-1": ((0.1, 0.2), (0.3, 0.4))})
    ((topic, body),) = desk.bus.said
    assert topic == f"{MARKS}agent:a-1"
    spots = [{"x": 0.1, "y": 0.2}, {"x": 0.3, "y": 0.4}]
    marks = [{"mark_id": "m-1", "points": spots}]
    assert json.loads(body) == {"surface": SURFACE, "marks": marks}
    await desk.visit.close()
    await desk.live.tell(case, REQUEST, {})
    assert len(desk.bus.said) == 1


async def test_hidden_marks_are_the_agents_to_decide_about(desk: Desk) -> None:
    await desk.draw()
    await desk.draw()
    case = desk.case
    (first, _), (second, _) = await desk.ids()
    await desk.live.hide(case, {first: "left", second: "lost"})
    assert await desk.ids() == [(first, "left"), (second, "lost")]
    assert await desk.ids(hidden=False) == [], "the terminal is not told of them"
    said = await desk.visit.executor.read(told)
    assert [one for one in said if one[1] == "mark.hidden"] == [
        ("terminal:t-1", "mark.hidden"),
        ("agent:a-1", "mark.hidden"),
    ]
    await desk.visit.agent_asks(pointing.MarkShow(key=desk.visit.key(), surface=SURFACE))
    assert await desk.ids() == [(first, None), (second, "lost")], "nobody knows of the second"
    (one, _) = await desk.live.drawn(case, REQUEST)
    assert not one.hidden and one.vouched_s == 0.0
    await desk.live.hide(case, {first: "left"})
    assert (await desk.ids())[0] == (first, None), "a preview that was on its way"
    desk.late = timedelta(seconds=5)
    await desk.live.hide(case, {first: "left"})
    assert (await desk.ids())[0] == (first, "left")
    only = pointing.MarkClear(key=desk.visit.key(), surface=SURFACE, hidden_only=True)
    await desk.draw()
    await desk.visit.agent_asks(only)
    assert [why for _, why in await desk.ids()] == [None]


async def test_to_show_them_again_is_journalled_announced_and_refused_after_a_stop(
    desk: Desk,
) -> None:
    visit = desk.visit
    await desk.draw()
    ((first, _),) = await desk.ids()
    nothing = pointing.MarkShow(key=visit.key(), surface=SURFACE)
    await visit.agent_asks(nothing)
    assert "mark.shown" not in await desk.journalled(), "there was nothing to show"
    await desk.live.hide(desk.case, {first: "left"})
    await visit.agent_asks(pointing.MarkShow(key=visit.key(), surface=SURFACE))
    assert "mark.shown" in await desk.journalled()
    await visit.service.carry_out(visit.terminal, hands.HandsStop(key=visit.key()))
    with pytest.raises(HandsStopped):
        await visit.agent_asks(pointing.MarkShow(key=visit.key(), surface=SURFACE))
    assert await desk.live.drawn(desk.case, REQUEST) == [], "nothing is drawn for it"


async def test_after_the_call_nothing_is_hidden_any_more(desk: Desk) -> None:
    await desk.draw()
    case = desk.case
    ((first, _),) = await desk.ids()
    await desk.visit.close()
    await desk.live.hide(case, {first: "left"})

    def rows(conn: Connection) -> int:
        return len(conn.execute(select(mark.c.id)).all())

    assert await desk.visit.executor.read(rows) == 0
