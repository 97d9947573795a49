"""What every leg of the benchmark sends: one 720p30 VP8 and Opus recording, cut into RTP payloads.

It is a real encode, because the sizes and the rhythm of packets are what a forwarder feels: large
key frames, small frames between them, the packets of a picture 1 ms apart as a browser paces them.
It is made once and kept; a forwarder never looks inside, so that its picture does not matter.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, cast

import av
import numpy as np

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 720
PICTURES_PER_S: Final = 30
VIDEO_BITS_PER_S: Final = 1_500_000
AUDIO_BITS_PER_S: Final = 32_000
SECONDS: Final = 6
"Then it begins again."
PAYLOAD_BYTES: Final = 1150
PACE_US: Final = 1000
"Between two packets of a picture."
MOST_PACE_US: Final = 25_000
AUDIO_RATE: Final = 48_000
AUDIO_FRAME: Final = 960
"Samples: 20 ms."
VIDEO, AUDIO = 0, 1


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP payload, and when it leaves."""

    at_us: int
    timestamp: int
    kind: int
    marker: bool
    payload: bytes


def packets(directory: Path, seconds: int = SECONDS) -> bytes:
    """The recording as `engine_recording` reads it, from `directory` or made there."""
    path = directory / f"recording-{seconds}s.bin"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        made = sorted([*_video(seconds), *_audio(seconds)], key=lambda packet: packet.at_us)
        path.with_suffix(".tmp").write_bytes(b"".join(map(_packed, made)))
        path.with_suffix(".tmp").rename(path)
    return path.read_bytes()


def _packed(packet: Packet) -> bytes:
    head = struct.pack(
        "=IIHBB",
        *(packet.at_us, packet.timestamp, len(packet.payload), packet.kind, packet.marker),
    )
    return head + packet.payload


def _pictures(seconds: int) -> Iterator[av.VideoFrame]:
    """A drifting texture: with so much detail the encoder uses all the bits it may."""
    chance = np.random.default_rng(3)
    coarse = chance.integers(0, 255, (HEIGHT_PX // 4, WIDTH_PX // 4 + 256), np.uint8)
    texture = coarse.repeat(4, axis=0).repeat(4, axis=1)
    for number in range(seconds * PICTURES_PER_S):
        image = texture[:, number * 5 : number * 5 + WIDTH_PX]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="gray")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, PICTURES_PER_S)
        yield frame


def _video(seconds: int) -> Iterator[Packet]:
    codec = cast(Any, av.CodecContext.create("libvpx", "w"))
    codec.width, codec.height, codec.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
    codec.time_base = Fraction(1, PICTURES_PER_S)
    codec.thread_count = 1  # libvpx's threads spin while they wait for each other
    codec.bit_rate, codec.gop_size = VIDEO_BITS_PER_S, 3 * PICTURES_PER_S
    codec.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "minrate": str(VIDEO_BITS_PER_S),
        "maxrate": str(VIDEO_BITS_PER_S),
        "bufsize": "300k",
        "undershoot-pct": "95",
    }
    number = 0
    for frame in [*_pictures(seconds), None]:
        for encoded in codec.encode(frame):
            at = encoded.pts * Fraction(1, PICTURES_PER_S)
            yield from _cut(bytes(encoded), float(at), number)
            number += 1


def _cut(picture: bytes, at_s: float, number: int) -> Iterator[Packet]:
    """Cut an encoded picture (RFC 7741, with a 15-bit picture id)."""
    starts = range(0, len(picture), PAYLOAD_BYTES)
    for index, start in enumerate(starts):
        first = 0x90 if start == 0 else 0x80
        descriptor = bytes([first, 0x80, 0x80 | (number >> 8 & 0x7F), number & 0xFF])
        yield Packet(
            at_us=int(at_s * 1e6) + min(index * PACE_US, MOST_PACE_US),
            timestamp=round(at_s * 90_000),
            kind=VIDEO,
            marker=index == len(starts) - 1,
            payload=descriptor + picture[start : start + PAYLOAD_BYTES],
        )


def _audio(seconds: int) -> Iterator[Packet]:
    codec = cast(Any, av.CodecContext.create("libopus", "w"))
    codec.sample_rate, codec.format, codec.layout = AUDIO_RATE, "s16", "mono"
    codec.bit_rate = AUDIO_BITS_PER_S
    count = seconds * AUDIO_RATE // AUDIO_FRAME
    for number in range(count):
        angles = (number * AUDIO_FRAME + np.arange(AUDIO_FRAME)) * (2 * np.pi * 440 / AUDIO_RATE)
        samples = (np.sin(angles) * 8000).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = AUDIO_RATE, number * AUDIO_FRAME
        for encoded in codec.encode(frame):
            # 7 ms after the picture: voice and picture do not leave at the same moment.
            yield Packet(
                number * 20_000 + 7_000, number * AUDIO_FRAME, AUDIO, False, bytes(encoded)
            )
