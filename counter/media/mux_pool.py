"""Making and reading recordings, away from the event loop and from every call.

One process, at a low priority, started when there is something to do.  What it makes lies beside
the dumps until the store has it; dumps are removed when the file is promised, never before.
"""

import asyncio
import hashlib
import math
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from counter.ids import Digest
from counter.media.parent_process import end_with_parent
from counter.media.recording_keeping_service import CannotMake, NotNow
from counter.media.seal_cryptography import RandomBytes
from counter.media.store_recordings_reading import StoredFile
from counter.one_process import kill, one_process

PATIENCE_S: Final = 25 * 60.0
"Longer than a day-long call takes; shorter than a claim lasts."
NICE: Final = 10
OUT: Final = "finished.sealed"


class Blobs(Protocol):
    """Big bytes by their digest; see `counter.store.blobs_directory`."""

    async def take(self, file: Path) -> Digest: ...

    async def size(self, sha256: str) -> int | None: ...

    async def remove(self, sha256: str) -> None: ...

    def path(self, sha256: str) -> Path: ...


class MuxPool:
    """Implements `recording_keeping_service.Files`."""

    def __init__(self, dumps: Path, blobs: Blobs, random_bytes: RandomBytes) -> None:
        """
        dumps:        where the media processes of this machine write them.
        random_bytes: a function of a module, for it is called in the other process.
        """
        self._random_bytes = random_bytes
        self._dumps = dumps
        self._blobs = blobs
        self._pool: ProcessPoolExecutor | None = None

    async def dumped(self) -> list[str]:
        """Recordings of which there are dumps on this machine."""
        return await asyncio.to_thread(_folders, self._dumps)

    async def make(
        self, recording_id: str, key: bytes, left_out: Sequence[tuple[datetime, datetime | None]]
    ) -> StoredFile:
        """Mux the dumps into a file beside them, and see that it plays.

        left_out: from when to when nothing is kept, in order; None: from then on.
        Raises `CannotMake` when there is nothing that could be played, `NotNow` for anything that
        may be otherwise later.
        """
        folder = self._dumps / recording_id
        spans = [
            (start.timestamp(), math.inf if end is None else end.timestamp())
            for start, end in left_out
        ]
        made, sha256, size_bytes = await self._run(
            _make, folder, folder / OUT, key, recording_id, self._random_bytes, spans
        )
        return StoredFile(
            sha256=sha256,
            size_bytes=size_bytes,
            began_at=datetime.fromtimestamp(made.began_at, UTC),
            duration_ms=made.duration_ms,
            tracks=[asdict(track) for track in made.tracks],
            gaps_ms=made.gaps_ms,
            unopened_dumps=made.unopened_dumps,
        )

    async def keep(self, recording_id: str, sha256: str) -> None:
        """Give the file that was made to the store.  Raises `NotNow`."""
        try:
            taken = await self._blobs.take(self._dumps / recording_id / OUT)
        except OSError as error:
            raise NotNow(f"the store took no file ({error.strerror})") from error
        if taken != sha256:
            await self._blobs.remove(taken)
            raise NotNow("the file has changed since it was made")

    async def is_there(self, sha256: str) -> bool:
        """Whether the store has it now, and answers; nothing is read."""
        try:
            return await self._blobs.size(sha256) is not None
        except OSError:
            return False

    async def read_through(self, sha256: str, recording_id: str, key: bytes) -> None:
        """Read the file to its end.  Raises `CannotMake` when it does not play, `NotNow`."""
        await self._run(_play, self._blobs.path(sha256), key, recording_id)

    async def remove_dumps(self, recording_id: str) -> None:
        await asyncio.to_thread(shutil.rmtree, self._dumps / recording_id, ignore_errors=True)

    async def remove_file(self, sha256: str) -> None:
        """Harmless when it is gone.  Raises `NotNow`."""
        try:
            await self._blobs.remove(sha256)
        except OSError as error:
            raise NotNow(f"the store does not remove a file ({error.strerror})") from error

    async def close(self) -> None:
        """End the process; a recording that was being made is made after the next start."""
        self._end()

    async def _run(self, job: Callable[..., Any], *args: Any) -> Any:
        if self._pool is None:
            self._pool = one_process(_begin)
        try:
            async with asyncio.timeout(PATIENCE_S):
                kind, result = await asyncio.get_running_loop().run_in_executor(
                    self._pool, job, *args
                )
        except (BrokenProcessPool, TimeoutError) as error:
            self._end()
            raise NotNow(f"the mux process did not finish ({type(error).__name__})") from error
        if kind == "made":
            return result
        if kind == "later":
            raise NotNow(result)
        raise CannotMake(kind, result)

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            kill(pool)
            pool.shutdown(wait=True, cancel_futures=True)


def _folders(directory: Path) -> list[str]:
    if not directory.is_dir():
        return []
    return sorted(path.name for path in directory.iterdir() if path.is_dir())


def _begin() -> None:
    end_with_parent()
    os.nice(NICE)  # calls come first


def _make(
    folder: Path,
    out: Path,
    key: bytes,
    recording_id: str,
    random_bytes: RandomBytes,
    left_out: Sequence[tuple[float, float]],
) -> tuple[str, Any]:
    from counter.media import mux_av

    def make() -> tuple[mux_av.Muxed, str, int]:
        made = mux_av.mux(folder, out, key, recording_id, random_bytes, left_out)
        with out.open("rb") as file:
            return made, hashlib.file_digest(file, "sha256").hexdigest(), file.tell()

    return _outcome(make)


def _play(path: Path, key: bytes, recording_id: str) -> tuple[str, Any]:
    from counter.media import mux_av

    return _outcome(lambda: mux_av.played(path, key, recording_id))


def _outcome(job: Callable[[], Any]) -> tuple[str, Any]:
    """What came of it, as something that passes between processes: our own words, no exception."""
    # PyAV is of use in the worker only.
    import av

    from counter.media.dump import DumpDamaged
    from counter.media.mux_av import DoesNotPlay, NothingRecorded
    from counter.media.seal_cryptography import CannotOpen

    try:
        return "made", job()
    except NothingRecorded as error:
        return "nothing_recorded", str(error)
    except FileNotFoundError:
        return "missing", "there is no such file"
    except (DoesNotPlay, CannotOpen, DumpDamaged) as error:
        return "damaged", str(error)
    except OSError as error:
        return "later", f"{type(error).__name__}: {error.strerror}"
    except av.FFmpegError as error:  # what somebody sent is no picture that a container takes
        return "damaged", f"{type(error).__name__}: {error.strerror}"
