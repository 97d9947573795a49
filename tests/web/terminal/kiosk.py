"""A person at the kiosk: its page, what it asks of the counter, a touch."""

from typing import Any

from playwright.async_api import Browser, FloatRect, Page

from tests.web import terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import open_face

KIOSK = (1080, 1920)
VOICES = """
const said = (window.said = []);
const voice = {lang: "yue-HK", name: "test", default: true, localService: true, voiceURI: "t"};
const synthesis = {
  getVoices: () => [voice], addEventListener() {}, removeEventListener() {}, cancel() {},
  speak(words) { said.push([words.text, words.lang]); setTimeout(() => words.onend?.(), 20); },
};
Object.defineProperty(window, "speechSynthesis", {value: synthesis});
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
"A machine with a Cantonese voice, which notes what it says."


async def at(
    browser: Browser, counter: FakeCounter, stage: str, language: str = "zh-Hant", **context: Any
) -> Page:
    tag: Any = language
    stages = terminal_stages.terminal_stages(tag) | terminal_stages.certificate_stages(tag)
    await counter.show(stages[stage])
    _, page, _ = await open_face(browser, counter, "terminal", KIOSK, language, **context)
    return page


async def touch(page: Page, box: FloatRect, points: list[tuple[float, float, float]]) -> None:
    """One stroke with a finger.  points: x, y from the box's top left in pixels, force 0 to 1."""
    session = await page.context.new_cdp_session(page)
    for at, (x, y, force) in enumerate(points):
        await session.send(
            "Input.dispatchTouchEvent",
            {
                "type": "touchMove" if at else "touchStart",
                "touchPoints": [{"x": box["x"] + x, "y": box["y"] + y, "force": force}],
            },
        )
    await session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await session.detach()
