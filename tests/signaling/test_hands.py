"""The agent's hands on the terminal of the call, on both engines."""

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from counter.errors import NotAllowedNow, NotFound, UsedElsewhere
from counter.ids import CaseId
from counter.protocol import hands as asks
from counter.protocol import pointing, terminal
from counter.protocol.device import DeviceLight, LampReport
from counter.protocol.message import Ask
from counter.signaling.hand import USES, WITHIN, Hand, HandsStopped, TooFast
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_hands_reading import HandsView, hands_view
from counter.signaling.store_marks import MOST, marks_of
from counter.signaling.store_screens import TerminalView, terminal_view
from counter.signaling.tables import device_state, hand, hand_use, mark
from counter.store.cases import get_case
from counter.store.executor import Executor
from counter.store.journal_sql import check, journal_entry
from tests.signaling.visits import Visit
from web.terminal.device_screen import device_screen

SHA, OTHER = "a" * 64, "b" * 64
HALF = asks.Crop(x=0.25, y=0.25, width=0.5, height=0.5)


@pytest.fixture
async def visit(executor: Executor, now: datetime) -> Visit:
    made = await Visit(executor, now).in_call()
    made.floor.pages.add(SHA)
    return made


async def terminal_asks(visit: Visit, ask: Ask) -> None:
    await visit.service.carry_out(visit.terminal, ask)


async def view(visit: Visit) -> HandsView:
    call_id, _ = await visit.call_row()
    return await visit.executor.read(hands_view, call_id)


async def shown(visit: Visit) -> TerminalView:
    return await visit.executor.read(terminal_view, "t-1")


def actions(conn: Connection) -> list[str]:
    check(conn)
    bodies = conn.execute(select(journal_entry.c.body).order_by(journal_entry.c.seq)).scalars()
    return [word for body in bodies for word in (body,) if "hand" in word or "mark" in word]


def volume(visit: Visit, percent: int) -> asks.HandVolume:
    return asks.HandVolume(key=visit.key(), percent=percent)


def uses_of(visit: Visit) -> list[Ask]:
    key = visit.key
    return [
        asks.HandCamera(key=key(), camera="document"),
        asks.HandCrop(key=key(), crop=HALF),
        asks.HandGain(key=key(), percent=150),
        volume(visit, 80),
        asks.HandTextSize(key=key(), text_size="A++"),
        asks.HandLanguage(key=key(), language="pt"),
        asks.HandPage(key=key(), ceremony_id="c-1", number=2),
        asks.HandShow(key=key(), sha256=SHA),
    ]


async def test_each_use_is_a_wish_an_announcement_and_a_journal_entry(visit: Visit) -> None:
    for ask in uses_of(visit):
        await visit.agent_asks(ask)
    found = await view(visit)
    assert [one.word for one in reversed(found.uses)] == [
        *("camera_document", "crop_closer", "gain_up", "volume_up"),
        *("text_larger", "language", "page", "show"),
    ]
    assert found.value(Hand.CAMERA) == "document"
    assert found.value(Hand.CROP) == [0.25, 0.25, 0.5, 0.5]
    assert (found.value(Hand.GAIN), found.value(Hand.VOLUME)) == (150, 80)
    assert found.value(Hand.SHOW) == SHA
    terminal_now = await shown(visit)
    assert (terminal_now.language, terminal_now.text_size) == ("pt", "A++")
    case = await visit.executor.read(get_case, CaseId(visit.case_id))
    assert case.language == "pt", "forms follow it"
    assert len(await visit.executor.read(actions)) == 8
    assert (await visit.kinds("terminal:t-1")).count("hand.used") == 8


async def test_to_want_what_is_so_already_is_nothing(visit: Visit) -> None:
    for _ in range(2):
        for ask in uses_of(visit):
            await visit.agent_asks(ask)
    assert len((await view(visit)).uses) == 8
    await visit.agent_asks(asks.HandCrop(key=visit.key(), crop=None))
    whole = asks.Crop(x=0, y=0, width=1, height=1)
    await visit.agent_asks(asks.HandCrop(key=visit.key(), crop=whole))
    assert len((await view(visit)).uses) == 9


async def test_the_terminal_says_what_became_of_a_wish(visit: Visit) -> None:
    await visit.agent_asks(volume(visit, 80))
    assert (await view(visit)).wishes[Hand.VOLUME].state == "asked"
    for rev, cannot, state in ((1, None, "done"), (1, "failed", "cannot"), (9, None, "cannot")):
        report = asks.HandReport(key=visit.key(), hand="volume", rev=rev, cannot=cannot)  # type: ignore[arg-type]
        await terminal_asks(visit, report)
        assert (await view(visit)).wishes[Hand.VOLUME].state == state, (rev, cannot)
    await visit.agent_asks(volume(visit, 80))
    assert (await view(visit)).wishes[Hand.VOLUME].state == "asked", "what failed is tried again"
    assert [one.word for one in (await view(visit)).uses] == ["volume_up", "volume_up"]
    await visit.agent_asks(volume(visit, 90))
    assert (await view(visit)).wishes[Hand.VOLUME].state == "asked", "a new wish is open again"


async def test_the_citizen_stops_hands_and_lets_them_in_again(visit: Visit) -> None:
    for ask in uses_of(visit):
        await visit.agent_asks(ask)
    await terminal_asks(visit, asks.HandsStop(key=visit.key()))
    found = await view(visit)
    assert found.permission == "stopped" and found.uses[0].word == "stopped"
    assert [found.value(one) for one in (Hand.CAMERA, Hand.CROP, Hand.SHOW)] == ["face", None, None]
    assert found.value(Hand.VOLUME) == 80, "one still hears"
    for ask in uses_of(visit):
        with pytest.raises(HandsStopped):
            await visit.agent_asks(ask)
    with pytest.raises(NotAllowedNow):
        await terminal_asks(visit, asks.HandsAnswer(key=visit.key(), allow=True))
    for allow, after in ((False, "stopped"), (True, "allowed")):
        await visit.agent_asks(asks.HandsAsk(key=visit.key()))
        assert (await view(visit)).permission == "asked"
        with pytest.raises(HandsStopped):
            await visit.agent_asks(volume(visit, 50))
        await terminal_asks(visit, asks.HandsAnswer(key=visit.key(), allow=allow))
        assert (await view(visit)).permission == after
    await visit.agent_asks(volume(visit, 50))


async def test_more_uses_than_one_can_follow_are_refused_for_a_while(visit: Visit) -> None:
    for number in range(USES):
        await visit.agent_asks(volume(visit, 50 + number % 2))
    with pytest.raises(TooFast):
        await visit.agent_asks(volume(visit, 100))
    visit.now += WITHIN + timedelta(seconds=1)
    await visit.agent_asks(volume(visit, 100))


async def test_only_the_agent_of_the_call_has_hands(visit: Visit) -> None:
    idle = dataclasses.replace(visit.agent, subject="a-2")
    with pytest.raises(NotFound):
        await visit.service.carry_out(idle, volume(visit, 50))
    older = dataclasses.replace(visit.agent, epoch=0)
    with pytest.raises(UsedElsewhere):
        await visit.service.carry_out(older, volume(visit, 50))
    elsewhere = dataclasses.replace(visit.terminal, subject="t-2")
    with pytest.raises(NotFound):
        await visit.service.carry_out(elsewhere, asks.HandsStop(key=visit.key()))
    await visit.close()
    with pytest.raises(NotAllowedNow):
        await visit.agent_asks(volume(visit, 50))
    with pytest.raises(NotAllowedNow):
        await terminal_asks(visit, asks.HandsStop(key=visit.key()))


async def test_only_a_page_of_the_case_is_laid_before_both(visit: Visit) -> None:
    with pytest.raises(NotFound):
        await visit.agent_asks(asks.HandShow(key=visit.key(), sha256=OTHER))
    assert (await view(visit)).uses == ()


async def test_the_citizen_turns_pages_too_and_nobody_announces_it(visit: Visit) -> None:
    turn = asks.PageTurn(key=visit.key(), ceremony_id="c-1", number=3)
    await terminal_asks(visit, turn)
    found = await view(visit)
    assert found.value(Hand.PAGE) == {"ceremony_id": "c-1", "number": 3, "by": "citizen"}
    assert found.uses == ()


async def test_marks_stand_until_they_are_cleared(visit: Visit) -> None:
    def draw(**more: Any) -> pointing.MarkDraw:
        facts: dict[str, Any] = {
            "surface": f"page:{SHA}",
            "kind": "rect",
            "x0": 0.1,
            "y0": 0.2,
            "x1": 0.5,
            "y1": 0.3,
        }
        return pointing.MarkDraw(key=visit.key(), **(facts | more))

    await visit.agent_asks(draw())
    await visit.agent_asks(draw(kind="arrow", surface=f"sheet:{OTHER}"))
    call_id, _ = await visit.call_row()
    first, second = await visit.executor.read(marks_of, call_id)
    assert (first.kind, first.x0, first.y1) == ("rect", 0.1, 0.3)
    clear = pointing.MarkClear(key=visit.key(), surface=f"page:{SHA}")
    await visit.agent_asks(clear)
    assert await visit.executor.read(marks_of, call_id) == [second]
    await terminal_asks(visit, asks.HandsStop(key=visit.key()))
    with pytest.raises(HandsStopped):
        await visit.agent_asks(draw())
    entries = await visit.executor.read(actions)
    assert sum("mark.drawn" in one for one in entries) == 2
    assert all(SHA not in one for one in entries), "no whole digest is needed there"


async def test_a_page_is_not_covered_with_marks(visit: Visit) -> None:
    facts: dict[str, Any] = {
        "surface": f"page:{SHA}",
        "kind": "underline",
        "x0": 0,
        "y0": 0,
        "x1": 1,
        "y1": 0,
    }
    for _ in range(MOST):
        visit.now += timedelta(seconds=2)
        await visit.agent_asks(pointing.MarkDraw(key=visit.key(), **facts))
    visit.now += timedelta(seconds=2)
    with pytest.raises(NotAllowedNow):
        await visit.agent_asks(pointing.MarkDraw(key=visit.key(), **facts))


async def test_hands_and_marks_end_with_the_call(visit: Visit) -> None:
    for ask in uses_of(visit):
        await visit.agent_asks(ask)
    facts: dict[str, Any] = {
        "surface": f"page:{SHA}",
        "kind": "rect",
        "x0": 0,
        "y0": 0,
        "x1": 1,
        "y1": 1,
    }
    await visit.agent_asks(pointing.MarkDraw(key=visit.key(), **facts))
    await terminal_asks(visit, terminal.VisitLeave(key=visit.key()))

    def left(conn: Connection) -> list[int]:
        return [
            conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (hand, hand_use, mark)
        ]

    assert await visit.executor.read(left) == [0, 0, 0]
    assert (await shown(visit)).language == "zh-Hant", "the terminal has forgotten"


async def test_a_lamp_is_made_brighter_by_the_terminals_program(visit: Visit) -> None:
    dim = asks.HandLight(key=visit.key(), percent=25)
    with pytest.raises(NotAllowedNow):
        await visit.agent_asks(dim)

    lamp = {"state": "good", "fault": "", "can": ["level"], "since": visit.now.isoformat()}

    def there(conn: Connection) -> None:
        conn.execute(
            device_state.insert().values(
                terminal_id="t-1", epoch=1, beat_at=visit.now, health={"lamp": lamp}
            )
        )

    await visit.executor.write(there)
    for percent in (25, 0, 50, 75):
        await visit.agent_asks(asks.HandLight(key=visit.key(), percent=percent))
    found = await view(visit)
    assert [one.word for one in reversed(found.uses)] == [
        *("light_down", "light_off", "light_on", "light_up"),
    ]
    wish = found.wishes[Hand.LIGHT]
    assert (wish.value, wish.state) == (75, "asked")
    program = GatewayPrincipal(audience="/device", subject="t-1", epoch=1)
    for made, state in ((False, "cannot"), (True, "done")):
        said = LampReport(key=visit.key(), rev=wish.rev, made=made)
        await visit.service.carry_out(program, said)
        assert (await view(visit)).wishes[Hand.LIGHT].state == state
    older = GatewayPrincipal(audience="/device", subject="t-1", epoch=0)
    with pytest.raises(UsedElsewhere):
        await visit.service.carry_out(older, LampReport(key=visit.key(), rev=1, made=True))
    screen = await visit.executor.read(device_screen, "t-1", visit.now)
    assert screen.light == DeviceLight(percent=75, rev=wish.rev)
    await terminal_asks(visit, asks.HandsStop(key=visit.key()))
    screen = await visit.executor.read(device_screen, "t-1", visit.now)
    assert screen.light is not None and screen.light.percent == 100, "as it was"
