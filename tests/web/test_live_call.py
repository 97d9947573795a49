"""A call between the two live pages, through a real media process: it flows, and it comes back."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from counter.media.pool import WorkerPool
from tests.web import screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import open_face, until

REMOTE = {"terminal": ".stage__agent", "console": ".video__remote"}


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[FakeCounter]:
    command = (sys.executable, "-m", "counter", "media")
    pool = WorkerPool(tmp_path / "m", 1, "127.0.0.1", 0, command)
    await pool.start()
    worker = await pool.place("call-1")

    def answers(leg: str) -> dict[str, Any]:
        async def join(_: dict[str, Any]) -> dict[str, Any]:
            offer = await pool.join(worker, "call-1", leg)
            return {"ok": True, "leg_id": offer.leg_id, "sdp": offer.sdp}

        async def answer(asked: dict[str, Any]) -> dict[str, Any]:
            await pool.answer(worker, "call-1", leg, asked["leg_id"], asked["sdp"])
            return {"ok": True}

        return {"leg.join": join, "leg.answer": answer}

    async with FakeCounter() as made:
        made.answers_of = {"/terminal": answers("terminal"), "/agent": answers("agent")}
        yield made
    await pool.stop()


async def in_call(counter: FakeCounter) -> None:
    await counter.show(screens.terminal("call", call=screens.call("zh-Hant")))
    await counter.show(screens.desk(presence="busy", case=screens.desk_case("zh-Hant")))


async def both(browser: Browser, counter: FakeCounter) -> tuple[Page, Page]:
    _, terminal, _ = await open_face(browser, counter, "terminal", (1080, 1920))
    _, console, _ = await open_face(browser, counter, "agent", (1440, 900))
    await in_call(counter)
    return terminal, console


async def frames(page: Page, video: str) -> int:
    return int(
        await page.evaluate(
            "name => document.querySelector(name)?.getVideoPlaybackQuality().totalVideoFrames ?? 0",
            video,
        )
    )


async def flows(page: Page, video: str) -> None:
    """Wait until ten more frames were shown than now."""
    now = await frames(page, video)

    async def more() -> bool:
        found = await frames(page, video)
        return found >= now + 10 or 10 <= found < now  # a new connection counts from nothing

    await until(more, page)


async def test_both_see_each_other_and_a_lost_socket_does_not_disturb_it(
    chromium: Browser, counter: FakeCounter
) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    joined = len(counter.payloads("leg.join"))
    assert joined == 2

    await counter.cut()
    await until(lambda: len(counter.last) == 4, terminal)  # both came back by themselves
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    assert len(counter.payloads("leg.join")) == joined, "media flowed: nobody joins again"
    assert await terminal.locator("[data-banner]").count() == 0


async def test_a_page_that_is_loaded_again_is_back_in_the_call(
    chromium: Browser, counter: FakeCounter
) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    await terminal.reload()
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])


async def test_a_moved_call_is_joined_again_by_both(
    chromium: Browser, counter: FakeCounter
) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    await counter.tell("/terminal", "call.moved")
    await counter.tell("/agent", "call.moved")
    await until(lambda: len(counter.payloads("leg.join")) == 4, terminal)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])


async def test_silence_is_told_apart_from_a_lost_socket_and_joined_again(
    chromium: Browser, counter: FakeCounter
) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await console.context.close()  # the agent's side is gone, and nobody tells the terminal
    picture = terminal.locator('[data-banner="picture"]')
    await picture.wait_for()
    assert await terminal.locator('[data-banner="link"]').count() == 0
    # Two tries: four joins in all, then the picture is missed without tearing at the line.
    await until(lambda: len(counter.payloads("leg.join")) == 4, terminal)
    await picture.wait_for()


async def test_without_a_camera_the_call_goes_on_and_says_what_to_do(
    chromium: Browser, counter: FakeCounter
) -> None:
    _, terminal, _ = await open_face(
        chromium, counter, "terminal", (1080, 1920), permissions=["microphone"]
    )
    await terminal.context.add_init_script("""
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = wanted => wanted.video
          ? Promise.reject(new DOMException("no", "NotAllowedError"))
          : real(wanted);
    """)
    await terminal.reload()
    _, console, _ = await open_face(chromium, counter, "agent", (1440, 900))
    await in_call(counter)
    await flows(terminal, REMOTE["terminal"])
    banner = terminal.locator('[data-banner="camera"]')
    await banner.wait_for()
    assert "接待人員聽到您的聲音" in await banner.inner_text()
    report = counter.payloads("device.report")[-1]
    assert (report["camera"], report["microphone"]) == ("refused", "good")
    await console.context.close()


async def test_the_agent_mutes_with_a_key_but_not_inside_a_field(
    chromium: Browser, counter: FakeCounter
) -> None:
    _, console, _ = await open_face(chromium, counter, "agent", (1440, 900))
    await in_call(counter)
    mute = console.locator("button[aria-keyshortcuts=M]")
    await console.locator(".video__self").wait_for()
    await console.keyboard.press("m")
    assert await mute.get_attribute("aria-pressed") == "true"
    await console.keyboard.press("m")
    assert await mute.get_attribute("aria-pressed") == "false"
    await console.locator("#tab-forms").click()
    await console.locator(".more summary").click()
    await console.locator("#request-subject").fill("")
    await console.locator("#request-subject").press("m")
    assert await mute.get_attribute("aria-pressed") == "false"
    assert await console.locator("#request-subject").input_value() == "m"
