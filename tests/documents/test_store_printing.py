"""Prints as rows, on both engines: their steps, their limit, who hears of them."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents import store_printing
from counter.documents.bundle_refusals import TooMuchToPrint
from counter.documents.printing import (
    ANSWERED_WITHIN,
    MOST_SHEETS,
    OPEN,
    STEPS,
    Print,
    PrintState,
    ends_with,
    leads,
    room_for,
)
from counter.documents.store_printing import (
    ask,
    give_up,
    give_up_silent,
    move,
    print_now,
    print_of,
    prints_of,
)
from counter.errors import NotAllowedNow, NotFound
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.session_log import session_log

CASE, TERMINAL = "case-1", "t-1"


def audiences(conn: Connection, case_id: str) -> list[str]:
    return ["terminal:t-1", "agent:a-1"]


@pytest.fixture
def asked(executor: Executor, now: datetime) -> Callable[..., Any]:
    async def do(print_id: str = "k-1", sheets: int = 2, case_id: str = CASE) -> Print:
        def command(conn: Connection) -> Print:
            return ask(
                conn,
                audiences,
                case_id,
                print_id,
                terminal_id=TERMINAL,
                what="paper",
                ref="identity-card",
                sheets=sheets,
                by="agent:a-1",
                now=now,
            )

        return await executor.write(command)

    return do


async def step(executor: Executor, to: PrintState, now: datetime, **other: Any) -> Print:
    words: dict[str, Any] = {"terminal": TERMINAL, "print_id": "k-1", "reason": None} | other

    def command(conn: Connection) -> Print:
        return move(
            conn,
            audiences,
            words["terminal"],
            words["print_id"],
            to,
            reason=words["reason"],
            now=now,
        )

    return await executor.write(command)


def told(conn: Connection, audience: str) -> list[str]:
    rows = conn.execute(
        select(session_log).where(session_log.c.audience == audience).order_by(session_log.c.seq)
    )
    return [row.kind for row in rows]


@pytest.mark.parametrize("state", PrintState)
@pytest.mark.parametrize("to", PrintState)
async def test_only_the_steps_there_are(
    executor: Executor,
    asked: Callable[..., Any],
    now: datetime,
    state: PrintState,
    to: PrintState,
) -> None:
    await asked()
    ways = {
        PrintState.ASKED: [],
        PrintState.PRINTING: [PrintState.PRINTING],
        PrintState.PRINTED: [PrintState.PRINTING, PrintState.PRINTED],
        PrintState.FAILED: [PrintState.FAILED],
    }
    for one in ways[state]:
        await step(executor, one, now)
    if state is to:
        assert (await step(executor, to, now)).state is to
    elif leads(state, to):
        assert (state, to) in STEPS and (await step(executor, to, now)).state is to
    else:
        with pytest.raises(NotAllowedNow):
            await step(executor, to, now)


async def test_each_step_is_told_to_both_and_journalled_once(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked()
    await asked()
    for to in (PrintState.PRINTING, PrintState.PRINTING, PrintState.PRINTED):
        await step(executor, to, now)
    for audience in ("terminal:t-1", "agent:a-1"):
        assert await executor.read(told, audience) == [
            *("print.asked", "print.printing", "print.printed")
        ]
    assert await executor.read(check) == (3, [])
    (one,) = await executor.read(prints_of, CASE)
    assert (one.state, one.reason, one.sheets) == (PrintState.PRINTED, None, 2)


async def test_a_terminal_speaks_of_its_own_prints_only(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked()
    with pytest.raises(NotFound):
        await step(executor, PrintState.PRINTING, now, terminal="t-2")
    with pytest.raises(NotFound):
        await step(executor, PrintState.PRINTING, now, print_id="k-9")
    with pytest.raises(NotFound):
        await asked(case_id="case-2")


async def test_a_visit_prints_so_many_sheets_and_what_failed_does_not_count(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked("k-1", MOST_SHEETS - 1)
    with pytest.raises(TooMuchToPrint):
        await asked("k-2", 2)
    await step(executor, PrintState.FAILED, now, reason="printer")
    assert (await asked("k-3", MOST_SHEETS)).state is PrintState.ASKED
    assert not room_for(0, 0)


async def test_a_terminal_that_says_nothing_has_not_printed(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked()
    await executor.write(give_up_silent, audiences, now + ANSWERED_WITHIN)
    assert (await executor.read(prints_of, CASE))[0].state is PrintState.ASKED
    later = now + ANSWERED_WITHIN + timedelta(seconds=1)
    await executor.write(give_up_silent, audiences, later)
    await executor.write(give_up_silent, audiences, later)
    (one,) = await executor.read(prints_of, CASE)
    assert (one.state, one.reason) == (PrintState.FAILED, "no_answer")
    assert await executor.read(check) == (2, [])


async def test_one_that_is_said_to_be_printing_still_is_not_given_up(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked()
    for minutes in (0, 1, 2):
        await step(executor, PrintState.PRINTING, now + timedelta(minutes=minutes))
    await executor.write(give_up_silent, audiences, now + timedelta(minutes=4))
    assert (await executor.read(prints_of, CASE))[0].state is PrintState.PRINTING
    await executor.write(give_up_silent, audiences, now + timedelta(minutes=4, seconds=1))
    assert (await executor.read(prints_of, CASE))[0].state is PrintState.FAILED


async def test_what_was_printed_at_this_instant_has_not_failed(
    executor: Executor, asked: Callable[..., Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = await asked()
    for to in (PrintState.PRINTING, PrintState.PRINTED):
        await step(executor, to, now)
    # What was read before the terminal spoke.
    monkeypatch.setattr(store_printing, "prints_of", lambda conn, case_id: [seen])
    await executor.write(give_up, audiences, CASE, "left", now)
    (one,) = await executor.read(prints_of, CASE)
    assert (one.state, one.reason) == (PrintState.PRINTED, None)
    assert await executor.read(check) == (3, [])


async def test_who_leaves_takes_no_print(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked("k-1")
    await asked("k-2")
    await step(executor, PrintState.PRINTING, now)
    await step(executor, PrintState.PRINTED, now)
    await executor.write(give_up, audiences, CASE, "left", now)
    assert [(one.state, one.reason) for one in await executor.read(prints_of, CASE)] == [
        (PrintState.PRINTED, None),
        (PrintState.FAILED, "left"),
    ]


async def test_of_a_document_that_counts_no_more_nothing_comes_out(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked("k-1")
    for print_id, ref in (("k-2", "ab" * 32), ("k-3", "cd" * 32)):

        def command(conn: Connection, print_id: str = print_id, ref: str = ref) -> None:
            ask(
                conn,
                audiences,
                CASE,
                print_id,
                terminal_id=TERMINAL,
                what="document",
                ref=ref,
                sheets=1,
                maker="program",
                by="agent:a-1",
                now=now,
            )

        await executor.write(command)

    def stop(conn: Connection) -> None:
        give_up(conn, audiences, CASE, "voided", now, by="agent:a-1", document="ab" * 32)

    await executor.write(stop)
    found = {one.id: (one.state, one.reason) for one in await executor.read(prints_of, CASE)}
    assert found == {
        "k-1": (PrintState.ASKED, None),
        "k-2": (PrintState.FAILED, "voided"),
        "k-3": (PrintState.ASKED, None),
    }
    with pytest.raises(NotFound):
        await executor.read(print_of, "k-2", TERMINAL)


TAKEN_BACK: dict[Any, set[tuple[str, str, str]]] = {
    "left": {
        (what, maker, state)
        for what in ("document", "paper", "receipt")
        for maker in ("page", "program")
        for state in ("asked", "printing")
    },
    "closed": {
        (what, maker, "asked") for what in ("document", "paper") for maker in ("page", "program")
    },
    "voided": {
        (what, maker, state)
        for what in ("document", "paper", "receipt")
        for maker, state in (("page", "asked"), ("program", "asked"), ("program", "printing"))
    },
}


@pytest.mark.parametrize("reason", TAKEN_BACK)
@pytest.mark.parametrize("what", ["document", "paper", "receipt"])
@pytest.mark.parametrize("maker", ["page", "program"])
@pytest.mark.parametrize("state", PrintState)
def test_only_what_can_be_taken_back_is(
    now: datetime, reason: Any, what: Any, maker: Any, state: PrintState
) -> None:
    one = Print(
        id="k-1",
        case_id=CASE,
        terminal_id=TERMINAL,
        what=what,
        ref="",
        sheets=1,
        maker=maker,
        state=state,
        reason=None,
        asked_at=now,
        changed_at=now,
    )
    assert ends_with(one, reason) == ((what, maker, state.value) in TAKEN_BACK[reason])
    assert state in OPEN or not ends_with(one, reason)


async def test_what_has_begun_when_the_case_is_closed_is_printed_and_says_so(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked("k-1")
    await asked("k-2")
    await step(executor, PrintState.PRINTING, now)
    await executor.write(give_up, audiences, CASE, "closed", now)
    await step(executor, PrintState.PRINTED, now)
    with pytest.raises(NotAllowedNow):
        await step(executor, PrintState.PRINTING, now, print_id="k-2")
    assert [(one.state, one.reason) for one in await executor.read(prints_of, CASE)] == [
        (PrintState.PRINTED, None),
        (PrintState.FAILED, "closed"),
    ]


async def test_the_same_ask_at_the_same_time_is_one_print(
    executor: Executor, asked: Callable[..., Any]
) -> None:
    await asked()
    await asyncio.gather(*(asked() for _ in range(4)))
    assert len(await executor.read(prints_of, CASE)) == 1


async def test_what_the_program_prints_the_page_may_not_speak_of(
    executor: Executor, now: datetime
) -> None:
    def asked(conn: Connection, print_id: str, maker: Any) -> Print:
        return ask(
            conn,
            audiences,
            CASE,
            print_id,
            terminal_id=TERMINAL,
            what="receipt",
            ref="",
            sheets=1,
            maker=maker,
            by="agent:a-1",
            now=now,
        )

    await executor.write(asked, "k-1", "program")
    await executor.write(asked, "k-2", "page")
    with pytest.raises(NotFound):
        await step(executor, PrintState.PRINTING, now)
    with pytest.raises(NotFound):
        await executor.read(print_of, "k-2", TERMINAL)
    with pytest.raises(NotFound):
        await executor.read(print_of, "k-1", "t-2")
    assert (await executor.read(print_of, "k-1", TERMINAL)).state is PrintState.ASKED

    def begins(conn: Connection, print_id: str, to: PrintState) -> Print:
        return move(conn, audiences, TERMINAL, print_id, to, reason=None, maker="program", now=now)

    await executor.write(begins, "k-1", PrintState.PRINTING)
    await executor.write(begins, "k-1", PrintState.PRINTED)
    with pytest.raises(NotFound):
        await executor.read(print_of, "k-1", TERMINAL)


async def test_what_was_begun_is_under_way_before_what_was_asked_for_first(
    executor: Executor, asked: Callable[..., Any], now: datetime
) -> None:
    await asked("k-1")
    await asked("k-2")
    await step(executor, PrintState.PRINTING, now, print_id="k-2")
    under_way = print_now(await executor.read(prints_of, CASE))
    assert under_way is not None and under_way.id == "k-2"
    assert print_now([]) is None
