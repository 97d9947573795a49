"""Looking at live pages in a real browser: what axe says, what it does not see, and the rest."""

from collections.abc import Awaitable, Callable
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, Page

from tests.web.fake_counter import FakeCounter

LANGUAGE_COOKIES = {"zh-Hant": "zh_Hant", "pt": "pt", "en": "en"}

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


async def open_face(
    browser: Browser,
    counter: FakeCounter,
    kind: str,
    size: tuple[int, int],
    language: str = "zh-Hant",
    *,
    before: str = "",
    **context: Any,
) -> tuple[BrowserContext, Page, list[str]]:
    """A page of a face, drawn.  The list gathers what the browser complains about.

    before: a script that runs before those of the page.
    """
    width, height = size
    made = await browser.new_context(
        viewport={"width": width, "height": height},
        permissions=context.pop("permissions", ["camera", "microphone"]),
        **context,
    )
    await made.add_cookies(
        [
            {"name": kind, "value": "yes", "url": counter.url},
            {"name": "language", "value": LANGUAGE_COOKIES[language], "url": counter.url},
        ]
    )
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
    return made, page, complaints


async def violations(page: Page) -> list[str]:
    """What axe finds, one line each.  The script goes in by the debugger: the CSP stops tags."""
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


async def faults(page: Page, least_px: int) -> list[str]:
    """What axe does not see: small targets, sideways scroll, cut texts."""
    return [
        *await page.evaluate(TOO_SMALL, least_px),
        *await page.evaluate(SIDEWAYS),
        *await page.evaluate(CUT_OFF),
    ]


async def until(condition: Callable[[], Any], page: Page) -> None:
    """Wait, while the page lives on, until `condition` holds; the test's time-out ends it."""
    while not (await found if isinstance(found := condition(), Awaitable) else found):
        await page.wait_for_timeout(20)


async def heard(counter: FakeCounter, page: Page, event: str, count: int = 1) -> dict[str, Any]:
    """The payload of the `count`th time that this was asked."""
    await until(lambda: len(counter.payloads(event)) >= count, page)
    return counter.payloads(event)[count - 1]
