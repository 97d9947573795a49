"""Bytes by digest: what was put is what is got, or an alarm."""

import hashlib
import threading
from pathlib import Path
from typing import Any

import pytest

from counter.store.blobs_directory import BlobDamaged, BlobMissing, DirectoryBlobs


async def test_what_was_put_comes_back_under_its_sha256(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    assert sha256 == hashlib.sha256(b"a page").hexdigest()
    assert await DirectoryBlobs(tmp_path).get(sha256) == b"a page"


async def test_what_lies_in_its_place_is_looked_for_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    monkeypatch.setattr(Path, "glob", lambda *_: pytest.fail("a folder was read for nothing"))
    assert await blobs.get(sha256) == b"a page"


async def test_the_same_bytes_are_kept_once_and_leave_nothing_behind(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    assert await blobs.put(b"a page") == await blobs.put(b"a page")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1


async def test_changed_bytes_raise_the_alarm_and_are_never_given_out(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    blobs.path(sha256).write_bytes(b"A page")
    with pytest.raises(BlobDamaged) as caught:
        await blobs.get(sha256)
    assert caught.value.code == "blob_damaged"


async def test_putting_the_bytes_again_mends_a_damaged_copy(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    blobs.path(sha256).write_bytes(b"")
    await blobs.put(b"a page")
    assert await blobs.get(sha256) == b"a page"


async def test_a_slow_disk_holds_up_nobody_while_bytes_are_looked_for_or_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    asked: list[threading.Thread] = []

    def watched(name: str) -> None:
        real = getattr(Path, name)

        def noted(self: Path, *args: Any, **more: Any) -> Any:
            asked.append(threading.current_thread())
            return real(self, *args, **more)

        monkeypatch.setattr(Path, name, noted)

    watched("stat")
    watched("unlink")
    assert await blobs.size(sha256) == 6
    await blobs.remove(sha256)
    await blobs.remove(sha256)
    assert await blobs.size(sha256) is None
    assert len(asked) == 4
    assert threading.main_thread() not in asked


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63 + "g"])
async def test_an_unknown_digest_and_a_path_are_both_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobMissing):
        await DirectoryBlobs(tmp_path).get(name)
