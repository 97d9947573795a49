"""The far end of a leg for tests: an aiortc client that plays a moving picture and a tone."""

import asyncio
import math
from fractions import Fraction

import numpy as np
import pytest
from aioice import ice
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame


def only_loopback(monkeypatch: pytest.MonkeyPatch, ip: str = "127.0.0.1") -> None:
    """aioice leaves loopback out of its candidates; here it is the only network there is."""
    monkeypatch.setattr(ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [ip])


class Picture(VideoStreamTrack):
    """A grey level that says who sends, under a moving bar."""

    def __init__(self, grey: int) -> None:
        super().__init__()
        self._grey = grey
        self._count = 0

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        image = np.full((120, 160, 3), self._grey, np.uint8)
        image[100:, (self._count * 4) % 150 :][:, :10] = 255
        self._count += 1
        frame = VideoFrame.from_ndarray(image, format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """440 Hz."""

    _at = 0

    async def recv(self) -> AudioFrame:
        silent = await super().recv()
        assert isinstance(silent, AudioFrame)
        angles = (self._at + np.arange(silent.samples)) * (2 * math.pi * 440 / silent.sample_rate)
        self._at += silent.samples
        samples = (np.sin(angles) * 8000).astype(np.int16).reshape(1, -1)
        frame = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.pts, frame.sample_rate = silent.pts, silent.sample_rate
        frame.time_base = Fraction(1, silent.sample_rate)
        return frame


class Endpoint:
    """One browser-like end."""

    def __init__(self, grey: int = 60, *, camera: bool = True) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.frames = 0
        self.level = 0.0
        "Mean brightness of the last picture, 0 to 255."
        self.loudness = 0.0
        "Largest sample of the last second of sound, 0 to 32767."
        self._grey = grey
        self._camera = camera
        self._news = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self.up = asyncio.Event()
        "Set when this end has finished its handshake."
        self.peer.on("track", self._on_track)
        self.peer.on("connectionstatechange", self._on_state)

    async def answer(self, offer: str) -> str:
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        for transceiver in self.peer.getTransceivers():
            if transceiver.mid not in ("0", "1"):
                continue  # those who come later are only received
            if transceiver.kind == "video" and not self._camera:
                transceiver.direction = "recvonly"
                continue
            track = Picture(self._grey) if transceiver.kind == "video" else Tone()
            transceiver.sender.replaceTrack(track)
            transceiver.direction = "sendrecv"
        await self.peer.setLocalDescription(await self.peer.createAnswer())
        return self.peer.localDescription.sdp

    async def sees(self, frames: int, *, within: float = 30.0) -> None:
        """Wait until `frames` more pictures were decoded."""
        goal = self.frames + frames
        await self._until(lambda: self.frames >= goal, within)

    async def sees_level(self, level: int, *, within: float = 30.0) -> None:
        """Wait for a picture of about this brightness."""
        await self._until(lambda: abs(self.level - level) < 25, within)

    async def hears(self, *, within: float = 30.0) -> None:
        await self._until(lambda: self.loudness > 1000, within)

    async def _until(self, condition, within: float) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(condition)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.peer.close()

    def _on_state(self) -> None:
        if self.peer.connectionState == "connected":
            self.up.set()

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.ensure_future(self._consume(track)))

    async def _consume(self, track: MediaStreamTrack) -> None:
        while True:
            frame = await track.recv()
            async with self._news:
                if isinstance(frame, VideoFrame):
                    self.frames += 1
                    self.level = float(frame.to_ndarray(format="gray")[:90].mean())
                else:
                    assert isinstance(frame, AudioFrame)
                    self.loudness = float(np.abs(frame.to_ndarray()).max())
                self._news.notify_all()
