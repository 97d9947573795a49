"""A call between the two live pages, through a real media process: it flows, and it comes back."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from counter.errors import Refusal
from counter.media.arrangement import Arrangement, Party
from counter.media.pool import WorkerPool
from counter.signaling.warm import whose_trouble
from tests.web import call_cards, ceremony_cards, desk_screens, terminal_screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import open_face, settled, until

REMOTE = {"terminal": ".stage__agent", "console": ".video__remote"}


BOTH = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)
KEEP_CONNECTIONS = """
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...all) { super(...all); connections.push(this); }
  };
"""
SENT = """async () => {
  let packets = 0;
  for (const one of (await connections.at(-1).getStats()).values()) {
    if (one.type === "outbound-rtp") packets += one.packetsSent;
  }
  return packets;
}"""
LIT = """() => connections.at(-1).getSenders()
  .map(({track}) => track && track.enabled).filter(one => one !== null)"""


class LiveCounter(FakeCounter):
    """A counter whose media is real: one process that has both legs."""

    def __init__(self, pool: WorkerPool, worker: str) -> None:
        super().__init__()
        self.pool, self.worker = pool, worker
        self.tag = 0
        self.answers_of = {"/terminal": self._of("terminal"), "/agent": self._of("agent")}

    async def lose(self, leg: str) -> None:
        """The media process closes the leg, and nobody tells its page."""
        await self.pool.hang_up(self.worker, leg)

    def _of(self, leg: str) -> dict[str, Any]:
        async def join(_: dict[str, Any]) -> dict[str, Any]:
            tag = self.tag
            offer = await self.pool.open(self.worker, leg)
            await self.pool.arrange(self.worker, "call-1", BOTH)
            return {"ok": True, "leg_id": offer.leg_id, "sdp": offer.sdp, "tag": tag}

        async def answer(asked: dict[str, Any]) -> dict[str, Any]:
            await self.pool.answer(self.worker, leg, asked["leg_id"], asked["sdp"])
            return {"ok": True}

        async def restart(asked: dict[str, Any]) -> dict[str, Any]:
            legs = await self.pool.legs(self.worker, "call-1")
            if asked["silent"] and whose_trouble(leg, legs) == "other":
                return {"ok": False, "code": "other_side_silent"}
            try:
                offer = await self.pool.restart(self.worker, leg, asked["leg_id"])
            except Refusal as refusal:
                return {"ok": False, "code": refusal.code}
            return {"ok": True, "leg_id": offer.leg_id, "sdp": offer.sdp, "tag": self.tag}

        return {"leg.join": join, "leg.answer": answer, "leg.restart": restart}


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[LiveCounter]:
    command = (sys.executable, "-m", "counter", "media")
    pool = WorkerPool(tmp_path / "m", 1, "127.0.0.1", 0, command)
    await pool.start()
    made = LiveCounter(pool, await pool.place("call-1"))
    async with made:
        yield made
    await pool.stop()


async def in_call(counter: LiveCounter) -> None:
    leg = call_cards.leg(tag=counter.tag)
    await counter.show(terminal_screens.terminal("call", leg=leg, call=call_cards.call("zh-Hant")))
    case = desk_screens.desk_case("zh-Hant", filling=ceremony_cards.draft("zh-Hant"))
    await counter.show(desk_screens.desk(presence="busy", leg=leg, case=case))


async def both(browser: Browser, counter: LiveCounter) -> tuple[Page, Page]:
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


async def test_both_see_each_other_and_neither_a_lost_socket_nor_a_new_way_disturbs_it(
    chromium: Browser, counter: LiveCounter
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
    await expect(terminal.locator("[data-banner]")).to_have_count(0)

    # A new way is looked for on the same connection.
    await terminal.evaluate("window.dispatchEvent(new Event('online'))")
    await until(lambda: len(counter.payloads("leg.answer")) == 3, terminal)
    answered = [one["leg_id"] for one in counter.payloads("leg.answer")]
    assert answered[2] in answered[:2], "the very leg"
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    assert len(counter.payloads("leg.join")) == joined


async def test_who_comes_anew_is_back_in_the_call(chromium: Browser, counter: LiveCounter) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])

    # The page is loaded again.
    await terminal.reload()
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    joined = len(counter.payloads("leg.join"))
    assert joined == 3

    # The counter has lost the leg.
    await counter.lose("terminal")
    await until(lambda: len(counter.payloads("leg.join")) == joined + 1, terminal)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])

    # A new tag makes both join again.
    counter.tag = 1
    await in_call(counter)
    await until(lambda: len(counter.payloads("leg.join")) == joined + 3, terminal)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    assert len(counter.payloads("leg.join")) == joined + 3


async def test_warm_legs_send_nothing_and_are_those_of_the_call(
    chromium: Browser, counter: LiveCounter
) -> None:
    _, terminal, _ = await open_face(chromium, counter, "terminal", (1080, 1920))
    _, console, _ = await open_face(chromium, counter, "agent", (1440, 900))
    pages = (terminal, console)
    for page in pages:
        await page.context.add_init_script(KEEP_CONNECTIONS)
        await page.reload()
    waits = call_cards.leg(sending=False, expects=False)
    ticket = terminal_screens.ticket("zh-Hant")
    await counter.show(terminal_screens.terminal("waiting", leg=waits, ticket=ticket))
    await counter.show(desk_screens.desk(leg=waits))
    for page in pages:
        await until(partial(is_connected, page), page)
    await terminal.wait_for_timeout(500)
    assert [await page.evaluate(SENT) for page in pages] == [0, 0]

    # It rings: the citizen sends black and silence, the agent is seen by nobody yet.
    ringing = terminal_screens.ticket("zh-Hant", ringing=True)
    await counter.show(terminal_screens.terminal("waiting", leg=waits, ticket=ringing))
    await until(partial(sends, terminal), terminal)
    assert await terminal.evaluate(LIT) == [False, False]

    await in_call(counter)
    await flows(terminal, REMOTE["terminal"])
    await flows(console, REMOTE["console"])
    assert await terminal.evaluate(LIT) == [True, True]
    assert len(counter.payloads("leg.join")) == 2, "to answer is only to link"

    # And afterwards the camera is closed again, while the agent's leg stays.
    await counter.show(desk_screens.desk(presence="wrapup", leg=waits))
    await until(partial(is_dark, console), console)
    assert len(counter.payloads("leg.join")) == 2
    await counter.show(terminal_screens.terminal("attract"))
    await until(partial(is_over, terminal), terminal)


async def is_connected(page: Page) -> bool:
    return bool(await page.evaluate("connections.at(-1)?.connectionState === 'connected'"))


async def is_over(page: Page) -> bool:
    return bool(await page.evaluate("connections.at(-1).connectionState === 'closed'"))


async def is_dark(page: Page) -> bool:
    return await page.evaluate(LIT) == []


async def sends(page: Page) -> bool:
    return int(await page.evaluate(SENT)) > 0


async def test_silence_of_the_other_side_is_told_as_such_and_the_line_is_left_alone(
    chromium: Browser, counter: LiveCounter
) -> None:
    terminal, console = await both(chromium, counter)
    await flows(terminal, REMOTE["terminal"])
    await console.context.close()  # the agent's side is gone, and nobody tells the terminal
    picture = terminal.locator('[data-banner="picture"]')
    await picture.wait_for()
    assert "對方的連線中斷了" in await picture.inner_text()
    assert await terminal.locator('[data-banner="link"]').count() == 0
    await until(lambda: len(counter.payloads("leg.restart")) >= 3, terminal)
    assert len(counter.payloads("leg.join")) == 2, "what is sound is not joined again"

    _, console, _ = await open_face(chromium, counter, "agent", (1440, 900))
    await flows(terminal, REMOTE["terminal"])
    await picture.wait_for(state="detached")


async def test_without_a_camera_the_call_goes_on_and_says_what_to_do(
    chromium: Browser, counter: LiveCounter
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

    def reported() -> bool:
        reports = counter.payloads("device.report")[-1:]
        return [(one["camera"], one["microphone"]) for one in reports] == [("refused", "good")]

    await until(reported, terminal)
    await console.context.close()


async def test_the_agent_mutes_with_a_key_but_not_inside_a_field(
    chromium: Browser, counter: LiveCounter
) -> None:
    _, console, _ = await open_face(chromium, counter, "agent", (1440, 900))
    await in_call(counter)
    mute = console.locator("button[aria-keyshortcuts=M]")
    await console.locator(".video__self").wait_for()
    await console.keyboard.press("m")
    await settled(console)
    assert await mute.get_attribute("aria-pressed") == "true"
    await console.keyboard.press("m")
    await settled(console)
    assert await mute.get_attribute("aria-pressed") == "false"
    await console.locator("#tab-forms").click()
    await console.locator("#fill-purpose").fill("")
    await console.locator("#fill-purpose").press("m")
    await settled(console)
    assert await mute.get_attribute("aria-pressed") == "false"
    assert await console.locator("#fill-purpose").input_value() == "m"
