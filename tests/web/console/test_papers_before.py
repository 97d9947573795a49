"""Papers before the visit on the console: for agents of the department, without JavaScript."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from booking.catalogue import Catalogue
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from counter.documents.refusals import OtherPhotograph
from counter.documents.sample_page import sample_photograph
from counter.errors import NotFound
from counter.ids import AppointmentId, PageId
from tests.web.citizen.test_browser import AXE, SMALL, VIOLATIONS
from tests.web.citizen.walk import SERVICE, SITE
from tests.web.fake_counter import FakeSessions
from tests.web.fakes import chance, places
from tests.web.live_pages import follow
from web.console.advance_pages import REASONS, Coming, routes
from web.shared.setup import Base, install

MINE = "a-1"
START = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
BROWSER = {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en", "Accept": "text/html"}


class FakeVisits:
    """One appointment, of the agent `agent-1`."""

    def __init__(self) -> None:
        papers = places().service(SERVICE).papers
        self.one_of_mine = Coming(
            appointment_id=MINE,
            department="dsi",
            service=SERVICE,
            site=SITE,
            start=START,
            name="陳大文 <b>Chan</b>",
            language="pt",
            papers=tuple(
                AdvancePaper(
                    paper_id=PageId(f"p-{number}"),
                    appointment_id=AppointmentId(MINE),
                    item=paper.id,
                    state=AdvanceState.SENT,
                    advice="page_blurred" if number else None,
                    reason=None,
                    width_px=1654,
                    height_px=2339,
                    taken_at=START,
                )
                for number, paper in enumerate(papers)
            ),
        )
        self.said: list[tuple[str, str, Reason | None]] = []
        self.anew = False

    def catalogue(self) -> Catalogue:
        return places()

    async def coming(self, agent_id: str) -> Sequence[Coming]:
        return [self.one_of_mine] if agent_id == "agent-1" else []

    async def one(self, agent_id: str, appointment_id: str) -> Coming:
        if (agent_id, appointment_id) != ("agent-1", MINE):
            raise NotFound("another department's")
        return self.one_of_mine

    async def image(self, agent_id: str, appointment_id: str, item: str, number: int) -> bytes:
        await self.one(agent_id, appointment_id)
        return sample_photograph(1, width_px=480, height_px=680)

    async def decide(
        self, agent_id: str, appointment_id: str, item: str, paper_id: PageId, reason: Reason | None
    ) -> None:
        found = await self.one(agent_id, appointment_id)
        if self.anew:
            raise OtherPhotograph("sent anew")
        self.said.append((item, paper_id, reason))
        state = AdvanceState.READY if reason is None else AdvanceState.AGAIN
        papers = tuple(
            replace(one, state=state, reason=reason) if one.item == item else one
            for one in found.papers
        )
        self.one_of_mine = replace(found, papers=papers)


@pytest.fixture
def visits() -> FakeVisits:
    return FakeVisits()


@pytest.fixture
async def server(visits: FakeVisits) -> AsyncIterator[TestServer]:
    app = web.Application()
    install(
        app,
        Base(sessions=FakeSessions(), random_bytes=chance(), secret=b"s" * 32, secure=False),
    )
    app.add_routes(routes(visits))
    made = TestServer(app)
    await made.start_server()
    yield made
    await made.close()


@pytest.fixture
async def agent(server: TestServer) -> AsyncIterator[ClientSession]:
    async with ClientSession(
        server.make_url("/"), cookies={"agent": "yes"}, headers=BROWSER
    ) as made:
        yield made


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def say(agent: ClientSession, item: str, **fields: str) -> tuple[int, str]:
    data = {"csrf": "c" * 32, **fields}
    async with agent.post(f"/console/papers/{MINE}/{item}", data=data) as answer:
        return answer.status, await answer.text()


async def test_the_list_names_who_comes_when_and_how_the_papers_stand(agent: ClientSession) -> None:
    async with agent.get("/console/papers") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "Friday 27 November 2026, 10:00" in text(page)
    assert f'href="/console/papers/{MINE}"' in page
    assert "To be looked at" in page
    assert "Chan" not in page, "names stand on the appointment's own page only"


async def test_an_agent_says_ready_or_why_not(agent: ClientSession, visits: FakeVisits) -> None:
    item = visits.one_of_mine.papers[0].item
    async with agent.get(f"/console/papers/{MINE}") as answer:
        page = await answer.text()
    assert "&lt;b&gt;Chan" in page and f"/console/papers/{MINE}/{item}/page/1" in page
    status, page = await say(agent, item, paper="p-0", word="ready")
    assert status == 200 and visits.said == [(item, "p-0", None)]
    for reason, words in REASONS.items():
        status, page = await say(agent, item, paper="p-0", word="again", reason=reason)
        assert status == 200 and visits.said[-1] == (item, "p-0", reason)
        assert words in text(page) and "Please again" in text(page)


async def test_a_photograph_sent_meanwhile_is_said_and_shown(
    agent: ClientSession, visits: FakeVisits
) -> None:
    visits.anew = True
    item = visits.one_of_mine.papers[0].item
    status, page = await say(agent, item, paper="p-0", word="ready")
    assert status == 409 and "govuk-error-summary" in page
    assert "sent another photograph meanwhile" in text(page) and visits.said == []


@pytest.mark.parametrize(
    "fields",
    [{}, {"word": "yes"}, {"word": "again"}, {"word": "again", "reason": "ugly"}],
    ids=str,
)
async def test_what_no_form_of_ours_sends_is_refused(
    agent: ClientSession, visits: FakeVisits, fields: dict[str, str]
) -> None:
    status, _ = await say(agent, visits.one_of_mine.papers[0].item, paper="p-0", **fields)
    assert status == 400 and visits.said == []


async def test_what_is_another_departments_is_answered_as_if_there_were_none(
    agent: ClientSession, visits: FakeVisits
) -> None:
    for path in ("/console/papers/a-2", "/console/papers/a-2/id/page/1"):
        async with agent.get(path) as answer:
            assert answer.status == 404
    data = {"csrf": "c" * 32, "paper": "p", "word": "ready"}
    async with agent.post("/console/papers/a-2/id", data=data) as answer:
        assert answer.status == 404
    assert visits.said == []


@pytest.mark.parametrize("cookies", [{}, {"terminal": "yes"}], ids=["nobody", "terminal"])
async def test_only_an_agent_sees_or_says_anything(
    server: TestServer, visits: FakeVisits, cookies: dict[str, str]
) -> None:
    item = visits.one_of_mine.papers[0].item
    async with ClientSession(server.make_url("/"), cookies=cookies, headers=BROWSER) as other:
        for path in ("", f"/{MINE}", f"/{MINE}/{item}/page/1"):
            async with other.get(f"/console/papers{path}") as answer:
                assert answer.status in (401, 403)
        data = {"csrf": "c" * 32, "paper": "p-0", "word": "ready"}
        async with other.post(f"/console/papers/{MINE}/{item}", data=data) as answer:
            assert answer.status in (401, 403)
    assert visits.said == []


async def test_no_other_site_speaks_for_an_agent(server: TestServer, visits: FakeVisits) -> None:
    item = visits.one_of_mine.papers[0].item
    data = {"csrf": "c" * 32, "paper": "p-0", "word": "ready"}
    cross = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    async with ClientSession(server.make_url("/"), cookies={"agent": "yes"}) as other:
        for headers, sent in ((cross, data), (BROWSER, {**data, "csrf": "x"})):
            url = f"/console/papers/{MINE}/{item}"
            async with other.post(url, data=sent, headers=headers) as answer:
                assert answer.status == 403
    assert visits.said == []


async def test_the_pages_are_for_everybody(
    chromium: Browser, server: TestServer, visits: FakeVisits, tmp_path: Path
) -> None:
    item = visits.one_of_mine.papers[0].item
    context = await chromium.new_context(
        viewport={"width": 1440, "height": 900},
        locale="zh-MO",
        base_url=str(server.make_url("")).rstrip("/"),
    )
    await context.add_cookies([{"name": "agent", "value": "yes", "url": str(server.make_url("/"))}])
    wrong: list[str] = []
    try:
        page = await context.new_page()
        for path in ("", f"/{MINE}"):
            await page.goto(f"/console/papers{path}")
            await page.evaluate(AXE)
            wrong += [f"{path}: {one}" for one in await page.evaluate(VIOLATIONS)]
            wrong += [f"{path}: small {one}" for one in await page.evaluate(SMALL)]
        await page.select_option(f"#reason-{item}", "out_of_date")
        await follow(page, "main button[value=again] >> nth=0")
        assert page.url.endswith(f"/console/papers/{MINE}#{item}")
    finally:
        await context.close()
    assert visits.said == [(item, "p-0", Reason.OUT_OF_DATE)]
    assert wrong == []
