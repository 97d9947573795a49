"""One dump, read as what a leg sent: first looked through for its clocks, then frame by frame.

Both readings go through the entries in the order of arrival and in constant memory, however long
the call was.
"""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from counter.media.depacketize import FORMATS, Format
from counter.media.dump import (
    ABOUT,
    END,
    OVERFLOW,
    PAUSE,
    RESUME,
    SILENCE,
    is_mark,
    is_rtcp,
    is_sender_report,
    read_mark,
)
from counter.media.frames import Assembler, Frame, Losses
from counter.media.rtp import payload_offset
from counter.media.timeline import LegClock, StreamClock

Entries = Callable[[], Iterable[tuple[float, bytes]]]
"Begins a reading of the dump."

_NUMBERS: Final = struct.Struct("!HII")
_REPORT: Final = struct.Struct("!IQI")


@dataclass(slots=True)
class _Stream:
    """One SSRC."""

    clock: StreamClock
    format: Format
    assembler: Assembler


@dataclass(slots=True)
class Tape:
    """A leg's dump.  `look_through` before anything else."""

    entries: Entries
    left_out: Sequence[tuple[float, float]] = ()
    "Unix times, from and to, in order and apart: what came then is in no frame."
    owner: str = ""
    role: str = ""
    ended: bool = False
    "The dump was closed; else the process died."
    overflowed: int = 0
    "Packets that were let go because too many came."
    pauses: list[tuple[float, float | None]] = field(default_factory=list)
    "Unix times; None: it was not resumed."
    encodings: list[str] = field(default_factory=list)
    "Names of formats, in the order in which they appeared."
    losses: dict[str, Losses] = field(default_factory=dict)
    "By name of the format; known after `frames` was read to the end."
    _offset: float = 0.0
    "Unix time minus the arrival clock."
    _formats: dict[int, Format] = field(default_factory=dict)
    "By payload type."
    _repairs: dict[int, int] = field(default_factory=dict)
    "Payload type of a retransmission -> of what it repairs."
    _leg: LegClock = field(default_factory=LegClock)

    def look_through(self) -> None:
        """Learn whose it is, what is in it, and how its clocks go."""
        for at, entry in self.entries():
            if is_mark(entry):
                self._note(at, read_mark(entry))
            elif is_rtcp(entry):
                self._take_report(entry)
            else:
                self._take_times(at, entry)

    def frames(self) -> Iterator[tuple[float, str, Frame]]:
        """Unix time, format and frame; each format in order, all of them nearly so."""
        for clock in self._leg.streams.values():
            clock.last = None
        self.losses = {name: Losses() for name in self.encodings}
        streams: dict[int, _Stream] = {}
        newest: dict[int, int] = {}
        "Payload type -> the SSRC that used it last, for repairs, which come under another SSRC."
        edges = [edge - self._offset for span in self.left_out for edge in span]
        passed = 0
        "Edges; after the first of each two, nothing is kept."
        for at, entry in self.entries():
            before, passed = passed, bisect_right(edges, at)
            if passed != before:
                for stream in streams.values():
                    yield from self._placed(stream, stream.assembler.finish())
            if is_mark(entry):
                broken_off = _broken_off(read_mark(entry))
                for stream in streams.values():
                    if stream.format.kind in broken_off:
                        yield from self._placed(stream, stream.assembler.finish())
            elif passed % 2 or is_rtcp(entry):
                continue
            elif (packet := self._media(entry, newest)) is not None:
                coding, marker, sequence, timestamp, ssrc, payload = packet
                found = streams.get(ssrc)
                if found is None or found.format is not coding:
                    if found is not None:
                        yield from self._placed(found, found.assembler.finish())
                    assembler = Assembler(coding, self.losses[coding.name])
                    found = streams[ssrc] = _Stream(self._leg.streams[ssrc], coding, assembler)
                extended = found.clock.extended(timestamp)
                done = found.assembler.push(at, sequence, extended, marker, payload)
                if done:
                    yield from self._placed(found, done)
        for stream in streams.values():
            yield from self._placed(stream, stream.assembler.finish())

    def _media(
        self, entry: bytes, newest: dict[int, int]
    ) -> tuple[Format, bool, int, int, int, bytes] | None:
        """Format, marker, sequence, time stamp, SSRC and payload, a repair as what it repairs."""
        packet = _payload(entry)
        if packet is None:
            return None
        payload_type, marker, sequence, timestamp, ssrc, payload = packet
        main = self._repairs.get(payload_type)
        if main is not None:
            if len(payload) < 3 or main not in newest:
                return None  # a bandwidth probe
            payload_type, ssrc = main, newest[main]
            sequence = int.from_bytes(payload[:2], "big")
            payload = payload[2:]
        coding = self._formats.get(payload_type)
        if coding is None or ssrc not in self._leg.streams:
            return None
        newest[payload_type] = ssrc
        return coding, marker, sequence, timestamp, ssrc, payload

    def _placed(self, stream: _Stream, frames: list[Frame]) -> Iterator[tuple[float, str, Frame]]:
        for frame in frames:
            at = self._leg.place(stream.clock, frame.timestamp, frame.at)
            yield at + self._offset, stream.format.name, frame

    def _note(self, at: float, facts: dict[str, Any]) -> None:
        match facts["kind"]:
            case kind if kind == ABOUT:
                self.owner, self.role = str(facts["owner"]), str(facts["role"])
                self._offset = float(facts["wall"]) - at
                names = {int(key): str(name) for key, name in facts["payload_types"].items()}
                found = {key: FORMATS.get(_encoding(name)) for key, name in names.items()}
                self._formats = {key: coding for key, coding in found.items() if coding}
                repairs = facts["repairs"].items()
                self._repairs = {int(repair): int(main) for main, repair in repairs}
            case kind if kind == PAUSE:
                self.pauses.append((at + self._offset, None))
            case kind if kind == RESUME and self.pauses:
                self.pauses[-1] = (self.pauses[-1][0], at + self._offset)
            case kind if kind == OVERFLOW:
                self.overflowed += int(facts["packets"])
            case kind if kind == END:
                self.ended = True

    def _take_report(self, entry: bytes) -> None:
        if is_sender_report(entry):
            ssrc, ntp, timestamp = _REPORT.unpack_from(entry, 4)
            clock = self._leg.streams.get(ssrc)
            if clock is not None:
                clock.report(ntp, timestamp)

    def _take_times(self, at: float, entry: bytes) -> None:
        if len(entry) < 12:
            return
        coding = self._formats.get(entry[1] & 0x7F)
        if coding is None:
            return
        _, timestamp, ssrc = _NUMBERS.unpack_from(entry, 2)
        clock = self._leg.streams.get(ssrc)
        if clock is None:
            clock = self._leg.streams[ssrc] = StreamClock(coding.clock_hz)
        if coding.name not in self.encodings:
            self.encodings.append(coding.name)
        clock.packet(at, clock.extended(timestamp))


def _broken_off(facts: dict[str, Any]) -> frozenset[str]:
    """The kinds of media whose numbers may be any from this mark on."""
    if facts["kind"] in (PAUSE, OVERFLOW):
        return frozenset({"audio", "video"})
    return frozenset(facts["kinds"]) if facts["kind"] == SILENCE else frozenset()


def _encoding(name: str) -> str:
    """`VP8/90000` -> `vp8`."""
    return name.split("/")[0].lower()


def _payload(entry: bytes) -> tuple[int, bool, int, int, int, bytes] | None:
    """Payload type, marker, sequence, time stamp, SSRC, payload; None for what is no RTP."""
    if len(entry) < 12:
        return None
    sequence, timestamp, ssrc = _NUMBERS.unpack_from(entry, 2)
    try:
        start = payload_offset(entry, 0)
    except IndexError:
        return None
    end = len(entry) - (entry[-1] if entry[0] & 0x20 else 0)
    return (
        entry[1] & 0x7F,
        entry[1] > 127,
        sequence,
        timestamp,
        ssrc,
        entry[start:end] if start < end else b"",
    )
