"""From an encoded picture to a JPEG, in a process of its own: whatever it does to the decoder, it
does there.  The process may use so much memory and time, may write no file, and goes with us.
"""

import asyncio
import io
import logging
import resource
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, ClassVar, Final

from counter.errors import Refusal
from counter.media.parent_process import end_with_parent
from counter.media.still import Still
from counter.one_process import kill, one_process

logger = logging.getLogger(__name__)

DECODERS: Final = {"vp8": "vp8", "vp9": "vp9", "h264": "h264", "av1": "libdav1d"}
MEMORY_BYTES: Final = 1024**3
PATIENCE_SECONDS: Final = 30.0
"Start of the process on a busy machine included; a picture takes some milliseconds."
MAX_PIXELS: Final = 4096 * 2304
QUALITY: Final = 85


class NoStill(Refusal):
    """There is no picture of this leg that could be shown."""

    code: ClassVar[str] = "no_still"
    status: ClassVar[int] = 409


class StillDecoder:
    """One process, started when first needed and again after it was lost."""

    def __init__(self, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._patience_seconds = patience_seconds
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def jpeg(self, still: Still) -> bytes:
        """The picture as JPEG.  Raises `NoStill` when it does not decode."""
        async with self._turn:
            if self._pool is None:
                self._pool = one_process(_confine)
            try:
                async with asyncio.timeout(self._patience_seconds):
                    job = self._pool.submit(to_jpeg, still.codec, still.frame)
                    return await asyncio.wrap_future(job)
            except (BrokenProcessPool, TimeoutError) as error:
                await self._discard()
                raise NoStill("the decoder died over a picture, or took too long") from error
            except ValueError as error:
                raise NoStill(f"a {still.codec} picture does not decode") from error

    async def close(self) -> None:
        """End the process."""
        await self._discard()

    async def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        kill(pool)
        await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)


def to_jpeg(codec: str, frame: bytes) -> bytes:
    """Decode one picture.  Raises `ValueError` for what is none."""
    import av

    context: Any = av.CodecContext.create(DECODERS[codec], "r")
    context.thread_count = 1
    try:
        pictures = context.decode(av.Packet(frame)) + context.decode(None)
    except av.FFmpegError as error:
        raise ValueError(f"{codec}: {type(error).__name__}") from error
    if not pictures:
        raise ValueError(f"{codec}: no picture came out")
    picture = pictures[0]
    if picture.width * picture.height > MAX_PIXELS:
        raise ValueError(f"{codec}: {picture.width} x {picture.height} is too large")
    held = io.BytesIO()
    picture.to_image().save(held, "JPEG", quality=QUALITY)
    return held.getvalue()


def _confine() -> None:
    """Run first in the child, before any library that decodes is loaded."""
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
