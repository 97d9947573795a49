"""The `Decoder` port: one file, one process, which is thrown away after it.

What a file does to its decoder it does to nobody else, neither at the same time nor after.  The
process is given an empty environment; what it may do it takes from itself (`admit_child.jail`).
The next one is started while nobody waits, so that only the first file waits for libraries.
"""

import asyncio
import json
import logging
from asyncio import StreamReader
from dataclasses import asdict

from counter.documents.admit import AdmitLimits, Admitted, AdmittedPage, NotAdmitted
from counter.documents.refusals import PhotographRefused
from counter.documents.sniff import sniff
from counter.fresh_process import FreshProcesses

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"By the clock, start of a process and a busy machine included."
MODULE = "counter.documents.admit_child.child"

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
    """See `counter.documents.admit_ports.Decoder`.  `close` it when the counter stops."""

    def __init__(
        self,
        limits: AdmitLimits | None = None,
        *,
        module: str = MODULE,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """module: what the processes run, by default the decoder itself."""
        self.limits = limits or AdmitLimits()
        self.processes = FreshProcesses(module, patience_seconds=patience_seconds)

    async def decode(self, content: bytes) -> Admitted | NotAdmitted:
        """Never raises for what a file can do: a dead process is the code `scan_failed`."""
        try:
            return await self.processes.ask(_line(self.limits), content, read=self._admitted)
        except TimeoutError:
            log.error(
                "a decoder took longer than %s s and was ended", self.processes.patience_seconds
            )
        except _BROKEN:
            log.error("a decoder died over a file, or answered nonsense")
        return NotAdmitted(code="scan_failed")

    async def close(self) -> None:
        """End the process that waits; what is being decoded is lost."""
        await self.processes.close()

    async def _admitted(self, output: StreamReader) -> Admitted | NotAdmitted:
        said = json.loads(await output.readline())
        if "code" in said:
            return NotAdmitted(code=str(said["code"]))
        sizes = [(int(size), int(width), int(height)) for size, width, height in said["pages"]]
        if not sizes or sum(size for size, _, _ in sizes) > self.limits.output_bytes_max:
            raise ValueError("no page, or more bytes than were allowed")
        pages = [
            _page(await output.readexactly(size), width, height, self.limits)
            for size, width, height in sizes
        ]
        return Admitted(kind=said["kind"], pages=tuple(pages))


def _line(limits: AdmitLimits) -> bytes:
    """The first line that a process is given."""
    return json.dumps(asdict(limits)).encode() + b"\n"


def _page(jpeg: bytes, width_px: int, height_px: int, limits: AdmitLimits) -> AdmittedPage:
    """Who decodes is not believed either.  Raises a refusal, or `ValueError`."""
    header = sniff(jpeg, limits.pictures)
    if (header.kind, header.width_px, header.height_px) != ("jpeg", width_px, height_px):
        raise ValueError("a page that is not what was said of it")
    return AdmittedPage(jpeg=jpeg, width_px=width_px, height_px=height_px)
