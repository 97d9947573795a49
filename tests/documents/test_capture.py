"""How far a photograph may have come: the whole table, and the files that hold what came up."""

import asyncio
import fcntl
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.documents.capture import (
    ON_ITS_WAY,
    STEPS,
    STEPS_SHOWN,
    CaptureState,
    before,
    quarters,
)
from counter.documents.capture_files import CaptureFiles
from counter.documents.refusals import CaptureOffset
from counter.errors import Busy


@pytest.mark.parametrize("old", CaptureState)
@pytest.mark.parametrize("new", CaptureState)
def test_what_has_ended_stays_so_and_before_says_what_the_table_says(
    old: CaptureState, new: CaptureState
) -> None:
    assert (old in before(new)) == ((old, new) in STEPS)
    if old not in ON_ITS_WAY:
        assert (old, new) not in STEPS


@given(length=st.integers(1, 20_000_000), shares=st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_quarters_rise_with_the_bytes_and_are_four_only_at_the_end(
    length: int, shares: list[float]
) -> None:
    less, more = sorted(int(length * share) for share in shares)
    assert 0 <= quarters(less, length) <= quarters(more, length) <= STEPS_SHOWN
    assert (quarters(more, length) == STEPS_SHOWN) == (more == length)


async def test_parts_are_appended_at_the_end_and_nowhere_else(tmp_path: Path) -> None:
    files = CaptureFiles(tmp_path / "captures")
    assert (await files.size("c"), await files.read("c")) == (0, b"")
    assert await files.append("c", 0, b"first ") == 6
    for wrong in (0, 5, 7):
        with pytest.raises(CaptureOffset):
            await files.append("c", wrong, b"other")
    assert await files.append("c", 6, b"second") == 12
    assert await CaptureFiles(tmp_path / "captures").read("c") == b"first second"
    assert await files.names() == ["c"]
    await files.remove("c")
    await files.remove("c")
    assert await files.names() == []


async def test_two_writers_never_mix_their_parts(tmp_path: Path) -> None:
    files = CaptureFiles(tmp_path)
    await files.append("c", 0, b"x")
    with (tmp_path / "c.part").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            await files.append("c", 1, b"y")
    results = await asyncio.gather(
        *(files.append("c", 1, b"z" * 1000) for _ in range(8)), return_exceptions=True
    )
    assert results.count(1001) == 1
    assert all(isinstance(one, CaptureOffset | Busy) or one == 1001 for one in results)
    assert await files.size("c") == 1001
