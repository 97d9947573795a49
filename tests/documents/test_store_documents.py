"""Requests and pages in the store, on both engines."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents import store_documents
from counter.documents.page import Findings, PageState, RequestState
from counter.documents.papers import NewPage
from counter.documents.papers_sql import SqlPapers
from counter.documents.refusals import PageUnknown, ScanNotAsked
from counter.errors import NotAllowedNow
from counter.ids import CaseId, Digest, PageId, RequestId
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.session_log import session_log

CASE, OTHER = CaseId("case-1"), CaseId("case-2")
FIRST, SECOND = RequestId("r-1"), RequestId("r-2")
AGENT, TERMINAL = "agent:a-1", "terminal:t-1"
FINDINGS = Findings(
    score=1.3,
    corners=((10.0, 10.0), (90.0, 10.0), (90.0, 120.0), (10.0, 120.0)),
    whole_frame=False,
    cut_sides=0,
    format="a-series",
    dpi=210.0,
    edge_width_px=1.2,
    glare_share=0.0,
    ink_share=0.05,
)


def audiences(conn: Connection, case_id: str) -> list[str]:
    return [TERMINAL, AGENT]


def page(page_id: str, original: str = "a") -> NewPage:
    return NewPage(
        page_id=PageId(page_id),
        original_sha256=Digest(original * 64),
        page_sha256=Digest("b" * 64),
        thumb_sha256=Digest("c" * 64),
        width_px=1654,
        height_px=2339,
        findings=FINDINGS,
        notes=(),
    )


@pytest.fixture
def papers(executor: Executor) -> SqlPapers:
    return SqlPapers(executor, audiences)


async def ask(
    papers: SqlPapers, now: datetime, request_id: RequestId = FIRST, case_id: CaseId = CASE
) -> None:
    await papers.request_scan(
        case_id, request_id, item="identity-card", label_id=None, by=AGENT, now=now
    )


def told(conn: Connection, audience: str) -> list[tuple[str, dict[str, Any]]]:
    rows = conn.execute(
        select(session_log).where(session_log.c.audience == audience).order_by(session_log.c.seq)
    )
    return [(row.kind, row.body) for row in rows]


async def test_a_page_answers_the_request_and_both_sides_are_told(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    asked = (await papers.documents_of(CASE)).open_request
    assert asked is not None and asked.item == "identity-card"

    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)

    documents = await papers.documents_of(CASE)
    assert documents.open_request is None
    assert [(row.seq, row.state, row.item) for row in documents.pages] == [
        (1, PageState.STORED, "identity-card")
    ]
    for audience in (AGENT, TERMINAL):
        rows = await executor.read(told, audience)
        assert [kind for kind, _ in rows] == ["scan.requested", "page.added"]
        assert rows[1][1]["sha256"] == "b" * 64
    assert await executor.read(check) == (2, [])


async def test_a_newer_request_cancels_the_older(papers: SqlPapers, now: datetime) -> None:
    await ask(papers, now, FIRST)
    await ask(papers, now, SECOND)
    asked = (await papers.documents_of(CASE)).open_request
    assert asked is not None and asked.request_id == SECOND
    with pytest.raises(ScanNotAsked):
        await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    assert (await papers.documents_of(CASE)).pages == ()


async def test_asking_again_with_the_same_key_is_asking_once(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    await ask(papers, now)
    assert len(await executor.read(told, TERMINAL)) == 1


async def test_the_same_photograph_twice_is_one_page(papers: SqlPapers, now: datetime) -> None:
    await ask(papers, now)
    first = await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    again = await papers.add_page(CASE, FIRST, page("p-2"), by=TERMINAL, now=now)
    assert again == first
    assert await papers.may_receive(CASE, FIRST, "a" * 64) == first
    assert len((await papers.documents_of(CASE)).pages) == 1


async def test_an_answered_request_takes_no_other_photograph(
    papers: SqlPapers, now: datetime
) -> None:
    await ask(papers, now)
    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    with pytest.raises(ScanNotAsked):
        await papers.add_page(CASE, FIRST, page("p-2", "d"), by=TERMINAL, now=now)
    with pytest.raises(ScanNotAsked):
        await papers.may_receive(CASE, FIRST, "d" * 64)


async def test_a_request_of_one_case_is_nothing_to_another(
    papers: SqlPapers, now: datetime
) -> None:
    await ask(papers, now)
    with pytest.raises(ScanNotAsked):
        await papers.add_page(OTHER, FIRST, page("p-1"), by=TERMINAL, now=now)
    with pytest.raises(ScanNotAsked):
        await papers.cancel_request(OTHER, FIRST, by=AGENT, now=now)
    with pytest.raises(ScanNotAsked):
        await ask(papers, now, FIRST, OTHER)
    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    with pytest.raises(PageUnknown):
        await papers.decide_page(OTHER, PageId("p-1"), accept=True, by=AGENT, now=now)
    assert await papers.shows(CASE, "b" * 64)
    assert not await papers.shows(OTHER, "b" * 64)


async def test_originals_are_never_shown(papers: SqlPapers, now: datetime) -> None:
    await ask(papers, now)
    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    assert await papers.shows(CASE, "c" * 64)
    assert not await papers.shows(CASE, "a" * 64)


async def test_pages_are_counted_within_their_case(papers: SqlPapers, now: datetime) -> None:
    for request_id, case_id in ((FIRST, CASE), (RequestId("r-9"), OTHER), (SECOND, CASE)):
        await ask(papers, now, request_id, case_id)
        new = page(f"p-{request_id}")
        await papers.add_page(case_id, request_id, new, by=TERMINAL, now=now)
    assert [row.seq for row in (await papers.documents_of(CASE)).pages] == [1, 2]
    assert [row.seq for row in (await papers.documents_of(OTHER)).pages] == [1]


async def test_a_cancelled_request_takes_no_photograph(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    await papers.cancel_request(CASE, FIRST, by=AGENT, now=now)
    await papers.cancel_request(CASE, FIRST, by=AGENT, now=now)
    with pytest.raises(ScanNotAsked):
        await papers.may_receive(CASE, FIRST, "a" * 64)
    kinds = [kind for kind, _ in await executor.read(told, TERMINAL)]
    assert kinds == ["scan.requested", "scan.cancelled"]


async def test_a_decision_is_taken_once(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    accepted = await papers.decide_page(CASE, PageId("p-1"), accept=True, by=AGENT, now=now)
    again = await papers.decide_page(CASE, PageId("p-1"), accept=True, by=AGENT, now=now)
    assert accepted.state is again.state is PageState.ACCEPTED
    with pytest.raises(NotAllowedNow):
        await papers.decide_page(CASE, PageId("p-1"), accept=False, by=AGENT, now=now)
    assert [kind for kind, _ in await executor.read(told, AGENT)].count("page.decided") == 1


async def test_a_refusal_is_told_and_leaves_the_request_open(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    await papers.tell_refused(CASE, FIRST, code="page_blurred", now=now)
    asked = (await papers.documents_of(CASE)).open_request
    assert asked is not None
    assert (asked.request_id, asked.refusal) == (FIRST, "page_blurred")
    assert await papers.may_receive(CASE, FIRST, "a" * 64) is None
    rows = await executor.read(told, TERMINAL)
    assert rows[-1] == ("page.refused", {"request_id": FIRST, "code": "page_blurred"})


async def test_what_a_screen_draws_is_plain_json(papers: SqlPapers, now: datetime) -> None:
    await ask(papers, now)
    await papers.add_page(CASE, FIRST, page("p-1"), by=TERMINAL, now=now)
    await ask(papers, now, SECOND)
    body = (await papers.documents_of(CASE)).body()
    assert body["open_request"]["request_id"] == SECOND
    assert body["pages"][0]["page_sha256"] == "b" * 64
    assert body["pages"][0]["state"] == "stored"
    assert body["pages"][0]["stored_at"] == now.isoformat()
    assert body["pages"][0]["format"] == "a-series"


async def test_a_declined_paper_is_remembered_until_it_is_asked_for_again(
    papers: SqlPapers, executor: Executor, now: datetime
) -> None:
    await ask(papers, now)
    await papers.cancel_request(CASE, FIRST, by=TERMINAL, now=now, to=RequestState.DECLINED)
    declined = await executor.read(store_documents.declined_items, CASE)
    assert len(declined) == 1
    await ask(papers, now + timedelta(seconds=1), SECOND)
    assert await executor.read(store_documents.declined_items, CASE) == []
