"""What an agent does at the kiosk from afar: seen, stopped, pointed at, printed."""

from typing import Any

import pytest
from playwright.async_api import Browser

from counter.protocol.hands import HandUsed, PageTurned
from tests.web import call_cards, ceremony_cards, drawn, terminal_screens, terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import LISTENS, heard, open_face, press, until
from tests.web.terminal.kiosk import KIOSK, at

PRINT = """
window.prints = 0;
window.print = () => { window.prints += 1; window.dispatchEvent(new Event('afterprint')); };
undefined;
"""


async def test_what_the_agent_does_is_announced_once_and_stopped_at_a_touch(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "helped")
    assert await page.locator(".announcement").count() == 0, "it was announced before"
    before = call_cards.hands("zh-Hant")
    newer = HandUsed(seq=2, text="接待人員放大了字體", at=drawn.NOW)
    after = before.model_copy(update={"did": [newer, *before.did]})
    await counter.show(
        terminal_screens.terminal("call", call=call_cards.call("zh-Hant"), hands=after)
    )
    await page.locator(".announcement").get_by_text("接待人員放大了字體").wait_for()
    await page.locator("[aria-live=polite]").get_by_text("接待人員放大了字體").wait_for()
    await press(page, "接待人員做過的操作")
    assert await page.locator("dialog .did li").count() == 2
    await press(page, "關閉")
    await page.wait_for_function(LISTENS)
    await page.locator(".announcement .press").click()
    await heard(counter, page, "hands.stop")
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["may help again"])
    await press(page, "可以")
    assert (await heard(counter, page, "hands.answer"))["allow"] is True


async def test_the_agent_turns_the_page_and_a_touch_points_at_a_place(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    ceremony = ceremony_cards.ceremony("zh-Hant", seen=0)
    turned = PageTurned(ceremony_id=ceremony.ceremony_id, number=2, by="agent", rev=1)
    await counter.show(
        terminal_screens.terminal(
            "call",
            call=call_cards.call("zh-Hant", "read"),
            ceremony=ceremony,
            hands=call_cards.hands("zh-Hant", page=turned),
        )
    )
    second = ceremony.sheets[1].sha256
    overlay = page.locator(f"[data-surface='sheet:{second}']")
    await overlay.wait_for()
    box = await overlay.bounding_box()
    assert box is not None
    await overlay.click(position={"x": box["width"] / 4, "y": 40})
    pointed = await heard(counter, page, "pointer.move")
    assert pointed["surface"] == f"sheet:{second}"
    assert pointed["x"] == pytest.approx(0.25, abs=0.01)


async def test_who_turns_a_page_without_a_finger_is_there_and_the_agent_s_turn_is_no_touch(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    ceremony = ceremony_cards.ceremony("zh-Hant", seen=0)
    turned = PageTurned(ceremony_id=ceremony.ceremony_id, number=2, by="agent", rev=1)
    await counter.show(
        terminal_screens.terminal(
            "call",
            call=call_cards.call("zh-Hant", "read"),
            ceremony=ceremony,
            hands=call_cards.hands("zh-Hant", page=turned),
        )
    )
    await page.locator(f"[data-surface='sheet:{ceremony.sheets[1].sha256}']").wait_for()
    await until(lambda: counter.payloads("page.shown")[-1:], page)
    assert counter.payloads("ceremony.here") == []
    # As a program that reads the screen to somebody presses: no pointer, no key.
    await page.get_by_role("button", name="上一頁").evaluate("one => one.click()")
    assert (await heard(counter, page, "page.turn"))["number"] == 1
    await heard(counter, page, "ceremony.here")


def printing(state: str = "asked", **other: Any) -> Any:
    """The waiting screen with a receipt to be printed."""
    card = {
        "print_id": "print-1",
        "what": "receipt",
        "label": "O que foi entregue",
        "state": state,
        "sheets": [],
        "lines": ["Número A013", "Entregue: passaporte"],
    }
    return terminal_screens.terminal("waiting", "pt", printing=card | other)


async def test_what_the_agent_asks_for_is_printed_once_and_reported(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "waiting", "pt")
    await page.evaluate(PRINT)
    await counter.show(printing())
    assert (await heard(counter, page, "print.report"))["state"] == "printing"
    assert (await heard(counter, page, "print.report", 2))["state"] == "printed"
    banner = page.locator("[data-banner=print]")
    assert "O que foi entregue" in await banner.inner_text()
    await counter.show(printing("printing"))
    await counter.show(printing("printing", label="outra vez"))
    await banner.get_by_text("outra vez").wait_for()
    assert await page.evaluate("window.prints") == 1
    await page.emulate_media(media="print")
    assert await page.locator(".print__receipt").is_visible()
    assert not await page.locator(".top").is_visible() and not await banner.is_visible()
    await page.emulate_media(media="screen")
    assert await page.locator(".print").evaluate("one => one.clientHeight") == 0


async def test_what_the_program_prints_the_page_does_not(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "waiting", "pt")
    await page.evaluate(PRINT)
    await counter.show(printing(by_device=True, lines=[]))
    await page.locator("[data-banner=print]").wait_for()
    failed = {"print_id": "print-1", "label": "Recibo", "reason": "Não há papel."}
    await counter.show(terminal_screens.terminal("waiting", "pt", print_failed=failed))
    said = page.locator("[data-banner=print-failed]")
    await said.wait_for()
    words = await said.inner_text()
    assert "Recibo" in words and "Não há papel." in words
    assert await page.evaluate("window.prints") == 0
    assert "print.report" not in [name for name, _ in counter.asked]


async def test_a_print_that_another_page_began_is_not_printed_again(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(printing("printing"))
    _, page, _ = await open_face(chromium, counter, "terminal", KIOSK, "pt")
    said = await heard(counter, page, "print.report")
    assert (said["state"], said["reason"]) == ("failed", "no_answer")


async def test_a_sheet_that_does_not_load_is_not_printed(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "waiting", "pt")
    await page.evaluate(PRINT)
    sheet = {"src": "/pages/" + "e" * 63 + "x", "width_mm": 210.0, "height_mm": 297.0}
    await counter.show(printing(sheets=[sheet], lines=[]))
    said = await heard(counter, page, "print.report")
    assert (said["state"], said["reason"]) == ("failed", "picture")
    assert await page.evaluate("window.prints") == 0
