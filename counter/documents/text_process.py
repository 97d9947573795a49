"""Reads the words of a page with the program `tesseract`, for the invisible layer of a PDF.

An optional program of the machine: Debian's `tesseract-ocr` with the languages of this counter.
It reads from a pipe and writes to one, at the lowest priority, with limits on memory and time; what
it makes is a PDF of one page that holds words and no picture.
"""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

from counter.documents.text_layer import TextTools, WordsUnread

LANGUAGES: Final = ("chi_tra", "por", "eng")
MEMORY_BYTES: Final = 1536 * 1024**2
CPU_SECONDS: Final = 120
"For one page; a full page takes two to three."
PATIENCE_S: Final = 480.0
"By the clock: at the lowest priority a busy machine gives it little."
LOOK_S: Final = 20.0


def find_tools(program: str = "tesseract") -> TextTools:
    """What there is on this machine.  Starts the program once, to ask for its languages."""
    path = shutil.which(program)
    if path is None:
        return TextTools(program=None, missing=LANGUAGES)
    try:
        asked = subprocess.run(
            [path, "--list-langs"],
            capture_output=True,
            text=True,
            check=False,
            timeout=LOOK_S,
            env=reading_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return TextTools(program=None, missing=LANGUAGES)
    known = set(asked.stdout.split())
    return TextTools(
        program=path,
        missing=tuple(one for one in LANGUAGES if one not in known),
        knows_facing="osd" in known,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TesseractReader:
    """See `counter.documents.admit_ports.Reader`."""

    tools: TextTools
    patience_s: float = PATIENCE_S
    nice: int = 19

    async def words(self, page_jpeg: bytes, dpi: float) -> bytes:
        if self.tools.program is None or self.tools.missing:
            raise WordsUnread("tesseract is not on this machine with all languages")
        child = await asyncio.create_subprocess_exec(
            self.tools.program,
            *reading_arguments(dpi),
            *("-c", "textonly_pdf=1", "pdf"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=reading_environment(),
        )
        try:
            confine_child(child.pid, self.nice, CPU_SECONDS)
            async with asyncio.timeout(self.patience_s):
                made, _ = await child.communicate(page_jpeg)
        except TimeoutError:
            raise WordsUnread(f"reading took longer than {self.patience_s} s") from None
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        if child.returncode != 0 or not made.startswith(b"%PDF"):
            raise WordsUnread(f"tesseract ended with {child.returncode}")
        return made


def reading_arguments(dpi: float) -> tuple[str, ...]:
    """Arguments that say how a page is read, from a pipe to a pipe, whatever is made of it."""
    return ("stdin", "stdout", "-l", "+".join(LANGUAGES), "--dpi", str(round(dpi)))


def confine_child(process: int, nice: int, cpu_seconds: int) -> None:
    """It waits for its page still.  If it ended at once, there is nothing to confine."""
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process, nice)
        for limit, value in (
            (resource.RLIMIT_AS, MEMORY_BYTES),
            (resource.RLIMIT_CPU, cpu_seconds),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(process, limit, (value, value))


def reading_environment() -> dict[str, str]:
    """Nothing of the counter's own; one thread."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
