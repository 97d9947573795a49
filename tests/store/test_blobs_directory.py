"""Bytes by digest: what was put is what is got, or an alarm."""

import hashlib
from pathlib import Path

import pytest

from counter.store.blobs_directory import BlobDamaged, BlobMissing, DirectoryBlobs


async def test_what_was_put_comes_back_under_its_sha256(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = await blobs.put(b"a page")
    assert sha256 == hashlib.sha256(b"a page").hexdigest()
    assert await DirectoryBlobs(tmp_path).get(sha256) == b"a page"


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


@pytest.mark.parametrize("name", ["0" * 64, "../../etc/passwd", "", "A" * 64, "0" * 63 + "g"])
async def test_an_unknown_digest_and_a_path_are_both_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(BlobMissing):
        await DirectoryBlobs(tmp_path).get(name)
