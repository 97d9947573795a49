"""Recordings made in a process of their own: what becomes of dumps, and of the process."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

import pytest

from counter.media.mux_pool import MuxPool
from counter.media.recording_keeping_service import CannotMake, NotNow
from counter.store.blobs_directory import DirectoryBlobs
from tests.media.camera import stream
from tests.media.test_mux import KEY, NOON, dump, person


@pytest.fixture
def blobs(tmp_path: Path) -> DirectoryBlobs:
    return DirectoryBlobs(tmp_path / "blobs")


@pytest.fixture
async def pool(tmp_path: Path, blobs: DirectoryBlobs) -> AsyncIterator[MuxPool]:
    (tmp_path / "dumps" / "r-1").mkdir(parents=True)
    made = MuxPool(tmp_path / "dumps", blobs, token_bytes)
    yield made
    await made.close()


@pytest.fixture
def folder(pool: MuxPool, tmp_path: Path) -> Path:
    """Where the dumps of the recording are."""
    return tmp_path / "dumps" / "r-1"


async def test_what_was_dumped_becomes_a_file_in_the_store(
    pool: MuxPool, folder: Path, blobs: DirectoryBlobs
) -> None:
    dump(folder, "leg-c", person("vp8", began=100.0, seconds=1), owner="terminal:t", role="citizen")
    assert await pool.dumped() == ["r-1"]
    file = await pool.make("r-1", KEY, ())
    assert [track["codec"] for track in file.tracks] == ["vp8", "opus"]
    assert not await pool.is_there(file.sha256)
    await pool.keep("r-1", file.sha256)
    assert await pool.is_there(file.sha256)
    assert file.size_bytes == blobs.path(file.sha256).stat().st_size
    await pool.read_through(file.sha256, "r-1", KEY)
    await pool.remove_dumps("r-1")
    assert await pool.dumped() == []
    await pool.remove_file(file.sha256)
    assert not await pool.is_there(file.sha256)


async def test_what_came_after_a_withdrawal_is_not_in_the_file(pool: MuxPool, folder: Path) -> None:
    dump(folder, "leg-c", person("vp8", began=100.0, seconds=1), owner="terminal:t", role="citizen")
    noon = datetime.fromtimestamp(NOON, UTC)
    half = timedelta(seconds=0.5)
    file = await pool.make("r-1", KEY, [(noon + half / 2, noon + half), (noon + 1.5 * half, None)])
    assert (file.duration_ms // 100, file.gaps_ms) == (7, ((250, 500),))


async def test_a_file_that_changed_after_it_was_made_is_not_kept(
    pool: MuxPool, folder: Path, blobs: DirectoryBlobs
) -> None:
    (folder / "finished.sealed").write_bytes(b"other bytes than were made")
    with pytest.raises(NotNow):
        await pool.keep("r-1", "0" * 64)
    (folder / "finished.sealed").unlink()
    with pytest.raises(NotNow):
        await pool.keep("r-1", "0" * 64)
    assert [path for path in blobs.path("0" * 64).parent.parent.rglob("*") if path.is_file()] == []


JUNK = {"vp8": b"\x10\0\0" + b"junk" * 20, "h264": b"\0\0\0\1\x67junk\0\0\0\1\x65junk"}


async def test_a_picture_that_no_muxer_takes_is_damage_and_no_crash(
    pool: MuxPool, folder: Path
) -> None:
    for codec, frame in JUNK.items():
        sent = stream(codec, (frame,), ssrc=1, began=100.0)
        path = dump(folder, "leg-c", sent, owner="terminal:t", role="citizen", codec=codec)
        with pytest.raises(CannotMake) as caught:
            await pool.make("r-1", KEY, ())
        assert caught.value.reason == "damaged"
        path.unlink()


COUNTER = """
import asyncio, sys
from pathlib import Path
from secrets import token_bytes
from counter.media.mux_pool import MuxPool
from counter.media.recording_keeping_service import CannotMake, NotNow
from counter.store.blobs_directory import DirectoryBlobs

async def main() -> None:
    pool = MuxPool(Path(sys.argv[1]), DirectoryBlobs(Path(sys.argv[1])), token_bytes)
    try:
        await pool.make("r-1", bytes(32), ())
    except CannotMake as error:
        print(error.reason, *pool._pool._processes, flush=True)
    await asyncio.sleep(3600)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_the_process_ends_with_a_counter_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(COUNTER)
    (tmp_path / "dumps" / "r-1").mkdir(parents=True)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, str(tmp_path / "parent.py"), str(tmp_path / "dumps")]
    counter = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.PIPE, text=True
    )
    assert counter.stdout is not None
    try:
        reason, process = counter.stdout.readline().split()
        assert reason == "nothing_recorded", "it has worked"
        descriptor = os.pidfd_open(int(process))
    finally:
        counter.kill()
        counter.wait()
        counter.stdout.close()
    try:
        ended, _, _ = select.select([descriptor], [], [], 20)
        assert ended, "nobody is left to work for, and it goes on"
    finally:
        if not select.select([descriptor], [], [], 0)[0]:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        os.close(descriptor)
