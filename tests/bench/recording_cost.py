"""What recording costs: on the path of a packet, beside it, and after the call.

    python -m tests.bench.recording_cost [seconds of the call]

CPU time, so that others on the machine disturb it little.  The call is the benchmark's: two legs,
each 720p30 VP8 at 1.5 Mbit/s and Opus.  Prints:

* per packet: what the packet loop spends on a leg without and with a tap, and what packing, sealing
  and writing its buffers adds beside the loop, in the same process;
* per second of call: what making the file spends afterwards, read-back included.
"""

import os
import random
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Final

from counter.media.dump import ABOUT, END, Tap, packed_entries
from counter.media.dump_files import DumpWriter
from counter.media.mux_av import mux
from counter.media.sdp import ENCODINGS, RTX_TYPES
from tests.bench import recording
from tests.media.test_forwarder import End, Wire
from tests.media.test_routing import WHOLE, packet

KEY: Final = bytes(32)
LEGS: Final = ("terminal", "agent")
VIDEO_TYPE, AUDIO_TYPE = 97, 96
PACKETS_PER_S, BATCH = 224, 32
NTP_UNIX: Final = 2_208_988_800
PACKED: Final = struct.Struct("=IIHBB")

Sent = tuple[float, bytes]


def sent(directory: Path, seconds: int) -> Iterator[Sent]:
    """What one leg sends: times in seconds and plain packets, the recording over and over."""
    packed = recording.packets(directory, recording.SECONDS)
    sequences = [0, 0]
    for turn in range(-(-seconds // recording.SECONDS)):
        at, start = 0, turn * recording.SECONDS
        for ssrc, clock in ((1, 90_000), (2, recording.AUDIO_RATE)):
            ntp = int((start + NTP_UNIX) * (1 << 32))
            report = struct.pack(
                "!BBHIQIII", 0x80, 200, 6, ssrc, ntp, start * clock & 0xFFFFFFFF, 0, 0
            )
            yield float(start), report
        while at < len(packed):
            at_us, stamp, length, kind, marker = PACKED.unpack_from(packed, at)
            at += PACKED.size
            payload = packed[at : at + length]
            at += length
            video = kind == recording.VIDEO
            clock = 90_000 if video else recording.AUDIO_RATE
            second = (VIDEO_TYPE if video else AUDIO_TYPE) | (0x80 if marker else 0)
            head = struct.pack(
                *("!BBHII", 0x80, second, sequences[kind] & 0xFFFF),
                *(stamp + start * clock & 0xFFFFFFFF, 1 if video else 2),
            )
            sequences[kind] += 1
            yield start + at_us / 1e6, head + payload


def taped(folder: Path, leg: str, packets: list[Sent]) -> float:
    """Dump a leg as the recorder does; CPU microseconds per packet for its buffers."""
    writer = DumpWriter(folder / f"000-{leg}.dump", KEY, "r-1", leg, random.Random(1).randbytes)
    tap = Tap()
    tap.mark(
        0.0,
        ABOUT,
        owner=leg,
        role="citizen" if leg == LEGS[0] else "agent",
        wall=0.0,
        payload_types={str(number): name for number, name in ENCODINGS.items()},
        repairs={str(number): repair for number, repair in RTX_TYPES.items()},
    )
    spent_ns = 0
    for place, (at, entry) in enumerate(packets):
        if 192 <= entry[1] <= 223:
            tap.rtcp(entry, at)
        else:
            tap.rtp(entry, at)
        last = place + 1 == len(packets)
        if not last and int(packets[place + 1][0]) == int(at):
            continue
        if last:
            tap.mark(at, END)
        begun = time.process_time_ns()
        writer.append(packed_entries(tap.take(at)))
        spent_ns += time.process_time_ns() - begun
    writer.close()
    return spent_ns / len(packets) / 1000


def forwarded(seconds: int) -> tuple[float, float]:
    """CPU microseconds per forwarded packet of the real packet loop, without and with a tap.

    By turns, a second of a leg each, so that both meet the same weather; the median of each.
    """
    wire, chance = Wire(), random.Random(3)
    spent: dict[bool, list[float]] = {False: [], True: []}
    sequence = 0
    taping = Tap()
    for turn in range(2 * seconds):
        tap = wire.terminal.hop.tap = taping if turn % 2 else None
        packets = 0
        cpu_ns = 0
        while packets < PACKETS_PER_S:
            for _ in range(BATCH):
                plain = packet(
                    sequence=sequence & 0xFFFF,
                    timestamp=sequence // 6 * 3000 & 0xFFFFFFFF,
                    ssrc=102,
                    payload=WHOLE[:1] + chance.randbytes(recording.PAYLOAD_BYTES - 1),
                )
                sealed = wire.terminal.tx.protect(plain)
                wire.terminal.socket.sendto(sealed, wire.socket.getsockname())
                sequence += 1
            begun = time.process_time_ns()
            wire.forwarder.turn(float(turn))
            cpu_ns += time.process_time_ns() - begun
            packets += BATCH
            _drained(wire.agent)
        taping.take(float(turn))
        spent[tap is not None].append(cpu_ns / packets / 1000)
    return median(spent[False][1:]), median(spent[True][1:])


def _drained(end: End) -> None:
    end.socket.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            end.socket.recv(2048)


def main() -> None:
    """Measure and print."""
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    print(f"load before: {os.getloadavg()[0]:.1f}")
    without_us, with_us = forwarded(seconds)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "r-1"
        packets = list(sent(Path(made), seconds))
        beside_us = sum(taped(folder, leg, packets) for leg in LEGS) / len(LEGS)
        size = sum(path.stat().st_size for path in folder.iterdir())
        begun = time.process_time()
        result = mux(folder, folder / "out", KEY, "r-1", random.Random(2).randbytes)
        spent = time.process_time() - begun
    frames = [track.frames for track in result.tracks]
    print(f"{len(packets)} packets of each leg, {seconds} s")
    share = 100 * (with_us / without_us - 1)
    print(
        f"packet loop          {without_us:.2f} us per packet, taped {with_us:.2f}: {share:+.1f} %"
    )
    print(f"beside it            {beside_us:.2f} us per packet: pack, seal, write; 1 s at a time")
    print(f"dumps                {size / seconds / 1e6:.2f} MB per second of call")
    print(f"afterwards           {100 * spent / seconds:.2f} % of a core per second of call")
    print(f"frames               {frames}, lost {[track.lost_frames for track in result.tracks]}")


if __name__ == "__main__":
    main()
