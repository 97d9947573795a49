"""A scene: a terminal with two uplinks, of which the one that it uses is cut during a call.

The pages are the real ones, so that what is measured is all of it: what the browser notices, what
the page does about it, and how soon the media process follows.
"""

import asyncio
import os
import stat
import sys
import tempfile
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

from counter.media.arrangement import Arrangement, Party
from counter.media.pool import WorkerPool
from tests.conftest import CHROMIUM_ARGS
from tests.e2e.waiting import until
from tests.private_network import HERE, ip, mount_over
from tests.servers import NotInstalled
from tests.web import call_cards, desk_screens, terminal_screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import open_face
from tools.services import found

BOTH = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)
REMOTE = {"terminal": ".stage__agent", "agent": ".video__remote"}
NOTE_PICTURES = """name => {
  globalThis.pictures = [];
  let before = 0;
  setInterval(() => {
    const far = document.querySelector(name);
    const now = far?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    if (now !== before && now > 0) pictures.push(performance.now());
    before = now;
  }, 10);
}"""
"Notes when a picture was shown, whichever connection it came by."


async def cut(*, settle_s: float, watch_s: float) -> dict[str, Any]:
    """Milliseconds that each side was without a picture when the terminal's uplink was cut.

    settle_s: of undisturbed call before the cut.  watch_s: how long is looked afterwards.
    """
    lay_uplinks()
    async with AsyncExitStack() as open_now:
        directory = Path(open_now.enter_context(tempfile.TemporaryDirectory(prefix="uplinks")))
        pool = WorkerPool(
            directory / "m", 1, HERE, 0, (sys.executable, "-m", "counter", "media"), ping_every=1
        )
        await pool.start()
        open_now.push_async_callback(pool.stop)
        counter = FakeCounter()
        counter.server = TestServer(counter.app, host=HERE)
        await open_now.enter_async_context(counter)
        counter.answers_of = {f"/{side}": answers(pool, side) for side in REMOTE}
        pages = await both_faces(open_now, counter, directory)
        await asyncio.sleep(settle_s)
        asked = len(counter.payloads("leg.restart")), len(counter.payloads("leg.join"))
        begun = {side: await page.evaluate("performance.now()") for side, page in pages.items()}
        ip("-n kiosk link set up0 down")
        await asyncio.sleep(watch_s)
        return {
            "restarts": len(counter.payloads("leg.restart")) - asked[0],
            "joins": len(counter.payloads("leg.join")) - asked[1],
            **{side: await dark_ms(page, begun[side]) for side, page in pages.items()},
        }


def lay_uplinks() -> None:
    """A network of the terminal's own, with two cables to this one; the first is preferred."""
    mount_over("/run")  # where named networks are kept
    ip("netns add kiosk")
    ip("-n kiosk link set lo up")
    for number in (0, 1):
        ip(f"link add way{number} type veth peer name up{number} netns kiosk")
        ip(f"address add 10.9.{number}.1/24 dev way{number}")
        ip(f"link set way{number} up")
        ip(f"-n kiosk address add 10.9.{number}.2/24 dev up{number}")
        ip(f"-n kiosk link set up{number} up")
        ip(f"-n kiosk route add default via 10.9.{number}.1 dev up{number} metric {10 + number}")


def answers(pool: WorkerPool, owner: str) -> dict[str, Any]:
    """What a counter says to one side about its leg."""

    async def join(_: dict[str, Any]) -> dict[str, Any]:
        offer = await pool.open("media-0", owner)
        await pool.arrange("media-0", "call-1", BOTH)
        return {"ok": True, "leg_id": offer.leg_id, "sdp": offer.sdp, "tag": 0}

    async def answer(asked: dict[str, Any]) -> dict[str, Any]:
        await pool.answer("media-0", owner, asked["leg_id"], asked["sdp"])
        return {"ok": True}

    async def restart(asked: dict[str, Any]) -> dict[str, Any]:
        other = next(side for side in REMOTE if side != owner)
        silent = {leg.owner: leg.silent_ms or 0 for leg in await pool.legs("media-0", "call-1")}
        if asked["silent"] and silent.get(other, 0) > 500 >= silent.get(owner, 0):
            return {"ok": False, "code": "other_side_silent"}
        offer = await pool.restart("media-0", owner, asked["leg_id"])
        return {"ok": True, "leg_id": offer.leg_id, "sdp": offer.sdp, "tag": 0}

    return {"leg.join": join, "leg.answer": answer, "leg.restart": restart}


async def both_faces(
    open_now: AsyncExitStack, counter: FakeCounter, directory: Path
) -> dict[str, Page]:
    """The terminal's page behind its uplinks and the agent's beside us, in a call that flows."""
    pages = {}
    for side, size, namespace in (
        ("terminal", (1080, 1920), "kiosk"),
        ("agent", (1440, 900), None),
    ):
        browser = await launch(open_now, directory, counter.url, namespace)
        _, pages[side], _ = await open_face(browser, counter, side, size, pictures_per_s=30)
    await counter.show(terminal_screens.terminal("call", call=call_cards.call("zh-Hant")))
    await counter.show(desk_screens.desk(presence="busy", case=desk_screens.desk_case("zh-Hant")))
    for side, page in pages.items():
        await page.evaluate(NOTE_PICTURES, REMOTE[side])
        await until(partial(page.evaluate, "pictures.length > 40"), f"no pictures at the {side}")
    return pages


async def launch(
    open_now: AsyncExitStack, directory: Path, origin: str, namespace: str | None
) -> Browser:
    """A Chromium that lives in a named network; playwright speaks to it through pipes."""
    program = found("chromium") or found("chromium-browser")
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    if namespace is not None:
        wrapper = directory / "chromium-elsewhere"
        wrapper.write_text(f'#!/bin/sh\nexec {found("ip")} netns exec {namespace} {program} "$@"\n')
        wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
        program = str(wrapper)
    playwright = await open_now.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(
        executable_path=program,
        headless=True,
        args=[*CHROMIUM_ARGS, f"--unsafely-treat-insecure-origin-as-secure={origin}"],
        env={**os.environ, "HOME": str(directory)},
    )
    open_now.push_async_callback(browser.close)
    return browser


async def dark_ms(page: Page, since_ms: float) -> float | None:
    """The longest time without a new picture after `since_ms`; None: none came any more."""
    noted = [float(at) for at in await page.evaluate("pictures")]
    now = float(await page.evaluate("performance.now()"))
    before = [at for at in noted if at <= since_ms]
    after = [at for at in noted if at > since_ms]
    if not after or now - after[-1] > 1000:
        return None
    return max(late - early for early, late in zip([before[-1], *after], after, strict=False))
