"""The `OwnPress` port: one form, one process, which is thrown away after it.

What a department's template does to its process it does to nobody else's form.  The next process
is started and warmed while nobody waits; it gives up everything before it is told what to draw.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from counter.esign.form_ports import OwnDrawn, PageImage
from counter.esign.forms import Language, OwnForm
from counter.esign.own_forms import PAGES_MAX
from counter.esign.refusals import TemplateTooHeavy, TemplateUnfit, TemplateWrong

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"By the clock, start of a process and a busy machine included."
AT_ONCE = 2
LINE_BYTES = 64 * 1024
BYTES_MAX = 20 * 1024 * 1024
"Of the document, and of one picture of a page."
SOURCES = str(Path(__file__).resolve().parents[2])

_BROKEN = (OSError, asyncio.IncompleteReadError, ValueError, KeyError, TypeError, AttributeError)
"What comes of a process that died or answers nonsense."


class DrawProcesses:
    """See `counter.esign.form_ports.OwnPress`.  `close` it when the counter stops."""

    def __init__(self, module: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """module: what the processes run."""
        self.patience_seconds = patience_seconds
        self._module = module
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._next: asyncio.Task[Process] | None = None
        self._closed = False

    def warm(self) -> None:
        """Start the process that the first form will be drawn in."""
        if not self._closed and self._next is None:
            self._next = asyncio.create_task(self._started())

    async def draw(
        self,
        form: OwnForm,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        specimen: bool = False,
    ) -> OwnDrawn:
        asked = {
            "form": form.model_dump(by_alias=True),
            "data": data,
            "language": language,
            "now": now.isoformat(),
            "specimen": specimen,
        }
        async with self._turns:
            process = None
            try:
                async with asyncio.timeout(self.patience_seconds):
                    process = await self._taken()
                    return await _answer_of(process, json.dumps(asked).encode() + b"\n")
            except TimeoutError as error:
                raise TemplateTooHeavy("it took too long and was ended") from error
            except _BROKEN as error:
                log.warning("form %s %s: its process ended over it", form.id, form.version)
                raise TemplateTooHeavy("its process ended over it") from error
            finally:
                if process is not None:
                    await _end(process)
                self.warm()

    async def close(self) -> None:
        """End the process that waits; what is being drawn is lost."""
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
            stderr=asyncio.subprocess.DEVNULL,  # what it says of citizens' texts is not for the log
            env={"PYTHONPATH": SOURCES},
            limit=LINE_BYTES,
            start_new_session=True,  # a terminal's Ctrl-C goes to the counter only
        )


async def _answer_of(process: Process, asked: bytes) -> OwnDrawn:
    assert process.stdin is not None and process.stdout is not None
    writing = asyncio.create_task(_give(process, asked))
    try:
        said: dict[str, Any] = json.loads(await process.stdout.readline())
        if said.get("code") == TemplateWrong.code:
            raise TemplateWrong(str(said["diagnostic"]))
        if said.get("code") == TemplateUnfit.code:
            raise TemplateUnfit(str(said["why"]), str(said["about"]))
        sizes = [(int(size), int(width), int(height)) for size, width, height in said["pages"]]
        length = int(said["pdf"])
        if len(sizes) > PAGES_MAX or max([length, *(one[0] for one in sizes)]) > BYTES_MAX:
            raise ValueError("more than was asked for")
        pdf = await process.stdout.readexactly(length)
        pages = [
            PageImage(
                page=number,
                image=await process.stdout.readexactly(size),
                width_px=width,
                height_px=height,
            )
            for number, (size, width, height) in enumerate(sizes, 1)
        ]
        return OwnDrawn(pdf=pdf, pages=tuple(pages))
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def _give(process: Process, asked: bytes) -> None:
    """It may answer, or die, before it has read everything."""
    assert process.stdin is not None
    with suppress(ConnectionError):
        process.stdin.write(asked)
        await process.stdin.drain()
        process.stdin.close()


async def _end(process: Process) -> None:
    if process.returncode is None:
        # Not `process.kill()`: see `counter.documents.admit_process`.
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()
