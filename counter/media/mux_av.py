"""From the dumps of a recording to one Matroska file that any player reads; nothing is transcoded.

Each side keeps its own tracks, sound and picture, on one time line; a pause stays in it as a gap
with a chapter of that name.  The file is read again to its end before it is promised to anybody.
"""

import heapq
import io
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer, OutputContainer

from counter.media.depacketize import FORMATS
from counter.media.dump_files import SUFFIX, DumpReader
from counter.media.frames import Frame
from counter.media.seal_cryptography import CannotOpen, RandomBytes
from counter.media.sealed_files import SealedReader, SealedWriter
from counter.media.tape import Tape

LOOKAHEAD_SECONDS: Final = 3.0
"Sound is complete before the picture beside it; this much is put in order again."
MILLISECOND: Final = Fraction(1, 1000)


class NothingRecorded(Exception):
    """The dumps hold no frame that could be shown or heard."""


class DoesNotPlay(Exception):
    """The file is not what was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackFacts:
    """One track of the finished file."""

    owner: str
    role: str
    codec: str
    frames: int
    lost_packets: int
    lost_frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Muxed:
    """What came out."""

    began_at: float
    "Unix time of the beginning."
    duration_ms: int
    tracks: tuple[TrackFacts, ...]
    gaps_ms: tuple[tuple[int, int], ...]
    "Pauses, from and to."
    torn_bytes: int
    "At the ends of dumps whose process died."
    overflowed_packets: int
    unopened_dumps: int
    "Whose beginning was changed on the disk: what these legs sent is not in the file."


@dataclass(slots=True, eq=False)
class _Track:
    owner: str
    role: str
    codec: str
    stream: Any
    began_at: float
    "Unix time of its first frame."
    last_ms: int = -1
    frames: int = 0


def mux(
    folder: Path,
    out: Path,
    data_key: bytes,
    recording_id: str,
    random_bytes: RandomBytes,
    left_out: Sequence[tuple[float, float]] = (),
) -> Muxed:
    """Make the sealed file `out` from the dumps in `folder`, and see that it plays.

    left_out: Unix times, from and to, in order and apart: what was taped then is not kept.
    Raises `NothingRecorded`, `DoesNotPlay`, and `CannotOpen` when no dump opens under this key.
    """
    readers = [_reader(path, data_key, recording_id) for path in sorted(folder.glob(f"*{SUFFIX}"))]
    opened = _opened(readers, left_out)
    tapes = list(opened.values())
    out.unlink(missing_ok=True)
    file = SealedWriter(out, data_key, recording_id, random_bytes)
    try:
        container = av.open(file, "w", format="matroska")
        with container:
            tracks = _tracks(container, tapes)
            base = min(track.began_at for track in tracks.values())
            gaps = _gaps(tapes, left_out, base)
            container.metadata["title"] = recording_id
            container.metadata["creation_time"] = datetime.fromtimestamp(base, UTC).isoformat()
            container.set_chapters(_chapters(gaps))
            duration_ms = _write(container, tapes, tracks, base)
    finally:
        file.close()
    found = played(out, data_key, recording_id)
    written = [track.frames for track in tracks.values()]
    if found != written:
        raise DoesNotPlay(f"{found} frames came back of {written}")
    return Muxed(
        began_at=base,
        duration_ms=duration_ms,
        tracks=tuple(_facts(track, tapes) for track in tracks.values()),
        gaps_ms=gaps,
        torn_bytes=sum(reader.torn_bytes for reader in opened),
        overflowed_packets=sum(tape.overflowed for tape in tapes),
        unopened_dumps=len(readers) - len(opened),
    )


def played(path: Path, data_key: bytes, recording_id: str) -> list[int]:
    """Read the file to its end; the number of frames of each track.

    Raises `DoesNotPlay`: it was cut or changed, or no demuxer reads it.
    """
    try:
        file = SealedReader(path, data_key, recording_id)
    except CannotOpen as error:
        raise DoesNotPlay(str(error)) from error
    try:
        with av.open(file, "r") as container:
            frames = [0] * len(container.streams)
            for packet in container.demux():
                if packet.size:
                    frames[packet.stream.index] += 1
            return frames
    except (av.FFmpegError, CannotOpen) as error:
        raise DoesNotPlay(f"cannot be read to the end: {type(error).__name__}") from error
    finally:
        file.close()


def _reader(path: Path, data_key: bytes, recording_id: str) -> DumpReader:
    leg_id = path.name.removesuffix(SUFFIX).partition("-")[2]
    return DumpReader(path, data_key, recording_id, leg_id)


def _opened(
    readers: Iterable[DumpReader], left_out: Sequence[tuple[float, float]]
) -> dict[DumpReader, Tape]:
    """What can be read, looked through; raises `CannotOpen` when nothing can."""
    opened: dict[DumpReader, Tape] = {}
    problem = None
    for reader in readers:
        tape = Tape(reader.entries, left_out)
        try:
            tape.look_through()
        except CannotOpen as error:
            problem = error
        else:
            opened[reader] = tape
    if problem is not None and not opened:
        raise problem
    return opened


def _tracks(container: OutputContainer, tapes: Iterable[Tape]) -> dict[tuple[str, str], _Track]:
    """A track for each format that somebody sent: the citizen's first, sound after picture."""
    tracks: dict[tuple[str, str], _Track] = {}
    for tape in sorted(tapes, key=lambda tape: tape.role != "citizen"):
        for codec in sorted(tape.encodings, key=lambda name: FORMATS[name].kind == "audio"):
            if (tape.owner, codec) in tracks:
                continue  # the same person on a new leg
            found = ((at, frame) for at, name, frame in tape.frames() if name == codec)
            began_at, first = next(found, (0.0, None))
            if first is None:
                continue
            stream = _stream(container, codec, first)
            stream.time_base = MILLISECOND
            stream.metadata["title"] = f"{tape.role} {tape.owner}"
            tracks[tape.owner, codec] = _Track(tape.owner, tape.role, codec, stream, began_at)
    if not tracks:
        raise NothingRecorded("no frame is whole")
    return tracks


def _stream(container: OutputContainer, codec: str, first: Frame) -> Any:
    """A stream with what a decoder must know beforehand, which is in the first frame."""
    if codec == "opus":
        # The encoder writes nothing here but the header that every Opus track needs.
        return container.add_stream("libopus", rate=48_000, layout="stereo")
    if codec in ("vp8", "vp9"):
        raw, container_format = _ivf(codec, first.data), "ivf"
    else:
        raw, container_format = first.data, {"h264": "h264", "av1": "obu"}[codec]
        if codec == "av1":
            raw = b"\x12\0" + raw  # its reader wants a temporal delimiter
    with av.open(io.BytesIO(raw), "r", format=container_format) as template:
        assert isinstance(template, InputContainer)
        return container.add_stream_from_template(template.streams.video[0], opaque=True)


def _ivf(codec: str, frame: bytes) -> bytes:
    """One frame in the plainest container."""
    name = {"vp8": b"VP80", "vp9": b"VP90"}[codec]
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, name, 0, 0, 30, 1, 1, 0)
    return head + struct.pack("<IQ", len(frame), 0) + frame


def _write(
    container: OutputContainer,
    tapes: Sequence[Tape],
    tracks: dict[tuple[str, str], _Track],
    base: float,
) -> int:
    """Mux every frame; milliseconds from `base` to the last one."""
    last_ms = 0
    ordered = (_in_order(tape, number) for number, tape in enumerate(tapes))
    for at, number, _, codec, frame in heapq.merge(*ordered):
        track = tracks.get((tapes[number].owner, codec))
        if track is None or (track.frames == 0 and not frame.alone):
            continue
        at_ms = max(track.last_ms + 1, round((at - base) * 1000), 0)
        track.last_ms = at_ms
        track.frames += 1
        last_ms = max(last_ms, at_ms)
        packet = av.Packet(frame.data)
        packet.stream = track.stream
        packet.pts = packet.dts = at_ms
        packet.time_base = MILLISECOND
        packet.is_keyframe = frame.alone
        container.mux_one(packet)
    return last_ms


def _in_order(tape: Tape, number: int) -> Iterator[tuple[float, int, int, str, Frame]]:
    heap: list[tuple[float, int, int, str, Frame]] = []
    newest = float("-inf")
    for count, (at, codec, frame) in enumerate(tape.frames()):
        heapq.heappush(heap, (at, number, count, codec, frame))
        newest = max(newest, at)
        while heap[0][0] < newest - LOOKAHEAD_SECONDS:
            yield heapq.heappop(heap)
    while heap:
        yield heapq.heappop(heap)


def _gaps(
    tapes: Iterable[Tape], left_out: Iterable[tuple[float, float]], base: float
) -> tuple[tuple[int, int], ...]:
    """The pauses of all legs; those that overlap are one, for a pause is of the whole call."""
    marked = [pause for tape in tapes for pause in tape.pauses]
    spans = sorted(
        (max(0, round((start - base) * 1000)), round((end - base) * 1000))
        for start, end in [*marked, *left_out]
        # One without an end leaves no gap, for nothing comes after it; nor does one before all.
        if end is not None and base < end < math.inf
    )
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _chapters(gaps: Sequence[tuple[int, int]]) -> list[Any]:
    return [
        {
            "id": number + 1,
            "start": start,
            "end": end,
            "time_base": MILLISECOND,
            "metadata": {"title": "Paused"},
        }
        for number, (start, end) in enumerate(gaps)
    ]


def _facts(track: _Track, tapes: Iterable[Tape]) -> TrackFacts:
    losses = [
        tape.losses[track.codec]
        for tape in tapes
        if tape.owner == track.owner and track.codec in tape.losses
    ]
    return TrackFacts(
        owner=track.owner,
        role=track.role,
        codec=track.codec,
        frames=track.frames,
        lost_packets=sum(loss.packets for loss in losses),
        lost_frames=sum(loss.frames for loss in losses),
    )
