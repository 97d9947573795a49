"""The `Decoder` port: one file, one process, which is thrown away after it.

What a file does to its decoder it does to nobody else, neither at the same time nor after.  The
process is given an empty environment; what it may do it takes from itself (`admit_child.jail`).
The next one is started while nobody waits, so that only the first file waits for libraries.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from counter.documents.admit import AdmitLimits, Admitted, AdmittedPage, NotAdmitted
from counter.documents.refusals import PhotographRefused
from counter.documents.sniff import sniff

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"By the clock, start of a process and a busy machine included."
AT_ONCE = 2
LINE_BYTES = 64 * 1024
MODULE = "counter.documents.admit_child.child"
SOURCES = str(Path(__file__).resolve().parents[2])


_BROKEN = (
    OSError,
    asyncio.IncompleteReadError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    PhotographRefused,
)
"What comes of a process that died or answers nonsense."


class AdmitProcesses:
    """See `counter.documents.ports.Decoder`.  `close` it when the counter stops."""

    def __init__(
        self,
        limits: AdmitLimits | None = None,
        *,
        module: str = MODULE,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """module: what the processes run, by default the decoder itself."""
        self.limits = limits or AdmitLimits()
        self.patience_seconds = patience_seconds
        self._module = module
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._next: asyncio.Task[Process] | None = None
        self._closed = False

    async def decode(self, content: bytes) -> Admitted | NotAdmitted:
        """Never raises for what a file can do: a dead process is the code `scan_failed`."""
        async with self._turns:
            process = None
            try:
                async with asyncio.timeout(self.patience_seconds):
                    process = await self._taken()
                    return await self._answer_of(process, content)
            except TimeoutError:
                log.error("a decoder took longer than %s s and was ended", self.patience_seconds)
            except _BROKEN:
                log.error("a decoder died over a file, or answered nonsense")
            finally:
                if process is not None:
                    await _end(process)
                if not self._closed and self._next is None:
                    self._next = asyncio.create_task(self._started())
        return NotAdmitted(code="scan_failed")

    async def close(self) -> None:
        """End the process that waits; what is being decoded is lost."""
        self._closed = True
        waiting, self._next = self._next, None
        if waiting is not None:
            await _end(await waiting)

    async def _taken(self) -> Process:
        """The process that waits, unless it died; then a fresh one."""
        waiting, self._next = self._next, None
        if waiting is not None:
            process = await waiting
            if process.returncode is None:
                return process
        return await self._started()

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-s", "-P", "-m", self._module),
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # what a library says of a file is not for the log
            env={"PYTHONPATH": SOURCES},
            limit=LINE_BYTES,
            start_new_session=True,  # a terminal's Ctrl-C goes to the counter only
        )

    async def _answer_of(self, process: Process, content: bytes) -> Admitted | NotAdmitted:
        assert process.stdin is not None and process.stdout is not None
        writing = asyncio.create_task(_give(process, _line(self.limits), content))
        try:
            said = json.loads(await process.stdout.readline())
            if "code" in said:
                return NotAdmitted(code=str(said["code"]))
            sizes = [(int(size), int(width), int(height)) for size, width, height in said["pages"]]
            if not sizes or sum(size for size, _, _ in sizes) > self.limits.output_bytes_max:
                raise ValueError("no page, or more bytes than were allowed")
            pages = [
                _page(await process.stdout.readexactly(size), width, height, self.limits)
                for size, width, height in sizes
            ]
            return Admitted(kind=said["kind"], pages=tuple(pages))
        finally:
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing


def _line(limits: AdmitLimits) -> bytes:
    """The first line that a process is given."""
    return json.dumps(asdict(limits)).encode() + b"\n"


def _page(jpeg: bytes, width_px: int, height_px: int, limits: AdmitLimits) -> AdmittedPage:
    """Who decodes is not believed either.  Raises a refusal, or `ValueError`."""
    header = sniff(jpeg, limits.pictures)
    if (header.kind, header.width_px, header.height_px) != ("jpeg", width_px, height_px):
        raise ValueError("a page that is not what was said of it")
    return AdmittedPage(jpeg=jpeg, width_px=width_px, height_px=height_px)


async def _give(process: Process, *pieces: bytes) -> None:
    """It may answer, or die, before it has read everything."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        for piece in pieces:
            process.stdin.write(piece)
        await process.stdin.drain()
        process.stdin.close()


async def _end(process: Process) -> None:
    if process.returncode is None:
        # Not `process.kill()`, which looks first whether it has ended, and takes its end away from
        # the loop that waits for it.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()
