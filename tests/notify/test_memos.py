"""Memos: one per notice, for one person, kept for a while."""

from datetime import datetime, timedelta

from counter.notify import store_memos
from counter.notify.store_memos import SqlMemos
from counter.store.executor import Executor

ANA, RUI = "a" * 64, "b" * 64
BODY = {"service": "dsi-criminal-record", "version": 2}


async def keep(executor: Executor, person: str, number: int, now: datetime) -> None:
    await executor.write(
        store_memos.keep,
        person,
        f"notice-{number}",
        "appointment.booked",
        f"a-{number}",
        BODY,
        now,
    )


async def test_everybody_sees_their_own_newest_first(executor: Executor, now: datetime) -> None:
    for number, person in enumerate((ANA, RUI, ANA)):
        await keep(executor, person, number, now)
    memos = SqlMemos(executor)
    assert [memo.ref for memo in await memos.of(ANA)] == ["a-2", "a-0"]
    assert [memo.ref for memo in await memos.of(RUI)] == ["a-1"]
    assert await memos.of("c" * 64) == []
    (memo,) = await memos.of(RUI)
    assert (memo.kind, memo.body, memo.made_at) == ("appointment.booked", BODY, now)


async def test_the_same_notice_again_is_no_second_memo(executor: Executor, now: datetime) -> None:
    await keep(executor, ANA, 1, now)
    await keep(executor, ANA, 1, now + timedelta(minutes=1))
    assert len(await SqlMemos(executor).of(ANA)) == 1


async def test_read_is_what_was_on_the_page(executor: Executor, now: datetime) -> None:
    memos = SqlMemos(executor)
    for number in (1, 2):
        await keep(executor, ANA, number, now)
    await keep(executor, RUI, 3, now)
    newest = (await memos.of(ANA))[0].id
    await keep(executor, ANA, 4, now)  # came while the page was being read
    assert await memos.unread(ANA) == 3
    await memos.read_until(ANA, newest, now)
    assert [memo.read for memo in await memos.of(ANA)] == [False, True, True]
    assert (await memos.unread(ANA), await memos.unread(RUI)) == (1, 1)


async def test_another_person_marks_nothing_of_mine(executor: Executor, now: datetime) -> None:
    memos = SqlMemos(executor)
    await keep(executor, ANA, 1, now)
    await memos.read_until(RUI, (await memos.of(ANA))[0].id, now)
    assert await memos.unread(ANA) == 1


async def test_what_is_old_is_forgotten(executor: Executor, now: datetime) -> None:
    await keep(executor, ANA, 1, now)
    await keep(executor, ANA, 2, now + timedelta(days=1))
    await executor.write(store_memos.tidy, now + store_memos.KEPT_FOR + timedelta(hours=1))
    assert [memo.ref for memo in await SqlMemos(executor).of(ANA)] == ["a-2"]
