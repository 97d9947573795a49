"""What was asked while a case was open arrives after its end: it must find the door closed."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, func, select

from counter.case import Case, Outcome
from counter.documents.papers_sql import SqlPapers
from counter.documents.store_documents import scan_request
from counter.errors import NotAllowedNow
from counter.esign.form_typst import shipped_forms
from counter.esign.record_ports import NewDocument, NewImage, NewRevision
from counter.esign.records_sql import SqlRecords
from counter.esign.store_reading import signing_of
from counter.esign.store_tables import ceremony
from counter.ids import (
    CaseId,
    CeremonyId,
    DepartmentId,
    Digest,
    DocumentId,
    RequestId,
    ServiceId,
    SiteId,
    TerminalId,
)
from counter.store.cases import audiences, put_case, require_open
from counter.store.executor import Executor

CASE = CaseId("case-1")


def opened(now: datetime) -> Case:
    return Case(
        id=CASE,
        number="A001",
        terminal_id=TerminalId("t-1"),
        site_id=SiteId("site-1"),
        department_id=DepartmentId("d-1"),
        service_id=ServiceId("s-1"),
        appointment_id=None,
        citizen="",
        language="pt",
        needs=(),
        agent_id=None,
        opened_at=now,
    )


def closed(now: datetime) -> Case:
    return opened(now).closed(Outcome.COMPLETED, next_step="", note="", now=now)


@pytest.mark.parametrize("asked_in_time", [True, False])
async def test_no_paper_is_asked_for_after_the_end(
    executor: Executor, now: datetime, asked_in_time: bool
) -> None:
    await executor.write(put_case, opened(now) if asked_in_time else closed(now))
    papers = SqlPapers(executor, audiences, require_open)

    async def ask() -> None:
        await papers.request_scan(
            CASE, RequestId("r-1"), item="other", label_id=None, by="agent:a", now=now
        )

    if asked_in_time:
        await ask()
    else:
        with pytest.raises(NotAllowedNow):
            await ask()
    assert await executor.read(_count, scan_request) == int(asked_in_time)


@pytest.mark.parametrize("drawn_in_time", [True, False])
async def test_a_form_drawn_too_late_is_not_put_before_anybody(
    executor: Executor, now: datetime, drawn_in_time: bool
) -> None:
    await executor.write(put_case, opened(now) if drawn_in_time else closed(now))
    records = SqlRecords(executor=executor, audiences=audiences, require_open=require_open)
    new = NewDocument(
        ceremony_id=CeremonyId("c-1"),
        document_id=DocumentId("d-1"),
        case_id=CASE,
        form=shipped_forms().all()[0],
        data={},
        language="pt",
        sha256=Digest("a" * 64),
        size_bytes=1,
    )
    if drawn_in_time:
        await records.prepare(new, by="agent:a", now=now)
        await executor.write(put_case, closed(now))
        certified = NewRevision(kind="certified", sha256=Digest("b" * 64), size_bytes=1)
        page = NewImage(page=1, sha256=Digest("c" * 64), width_px=1, height_px=1)
        with pytest.raises(NotAllowedNow):
            await records.present(CASE, new.ceremony_id, new.sha256, certified, [page], now)
        assert await executor.read(signing_of, CASE) == ()
    else:
        with pytest.raises(NotAllowedNow):
            await records.prepare(new, by="agent:a", now=now)
    assert await executor.read(_count, ceremony) == int(drawn_in_time)


def _count(conn: Connection, table: object) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]
