"""What is on its way to paper when its document, its case or its visit ends."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, update

from counter.app.hooks import Snapshot, hooks_of
from counter.app.voided_documents import document_voided
from counter.documents.printing import Maker, PrintState, What
from counter.documents.store_printing import ask, move, prints_of
from counter.esign.readings_sql import SqlReadings
from counter.esign.store_tables import ceremony
from counter.ids import CaseId
from counter.store.cases import audiences, get_case
from counter.store.executor import Executor
from tests.app.test_attending import C, shown
from tests.signaling.talk import Talk

SEALED = "ef" * 32


def print_it(
    conn: Connection,
    talk: Talk,
    print_id: str = "k-1",
    *,
    what: What = "document",
    maker: Maker = "page",
    begun: bool = False,
) -> None:
    ask(
        conn,
        audiences,
        talk.case_id,
        print_id,
        terminal_id="t-1",
        what=what,
        ref=SEALED if what == "document" else "",
        sheets=1,
        maker=maker,
        by="agent:a-1",
        now=talk.now,
    )
    if begun:
        say(conn, talk.now, PrintState.PRINTING, print_id, maker)


def say(
    conn: Connection, now: datetime, to: PrintState, print_id: str = "k-1", maker: Maker = "page"
) -> None:
    move(conn, audiences, "t-1", print_id, to, reason=None, maker=maker, now=now)


@pytest.mark.parametrize(("how", "why"), [("closed", "closed"), ("left", "left")])
async def test_after_the_visit_nothing_comes_out_of_the_printer(
    executor: Executor, now: datetime, how: str, why: str
) -> None:
    nothing: Any = SimpleNamespace(services={})
    hooks = hooks_of(Snapshot(nothing), nothing)

    def command(conn: Connection) -> list[tuple[PrintState, str | None]]:
        talk = Talk(conn, now)
        print_it(conn, talk)
        case = get_case(conn, CaseId(talk.case_id))
        (hooks.closed if how == "closed" else hooks.left)(conn, case, now)
        assert "print.failed" in talk.told("terminal:t-1")
        return [(one.state, one.reason) for one in prints_of(conn, talk.case_id)]

    assert await executor.write(command) == [(PrintState.FAILED, why)]


async def test_what_has_begun_and_the_receipt_come_out_when_the_case_is_closed(
    executor: Executor, now: datetime
) -> None:
    nothing: Any = SimpleNamespace(services={})
    hooks = hooks_of(Snapshot(nothing), nothing)

    def command(conn: Connection) -> list[PrintState]:
        talk = Talk(conn, now)
        print_it(conn, talk, begun=True)
        print_it(conn, talk, "k-2", what="receipt")
        hooks.closed(conn, get_case(conn, CaseId(talk.case_id)), now)
        say(conn, now, PrintState.PRINTED)
        say(conn, now, PrintState.PRINTING, "k-2")
        say(conn, now, PrintState.PRINTED, "k-2")
        return [one.state for one in prints_of(conn, talk.case_id)]

    assert await executor.write(command) == [PrintState.PRINTED] * 2


@pytest.mark.parametrize(
    ("maker", "begun", "stopped"),
    [("page", False, True), ("page", True, False), ("program", True, True)],
)
async def test_a_document_that_is_voided_is_not_printed_any_more_where_it_can_be_stopped(
    executor: Executor, now: datetime, maker: Maker, begun: bool, stopped: bool
) -> None:
    def sealed(conn: Connection) -> str:
        talk = Talk(conn, now)
        shown(conn, talk)
        conn.execute(
            update(ceremony).values(
                state="sealed",
                consented_at=now,
                signed_at=now,
                signed_sha256="cc" * 32,
                sealed_sha256=SEALED,
            )
        )
        print_it(conn, talk, maker=maker, begun=begun)
        return talk.case_id

    case_id = cast(CaseId, await executor.write(sealed))
    readings = SqlReadings(executor=executor, audiences=audiences, on_voided=document_voided)
    await readings.void(case_id, C, "wrong_person", by="agent:a-1", now=now)
    if not stopped:  # the paper comes, and that is what is written down
        await executor.write(say, now, PrintState.PRINTED)
    (one,) = await executor.read(prints_of, case_id)
    assert (one.state, one.reason) == (
        (PrintState.FAILED, "voided") if stopped else (PrintState.PRINTED, None)
    )
