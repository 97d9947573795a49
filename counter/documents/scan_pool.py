"""The `Scanner` port in processes of its own: what a photograph does to a decoder, it does there.

One process looks at one photograph at a time, so one that crashes it harms no other; the next
photograph gets a fresh process.  A process may use so much memory and so much time and may write no
file; it goes when the counter goes, even when the counter is killed.
"""

import asyncio
import logging
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import TypeVar

from counter.documents.advance import Look
from counter.documents.confined_process import confine
from counter.documents.facing import LyingZone, lying_zone
from counter.documents.marks import Corners, DrawnMark, Lying, Tied
from counter.documents.mrz import Reading
from counter.documents.page import Limits, ScanRefused, ScanResult
from counter.documents.papers import Turned
from counter.documents.preview import Glance
from counter.one_process import one_process

log = logging.getLogger(__name__)

T = TypeVar("T")
A = TypeVar("A")
Scan = Callable[[bytes, Limits], ScanResult | ScanRefused]

MEMORY_BYTES = 1536 * 1024**2
"Address space; a page of 40 megapixels was seen to take 660 MiB, libraries included."
CPU_SECONDS = 20
"For one photograph; a 12-megapixel page takes about half a second."
PATIENCE_SECONDS = 60.0
"By the clock, start of a process and a busy machine included."
REDRAWN_MAX_PX = 4096
"A side of a thumbnail or preview."


class ScanPool:
    """See `Scanner`, `Looker`, `Comparer`, `Turner`, `Previewer` and others; `close` it."""

    def __init__(
        self,
        processes: int = 1,
        *,
        job: Scan | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """job: a module's function that the processes run, by default the scanner itself."""
        self._job = job or _scan
        self.patience_seconds = patience_seconds
        self._all = [_Process() for _ in range(processes)]
        self._idle: asyncio.LifoQueue[_Process] = asyncio.LifoQueue()
        for process in self._all:
            self._idle.put_nowait(process)

    async def warm_up(self) -> None:
        """Start every process and load its libraries, so that the first page is as fast as any."""
        processes = [await self._idle.get() for _ in self._all]
        try:
            await asyncio.gather(*(process.run(_load) for process in processes))
        finally:
            for process in processes:
                self._idle.put_nowait(process)

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        """Look at one photograph; waits while all processes are busy."""
        return await self._run(self._job, photograph, limits)

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        """The same for one taken at home, which becomes a page whatever it is worth."""
        return await self._run(_look, photograph, limits)

    async def zone(self, page: bytes) -> Reading | None:
        """What stands in the machine-readable zone of a flattened page; `None`: there is none."""
        found = await self._run(_zone, page, Limits())
        return None if isinstance(found, ScanRefused) else found

    async def lying_zone(self, page: bytes) -> LyingZone | None:
        """Whether a flattened page has a zone that reads without doubt, and how it lies."""
        found = await self._run(_lying_zone, page, Limits())
        return None if isinstance(found, ScanRefused) else found

    async def look_at_drawn(self, page: bytes, limits: Limits) -> Look | ScanRefused:
        """The same for a page that was drawn from a PDF."""
        return await self._run(_look_at_drawn, page, limits)

    async def find_same(self, page: bytes, others: Sequence[bytes]) -> int | None:
        """Which of these flattened pages shows the same sheet, by its place."""
        found = await self._run(_find_same, page, others)
        return None if isinstance(found, ScanRefused) else found

    async def turn(self, page: bytes, quarters: int) -> Turned | None:
        """A flattened page turned clockwise by 1 to 3 quarters."""
        turned = await self._run(_turn, page, quarters)
        return None if isinstance(turned, ScanRefused) else turned

    async def redraw(self, picture: bytes) -> bytes | None:
        """The same pixels as a new JPEG, at most `REDRAWN_MAX_PX` a side; None: no picture."""
        drawn = await self._run(_redraw, picture, Limits())
        return drawn if isinstance(drawn, bytes) else None

    async def preview(self, picture: bytes, finer: float) -> Glance | ScanRefused:
        """Look at one preview; see `counter.documents.capture_ports.Previewer`."""
        return await self._run(_preview, picture, finer)

    async def lie(
        self,
        picture: bytes,
        page: Corners | None,
        known: tuple[Tied, ...],
        new: tuple[DrawnMark, ...],
    ) -> Lying | ScanRefused:
        """Where the marks lie in a preview; see `counter.documents.capture_ports.Previewer`."""
        return await self._run(_lie, picture, (page, known, new))

    async def _run(
        self, job: Callable[[bytes, A], T | ScanRefused], photograph: bytes, how: A
    ) -> T | ScanRefused:
        process = await self._idle.get()
        try:
            async with asyncio.timeout(self.patience_seconds):
                return await process.run(job, photograph, how)
        except TimeoutError:
            log.error("scan worker took longer than %s s and was ended", self.patience_seconds)
            process.discard()
        except BrokenProcessPool:
            log.error("scan worker died over a photograph")
            process.discard()
        except asyncio.CancelledError:
            process.discard()
            raise
        except Exception:
            # Whatever a photograph provokes in the libraries is that photograph's end, not ours.
            log.exception("scan worker failed over a photograph")
        finally:
            self._idle.put_nowait(process)
        return ScanRefused(code="scan_failed", findings=None)

    async def close(self) -> None:
        """End all processes; what they are looking at is lost."""
        for process in self._all:
            process.discard()


class _Process:
    """One child process, started when first needed and again after it was lost."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0

    async def run(self, job: Callable[..., T], *args: object) -> T:
        """Run `job` there.  A process that died while it was idle is replaced before."""
        if self._pool is not None and self._pid not in _living():
            self.discard()
        if self._pool is None:
            self._pool = one_process(confine, MEMORY_BYTES)
            self._pid = await asyncio.wrap_future(self._pool.submit(os.getpid))
        return await asyncio.wrap_future(self._pool.submit(job, *args))

    def discard(self) -> None:
        """Kill the process; the next job starts another."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        with suppress(ProcessLookupError):
            if self._pid:
                os.kill(self._pid, signal.SIGKILL)
        pool.shutdown(wait=False, cancel_futures=True)
        self._pid = 0


def _living() -> set[int | None]:
    return {child.pid for child in multiprocessing.active_children()}


def _load() -> None:
    import cv2

    import counter.documents.scan_opencv.preview
    import counter.documents.scan_opencv.scan  # noqa: F401

    cv2.setNumThreads(1)


def _scan(photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Run one photograph in the child, with its own allowance of CPU time."""
    _load()
    from counter.documents.scan_opencv.scan import scan

    _allow_time()
    return scan(photograph, limits)


def _look(photograph: bytes, limits: Limits) -> Look | ScanRefused:
    """As `_scan`, of one taken at home."""
    _load()
    from counter.documents.scan_opencv.look import look

    _allow_time()
    return look(photograph, limits)


def _zone(page: bytes, limits: Limits) -> Reading | None:
    """As `_scan`, of a page that was flattened before."""
    _load()
    from counter.documents.scan_opencv.mrz_reader import read_zone
    from counter.documents.scan_opencv.scan import decode

    _allow_time()
    picture = decode(page)
    return None if picture is None else read_zone(picture)


def _lying_zone(page: bytes, limits: Limits) -> LyingZone | None:
    """As `_zone`, of a page that may lie any way up."""
    _load()
    from counter.documents.scan_opencv.mrz_reader import read_lying_zone
    from counter.documents.scan_opencv.scan import decode

    _allow_time()
    picture = decode(page)
    found = None if picture is None else read_lying_zone(picture)
    return None if found is None else lying_zone(*found)


def _find_same(page: bytes, others: Sequence[bytes]) -> int | None:
    """As `_zone`, of one page and those that came before it."""
    _load()
    from counter.documents.scan_opencv.same import find_same
    from counter.documents.scan_opencv.scan import decode

    _allow_time()
    picture = decode(page)
    if picture is None:
        return None
    return find_same(picture, (decode(other) for other in others))


def _turn(page: bytes, quarters: int) -> Turned | None:
    """As `_zone`, of a page that lies wrongly."""
    _load()
    from counter.documents.scan_opencv.turn import turn

    _allow_time()
    return turn(page, quarters)


def _look_at_drawn(page: bytes, limits: Limits) -> Look | ScanRefused:
    """As `_look`, of a page drawn from a PDF."""
    _load()
    from counter.documents.scan_opencv.drawn import look_at_drawn

    _allow_time()
    return look_at_drawn(page, limits)


def _redraw(picture: bytes, limits: Limits) -> bytes | ScanRefused:
    """A small picture again: nothing of the file but its pixels."""
    _load()
    import cv2
    import numpy as np

    from counter.documents.refusals import PhotographRefused
    from counter.documents.sniff import sniff

    _allow_time()
    try:
        header = sniff(picture, limits.files)
    except PhotographRefused as refused:
        return ScanRefused(code=refused.code, findings=None)
    seen = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if seen is None or max(header.width_px, header.height_px) > REDRAWN_MAX_PX:
        return ScanRefused(code="image_damaged", findings=None)
    _, encoded = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes()


def _preview(picture: bytes, finer: float) -> Glance | ScanRefused:
    """As `_scan`, of a preview."""
    _load()
    from counter.documents.scan_opencv.preview import preview

    _allow_time()
    return preview(picture, finer)


def _lie(
    picture: bytes, marks: tuple[Corners | None, tuple[Tied, ...], tuple[DrawnMark, ...]]
) -> Lying:
    """As `_preview`, of one with marks."""
    _load()
    from counter.documents.scan_opencv.marking import lie

    _allow_time()
    return lie(picture, *marks)


def _allow_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
