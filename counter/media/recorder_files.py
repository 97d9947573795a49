"""Tapes legs into sealed dumps: one file per leg, under the directory of its recording.

The packet loop only fills a buffer (`dump.Tap`).  Once a second each buffer is taken away, some
legs after others over the whole second, and a thread opens the file, packs and seals the buffer,
and hands it to the kernel: neither the cipher nor a slow disk delays a call.  When the disk fails
or falls far behind, taping of that leg ends and the report says so.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from counter.media.dump import ABOUT, END, PAUSE, RESUME, SILENCE, Entries, Tap, packed_entries
from counter.media.dump_files import SUFFIX, DumpWriter
from counter.media.rtp import Kind
from counter.media.seal_cryptography import RandomBytes
from counter.media.taping import TapedLeg, TapeReport, Taping

log = logging.getLogger(__name__)

BUFFER_SECONDS: Final = 1.0
"What a killed process loses at most of a leg."
SHARES: Final = 8
"""In so many turns every leg is written once: all at once would hold up the packet loop, and one by
one would wake the thread too often."""
BACKLOG_BYTES: Final = 64 * 1024 * 1024
"Taken away and not yet with the kernel, of all legs; beyond it, taping ends."


@dataclass(slots=True, kw_only=True, eq=False)
class _Taped:
    leg: TapedLeg
    tap: Tap
    open: Callable[[], DumpWriter]
    "For the thread."
    share: int
    "In which turn it is written, 0 to `SHARES` - 1."
    on: bool
    without: frozenset[Kind] = frozenset()
    "Kinds of media that are not kept now."
    trouble: str | None = None
    file: DumpWriter | None = None
    "The thread's; None before its first chunk."
    failed: bool = False
    "The thread's: its disk has failed."

    @property
    def written_bytes(self) -> int:
        return self.file.written_bytes if self.file is not None else 0


class FileRecorder:
    """Implements `taping.Recorder`."""

    def __init__(
        self,
        directory: Path,
        *,
        payload_types: Mapping[int, str],
        repairs: Mapping[int, int],
        random_bytes: RandomBytes,
        clock: Callable[[], float],
        wall: Callable[[], datetime],
    ) -> None:
        """
        directory:     holds a directory per recording; made when it is needed.
        payload_types: RTP payload type -> encoding as in SDP, such as `VP8/90000`.
        repairs:       payload type -> that of its retransmissions.
        clock, wall:   monotonic seconds, and the current instant.
        """
        self._directory = directory
        self._payload_types = dict(payload_types)
        self._repairs = dict(repairs)
        self._random_bytes = random_bytes
        self._clock = clock
        self._wall = wall
        self._taped: dict[str, dict[str, _Taped]] = {}
        "Recording -> leg -> what is open."
        self._closed: dict[str, tuple[int, str | None]] = {}
        "Recording -> bytes and trouble of the legs of it that were closed."
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._backlog = 0
        self._turn = 0

    def tape(self, taping: Taping, legs: Iterable[TapedLeg]) -> None:
        """See `taping.Recorder`.  A leg whose disk failed is not tried again."""
        open_now = self._taped.setdefault(taping.recording_id, {})
        wanted = {leg.leg_id: leg for leg in legs}
        for leg_id in [leg_id for leg_id in open_now if leg_id not in wanted]:
            self._close(taping.recording_id, open_now.pop(leg_id))
        for leg_id, leg in wanted.items():
            taped = open_now.get(leg_id)
            if taped is None:
                taped = open_now[leg_id] = self._begun(taping, leg)
            self._set(taped, leg)

    def end(self, recording_id: str) -> None:
        for taped in self._taped.pop(recording_id, {}).values():
            self._close(recording_id, taped)
        self._closed.pop(recording_id, None)

    def report(self, recording_id: str) -> TapeReport:
        taped = self._taped.get(recording_id, {}).values()
        closed_bytes, trouble = self._closed.get(recording_id, (0, None))
        return TapeReport(
            legs=sum(one.trouble is None for one in taped),
            written_bytes=closed_bytes + sum(one.written_bytes for one in taped),
            trouble=next((one.trouble for one in taped if one.trouble), trouble),
        )

    async def settle(self) -> None:
        await asyncio.wrap_future(self._writing.submit(lambda: None))

    async def keep_writing(self) -> None:
        """Take every buffer away once per `BUFFER_SECONDS`, evenly spread.  Until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self.write_share()
            due = max(due + BUFFER_SECONDS / SHARES, loop.time())
            await asyncio.sleep(due - loop.time())

    def write_share(self) -> None:
        """Take the buffers of the next turn away.  After `SHARES` times each leg had its turn,
        whenever its taping began."""
        self._turn = (self._turn + 1) % SHARES
        self._flush(*(one for one in self._all() if one.share == self._turn))

    def _all(self) -> Iterator[_Taped]:
        return (one for legs in self._taped.values() for one in legs.values())

    async def close(self) -> None:
        """Close every dump; what was said until now is with the kernel afterwards."""
        for recording_id in list(self._taped):
            self.end(recording_id)
        await asyncio.to_thread(self._writing.shutdown)

    def _begun(self, taping: Taping, leg: TapedLeg) -> _Taped:
        shares = Counter(one.share for one in self._all())
        taped = _Taped(
            leg=leg,
            tap=Tap(),
            open=lambda: _opened(
                self._directory / taping.recording_id, taping, leg.leg_id, self._random_bytes
            ),
            share=min(range(SHARES), key=lambda share: shares[share]),
            on=True,
        )
        taped.tap.mark(
            self._clock(),
            ABOUT,
            owner=leg.owner,
            role=leg.role,
            wall=self._wall().timestamp(),
            payload_types={str(number): name for number, name in self._payload_types.items()},
            repairs={str(number): repair for number, repair in self._repairs.items()},
        )
        leg.hop.tap = taped.tap
        self._flush(taped)  # whether the disk takes it is known soon
        return taped

    def _set(self, taped: _Taped, leg: TapedLeg) -> None:
        if leg.without != taped.without:
            self._flush(taped)
            taped.tap.mark(self._clock(), SILENCE, kinds=sorted(leg.without ^ taped.without))
            taped.without = leg.without
        if taped.trouble is not None or leg.on == taped.on:
            return
        taped.on = leg.on
        leg.hop.tap = taped.tap if leg.on else None
        taped.tap.mark(self._clock(), RESUME if leg.on else PAUSE)
        self._flush(taped)

    def _types_of(self, kinds: frozenset[Kind]) -> frozenset[int]:
        clocks: dict[Kind, str] = {"audio": "/48000", "video": "/90000"}
        return frozenset(
            number
            for number, name in self._payload_types.items()
            if any(clocks[kind] in name for kind in kinds)
        )

    def _close(self, recording_id: str, taped: _Taped) -> None:
        taped.leg.hop.tap = None
        taped.tap.mark(self._clock(), END)
        self._flush(taped)
        self._writing.submit(_close, taped)
        closed_bytes, trouble = self._closed.get(recording_id, (0, None))
        self._closed[recording_id] = (
            closed_bytes + taped.written_bytes,
            taped.trouble or trouble,
        )

    def _flush(self, *taped: _Taped) -> None:
        """Give what was taped to the thread."""
        work = []
        for one in taped:
            entries = one.tap.take(self._clock())
            if not entries or one.trouble is not None:
                continue
            if self._backlog > BACKLOG_BYTES:
                self._fail(one, "slow")
                continue
            work.append((one, entries, self._types_of(one.without)))
        if not work:
            return
        size = sum(len(entry) for _, entries, _ in work for _, entry in entries)
        self._backlog += size
        loop = asyncio.get_running_loop()

        def written(done: Future[list[_Taped]]) -> None:
            loop.call_soon_threadsafe(self._written, size, done.result())

        self._writing.submit(_write, work).add_done_callback(written)

    def _written(self, size: int, failed: list[_Taped]) -> None:
        self._backlog -= size
        for one in failed:
            if one.trouble is None:
                self._fail(one, "disk")

    def _fail(self, taped: _Taped, trouble: str) -> None:
        log.error("a leg is not recorded any more: %s", trouble)
        taped.trouble = trouble
        taped.leg.hop.tap = None


def _write(work: list[tuple[_Taped, Entries, frozenset[int]]]) -> list[_Taped]:
    """Runs in the thread.  Returns those whose disk failed."""
    for one, entries, left_out in work:
        plain = packed_entries(entries, left_out)
        if not plain or one.failed:
            continue
        try:
            if one.file is None:
                one.file = one.open()
            one.file.append(plain)
        except OSError as error:
            log.error("a dump cannot be written: %s", error.strerror)
            one.failed = True
    return [one for one, _, _ in work if one.failed]


def _opened(folder: Path, taping: Taping, leg_id: str, random_bytes: RandomBytes) -> DumpWriter:
    """Runs in the thread.  Raises `OSError`."""
    number = len(list(folder.glob(f"*{SUFFIX}"))) if folder.is_dir() else 0
    path = folder / f"{number:03}-{leg_id}{SUFFIX}"
    return DumpWriter(path, taping.key, taping.recording_id, leg_id, random_bytes)


def _close(taped: _Taped) -> None:
    """Runs in the thread."""
    if taped.file is not None:
        taped.file.close()
