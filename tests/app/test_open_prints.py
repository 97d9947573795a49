"""What is on its way to paper when its document, its case or its visit ends."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, update

from counter.app.hooks import Snapshot, hooks_of
from counter.app.print_documents import stop_prints
from counter.documents.printing import PrintState
from counter.documents.store_printing import ask, prints_of
from counter.esign.store_readings import SqlReadings
from counter.esign.store_tables import ceremony
from counter.ids import CaseId
from counter.store.cases import audiences, get_case
from counter.store.executor import Executor
from tests.app.test_attending import C, shown
from tests.signaling.talk import Talk

SEALED = "ef" * 32


def print_it(conn: Connection, talk: Talk, ref: str = SEALED) -> None:
    ask(
        conn,
        audiences,
        talk.case_id,
        "k-1",
        terminal_id="t-1",
        what="document",
        ref=ref,
        sheets=1,
        by="agent:a-1",
        now=talk.now,
    )


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


async def test_a_document_that_is_voided_is_not_printed_any_more(
    executor: Executor, now: datetime
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
        print_it(conn, talk)
        return talk.case_id

    case_id = cast(CaseId, await executor.write(sealed))
    readings = SqlReadings(executor=executor, audiences=audiences, on_voided=stop_prints)
    await readings.void(case_id, C, "wrong_person", by="agent:a-1", now=now)
    (one,) = await executor.read(prints_of, case_id)
    assert (one.state, one.reason) == (PrintState.FAILED, "voided")
