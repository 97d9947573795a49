"""A camera and a microphone whose RTP packets are made without a network: real encodes, cut by the
rules of each payload format, with sender reports, losses and repairs as wanted."""

import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import VpxPayloadDescriptor

TYPES = {"opus": 96, "vp8": 97, "vp9": 98, "h264": 99, "av1": 100}
REPAIR = 110
"Payload type of the repairs of every video type here, one stream at a time."
PAYLOAD_BYTES = 1100
RATE = 30
NTP_UNIX = 2_208_988_800
REPAIR_AFTER = 0.1
"Seconds: a round trip."


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet as it leaves."""

    at: float
    entry: bytes

    @property
    def is_media(self) -> bool:
        return not 192 <= self.entry[1] <= 223


@cache
def encoded(codec: str, seconds: int, *, gop: int = 10) -> tuple[bytes, ...]:
    """Frames of a moving picture, 320 by 240."""
    os.environ["SVT_LOG"] = "-1"  # the AV1 encoder would fill the report with its greetings
    library = {"vp8": "libvpx", "vp9": "libvpx-vp9", "h264": "libx264", "av1": "libsvtav1"}[codec]
    context: Any = av.CodecContext.create(library, "w")
    context.width, context.height, context.pix_fmt = 320, 240, "yuv420p"
    context.time_base, context.framerate = Fraction(1, RATE), Fraction(RATE)
    context.bit_rate, context.gop_size = 800_000, gop
    context.options = {
        "vp8": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        "vp9": {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"},
        "h264": {"tune": "zerolatency", "preset": "ultrafast", "profile": "baseline"},
        "av1": {"preset": "11", "svtav1-params": "pred-struct=1:lookahead=0:rc=2"},
    }[codec]
    chance = np.random.default_rng(7)
    texture = chance.integers(0, 255, (240, 640, 3), np.uint8)
    found: list[bytes] = []
    for number in range(seconds * RATE):
        image = np.ascontiguousarray(texture[:, number % 320 :][:, :320])
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        found += [bytes(packet) for packet in context.encode(frame)]
    found += [bytes(packet) for packet in context.encode(None)]
    del context
    # Run by root, the AV1 encoder puts us before everybody else on the machine and leaves us there.
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return tuple(found)


@cache
def spoken(seconds: int) -> tuple[bytes, ...]:
    """20 ms pieces of a tone."""
    context: Any = av.CodecContext.create("libopus", "w")
    context.sample_rate, context.format, context.layout = 48_000, "s16", "stereo"
    found: list[bytes] = []
    for number in range(seconds * 50):
        angles = (number * 960 + np.arange(960)) * (2 * np.pi * 440 / 48_000)
        samples = np.repeat((np.sin(angles) * 8000).astype(np.int16), 2).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = 48_000, number * 960
        found += [bytes(packet) for packet in context.encode(frame)]
    return tuple(found)


def payloads(codec: str, frame: bytes, number: int) -> list[bytes]:
    """A frame cut into RTP payloads."""
    if codec == "h264":
        return H264Encoder._packetize(H264Encoder._split_bitstream(frame))
    if codec == "av1":
        return _av1_payloads(frame, number)
    parts = [frame[at : at + PAYLOAD_BYTES] for at in range(0, len(frame), PAYLOAD_BYTES)]
    if codec == "vp8":
        return [
            bytes(VpxPayloadDescriptor(int(place == 0), 0, picture_id=number & 0x7FFF)) + part
            for place, part in enumerate(parts)
        ]
    # VP9, RFC 9628: picture ID of 15 bits; predicted unless the uncompressed header says key.
    inter = frame[0] >> 2 & 1
    return [
        bytes([0x80 | inter << 6 | (place == 0) << 3 | (place == len(parts) - 1) << 2])
        + struct.pack("!H", 0x8000 | number & 0x7FFF)
        + part
        for place, part in enumerate(parts)
    ]


def _av1_payloads(frame: bytes, number: int) -> list[bytes]:
    """Every unit without its size field, one element per payload; the last fragmented ones go on
    in the next payload."""
    units = [unit for unit in _av1_units(frame) if unit[0] >> 3 & 15 != 2]
    key = any(unit[0] >> 3 & 15 == 1 for unit in units)
    found: list[bytes] = []
    for unit in units:
        parts = [unit[at : at + PAYLOAD_BYTES] for at in range(0, len(unit), PAYLOAD_BYTES)]
        for place, part in enumerate(parts):
            goes_on = (place > 0) << 7 | (place < len(parts) - 1) << 6
            new = (key and not found) << 3
            found.append(bytes([goes_on | 1 << 4 | new]) + part)
    return found


def _av1_units(frame: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(frame):
        header = 2 if frame[at] & 4 else 1
        size = shift = 0
        place = at + header
        while True:
            octet = frame[place]
            size |= (octet & 0x7F) << shift
            shift += 7
            place += 1
            if not octet & 0x80:
                break
        yield bytes([frame[at] & ~2]) + frame[at + 1 : at + header] + frame[place : place + size]
        at = place + size


def stream(
    codec: str,
    frames: tuple[bytes, ...],
    *,
    ssrc: int,
    began: float,
    clock: float = 0.0,
    sequence: int = 65_000,
    timestamp: int = 0xFFFF_0000,
) -> list[Sent]:
    """The packets of a stream, one sender report a second.

    began: when the first frame is captured, seconds of the arrival clock.
    clock: how far the sender's clock is before Unix time 0 of the arrival clock.
    """
    hz, per_second = (48_000, 50) if codec == "opus" else (90_000, RATE)
    found: list[Sent] = []
    for number, frame in enumerate(frames):
        at = began + number / per_second
        stamp = (timestamp + number * hz // per_second) & 0xFFFFFFFF
        if number % per_second == 0:
            ntp = int((at + clock + NTP_UNIX) * (1 << 32))
            report = struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, ntp, stamp, 0, 0)
            found.append(Sent(at, report))
        cut = [frame] if codec == "opus" else payloads(codec, frame, number)
        for place, payload in enumerate(cut):
            marker = 0x80 if codec != "opus" and place == len(cut) - 1 else 0
            head = struct.pack(
                *("!BBHII", 0x80, marker | TYPES[codec], sequence & 0xFFFF, stamp, ssrc)
            )
            found.append(Sent(at + place * 0.0005, head + payload))
            sequence += 1
    return found


def lossy(
    sent: list[Sent], share: float, chance: random.Random, *, repaired: float = 0.0
) -> list[Sent]:
    """Some media packets do not arrive; `repaired` of those come again, as RFC 4588 has it."""
    arrived = []
    repairs = 0
    for packet in sent:
        if not packet.is_media or chance.random() >= share:
            arrived.append(packet)
        elif chance.random() < repaired:
            entry = packet.entry
            head = bytes([0x80, entry[1] & 0x80 | REPAIR]) + struct.pack("!H", repairs & 0xFFFF)
            ssrc = struct.pack("!I", 0xFEED)
            again = head + entry[4:8] + ssrc + entry[2:4] + entry[12:]
            arrived.append(Sent(packet.at + REPAIR_AFTER, again))
            repairs += 1
    return sorted(arrived, key=lambda packet: packet.at)


def shuffled(sent: list[Sent], chance: random.Random) -> list[Sent]:
    """Packets overtake each other by up to 20 ms."""
    late = [replace(packet, at=packet.at + chance.random() * 0.02) for packet in sent]
    return sorted(late, key=lambda packet: packet.at)
