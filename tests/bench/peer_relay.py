"""aiortc as it comes under measurement: `RTCPeerConnection` and `MediaRelay`, which re-encode.

    python -m tests.bench.peer_relay SOCKET

is the server; `Relay` starts it and connects to it.
"""

import asyncio
import sys
from pathlib import Path

import aiohttp
from aiohttp import web
from aioice import ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack

from tests.bench.engine import Wire
from tests.bench.far_end import FarEnd
from tests.bench.peers import Process


class Relay:
    """Implements `peers.Peer`."""

    def __init__(self, directory: Path, *, core: int, realtime: bool = False) -> None:
        self._path = directory / "relay.socket"
        self._log = directory / "relay.log"
        self._core = core
        self._realtime = realtime
        self._process: Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._ends: list[FarEnd] = []

    @property
    def processes(self) -> list[int]:
        return [self._process.number] if self._process else []

    async def start(self, calls: int) -> None:
        command = [sys.executable, "-m", "tests.bench.peer_relay", str(self._path)]
        self._process = Process(command, core=self._core, log=self._log, realtime=self._realtime)
        await self._process.says("Running on")
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self._path)))

    async def call(self, number: int) -> tuple[Wire, Wire]:
        return await self._leg(number), await self._leg(number)

    async def _leg(self, number: int) -> Wire:
        assert self._session is not None
        end = FarEnd()
        self._ends.append(end)
        async with self._session.post("http://relay/offer", json=number) as answer:
            offer = await answer.json()
        body = {"leg": offer["leg"], "sdp": end.answer(offer["sdp"])}
        async with self._session.post("http://relay/answer", json=body) as answer:
            answer.raise_for_status()
        return await asyncio.to_thread(end.connect)

    async def end(self, number: int) -> None:
        """Its calls end with the process."""

    async def close(self) -> None:
        for end in self._ends:
            end.close()
        if self._session is not None:
            await self._session.close()
        if self._process is not None:
            self._process.end()


class _Server:
    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._legs: list[RTCPeerConnection] = []
        self._tracks: list[dict[str, MediaStreamTrack]] = []

    async def offer(self, request: web.Request) -> web.Response:
        await request.json()
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        leg = len(self._legs)
        self._legs.append(peer)
        self._tracks.append({})
        for kind in ("audio", "video"):
            peer.addTransceiver(kind, direction="sendrecv")
        peer.on("track", lambda track: self._tracks[leg].__setitem__(track.kind, track))
        await peer.setLocalDescription(await peer.createOffer())
        return web.json_response({"leg": leg, "sdp": peer.localDescription.sdp})

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        leg = int(body["leg"])
        answer = RTCSessionDescription(sdp=body["sdp"], type="answer")
        await self._legs[leg].setRemoteDescription(answer)
        if leg % 2:
            self._feed(leg, leg - 1)
            self._feed(leg - 1, leg)
        return web.json_response({})

    def _feed(self, sink: int, source: int) -> None:
        """Send on one leg of a call what the other receives."""
        for transceiver in self._legs[sink].getTransceivers():
            track = self._tracks[source][transceiver.kind]
            transceiver.sender.replaceTrack(self._relay.subscribe(track))


def main(path: str) -> None:
    """Serve until SIGTERM."""
    # aioice leaves 127.0.0.1 out of its candidates; here it is the only network there is.
    ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    server = _Server()
    application = web.Application()
    application.router.add_post("/offer", server.offer)
    application.router.add_post("/answer", server.answer)
    web.run_app(application, path=path)


if __name__ == "__main__":
    main(sys.argv[1])
