"""Whatever is put while old bytes are taken away can be had afterwards."""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.store.blobs_aging import ARRIVING, ASIDE, OldBlobs
from counter.store.blobs_directory import BlobMissing, DirectoryBlobs

GRACE = timedelta(hours=24)
CONTENTS = [b"0", b"1", b"2"]


def age(root: Path, at: datetime = datetime(1970, 1, 1, tzinfo=UTC)) -> None:
    """As if everything had been put then."""
    for file in root.rglob("*"):
        os.utime(file, (at.timestamp(), at.timestamp()))


def test_what_is_older_than_the_store_is_left_alone(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = blobs._put(CONTENTS[0])
    age(tmp_path)
    old = OldBlobs(tmp_path)
    assert old.listed(sha256[:2], 0.0, old.horizon(GRACE)) == [sha256]
    assert old.listed(sha256[:2], 1.0, old.horizon(GRACE)) == []


def collect(root: Path, named: set[str]) -> int:
    """One round over all parts, as the collector makes it."""
    old = OldBlobs(root)
    horizon = old.horizon(GRACE)
    old.mend(horizon)
    found = [one for part in range(256) for one in old.listed(f"{part:02x}", 0.0, horizon)]
    return old.drop([one for one in found if one not in named], horizon)


def kept(root: Path, sha256: str) -> bool:
    try:
        DirectoryBlobs(root)._get(sha256)
    except BlobMissing:
        return False
    return True


@given(
    acts=st.lists(
        st.tuples(
            st.sampled_from(["put", "commit", "forget", "age", "collect"]), st.integers(0, 2)
        ),
        max_size=25,
    )
)
def test_what_is_named_or_young_stays_and_only_that(acts: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        blobs = DirectoryBlobs(root)
        digests = [blobs._put(one) for one in CONTENTS]
        young, named, there = set(digests), set[str](), set(digests)
        for act, at in acts:
            sha256 = digests[at]
            if act == "put":
                blobs._put(CONTENTS[at])
                young.add(sha256)
                there.add(sha256)
            elif act == "commit" and sha256 in young:  # nobody commits later than the grace
                named.add(sha256)
            elif act == "forget":
                named.discard(sha256)
            elif act == "age":
                age(root)
                young.clear()
            elif act == "collect":
                assert collect(root, named) == len(there - young - named)
                there &= young | named
            assert {one for one in digests if kept(root, one)} == there
        assert not any((root / ASIDE).rglob("*"))


STEPS = ("rename", "stat", "unlink")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_bytes_that_are_put_at_any_step_of_their_removal_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = blobs._put(CONTENTS[0])
    age(tmp_path)
    real = getattr(os, step)
    puts = 0

    def stepping(*args: Any, **named: Any) -> Any:
        nonlocal puts
        of_it = sha256 in str(args[0]) and not puts
        if of_it and not after:
            puts += 1
            blobs._put(CONTENTS[0])
        made = real(*args, **named)
        if of_it and after:
            puts += 1
            blobs._put(CONTENTS[0])
        return made

    monkeypatch.setattr(f"counter.store.blobs_aging.os.{step}", stepping)
    collect(tmp_path, set())
    monkeypatch.undo()
    assert puts == 1
    assert blobs._get(sha256) == CONTENTS[0]
    assert collect(tmp_path, set()) == 0, "it is young"


@pytest.mark.parametrize("call", ["utime", "fstat"])
def test_a_removal_at_any_step_of_a_put_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = blobs._put(CONTENTS[0])
    age(tmp_path)
    real: Callable[..., Any] = getattr(os, call)
    rounds: list[int] = []

    def stepping(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        if call == "fstat":  # as if it had come between the look at it and its new date
            os.utime(blobs.path(sha256), (0, 0))
        rounds.append(collect(tmp_path, set()))
        return real(*args, **named)

    monkeypatch.setattr(f"counter.store.blobs_directory.os.{call}", stepping)
    blobs._put(CONTENTS[0])
    assert rounds == [1]
    assert blobs._get(sha256) == CONTENTS[0]


def test_what_a_killed_round_left_aside_is_read_and_goes_back(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(tmp_path)
    sha256 = blobs._put(CONTENTS[0])
    aside = tmp_path / ASIDE / "killed"
    aside.mkdir(parents=True)
    blobs.path(sha256).rename(aside / sha256)
    assert blobs._get(sha256) == CONTENTS[0]
    assert collect(tmp_path, {sha256}) == 0
    assert blobs.path(sha256).exists() and not aside.exists()


def test_arrivals_that_never_ended_go_and_those_under_way_stay(tmp_path: Path) -> None:
    arriving = tmp_path / ARRIVING
    arriving.mkdir()
    for name in ("old", "young"):
        (arriving / name).write_bytes(b"half")
    os.utime(arriving / "old", (0, 0))
    collect(tmp_path, set())
    assert [one.name for one in arriving.iterdir()] == ["young"]


def test_an_empty_store_has_nothing_to_collect(tmp_path: Path) -> None:
    assert collect(tmp_path / "not yet", set()) == 0
