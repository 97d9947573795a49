"""What a terminal keeps until the counter has it: real files, real encryption."""

import asyncio
import hashlib
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.errors import BadInput
from counter.ids import RequestId
from counter.terminal.journal import EntryDamaged, Name, Shot, name_of, too_old
from counter.terminal.journal_files import FileJournal

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = b"k" * 32


def octets() -> Callable[[int], bytes]:
    """Other bytes each time, the same in each run."""
    drawn = 0

    def some(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(str(drawn).encode()).digest(size)

    return some


def journal(root: Path, key: bytes = KEY) -> FileJournal:
    return FileJournal(root / "journal", key, octets())


def shot(number: int = 1, at: datetime = NOW) -> Shot:
    return Shot(
        request_id=RequestId(f"r-{number}"),
        photograph=b"photograph of a citizen's paper " * number,
        thumbnail=b"small",
        taken_at=at,
    )


@given(
    seq=st.integers(0, 99_999_999),
    ms=st.integers(0, 4_000_000_000_000),
    entry_id=st.text("0123456789abcdef", min_size=32, max_size=32),
)
def test_a_name_says_what_it_was_made_of(seq: int, ms: int, entry_id: str) -> None:
    taken_at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    name = Name(seq=seq, taken_at=taken_at, entry_id=entry_id)
    assert name_of(str(name)) == name
    assert name_of(f"{name}.writing") is None


def test_what_is_a_day_old_is_too_old() -> None:
    name = Name(seq=1, taken_at=NOW, entry_id="0" * 32)
    assert not too_old(name, NOW + timedelta(hours=23, minutes=59))
    assert too_old(name, NOW + timedelta(hours=24))


async def test_another_life_finds_what_was_kept_in_its_order(tmp_path: Path) -> None:
    first = journal(tmp_path)
    kept = [await first.keep("case-1", shot(1)), await first.keep("case-2", shot(2))]
    found = await journal(tmp_path).entries()
    assert found == kept
    assert [entry.name.seq for entry in found] == [1, 2]
    assert await journal(tmp_path).read(found[1]) == (shot(2).photograph, b"small")
    assert found[1].sha256 == hashlib.sha256(shot(2).photograph).hexdigest()


async def test_nothing_of_a_paper_is_readable_on_the_disk(tmp_path: Path) -> None:
    await journal(tmp_path).keep("case-1", shot())
    on_disk = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(on_disk) == 2
    assert not any(b"citizen" in content or b"r-1" in content for content in on_disk)
    assert not any(path.stat().st_mode & 0o077 for path in tmp_path.rglob("*/*"))


async def test_a_half_written_one_is_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = journal(tmp_path)
    await kept.keep("case-1", shot(1))

    def power_cut(*_: object) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(os, "replace", power_cut)
    with pytest.raises(OSError, match="power"):
        await kept.keep("case-1", shot(2))
    assert [entry.request_id for entry in await kept.entries()] == ["r-1"]


async def test_it_is_synced_before_it_is_said_to_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_sync(number: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")
        fsync(number)

    def noted_replace(source: Path, target: Path) -> None:
        done.append("rename")
        replace(source, target)

    kept = journal(tmp_path)
    await kept.keep("case-1", shot(1))
    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    await kept.keep("case-1", shot(2))
    assert done == ["file", "rename", "folder"]


@pytest.mark.parametrize("harm", ["other bytes", "another key", "moved", "no key"])
async def test_what_does_not_open_is_told_and_left(tmp_path: Path, harm: str) -> None:
    kept = journal(tmp_path)
    entry = await kept.keep("case-1", shot(1))
    await kept.keep("case-2", shot(2))
    path = tmp_path / "journal" / "case-1" / str(entry.name)
    if harm == "other bytes":
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    elif harm == "another key":
        kept = journal(tmp_path, b"o" * 32)
    elif harm == "moved":
        path.rename(path.with_name(str(Name(seq=9, taken_at=NOW, entry_id="a" * 32))))
    else:
        (path.parent / "key").unlink()
    found = [one.request_id for one in await kept.entries()]
    assert found == ([] if harm == "another key" else ["r-2"])
    with pytest.raises(EntryDamaged):
        await kept.read(entry)
    assert await kept.wipe("case-1") == 1, "it is not thrown away unseen"
    assert await kept.expire(NOW + timedelta(hours=24)) == 2
    assert await kept.wipe("case-1") == 0


async def test_a_sitting_is_wiped_only_when_nothing_of_it_is_left(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    entry = await kept.keep("case-1", shot(1))
    assert await kept.wipe("case-1") == 1
    assert await kept.entries() == [entry]
    await kept.forget(entry)
    await kept.forget(entry)
    assert await kept.wipe("case-1") == 0
    assert await kept.wipe("never-there") == 0
    assert await kept.sittings() == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_each_sitting_has_a_key_of_its_own(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    await kept.keep("case-1", shot(1))
    await kept.keep("case-2", shot(2))
    keys = [path.read_bytes() for path in tmp_path.rglob("key")]
    assert len(set(keys)) == 2


@pytest.mark.parametrize("sitting", ["", "../up", "a/b", "x" * 41])
async def test_a_sitting_is_no_path(tmp_path: Path, sitting: str) -> None:
    with pytest.raises(BadInput):
        await journal(tmp_path).keep(sitting, shot())


async def test_kept_at_the_same_moment_all_open(tmp_path: Path) -> None:
    kept = journal(tmp_path)
    await asyncio.gather(*(kept.keep("case-1", shot(number)) for number in range(1, 13)))
    found = await kept.entries()
    assert [entry.name.seq for entry in found] == list(range(1, 13))
    assert {entry.request_id for entry in found} == {f"r-{number}" for number in range(1, 13)}


async def test_a_key_is_not_destroyed_under_what_is_being_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = journal(tmp_path)
    sealing, go_on = threading.Event(), threading.Event()
    seal = kept._seal

    def slow(key: bytes, content: bytes, what: str) -> bytes:
        if "|" in what:  # the entry; its key is there already
            sealing.set()
            assert go_on.wait(20)
        return seal(key, content, what)

    monkeypatch.setattr(kept, "_seal", slow)
    keeping = asyncio.create_task(kept.keep("case-1", shot()))
    assert await asyncio.to_thread(sealing.wait, 20)
    wiping = asyncio.create_task(kept.wipe("case-1"))
    await asyncio.wait([wiping], timeout=0.2)
    go_on.set()
    entry = await keeping
    assert await wiping == 1
    assert await kept.entries() == [entry]
