"""Calls of real browsers, each played in a network of its own; what they give is JSON."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, async_playwright

from counter.media.arrangement import Arrangement, Party
from tests.conftest import CHROMIUM_ARGS
from tests.firefox import firefox
from tests.media.browsers import (
    BOTH,
    Evaluates,
    chromium_page,
    join_both,
    opened_stage,
    seen_and_heard,
    watched,
)
from tests.private_network import HERE, NEAR, OUTSIDE, SceneFailed
from tests.servers import NotInstalled
from tools.services import found

ASK_A_STRANGER = """async name => {
  const pc = new RTCPeerConnection({iceServers: [{urls: `stun:${name}`}]});
  pc.addTransceiver('video');
  await pc.setLocalDescription();
}"""
READS_H264 = {
    "gfx.blacklist.webrtc.hw.acceleration.h264": 1,
    "media.navigator.mediadatadecoder_h264_enabled": True,
    "media.webrtc.hw.h264.enabled": True,
}
"""Lets Firefox take H.264 by Debian's libavcodec.  Without them it does so only by a plugin that it
fetches from Cisco; without the plugin it sends none in either case."""


async def pair(
    terminal: str,
    agent: str,
    *,
    terminal_sends: str,
    agent_sends: str,
    height_px: int,
    seconds: int,
) -> dict[str, Any]:
    """A call of two browsers: first picture, and the figures of both sides, one a second.

    terminal, agent: `chromium` or `firefox`.  …_sends: codec of the pictures, such as `VP8`.
    """
    async with (
        opened_stage(ip=HERE) as stage,
        opened_pages(stage.url, (terminal, agent_sends), (agent, terminal_sends)) as (near, far),
    ):
        first_picture_ms = await join_both(
            near, far, firsts=(terminal_sends, agent_sends), height_px=height_px
        )
        # The first key frames and the first seconds of bandwidth estimation are behind us.
        for page in (near, far):
            await seen_and_heard(page, more_than=30)
        seen = await asyncio.gather(watched(near, seconds), watched(far, seconds))
        return {"first_picture_ms": first_picture_ms, "terminal": seen[0], "agent": seen[1]}


async def third_joins(*, agent: str, seconds: int) -> list[list[int]]:
    """A colleague joins a terminal and an agent; the pictures that the agent has decoded since, by
    slot, one sample a second.

    agent: its browser, `chromium` or `firefox`; the others are Chromium.
    """
    async with (
        opened_stage(ip=HERE) as stage,
        opened_chromium() as browser,
        opened_page(agent, stage.url) as desk,
    ):
        stage.arrangement = Arrangement(
            parties=(*BOTH.parties, Party(owner="third", role="colleague"))
        )
        terminal, third = [await chromium_page(browser, stage.url) for _ in range(2)]
        await join_both(terminal, desk, height_px=180)
        await seen_and_heard(desk, more_than=10)
        await third.evaluate("open_camera(180)")
        await third.evaluate("join('third')")
        return await watched(desk, seconds, "pictures()")


@asynccontextmanager
async def opened_pages(url: str, *wanted: tuple[str, str]) -> AsyncIterator[list[Evaluates]]:
    """Pages of browsers of their own, which start at the same time.

    wanted: of each its kind, and the codec of the pictures that come to it.
    """
    async with AsyncExitStack() as open_now:
        pages = [
            open_now.enter_async_context(opened_page(kind, url, reads=codec))
            for kind, codec in wanted
        ]
        yield list(await asyncio.gather(*pages))


@asynccontextmanager
async def opened_page(kind: str, url: str, *, reads: str = "VP8") -> AsyncIterator[Evaluates]:
    """A page of a browser of its own."""
    if kind == "firefox":
        async with firefox(url, **(READS_H264 if reads == "H264" else {})) as page:
            yield page
    else:
        async with opened_chromium() as browser:
            yield await chromium_page(browser, url)


@asynccontextmanager
async def opened_chromium(*, trusts: Path | None = None) -> AsyncIterator[Browser]:
    """A headless Chromium with fake camera and microphone.

    trusts: PEM of an authority that it knows beside those of the machine.
    """
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise NotInstalled("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory(prefix="chromium-") as home:
            if trusts is not None:
                trust(Path(home), trusts)
            browser = await playwright.chromium.launch(
                executable_path=program,
                headless=True,
                args=list(CHROMIUM_ARGS),
                env={**os.environ, "HOME": home},
            )
            yield browser
            await browser.close()


def trust(home: Path, authority: Path) -> None:
    """Let the browser of this home directory know an authority."""
    certutil = found("certutil")
    if certutil is None:
        raise NotInstalled("certutil is not installed: apt-get install libnss3-tools")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    for words in (
        ("-N", "--empty-password"),
        ("-A", "-t", "C,,", "-n", "authority of a test", "-i", str(authority)),
    ):
        subprocess.run([certutil, "-d", f"sql:{store}", *words], check=True, capture_output=True)


async def captured(pcap: str, *, seconds: int, stranger: str | None = None) -> dict[str, Any]:
    """A call of two Chromium pages with somebody on every wire; what they said is in `pcap`.

    stranger: a STUN server of somebody else, to be asked as no page of ours does.
    """
    async with listening(Path(pcap)), opened_stage(ip=HERE) as stage, opened_chromium() as browser:
        pages = [await chromium_page(browser, stage.url) for _ in range(2)]
        await join_both(*pages)
        for page in pages:
            await seen_and_heard(page, more_than=20 * seconds)
        if stranger is not None:
            await pages[0].evaluate(ASK_A_STRANGER, stranger)
            await _until_said(Path(pcap), stranger.split(".")[1].encode())
        return {"udp_port": await stage.udp_port()}


async def _until_said(pcap: Path, word: bytes) -> None:
    """Until a packet with this word was written down; there it stands in clear."""
    async with asyncio.timeout(60):
        while word not in pcap.read_bytes():
            await asyncio.sleep(0.2)


@asynccontextmanager
async def listening(pcap: Path) -> AsyncIterator[None]:
    """Write down every packet of this network."""
    program = found("tshark")
    if program is None:
        raise NotInstalled("tshark is not installed: apt-get install tshark")
    wires = [word for wire in ("lo", NEAR, OUTSIDE) for word in ("-i", wire)]
    process = await asyncio.create_subprocess_exec(
        *(program, "-n", "-q", *wires, "-w", str(pcap)), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    said = b""
    while b"Capturing on" not in said:
        line = await process.stderr.readline()
        said += line
        if not line:
            raise SceneFailed(f"tshark may not listen here: {said.decode(errors='replace')}")
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.communicate()
