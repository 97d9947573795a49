"""Asks the program `tesseract` which way up the lines of a page run.

Optional: Debian's `tesseract-ocr` comes with what it needs for that (`tesseract-ocr-osd`).  One
page at a time, with limits on memory and time; a page that takes longer stays as it lies.
"""

import asyncio
import contextlib
import logging
import re
import subprocess
from typing import Final

from counter.documents.facing import LyingText
from counter.documents.text_layer import TextTools
from counter.documents.text_process import confine_child, reading_environment

log = logging.getLogger(__name__)

CPU_SECONDS: Final = 20
"For one page; a page takes less than one."
PATIENCE_S: Final = 10.0
"By the clock; the terminal waits for its answer as long."
NICE: Final = 10
_SAYS: Final = re.compile(
    rb"^Rotate: (0|90|180|270)$.*^Orientation confidence: ([0-9]+\.[0-9]+)$.*^Script: ([A-Za-z]+)$",
    re.M | re.S,
)


class TesseractFacing:
    """See `counter.documents.ports.TextFacing`."""

    def __init__(self, tools: TextTools, patience_s: float = PATIENCE_S, nice: int = NICE) -> None:
        self._tools = tools
        self._patience_s = patience_s
        self._nice = nice
        self._one = asyncio.Lock()

    async def lying_text(self, page: bytes) -> LyingText | None:
        """How its lines lie; `None` also when the program is not there or says nothing."""
        if self._tools.program is None or not self._tools.knows_facing:
            return None
        try:
            async with asyncio.timeout(self._patience_s), self._one:
                return said(await self._ask(self._tools.program, page))
        except (TimeoutError, OSError) as failed:
            log.warning("which way up a page lies was not told: %s", type(failed).__name__)
            return None

    async def _ask(self, program: str, page: bytes) -> bytes:
        child = await asyncio.create_subprocess_exec(
            *(program, "stdin", "stdout", "--psm", "0", "-l", "osd"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=reading_environment(),
        )
        try:
            confine_child(child.pid, self._nice, CPU_SECONDS)
            answer, _ = await child.communicate(page)
        finally:
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
                await child.wait()
        return answer


def said(answer: bytes) -> LyingText | None:
    """What stands in its answer; `None` for a page with too few letters."""
    found = _SAYS.search(answer)
    if found is None:
        return None
    return LyingText(
        quarters=int(found[1]) // 90, confidence=float(found[2]), script=found[3].decode()
    )
