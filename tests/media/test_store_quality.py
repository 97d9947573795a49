"""How lines were, on both engines: verdicts, series, going on by voice, and what is forgotten."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from counter.errors import NotAllowedNow
from counter.media.quality import Finding
from counter.media.series import Sample, Shares
from counter.media.store_quality import (
    KEPT_FOR,
    SqlQuality,
    call_picture,
    leg_sample,
    leg_verdict,
    tidy,
)
from counter.media.store_quality_reading import has_picture, lines_of, series_of, shares
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.session_log import tail

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEAK = Finding(verdict="weak", cause="upload_loss")
BAD = Finding(verdict="bad", cause="delay")
GOOD = Finding(verdict="good")


class Terminal:
    own = "terminal:hq-1"


class Calls:
    """Which call is on."""

    def __init__(self) -> None:
        self.on: str | None = "c-1"

    def speaks_in(self, conn: Connection, who: Any) -> str:
        if self.on is None:
            raise NotAllowedNow("in no call")
        return self.on

    def listeners(self, conn: Connection, call_id: str) -> list[str]:
        return ["terminal:hq-1", "agent:lei"] if call_id == self.on else []


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def kept(executor: Executor, calls: Calls) -> SqlQuality:
    return SqlQuality(executor, calls.speaks_in, calls.listeners)


def sample(at: datetime, **other: Any) -> Sample:
    values: dict[str, Any] = {
        "at": at,
        "good_ms": 10_000,
        "weak_ms": 0,
        "bad_ms": 0,
        "cause": None,
        "up_packets": 2280,
        "up_lost": 3,
        "down_packets": 2200,
        "down_lost": 0,
        "up_kbps": 1480,
        "rtt_ms": 31,
        "jitter_ms": None,
        "jitter_buffer_ms": 44,
        "frozen_ms": 0,
        "available_kbps": 3000,
    }
    return Sample(**{**values, **other})


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


async def test_the_last_verdict_of_each_leg_is_told(executor: Executor, kept: SqlQuality) -> None:
    await kept.put_verdict("c-1", "terminal:hq-1", WEAK, seconds(0))
    await kept.put_verdict("c-1", "terminal:hq-1", BAD, seconds(4))
    await kept.put_verdict("c-1", "agent:lei", WEAK, seconds(5))
    await kept.put_verdict("c-1", "agent:lei", GOOD, seconds(13))

    told = await executor.read(lines_of, ["c-1", "c-2"])

    assert told == {"c-1": {"terminal:hq-1": BAD, "agent:lei": GOOD}, "c-2": {}}


async def test_both_screens_are_drawn_anew_when_a_verdict_changes(
    executor: Executor, kept: SqlQuality
) -> None:
    await kept.put_verdict("c-1", "terminal:hq-1", WEAK, NOW)

    rows = await executor.read(tail, ["terminal:hq-1", "agent:lei"], {})

    assert [(row.audience, row.kind) for row in rows] == [
        ("terminal:hq-1", "line.changed"),
        ("agent:lei", "line.changed"),
    ]


async def test_a_call_that_is_over_is_told_nothing_more_of(
    executor: Executor, kept: SqlQuality, calls: Calls
) -> None:
    calls.on = None
    await kept.put_verdict("c-1", "terminal:hq-1", WEAK, NOW)

    assert not await kept.is_on("c-1")
    assert await executor.read(lines_of, ["c-1"]) == {"c-1": {}}


async def test_a_line_goes_on_where_it_was_told_of_last(kept: SqlQuality, calls: Calls) -> None:
    assert await kept.begin(Terminal(), "c-1") is None
    await kept.put_verdict("c-1", "terminal:hq-1", BAD, NOW)

    assert await kept.begin(Terminal(), "c-1") == (BAD, NOW)


async def test_who_is_not_in_the_call_is_refused(kept: SqlQuality, calls: Calls) -> None:
    with pytest.raises(NotAllowedNow):
        await kept.begin(Terminal(), "c-2")
    with pytest.raises(NotAllowedNow):
        await kept.choose_picture(Terminal(), "c-2", picture=False, now=NOW)
    calls.on = None
    with pytest.raises(NotAllowedNow):
        await kept.begin(Terminal(), "c-1")


async def test_a_series_comes_back_as_it_was_kept(executor: Executor, kept: SqlQuality) -> None:
    first, second = sample(seconds(0)), sample(seconds(10), cause="delay", rtt_ms=None)
    for one in (second, first, first):
        await kept.put_sample("c-1", "terminal:hq-1", one)

    assert await executor.read(series_of, "c-1") == {"terminal:hq-1": [first, second]}


async def test_call_time_is_shared_out_by_side_and_cause(
    executor: Executor, kept: SqlQuality
) -> None:
    lossy = {"good_ms": 4000, "weak_ms": 4000, "bad_ms": 2000, "cause": "upload_loss"}
    for owner, at, values in [
        ("terminal:hq-1", 0, {}),
        ("terminal:hq-1", 10, lossy),
        ("terminal:hq-2", 10, lossy),
        ("agent:lei", 0, {}),
        ("agent:lei", 10_000, lossy),  # after the end of what is asked for
    ]:
        await kept.put_sample("c-1", owner, sample(seconds(at), **values))

    assert await executor.read(shares, NOW, seconds(3600)) == [
        Shares(side="agent", cause=None, good_ms=10_000, weak_ms=0, bad_ms=0),
        Shares(side="terminal", cause="upload_loss", good_ms=8000, weak_ms=8000, bad_ms=4000),
        Shares(side="terminal", cause=None, good_ms=10_000, weak_ms=0, bad_ms=0),
    ]


async def test_either_side_chooses_voice_and_both_screens_follow(
    executor: Executor, kept: SqlQuality
) -> None:
    assert await executor.read(has_picture, "c-1")

    await kept.choose_picture(Terminal(), "c-1", picture=False, now=NOW)
    await kept.choose_picture(Terminal(), "c-1", picture=False, now=seconds(1))
    assert not await executor.read(has_picture, "c-1")
    await kept.choose_picture(Terminal(), "c-1", picture=True, now=seconds(2))
    assert await executor.read(has_picture, "c-1")

    rows = await executor.read(tail, ["agent:lei"], {})
    assert [(row.kind, row.body) for row in rows] == [
        ("picture.changed", {"picture": False, "by": "terminal:hq-1"}),
        ("picture.changed", {"picture": True, "by": "terminal:hq-1"}),
    ]
    assert await executor.read(check) == (2, [])


async def test_a_quarter_later_nothing_is_left_of_it(executor: Executor, kept: SqlQuality) -> None:
    await kept.put_verdict("c-1", "terminal:hq-1", WEAK, NOW)
    await kept.put_sample("c-1", "terminal:hq-1", sample(NOW))
    await kept.choose_picture(Terminal(), "c-1", picture=False, now=NOW)

    async def rows() -> int:
        def count(conn: Connection) -> int:
            tables = (leg_verdict, leg_sample, call_picture)
            return sum(
                conn.execute(select(func.count()).select_from(table)).scalar_one()
                for table in tables
            )

        return await executor.read(count)

    await executor.write(tidy, NOW + KEPT_FOR)
    assert await rows() == 3
    await executor.write(tidy, NOW + KEPT_FOR + timedelta(seconds=1))
    assert await rows() == 0
