"""Every stage of a visit in a real browser, at the sizes of a kiosk."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.web import terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import axe_on_first, faults, open_face, show, violations

PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
SMALLEST_PX = 80


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((PORTRAIT, "pt"), (LANDSCAPE, "zh-Hant"))
)
async def test_every_stage_can_be_seen_touched_and_read_out(
    chromium: Browser, counter: FakeCounter, language: str, size: tuple[int, int], axe: bool
) -> None:
    stages = terminal_stages.terminal_stages(language)  # type: ignore[arg-type]
    await counter.show(stages["attract"])
    # A button that comes alive while axe looks is half-way between two colours, unless at once.
    context, page, complaints = await open_face(
        chromium, counter, "terminal", size, language, reduced_motion="reduce"
    )
    wrong: list[str] = []
    for name, screen in stages.items():
        await show(counter, page, screen)
        assert await page.locator(f".frame--{screen.stage}").count() == 1
        found = await faults(page, SMALLEST_PX) + (await violations(page) if axe else [])
        wrong += [f"{name}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


@pytest.mark.parametrize("language", ["zh-Hant", "pt"])
async def test_very_large_letters_fit_as_well(
    chromium: Browser, counter: FakeCounter, language: str
) -> None:
    stages = terminal_stages.terminal_stages(language)  # type: ignore[arg-type]
    await counter.show(stages["attract"])
    context, page, _ = await open_face(chromium, counter, "terminal", PORTRAIT, language)
    wrong: list[str] = []
    for name, screen in stages.items():
        await show(counter, page, screen.model_copy(update={"text_size": "A++"}))
        assert await page.locator(f".frame--{screen.stage}").count() == 1
        wrong += [f"{name}: {one}" for one in await faults(page, SMALLEST_PX)]
        size = await page.evaluate("getComputedStyle(document.documentElement).fontSize")
        assert size == "32px"
    await context.close()
    assert not wrong, "\n".join(wrong)
