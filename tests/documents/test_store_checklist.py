"""What agents say of papers in the store, on both engines."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents.checklist import Due
from counter.documents.checklist_service import ChecklistService
from counter.documents.checklist_sql import SqlChecklists
from counter.documents.store_checklist import attested, checklist_of, dues_of, put_dues
from counter.errors import NotAllowedNow
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.journal_sql import check, journal_entry
from counter.store.session_log import session_log

CASE = CaseId("case-1")
AGENT, TERMINAL = "agent:a-1", "terminal:t-1"


def audiences(conn: Connection, case_id: str) -> list[str]:
    return [TERMINAL, AGENT]


def anything(conn: Connection, case_id: str) -> None:
    """Every case is open."""


def anybody(conn: Connection, case_id: str, by: str) -> None:
    """Everybody leads every case."""


def closed(conn: Connection, case_id: str) -> None:
    raise NotAllowedNow("closed")


@pytest.fixture
def checklists(executor: Executor) -> ChecklistService:
    return ChecklistService(SqlChecklists(executor, audiences, anything, anybody))


def told(conn: Connection, audience: str) -> list[tuple[str, Any]]:
    rows = conn.execute(
        select(session_log.c.kind, session_log.c.body)
        .where(session_log.c.audience == audience)
        .order_by(session_log.c.seq)
    )
    return [(row.kind, row.body) for row in rows]


def journalled(conn: Connection) -> int:
    check(conn)
    return len(conn.execute(select(journal_entry.c.seq)).all())


async def test_an_original_is_attested_once_and_may_be_undone(
    checklists: ChecklistService, executor: Executor, now: datetime
) -> None:
    for _ in range(2):
        await checklists.attest(CASE, "bir", seen=True, by=AGENT, now=now)
    [seen] = await executor.read(attested, CASE)
    assert (seen.item, seen.by, seen.at) == ("bir", AGENT, now)
    [row] = await executor.read(checklist_of, CASE, ["bir"])
    assert row.green and row.original_seen == now
    for _ in range(2):
        await checklists.attest(CASE, "bir", seen=False, by=AGENT, now=now)
    assert await executor.read(attested, CASE) == []
    for audience in (AGENT, TERMINAL):
        assert await executor.read(told, audience) == [
            ("paper.original_seen", {"item": "bir"}),
            ("paper.original_undone", {"item": "bir"}),
        ]
    assert await executor.read(journalled) == 2


async def test_a_paper_is_done_without_until_it_is_needed_after_all(
    checklists: ChecklistService, executor: Executor, now: datetime
) -> None:
    for _ in range(2):
        await checklists.need(CASE, "tax", needed=False, by=AGENT, now=now)
    assert await executor.read(dues_of, CASE) == {"tax": None}
    [row] = await executor.read(checklist_of, CASE, ["tax"])
    assert row.green and not row.missing
    await checklists.need(CASE, "tax", needed=True, by=AGENT, now=now)
    [row] = await executor.read(checklist_of, CASE, ["tax"])
    assert not row.green and row.missing
    assert await executor.read(journalled) == 2


async def test_of_a_closed_case_nothing_more_is_said(executor: Executor, now: datetime) -> None:
    checklists = ChecklistService(SqlChecklists(executor, audiences, closed, anybody))
    with pytest.raises(NotAllowedNow):
        await checklists.attest(CASE, "bir", seen=True, by=AGENT, now=now)
    with pytest.raises(NotAllowedNow):
        await checklists.need(CASE, "bir", needed=False, by=AGENT, now=now)
    assert await executor.read(attested, CASE) == []


async def test_what_is_due_is_kept_with_the_case_and_journalled(
    executor: Executor, now: datetime
) -> None:
    dues = [
        Due(item="tax", until=date(2026, 12, 30)),
        Due(item="bir", until=date(2026, 12, 1)),
        Due(item="photo", until=None),
    ]
    await executor.write(lambda conn: put_dues(conn, CASE, dues, by=AGENT, now=now))
    found = await executor.read(dues_of, CASE)
    assert [item for item, until in found.items() if until] == ["bir", "tax"]
    assert found["photo"] is None
    assert await executor.read(journalled) == 3
