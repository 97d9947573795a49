"""Two real pages, a real media process and a path that loses packets: whose line is named, what
the pages do with their ceilings, and that a call by voice sends no picture."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from counter.media.arrangement import Arrangement, Party
from counter.media.pool import WorkerPool
from counter.media.quality import Seen
from counter.media.quality_service import QualityService
from counter.media.thrift import THIN
from tests.e2e.waiting import until
from tests.lossy_path import LossyPath
from tests.media.test_quality_service import Kept
from tests.web import call_cards, desk_screens, terminal_screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import open_face

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

BOTH = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)
LOSS = {"upload_loss", "download_loss"}
"What a busy machine cannot bring about by itself, unlike delay."
REMOTE = {"terminal": ".stage__agent", "agent": ".video__remote"}
KEEP_CONNECTIONS = """
  globalThis.connections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...all) { super(...all); connections.push(this); }
  };
"""
PICTURE = """() => {
  const {sender} = connections.at(-1).getTransceivers().find(one => one.mid === "1");
  const {maxBitrate, active} = sender.getParameters().encodings[0];
  return [maxBitrate, active];
}"""
SOUND = """() => {
  const {sender} = connections.at(-1).getTransceivers().find(one => one.mid === "0");
  return sender.getParameters().encodings[0].priority;
}"""


class Side:
    """Who speaks on one of the two namespaces."""

    def __init__(self, own: str) -> None:
        self.own = own


class Line:
    """Two faces in a call, each by a path of its own, and those who watch their lines."""

    def __init__(self, counter: FakeCounter, pool: WorkerPool, worker: str) -> None:
        self.counter = counter
        self.kept = Kept()
        self.kept.on = {"call-1"}
        self.paths: dict[str, LossyPath] = {}
        self.caps: dict[str, int] = {}
        "Answered instead of what the rule says."
        self.watch = QualityService(self.kept, pool, lambda: datetime.now(UTC))
        self._pool = pool
        self._worker = worker

    def answers(self, owner: str) -> dict[str, Any]:
        async def join(_: dict[str, Any]) -> dict[str, Any]:
            offer = await self._pool.open(self._worker, owner)
            await self._pool.arrange(self._worker, "call-1", BOTH)
            sdp = self.paths[owner].led_here(offer.sdp)
            return {"ok": True, "leg_id": offer.leg_id, "sdp": sdp, "tag": 0}

        async def answer(asked: dict[str, Any]) -> dict[str, Any]:
            await self._pool.answer(self._worker, owner, asked["leg_id"], asked["sdp"])
            return {"ok": True}

        async def report(asked: dict[str, Any]) -> dict[str, Any]:
            said = {name: one for name, one in asked.items() if name not in ("key", "call_id")}
            cap = await self.watch.report(Side(owner), asked["call_id"], Seen(**said))
            return {"ok": True, "video_kbps": self.caps.get(owner, cap)}

        return {"leg.join": join, "leg.answer": answer, "leg.report": report}

    async def pages(self, browser: Browser) -> dict[str, Page]:
        found = {}
        for kind, size in (("terminal", (1080, 1920)), ("agent", (1440, 900))):
            context, page, _ = await open_face(browser, self.counter, kind, size, pictures_per_s=30)
            await context.add_init_script(KEEP_CONNECTIONS)
            await page.reload()
            found[kind] = page
        await self.show()
        for kind, page in found.items():
            await until(partial(shows, page, kind), f"the {kind} showed no pictures")
        return found

    def causes(self, owner: str) -> set[str | None]:
        """All that was ever told of this leg."""
        return {told.cause for whose, told in self.kept.verdicts if whose == owner}

    def reports(self) -> list[dict[str, Any]]:
        """What both pages reported, one after the other."""
        return self.counter.payloads("leg.report")

    def told(self, owner: str) -> str | None:
        """What was told of it last."""
        return [told.cause for whose, told in self.kept.verdicts if whose == owner][-1]

    async def show(self, **more: Any) -> None:
        card = call_cards.call("zh-Hant", **more)
        await self.counter.show(terminal_screens.terminal("call", call=card))
        case = desk_screens.desk_case("zh-Hant", call=card)
        await self.counter.show(desk_screens.desk(presence="busy", case=case))


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    command = (sys.executable, "-m", "counter", "media")
    pool = WorkerPool(tmp_path / "m", 1, "127.0.0.1", 0, command)
    await pool.start()
    worker = await pool.place("call-1")
    async with AsyncExitStack() as open_here:
        open_here.push_async_callback(pool.stop)
        counter = await open_here.enter_async_context(FakeCounter())
        made = Line(counter, pool, worker)
        for owner in ("terminal", "agent"):
            made.paths[owner] = await open_here.enter_async_context(LossyPath())
        counter.answers_of = {
            "/terminal": made.answers("terminal"),
            "/agent": made.answers("agent"),
        }
        watching = asyncio.create_task(made.watch.run_for_ever())
        yield made
        watching.cancel()


told = partial(until, within_s=120)
"A report comes every few seconds, and a verdict after some of them."


async def frames(page: Page, kind: str) -> int:
    script = "name => document.querySelector(name)?.getVideoPlaybackQuality().totalVideoFrames ?? 0"
    return int(await page.evaluate(script, REMOTE[kind]))


async def shows(page: Page, kind: str) -> bool:
    """Whether ten pictures were shown on a page that was just loaded."""
    return await frames(page, kind) >= 10


async def moves(page: Page, kind: str) -> bool:
    """Whether ten more frames come within two seconds."""
    before = await frames(page, kind)
    await page.wait_for_timeout(2000)
    return await frames(page, kind) >= before + 10


async def test_the_line_that_loses_packets_is_named_and_no_other(
    chromium: Browser, line: Line
) -> None:
    await line.pages(chromium)
    line.paths["terminal"].up = 0.2

    await told(
        lambda: "upload_loss" in line.causes("terminal"), "the terminal's line was not named"
    )
    await told(lambda: line.paths["terminal"].lost > 50, "hardly anything was lost")
    line.paths["terminal"].up = 0.0
    await told(lambda: line.told("terminal") != "upload_loss", "it is named for ever")
    assert not LOSS & line.causes("agent")

    # What is lost on the way to a page is that page's line.
    line.paths["agent"].down = 0.2
    await told(lambda: "download_loss" in line.causes("agent"), "the desk's line was not named")

    assert LOSS & line.causes("agent") == {"download_loss"}
    assert LOSS & line.causes("terminal") == {"upload_loss"}


async def test_pages_keep_their_ceilings_put_sound_first_and_by_voice_send_no_picture(
    chromium: Browser, line: Line
) -> None:
    line.caps = {"terminal": 250, "agent": 600}
    pages = await line.pages(chromium)

    async def kept() -> bool:
        found = [await pages[kind].evaluate(PICTURE) for kind in ("terminal", "agent")]
        sound = [await page.evaluate(SOUND) for page in pages.values()]
        return found == [[250_000, True], [600_000, True]] and sound == ["high", "high"]

    await told(kept, "the ceilings were not kept")

    def whole() -> bool:
        report = line.reports()[-1]
        there = report["connected"] and report["camera"] and report["microphone"]
        arrives = report["received"] > 30 and report["lost"] <= report["received"] / 20
        return there and arrives and report["available_kbps"] is not None

    await told(whole, "no report tells of picture and sound")
    assert not LOSS & (line.causes("terminal") | line.causes("agent"))

    # By voice no picture is sent, and sound goes on.
    await line.show(picture=False)

    async def rests() -> bool:
        return not await moves(pages["terminal"], "terminal")

    await told(rests, "the picture goes on")
    await pages["agent"].locator(".video__voice").wait_for()
    before = len(line.reports())

    def sound_alone() -> bool:
        last = line.reports()[before:][-2:]
        alone = [not one["camera"] and 50 < one["received"] < 200 for one in last]
        return alone == [True, True]

    await told(sound_alone, "no two reports in a row tell of sound alone")

    await line.show()
    await told(lambda: moves(pages["terminal"], "terminal"), "the picture did not come back")
    missed = {"no_picture", "no_sound", "gone"}
    assert not missed & (line.causes("terminal") | line.causes("agent"))


async def test_a_thin_line_takes_from_the_picture_and_not_from_the_sound(
    chromium: Browser, line: Line
) -> None:
    pages = await line.pages(chromium)

    async def is_most() -> bool:
        return await ceiling(pages["terminal"]) == 1_500_000

    await told(is_most, "the picture began below its ceiling")
    line.paths["terminal"].up_kbps = 200

    async def is_least() -> bool:
        return await ceiling(pages["terminal"]) == 250_000

    await told(is_least, "the thin line took nothing from the picture")
    assert THIN & line.causes("terminal")
    assert "no_sound" not in line.causes("terminal"), "sound comes first"


async def ceiling(page: Page) -> int:
    return int((await page.evaluate(PICTURE))[0] or 0)
