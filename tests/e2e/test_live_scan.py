"""The scan frame while a paper is held there: one sentence, and no picture by itself."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.async_api import Browser, expect

from tests.documents import scenes
from tests.e2e.cameras import HEIGHT_PX, WIDTH_PX, looking_at, sees
from tests.e2e.conftest import Launch
from tests.e2e.faces import PAPER, Console, Terminal, meet
from tests.e2e.running import RunningCounter

pytestmark = pytest.mark.timeout(400)

PAGES = "select count(*) from page"


@pytest.fixture(scope="module")
def held_camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the camera sees when a finger lies on the paper."""
    rng = np.random.default_rng(77)
    scene = scenes.scene(rng, (1600, 1200), desk="mat", effects=("finger",))
    tall = round(WIDTH_PX * 3 / 4)
    picture = cv2.resize(scene.image, (WIDTH_PX, tall), interpolation=cv2.INTER_AREA)
    top = max(0, (tall - HEIGHT_PX) // 2)
    lies = np.ascontiguousarray(picture[top : top + HEIGHT_PX])
    return sees(tmp_path_factory.mktemp("camera") / "held.y4m", lies)


async def test_a_held_page_is_not_taken_and_one_sentence_says_what_to_do(
    shared_counter: RunningCounter, desk_browser: Browser, launch: Launch, held_camera: Path
) -> None:
    kiosk = await launch(looking_at(held_camera))
    [before] = shared_counter.facts(PAGES)
    terminal = await Terminal.enrolled(kiosk, shared_counter, looks=True)
    console = await Console.signed_in(desk_browser, shared_counter)
    await meet(terminal, console, shared_counter)
    await console.ask_for(PAPER)
    page = terminal.page
    advice = page.locator("[data-advice=page_finger]")
    await expect(advice).to_have_text("Take your fingers off the paper.")
    for language, words in (
        ("繁體中文", "請把手指移離紙張。"),
        ("简体中文", "请把手指移开纸张。"),
        ("Português", "Tire os dedos do papel."),
        ("English", "Take your fingers off the paper."),
    ):
        await terminal.speak(language)
        await expect(advice).to_have_text(words)
    async with page.expect_response("**/terminal/previews/*"):
        pass
    assert await page.locator(".ring").count() == 0
    assert shared_counter.facts(PAGES) == [before]
    await terminal.leave()
