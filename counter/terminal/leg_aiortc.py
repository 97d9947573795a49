"""A simulated face's side of the call: plays a picture and a tone, counts what it sees and hears.

The picture is a video file when one is given, else a drawn clock face that moves, so that a person
at the other end sees at once that it lives.
"""

import asyncio
import contextlib
import fractions
from pathlib import Path
from typing import Any

import numpy as np
from aioice import ice
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.contrib.media import MediaPlayer
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from counter.protocol.calling import LegOffered

WIDTH, HEIGHT = 640, 360
DISC_PX = 45
RATE = 48_000
TONE_HZ = 440.0
LOUDNESS = 0.08
"Of full scale: heard, and not painful in a headset."


def _addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """This machine's addresses; without a network, loopback, which aioice never offers."""
    return _own_addresses(use_ipv4, use_ipv6) or ["127.0.0.1"]


_own_addresses = ice.get_host_addresses
ice.get_host_addresses = _addresses


def _ways(offer: LegOffered) -> RTCConfiguration:
    """By which ways media may go; of the relays' addresses aiortc takes the first."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(urls=server.urls, username=server.username, credential=server.credential)
            for server in offer.ice_servers
        ],
        iceTransportPolicy=(
            RTCIceTransportPolicy.RELAY if offer.relay_only else RTCIceTransportPolicy.ALL
        ),
    )


class MovingPicture(VideoStreamTrack):
    """Blue tile pattern with a lotus-green disc that walks through it."""

    def __init__(self) -> None:
        super().__init__()
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
        tiles = ((rows // 40 + columns // 40) % 2).astype(np.uint8)
        self._ground = np.where(tiles[..., None] == 1, [168, 96, 40], [230, 214, 190])
        self._ground = self._ground.astype(np.uint8)
        self._rows, self._columns = rows, columns
        self._count = 0

    async def recv(self) -> VideoFrame:
        await self.next_timestamp()
        pts, time_base = await self.next_timestamp()  # of thirty a second, every other one
        angle = self._count / 10
        self._count += 1
        x, y = WIDTH / 2 + 180 * np.cos(angle), HEIGHT / 2 + 90 * np.sin(angle)
        picture = self._ground.copy()
        around = (
            slice(int(y) - DISC_PX, int(y) + DISC_PX + 2),
            slice(int(x) - DISC_PX, int(x) + DISC_PX + 2),
        )
        disc = (self._columns[around] - x) ** 2 + (self._rows[around] - y) ** 2 < DISC_PX**2
        picture[around][disc] = [98, 118, 6]
        frame = VideoFrame.from_ndarray(picture, format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A soft steady tone that swells once a second."""

    def __init__(self) -> None:
        super().__init__()
        self._sample = 0

    async def recv(self) -> AudioFrame:
        await super().recv()  # keeps the pace of 20 ms
        count = RATE // 50
        at = (self._sample + np.arange(count)) / RATE
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * at)
        wave = LOUDNESS * swell * np.sin(2 * np.pi * TONE_HZ * at)
        frame = AudioFrame.from_ndarray(
            (wave * 32_767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, self._sample
        frame.time_base = fractions.Fraction(1, RATE)
        self._sample += count
        return frame


class SimulatedLeg:
    """One WebRTC connection that answers the counter's offer."""

    def __init__(self, video: Path | None = None) -> None:
        self._video = video
        self._peer: RTCPeerConnection | None = None
        self._player: MediaPlayer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._up = asyncio.Event()
        self._sending = False
        self.frames = 0
        "Pictures decoded so far."
        self.loudness = 0.0
        "The loudest 20 ms heard so far, of full scale."

    @property
    def connected(self) -> bool:
        """The way to the counter stands."""
        return self._peer is not None and self._peer.connectionState == "connected"

    def show(self, sending: bool) -> None:
        """Send picture and sound, or nothing."""
        self._sending = sending
        if self._peer is None:
            return
        for transceiver in self._peer.getTransceivers():
            if transceiver.mid in ("0", "1"):
                transceiver.sender.replaceTrack(self._track(transceiver.kind) if sending else None)

    async def answer(self, offer: LegOffered) -> str:
        """Close what was before, take the offer, and give the answer (SDP)."""
        await self.close()
        peer = self._peer = RTCPeerConnection(_ways(offer))
        self._up.clear()
        peer.on("track", self._on_track)
        peer.on("connectionstatechange", self._on_state)
        await peer.setRemoteDescription(RTCSessionDescription(sdp=offer.sdp, type="offer"))
        for transceiver in peer.getTransceivers():
            if transceiver.mid in ("0", "1"):  # those who come later are only received
                transceiver.direction = "sendrecv"
        self.show(self._sending)
        await peer.setLocalDescription(await peer.createAnswer())
        return str(peer.localDescription.sdp)

    def _track(self, kind: str) -> MediaStreamTrack:
        if kind == "audio":
            return Tone()
        if self._video is not None:
            self._player = MediaPlayer(str(self._video), loop=True)
        return (self._player and self._player.video) or MovingPicture()

    async def close(self) -> None:
        """Hang up.  It goes on when this is cancelled, and the next one waits for it as well.

        A peer that is left half closed keeps the threads that decode its pictures, and they keep
        the process.
        """
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        peer, self._peer = self._peer, None
        self._player = None
        if peer is not None:
            self._closing.add(asyncio.create_task(peer.close()))
        while self._closing:
            closed, self._closing = await asyncio.wait(self._closing)
            for one in closed:
                one.result()

    async def until_connected(self, timeout_s: float) -> bool:
        """Wait for the way to the counter; False when it did not stand in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError:
            return False
        return True

    def _on_state(self) -> None:
        if self.connected:
            self._up.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._take_in(track)))

    async def _take_in(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):  # the track ends when the other side hangs up
            while True:
                frame: Any = await track.recv()
                if track.kind == "video":
                    self.frames += 1
                else:
                    heard = float(np.abs(frame.to_ndarray()).max()) / 32_768
                    self.loudness = max(self.loudness, heard)
