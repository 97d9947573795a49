"""A stage for real browsers: a page that joins one call, and the media process behind it.

A browser is anything that evaluates JavaScript and gives back JSON: playwright's page, or ours for
Firefox.  Only `Stage` speaks to the pool.
"""

import asyncio
import json
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page

from counter.media.arrangement import Arrangement, Party
from counter.media.pool import WorkerPool

BOTH = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)
WORKER = "media-0"
CALL = "c-1"
JOIN_TIMEOUT_S = 90

PAGE = """<!doctype html><meta charset=utf-8><title>leg</title>
<video id=far autoplay playsinline></video>
<script>
const ask = async (path, body) => {
  const answer = await fetch(path, {method: 'POST', body: JSON.stringify(body)});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};
const far = document.getElementById('far');
let pc, camera, leg_id;

async function open_camera(height = 720) {
  camera = await navigator.mediaDevices.getUserMedia(
    {audio: true, video: {width: height * 16 / 9, height, frameRate: 30}});
}

// first: what we are offered first, and so send.
// Resolves with the milliseconds from the call of this function to the first picture.
async function join(leg, {first, servers, relay_only} = {}) {
  const begun = performance.now();
  const offer = await ask('/join', {leg, first});
  leg_id = offer.leg_id;
  pc = new RTCPeerConnection({bundlePolicy: 'max-bundle', iceServers: servers ?? [],
    iceTransportPolicy: relay_only ? 'relay' : 'all'});
  far.srcObject = new MediaStream();
  pc.ontrack = ({track, transceiver}) => {
    if (Number(transceiver.mid) < 2) far.srcObject.addTrack(track);
  };
  const shown = new Promise(done => far.requestVideoFrameCallback(() => done()));
  await pc.setRemoteDescription({type: 'offer', sdp: offer.sdp});
  for (const transceiver of pc.getTransceivers().filter(({mid}) => Number(mid) < 2)) {
    const {kind} = transceiver.receiver.track;
    await transceiver.sender.replaceTrack(camera.getTracks().find(t => t.kind === kind) ?? null);
    transceiver.direction = 'sendrecv';
  }
  await pc.setLocalDescription();
  await ask('/answer', {leg, leg_id, sdp: pc.localDescription.sdp});
  await shown;
  return performance.now() - begun;
}

async function restart(leg) {
  const offer = await ask('/restart', {leg, leg_id});
  await pc.setRemoteDescription({type: 'offer', sdp: offer.sdp});
  await pc.setLocalDescription();
  await ask('/answer', {leg, leg_id, sdp: pc.localDescription.sdp});
}

// Pictures decoded so far, by slot.
async function pictures() {
  const receivers = pc.getTransceivers().map(({receiver}) => receiver);
  return Promise.all(receivers.filter(({track}) => track.kind === 'video').map(async one => {
    const reports = [...(await one.getStats()).values()];
    return reports.find(({type}) => type === 'inbound-rtp')?.framesDecoded ?? 0;
  }));
}

async function figures() {
  const found = {state: pc.connectionState}, by_id = {};
  const reports = await pc.getStats();
  reports.forEach(report => { by_id[report.id] = report; });
  reports.forEach(report => {
    const own = ['0', '1'].includes(report.mid ?? '0');
    if (report.type === 'inbound-rtp' && report.kind === 'video' && own)
      Object.assign(found, {frames: report.framesDecoded, width: report.frameWidth,
        height: report.frameHeight, lost: report.packetsLost, freezes: report.freezeCount ?? null,
        packets: report.packetsReceived, repaired: report.retransmittedPacketsReceived ?? 0,
        codec: by_id[report.codecId]?.mimeType});
    if (report.type === 'outbound-rtp' && report.kind === 'video')
      Object.assign(found, {sent_width: report.frameWidth, encoded: report.framesEncoded,
        sent_codec: by_id[report.codecId]?.mimeType, limited: report.qualityLimitationReason});
    if (report.type === 'inbound-rtp' && report.kind === 'audio' && own)
      Object.assign(found, {energy: report.totalAudioEnergy ?? 0,
        concealed: report.concealedSamples, samples: report.totalSamplesReceived});
    if (report.type === 'transport')
      Object.assign(found, {dtls: report.tlsVersion, srtp: report.srtpCipher,
        ufrag: report.iceLocalUsernameFragment});
    if (report.type === 'candidate-pair' && report.nominated && report.state === 'succeeded') {
      const near = by_id[report.localCandidateId];
      Object.assign(found, {way: near?.candidateType, relay_protocol: near?.relayProtocol ?? null,
        bits_allowed: report.availableOutgoingBitrate ?? null});
    }
  });
  return found;
}
</script>"""


class Evaluates(Protocol):
    """A page of some browser."""

    async def evaluate(self, expression: str, /) -> Any:
        """What the expression gives, awaited."""
        ...


class Stage:
    """One call, its pages' address, and what a test changes about it."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool
        self.url = ""
        self.arrangement = BOTH
        self.route: Callable[[str, str], str] = lambda owner, sdp: sdp
        "Rewrites the offer for an owner, so that its media takes another way."

    async def join(self, request: web.Request) -> web.Response:
        ask = await request.json()
        offer = await self.pool.open(WORKER, ask["leg"])
        await self.pool.arrange(WORKER, CALL, self.arrangement)
        sdp = with_first(offer.sdp, ask["first"]) if "first" in ask else offer.sdp
        return web.json_response({"leg_id": offer.leg_id, "sdp": self.route(ask["leg"], sdp)})

    async def udp_port(self) -> int:
        """Where all media of the call comes in and goes out."""
        offer = await self.pool.open(WORKER, "nobody")
        await self.pool.hang_up(WORKER, "nobody")
        return int(re.findall(r"^m=audio (\d+) ", offer.sdp, re.M)[0])

    async def restart(self, request: web.Request) -> web.Response:
        ask = await request.json()
        offer = await self.pool.restart(WORKER, ask["leg"], ask["leg_id"])
        return web.json_response({"sdp": self.route(ask["leg"], offer.sdp)})

    async def answer(self, request: web.Request) -> web.Response:
        ask = await request.json()
        await self.pool.answer(WORKER, ask["leg"], ask["leg_id"], ask["sdp"])
        return web.json_response({})


def with_first(sdp: str, codec: str) -> str:
    """The offer with one kind of pictures, such as `VP9`, before the others.

    What a browser sends follows the order of the offer, not what it would rather receive.
    """
    wanted = re.findall(rf"a=rtpmap:(\d+) {codec}/90000", sdp)
    assert wanted, f"{codec} is not offered"
    lines = []
    for line in sdp.splitlines():
        if line.startswith("m=video"):
            *head, types = line.split(" ", 3)
            line = " ".join(
                [*head, *sorted(types.split(), key=lambda number: number not in wanted)]
            )
        lines.append(line)
    return "\r\n".join(lines) + "\r\n"


@asynccontextmanager
async def opened_stage(*worker_options: str, ip: str = "127.0.0.1") -> AsyncIterator[Stage]:
    """A page server and one media process on `ip`."""
    directory = Path(tempfile.mkdtemp(prefix="media"))
    command = (sys.executable, "-m", "counter", "media", *worker_options)
    pool = WorkerPool(directory, 1, ip, 0, command, ping_every=1)
    stage = Stage(pool)

    async def page(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    application = web.Application()
    application.add_routes(
        [
            web.get("/", page),
            web.post("/join", stage.join),
            web.post("/restart", stage.restart),
            web.post("/answer", stage.answer),
        ]
    )
    server = TestServer(application)
    await pool.start()
    try:
        await server.start_server()
        stage.url = str(server.make_url("/"))
        yield stage
    finally:
        await server.close()
        await pool.stop()
        shutil.rmtree(directory)


async def chromium_page(browser: Browser, url: str) -> Page:
    """A page of its own."""
    context = await browser.new_context(permissions=["camera", "microphone"])
    page = await context.new_page()
    await page.goto(url)
    return page


async def join_both(
    terminal: Evaluates,
    agent: Evaluates,
    *,
    firsts: tuple[str | None, str | None] = (None, None),
    height_px: int = 720,
    **options: object,
) -> float:
    """Both cameras open, then the terminal's leg, then the agent's.

    firsts: codec that each is offered first.  options: of the page's `join`, for both.
    Returns milliseconds until the agent saw the first picture.
    """
    for page in (terminal, agent):
        await page.evaluate(f"open_camera({height_px})")
    given = [
        json.dumps(options if codec is None else {**options, "first": codec}) for codec in firsts
    ]
    async with asyncio.timeout(JOIN_TIMEOUT_S):
        first = asyncio.create_task(_evaluated(terminal, f"join('terminal', {given[0]})"))
        await until_figure(terminal, lambda found: found["state"] == "connected")
        first_picture_ms = await agent.evaluate(f"join('agent', {given[1]})")
        await first
    return float(first_picture_ms)


async def _evaluated(page: Evaluates, expression: str) -> Any:
    return await page.evaluate(expression)


async def until_figure(
    page: Evaluates, good: Callable[[dict[str, Any]], bool], *, within_s: float = 60
) -> dict[str, Any]:
    """The page's figures, once they are good."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = await page.evaluate("pc ? figures() : {state: 'none'}")
                if good(found):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"never so within {within_s} s: {found}") from None


async def seen_and_heard(page: Evaluates, *, more_than: int = 0) -> dict[str, Any]:
    """The page's figures, once it has decoded so many pictures and heard something."""
    return await until_figure(
        page, lambda found: found.get("frames", 0) > more_than and found.get("energy", 0) > 0
    )


async def watched(page: Evaluates, seconds: int, expression: str = "figures()") -> list[Any]:
    """The page's figures, or what else is asked of it, one a second."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    found: list[Any] = []
    for number in range(seconds + 1):
        await asyncio.sleep(max(0.0, begun + number - loop.time()))
        found.append(await page.evaluate(expression))
    return found


def frames_each_second(figures: list[dict[str, Any]]) -> list[int]:
    """How many pictures were decoded between one sample and the next."""
    return [int(after["frames"]) - int(before["frames"]) for before, after in pairwise(figures)]
