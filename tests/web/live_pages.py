"""Looking at live pages in a real browser: what axe says, what it does not see, and the rest."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page

from counter.protocol.desk_screen import DeskScreen
from counter.protocol.terminal_screen import TerminalScreen
from tests.web.fake_counter import FakeCounter

LANGUAGE_COOKIES = {"zh-Hant": "zh_Hant", "pt": "pt", "en": "en"}

NOTE_TOUCHES = "addEventListener('click', () => (window.touchedAt = performance.now()), true);"
NOTE_SCREENS = """(() => {
  const Plain = WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...all) {
      super(...all);
      this.addEventListener("message", ({data}) => {
        const told = typeof data === "string" ? data.indexOf('["screen.changed",') : -1;
        if (told >= 0) window.told = JSON.parse(data.slice(told))[1].screen;
      });
    }
  };
})();"""
"Goes into a page: it keeps the screen that it was told last."
SETTLED = """async () => {
  for (let frame = 0; frame < 3; frame++)
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
}"""
"Effects run after a frame, and what they change is drawn in the next: dialogs open so."
LISTENS = "() => performance.now() - (window.touchedAt ?? -Infinity) > 420"
"The kiosk is deaf to the second half of a double tap, for 400 ms."
CAMERA = """(() => {
  const media = navigator.mediaDevices;
  const open = media?.getUserMedia.bind(media);
  if (!open) return;
  const calm = {frameRate: {max: %d}};
  media.getUserMedia = wanted =>
    open(wanted.video ? {...wanted, video: {...wanted.video, ...calm}} : wanted);
})();"""
"Goes into a page: its cameras see so many pictures in a second."
PATIENCE_S = 30.0
"As patient as a locator."
PICTURES_PER_S = 10
"Of the cameras of a test: two of them are coded on the machine that runs three tests at a time."

TOO_SMALL = """least => [...document.querySelectorAll(
    "button, a[href], input:not([type=hidden]), textarea, label.choice")]
  .filter(one => one.checkVisibility({visibilityProperty: true}))
  .filter(one => !one.closest(".choice, .tick") || one.matches("label"))
  .map(one => [one.getBoundingClientRect(), (one.textContent || one.id || one.className).trim()])
  .filter(([box]) => box.width > 0 && (box.width < least - 0.5 || box.height < least - 0.5))
  .map(([box, name]) => `${name}: ${Math.round(box.width)} x ${Math.round(box.height)}`)"""

SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(
    "main, .main, section, aside, .tabs__panel, .matter, .queue, .bottom, .masthead, .task")]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
  .filter(one => getComputedStyle(one).overflowX !== "hidden" || one.matches(".main, html"))
  .map(one => `${one.tagName}.${one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""

CUT_OFF = """() => [...document.querySelectorAll(
    "button .press__text, button, .stage__bar, h1:not(.only-spoken)")]
  .filter(one => one.checkVisibility())
  .filter(one => one.scrollWidth > one.clientWidth + 2 && one.clientWidth > 0)
  .map(one => `${one.textContent.trim()}: ${one.scrollWidth} > ${one.clientWidth}`)"""


def axe_on_first(first: object, *others: object) -> Any:
    """Mark a test with each of these, and whether axe looks: at the first, for what it finds is in
    no language.  `make deep` has it look at all of them.

    Each is a value, or a tuple of some.
    """

    def given(case: object, axe: bool, *marks: pytest.MarkDecorator) -> Any:
        values = case if isinstance(case, tuple) else (case,)
        return pytest.param(*values, axe, marks=marks)

    return [
        given(first, True),
        *(given(one, False) for one in others),
        *(given(one, True, pytest.mark.deep) for one in others),
    ]


def deep(*cases: tuple[object, ...]) -> list[Any]:
    """Cases of a test for `make deep` alone."""
    return [pytest.param(*one, marks=pytest.mark.deep) for one in cases]


async def open_face(
    browser: Browser,
    counter: FakeCounter,
    kind: str,
    size: tuple[int, int],
    language: str = "zh-Hant",
    *,
    before: str = "",
    pictures_per_s: int = PICTURES_PER_S,
    **context: Any,
) -> tuple[BrowserContext, Page, list[str]]:
    """A page of a face that stands.  The list gathers what the browser complains about.

    before: a script that runs before those of the page.
    """
    width, height = size
    made = await browser.new_context(
        viewport={"width": width, "height": height},
        permissions=context.pop("permissions", ["camera", "microphone"]),
        # What breathes and turns without end is painted sixty times a second, for nobody.
        reduced_motion=context.pop("reduced_motion", "reduce"),
        **context,
    )
    await made.add_cookies(
        [
            {"name": kind, "value": "yes", "url": counter.url},
            {"name": "language", "value": LANGUAGE_COOKIES[language], "url": counter.url},
        ]
    )
    await made.add_init_script(NOTE_TOUCHES)
    await made.add_init_script(NOTE_SCREENS)
    await made.add_init_script(CAMERA % pictures_per_s)
    if before:
        await made.add_init_script(before)
    page = await made.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and "Permissions-Policy" not in said.text
            else None
        ),
    )
    await page.goto(counter.url + {"terminal": "/terminal", "agent": "/console"}[kind])
    await page.locator("main").wait_for()
    await stands(counter, page)
    return made, page, complaints


async def stands(counter: FakeCounter, page: Page) -> None:
    """Wait until the page has drawn the screen that is shown to it, and what follows from it."""
    namespace = "/terminal" if "/terminal" in page.url else "/agent"
    shown = counter.screens[namespace].model_dump(mode="json")

    async def told() -> bool:
        return bool(await page.evaluate("window.told") == shown)

    await until(told, page)
    await settled(page)


async def settled(page: Page) -> None:
    """Wait until what a touch or a screen brings about later has been drawn, too."""
    await page.evaluate(SETTLED)


async def show(counter: FakeCounter, page: Page, screen: TerminalScreen | DeskScreen) -> None:
    """Show a screen, and wait until it stands on the page."""
    await counter.show(screen)
    await stands(counter, page)


async def pause(page: Page) -> None:
    """Let the installed clock of a page stand still, so that it goes by `run_for` alone."""
    await page.clock.pause_at(await page.evaluate("Date.now() / 1000 + 10"))


async def follow(page: Page, selector: str) -> None:
    """Touch what leads to another page, and wait until that one is there, scripts and all."""
    async with page.expect_navigation():
        await page.click(selector)


async def violations(page: Page) -> list[str]:
    """What axe finds, one line each.  The script goes in by the debugger: the CSP stops tags."""
    await settled(page)
    if not await page.evaluate("() => 'axe' in window"):  # half a megabyte, once for a page
        await page.evaluate(AXE_SCRIPT)
    # In the middle of a fade every colour has too little contrast.
    await page.evaluate(
        """() => Promise.all(document.getAnimations()
          .filter(one => Number.isFinite(one.effect?.getComputedTiming().endTime))
          .map(one => one.finished.catch(() => null)))"""
    )
    found = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


async def press(page: Page, name: str) -> None:
    """Touch a button of the kiosk, not faster than it listens."""
    await page.wait_for_function(LISTENS)
    await page.get_by_role("button", name=name, exact=True).click()


async def faults(page: Page, least_px: int) -> list[str]:
    """What axe does not see: small targets, sideways scroll, cut texts."""
    await settled(page)
    return [
        *await page.evaluate(TOO_SMALL, least_px),
        *await page.evaluate(SIDEWAYS),
        *await page.evaluate(CUT_OFF),
    ]


async def until(condition: Callable[[], Any], page: Page) -> None:
    """Wait, while the page lives on, until `condition` holds.

    Raises `AssertionError` after `PATIENCE_S`, in the line that waits, long before the test's own
    time-out, which ends it in the middle of the loop of events.
    """
    over_at = time.monotonic() + PATIENCE_S
    while not (await found if isinstance(found := condition(), Awaitable) else found):
        assert time.monotonic() < over_at, f"waited {PATIENCE_S:.0f} s in vain on {page.url}"
        await page.wait_for_timeout(20)


async def heard(counter: FakeCounter, page: Page, event: str, count: int = 1) -> dict[str, Any]:
    """The payload of the `count`th time that this was asked."""
    await until(lambda: len(counter.payloads(event)) >= count, page)
    return counter.payloads(event)[count - 1]
