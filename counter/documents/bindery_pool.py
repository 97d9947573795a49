"""Binds PDFs, draws receipts, makes black-and-white copies: in a process behind everything else.

The process has the lowest priority and its own limits, writes no file, and goes when the counter
goes.  One that dies or hangs is replaced; whoever waited hears `BindingFailed` and may try again.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from counter.documents.bundle import Book
from counter.documents.bundle_refusals import BindingFailed
from counter.documents.confined_process import confine
from counter.one_process import kill, one_process

log = logging.getLogger(__name__)

T = TypeVar("T")

MEMORY_BYTES = 2 * 1024**3
"Address space, libraries included."
PATIENCE_S = 120.0
"For one job, the start of the process and a busy machine included."
NICE = 10
"A citizen may be waiting for a print: behind calls, before what nobody waits for."


class Bindery:
    """See `counter.documents.folder_ports.Binder`.  `close` it when the counter stops."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._pool: ProcessPoolExecutor | None = None
        self._one = asyncio.Lock()

    async def bind(self, book: Book) -> bytes:
        return await self._run(_bind, book)

    async def bitonal(self, page_jpeg: bytes, dpi: float) -> bytes | None:
        return await self._run(_bitonal, page_jpeg, dpi)

    async def receipt(self, title: str, lines: Sequence[str], language: str, fonts: Path) -> bytes:
        """See `counter.documents.receipt_typst.draw_receipt`.  Raises `BindingFailed`."""
        return await self._run(_receipt, title, tuple(lines), language, fonts)

    async def close(self) -> None:
        """End the process; what it is busy with is lost."""
        self._discard()

    async def _run(self, job: Callable[..., T], *args: object) -> T:
        async with self._one:
            if self._pool is None:
                self._pool = one_process(confine, MEMORY_BYTES, NICE)
            try:
                async with asyncio.timeout(self._patience_s):
                    return await asyncio.wrap_future(self._pool.submit(job, *args))
            except asyncio.CancelledError:
                self._discard()
                raise
            except (BrokenProcessPool, TimeoutError) as lost:
                self._discard()
                raise BindingFailed(f"the bindery did not finish: {type(lost).__name__}") from lost
            except Exception as failed:
                # Whatever a page provokes in the libraries is that page's end, not ours.
                log.warning("the bindery refused a job: %s", type(failed).__name__)
                raise BindingFailed(f"a page cannot be bound: {type(failed).__name__}") from failed

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            kill(pool)
            pool.shutdown(wait=False, cancel_futures=True)


def _bind(book: Book) -> bytes:
    from counter.documents.bundle_pikepdf import bind

    return bind(book)


def _receipt(title: str, lines: Sequence[str], language: str, fonts: Path) -> bytes:
    from counter.documents.receipt_typst import draw_receipt

    return draw_receipt(title, lines, language, fonts)


def _bitonal(page_jpeg: bytes, dpi: float) -> bytes | None:
    import cv2

    from counter.documents.archive_opencv import bitonal

    cv2.setNumThreads(1)
    return bitonal(page_jpeg, dpi)
