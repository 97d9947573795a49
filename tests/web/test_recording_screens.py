"""What both sides see and press of a recording, in a real browser."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from counter.protocol.desk_screen import DeskScreen
from counter.protocol.message import Language
from counter.protocol.recording import RecordingCard
from counter.protocol.terminal_screen import TerminalScreen
from tests.web import desk_screens, drawn, terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import axe_on_first, faults, open_face, press, show, until, violations

KIOSK, WIDE_KIOSK, DESK, NARROW_DESK = (1080, 1920), (1920, 1080), (1440, 900), (900, 700)
STATES = ("proposed", "starting", "recording", "paused", "declined", "stopped")


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


def card(state: str) -> RecordingCard:
    return RecordingCard(recording_id="r-1", state=state, since=drawn.NOW)  # type: ignore[arg-type]


def kiosk(language: Language, state: str | None, stage: str = "talk") -> TerminalScreen:
    talk = terminal_stages.terminal_stages(language)[stage]
    return talk.model_copy(update={"recording": card(state) if state else None})


def desk(language: Language, state: str | None) -> DeskScreen:
    case = desk_screens.desk_case(language)
    recording = card(state) if state else None
    return desk_screens.desk(
        language, presence="busy", case=case.model_copy(update={"recording": recording})
    )


async def heard(counter: FakeCounter, page: Page, event: str) -> dict[str, Any]:
    await until(lambda: counter.payloads(event), page)
    return counter.payloads(event)[-1]


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((KIOSK, "pt"), (WIDE_KIOSK, "zh-Hant"))
)
async def test_the_citizen_sees_the_question_and_the_mark_in_order(
    chromium: Browser, counter: FakeCounter, language: Language, size: tuple[int, int], axe: bool
) -> None:
    await counter.show(kiosk(language, None))
    context, page, complaints = await open_face(
        chromium, counter, "terminal", size, language, reduced_motion="reduce"
    )
    wrong: list[str] = []
    for stage in ("talk", "sign"):
        for state in STATES:
            await show(counter, page, kiosk(language, state, stage))
            found = await faults(page, 80) + (await violations(page) if axe else [])
            wrong += [f"{stage}, {state}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((DESK, "zh-Hant"), (NARROW_DESK, "pt"))
)
async def test_the_desk_shows_every_state_in_order(
    chromium: Browser, counter: FakeCounter, language: Language, size: tuple[int, int], axe: bool
) -> None:
    await counter.show(desk(language, None))
    context, page, complaints = await open_face(
        chromium, counter, "agent", size, language, reduced_motion="reduce"
    )
    wrong: list[str] = []
    for state in (None, *STATES):
        await show(counter, page, desk(language, state))
        found = await faults(page, 44) + (await violations(page) if axe else [])
        wrong += [f"{state}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


async def test_the_citizen_agrees_sees_that_it_is_recorded_and_stops_it(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(kiosk("zh-Hant", "proposed"))
    _, page, _ = await open_face(chromium, counter, "terminal", KIOSK)
    await page.get_by_role("button", name="同意錄影", exact=True).wait_for()
    assert await page.locator("[data-recording]").count() == 0, "nothing is recorded yet"
    await press(page, "同意錄影")
    assert (await heard(counter, page, "recording.agree"))["recording_id"] == "r-1"
    await show(counter, page, kiosk("zh-Hant", "recording"))
    assert await page.locator("[data-recording=recording]").inner_text() == "正在錄影\n\n停止錄影"
    assert await page.locator("dialog").count() == 0
    await press(page, "停止錄影")
    assert (await heard(counter, page, "recording.stop"))["recording_id"] == "r-1"
    await counter.show(kiosk("zh-Hant", "stopped"))
    await page.locator("[data-recording]").wait_for(state="detached")


async def test_the_citizen_says_no_also_with_the_escape_key(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(kiosk("zh-Hant", "proposed"))
    _, page, _ = await open_face(chromium, counter, "terminal", KIOSK)
    await press(page, "不同意，不要錄影")
    await heard(counter, page, "recording.decline")
    await page.keyboard.press("Escape")
    await until(lambda: len(counter.payloads("recording.decline")) == 2, page)
    assert counter.payloads("recording.agree") == []


async def test_the_agent_asks_pauses_goes_on_and_stops(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(desk("zh-Hant", None))
    _, page, _ = await open_face(chromium, counter, "agent", DESK)
    for state, name, event in (
        (None, "要求錄影", "recording.propose"),
        ("declined", "要求錄影", "recording.propose"),
        ("recording", "暫停錄影", "recording.pause"),
        ("paused", "繼續錄影", "recording.resume"),
        ("paused", "停止錄影", "recording.stop"),
    ):
        await show(counter, page, desk("zh-Hant", state))
        await page.locator(f"[data-recording={state or 'none'}]").wait_for()
        before = len(counter.payloads(event))
        await page.get_by_role("button", name=name, exact=True).click()
        await until(lambda: len(counter.payloads(event)) > before, page)  # noqa: B023
        assert counter.payloads(event)[-1].get("recording_id", "r-1") == "r-1"
