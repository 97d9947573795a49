"""How lines are, on both screens: in words when it matters, and by voice when both agree."""

from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from playwright.async_api import Browser, Page

from counter.media.quality import CAUSES, Cause
from counter.protocol.calling import LineCard
from counter.protocol.message import Language
from tests.web import call_cards, desk_screens, terminal_screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import (
    LISTENS,
    axe_on_first,
    deep,
    faults,
    open_face,
    stands,
    until,
    violations,
)

TOUCH_PX, DESK_PX = 80, 44
SIZES = {"terminal": (1080, 1920), "agent": (1440, 900)}


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


def line(whose: str, cause: str, verdict: str = "bad") -> dict[str, str]:
    return {"whose": whose, "cause": cause, "verdict": verdict}


async def show(
    counter: FakeCounter, kind: str, language: Language, *lines: dict[str, str], **more: Any
) -> None:
    """A conversation with these lines, on one of the faces."""
    card = call_cards.call(language, lines=list(lines), **more)
    if kind == "terminal":
        await counter.show(terminal_screens.terminal("call", language, call=card))
    else:
        case = desk_screens.desk_case(language, call=card)
        await counter.show(desk_screens.desk(language, presence="busy", case=case))


async def opened(
    browser: Browser, counter: FakeCounter, kind: str, language: Language = "zh-Hant"
) -> Page:
    _, page, _ = await open_face(browser, counter, kind, SIZES[kind], language)
    return page


def test_the_wire_knows_every_cause() -> None:
    assert get_args(LineCard.model_fields["cause"].annotation) == CAUSES == get_args(Cause)


@pytest.mark.parametrize(("language", "axe"), axe_on_first("zh-Hant", "pt"))
async def test_the_agent_reads_whose_line_is_how_and_what_to_do(
    chromium: Browser, counter: FakeCounter, language: Language, axe: bool
) -> None:
    await show(counter, "agent", language)
    page = await opened(chromium, counter, "agent", language)
    await page.locator(".video__remote").wait_for(state="attached")
    assert await page.locator("[data-line]").count() == 0
    said: set[str] = set()
    for cause in CAUSES:
        await show(
            counter,
            "agent",
            language,
            line("own", cause, "weak"),
            line("citizen", cause),
            advice="voice",
        )
        own = page.locator(f'[data-line="own"][data-cause="{cause}"]')
        citizens = page.locator(f'[data-line="citizen"][data-cause="{cause}"]')
        await citizens.wait_for()
        said |= {await own.inner_text(), await citizens.inner_text()}
    assert len(said) == 2 * len(CAUSES), "each says something of its own"
    assert await faults(page, DESK_PX) + (await violations(page) if axe else []) == []


async def test_the_citizen_is_told_only_what_matters(
    chromium: Browser, counter: FakeCounter
) -> None:
    await show(counter, "terminal", "zh-Hant")
    page = await opened(chromium, counter, "terminal")
    note = page.locator(".stage__note")
    dots = page.locator(".stage__line span")
    for quiet in [line("own", "upload_loss", "weak"), line("own", "gone"), line("agent", "gone")]:
        await show(counter, "terminal", "zh-Hant", quiet)
        await stands(counter, page)
        assert await page.locator(".stage__line").is_visible()
        assert await note.count() == 0
    assert await dots.inner_text() == "○○○", "without a connection there is no quality to show"

    for loud, words in [
        (line("own", "upload_loss"), "慢慢說"),
        (line("own", "no_sound"), "聽不到您"),
        (line("own", "no_picture"), "看不到您"),
        (line("agent", "delay"), "接待人員的連線"),
    ]:
        await show(counter, "terminal", "zh-Hant", loud)
        await note.filter(has_text=words).wait_for()


@pytest.mark.parametrize(
    ("language", "axe"),
    [*axe_on_first("zh-Hant", "pt"), *deep(("zh-Hans", True), ("en", True))],
)
async def test_the_citizens_note_can_be_read_and_touched(
    chromium: Browser, counter: FakeCounter, language: Language, axe: bool
) -> None:
    known: Language = "pt" if language == "pt" else "zh-Hant"
    card = call_cards.call(known, lines=[line("own", "low_bandwidth")], advice="voice")
    screen = terminal_screens.terminal("call", known, call=card)
    await counter.show(screen.model_copy(update={"language": language}))
    page = await opened(chromium, counter, "terminal")
    await page.locator(".stage__note button").wait_for()
    assert await faults(page, TOUCH_PX) + (await violations(page) if axe else []) == []


@pytest.mark.parametrize("kind", ["terminal", "agent"])
async def test_either_side_goes_on_by_voice_and_takes_the_picture_back(
    chromium: Browser, counter: FakeCounter, kind: str
) -> None:
    where = ".stage__note" if kind == "terminal" else ".video__banners"
    await show(counter, kind, "zh-Hant", line("own", "low_bandwidth"), advice="voice")
    page = await opened(chromium, counter, kind)
    await page.locator(f"{where} button", has_text="只用語音繼續").click()
    await until(lambda: counter.payloads("picture.choose"), page)
    await page.wait_for_function(LISTENS)
    await show(counter, kind, "zh-Hant", picture=False, advice="picture")
    await stands(counter, page)
    await page.locator(where, has_text="語音繼續").wait_for()
    assert await faults(page, TOUCH_PX if kind == "terminal" else DESK_PX) == []
    assert await violations(page) == []
    await page.locator(f"{where} button", has_text="恢復畫面").click()
    await until(lambda: len(counter.payloads("picture.choose")) == 2, page)
    chosen = [(one["call_id"], one["picture"]) for one in counter.payloads("picture.choose")]
    assert chosen == [("call-1", False), ("call-1", True)]
