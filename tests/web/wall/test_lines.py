"""How the lines of a call were: who reads it, what the page and the table say, and how it looks."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page
from sqlalchemy import Connection

from counter.case import Case
from counter.errors import NotFound
from counter.ids import CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.media.quality import CAUSES, Cause, Verdict
from counter.media.series import BUCKET, Sample
from counter.media.store_quality import put_sample
from counter.signaling.tables import agent, call, pairing, ticket
from counter.store.cases import put_case
from counter.store.executor import Executor
from tests.media.test_stretches import NOON, sample
from tests.web.fakes import places
from tests.web.live_pages import axe_on_first, deep
from tests.web.wall.test_wall import (
    AXE,
    PAUSE_MS,
    QUIET,
    TERMINAL,
    VIOLATIONS,
    Staged,
    app_of,
    served,
)
from web.shared.access import NOBODY, Principal
from web.shared.i18n import LANGUAGES, texts_for
from web.wall.lines import CAUSES as WORDS
from web.wall.lines import VERDICTS
from web.wall.lines_local import LocalLines
from web.wall.ports import CallSeries, CallTimes, LegSeries

AGENT = Principal(kind="agent", subject="lei", csrf="c")
PATHS = ("/wall/calls", "/wall/calls/call-1", "/wall/calls/call-1/lines.csv")


def leg(*words: tuple[Verdict, Cause | None], side: Any = "terminal", **more: int) -> LegSeries:
    """A line that was so, ten seconds each."""
    return LegSeries(
        owner=f"{side}:one",
        side=side,
        name="橫琴 1" if side == "terminal" else "李小姐",
        samples=tuple(
            sample(place, verdict, cause, **more) for place, (verdict, cause) in enumerate(words)
        ),
    )


def series(*legs: LegSeries) -> CallSeries:
    return CallSeries(
        call_id="call-1", place="橫琴 1", began_at=NOON, ended_at=None, legs=tuple(legs)
    )


def for_(
    count: int, verdict: Verdict, cause: Cause | None = None
) -> list[tuple[Verdict, Cause | None]]:
    return [(verdict, cause)] * count


LIVELY = series(
    leg(
        *for_(6, "good"),
        *for_(3, "weak", "upload_loss"),
        *for_(2, "bad", "upload_loss"),
        *for_(2, "weak", "low_bandwidth"),
        *for_(9, "good"),
        up_lost=60,
        frozen_ms=1200,
    ),
    leg(*for_(20, "good"), *for_(1, "weak", "cpu"), *for_(1, "good"), side="agent"),
)


@pytest.mark.parametrize("path", PATHS)
async def test_only_a_supervisor_reads_how_the_lines_of_a_call_were(path: str) -> None:
    staged = Staged(series=LIVELY)
    async with served(staged) as client:
        assert (await client.get(path)).status == 200
        staged.principal = AGENT
        assert (await client.get(path)).status == 403
        staged.principal = NOBODY
        assert (await client.get(path)).status == 401


async def test_a_call_that_is_not_known_is_not_found() -> None:
    async with served(Staged(series=LIVELY)) as client:
        for wrong in ("call-2", "..%2Fcall-1", "x" * 41):
            assert (await client.get(f"/wall/calls/{wrong}")).status == 404
            assert (await client.get(f"/wall/calls/{wrong}/lines.csv")).status == 404


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", CAUSES)
async def test_every_word_and_every_cause_is_said_in_every_language(
    language: str, cause: Cause
) -> None:
    texts = texts_for(language)
    staged = Staged(series=series(leg(("good", None), ("weak", cause), ("bad", cause))))
    async with served(staged) as client:
        page = await (await client.get(f"/wall/calls/call-1?lang={language}")).text()
    for word in VERDICTS.values():
        assert texts.gettext(word) in page
    assert page.count(texts.gettext(WORDS[cause])) == 2


async def test_a_call_of_which_nothing_is_kept_says_so() -> None:
    async with served(Staged(series=series())) as client:
        page = await (await client.get("/wall/calls/call-1?lang=en")).text()
    assert "Nothing is kept of its lines" in page
    assert "lines.csv" not in page


async def test_the_series_of_a_call_is_a_table_for_reports() -> None:
    async with served(Staged(series=LIVELY)) as client:
        answer = await client.get("/wall/calls/call-1/lines.csv")
        assert answer.content_type == "text/csv"
        assert 'filename="lines-call-1.csv"' in answer.headers["Content-Disposition"]
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert len(rows) == 44
    assert [row["line"] for row in rows[21:23]] == ["terminal:one", "agent:one"]
    assert rows[9]["at"] == "2026-11-24T04:01:30+00:00"
    assert (rows[9]["bad_ms"], rows[9]["cause"], rows[9]["up_lost"]) == (
        "2000",
        "upload_loss",
        "60",
    )
    assert (rows[0]["cause"], rows[0]["available_kbps"]) == ("", "3000")


async def test_calls_of_today_say_what_was_bad_and_never_round_it_away() -> None:
    staged = Staged(
        times=(
            CallTimes(
                call_id="call-1", place="橫琴 1", began_at=NOON,
                good_ms=3_600_000, weak_ms=0, bad_ms=2_000,
            ),
            CallTimes(
                call_id="call-2", place="橫琴 2", began_at=NOON, good_ms=60_000, weak_ms=0, bad_ms=0
            ),
        )
    )  # fmt: skip
    async with served(staged) as client:
        page = await (await client.get("/wall/calls?lang=en")).text()
        assert "■ 1 % bad" in page
        assert "weak" not in page
        assert page.count("● good throughout") == 1
        assert "12:00" in page, "in the time of the place"
        staged.times = ()
        assert "Nothing was kept" in await (await client.get("/wall/calls?lang=en")).text()


def talk(conn: Connection, now: datetime) -> None:
    """A call of Lei at the first terminal."""
    conn.execute(
        agent.insert().values(
            id="lei", name="Lei Ka I", department_id="dsi", state="busy", since=now, epoch=1,
            lease_until=now, misses=0,
        )
    )  # fmt: skip
    conn.execute(
        ticket.insert().values(
            id="t-1", case_id="c-1", terminal_id=TERMINAL, department_id="dsi",
            service_id="dsi-criminal-record", language="zh-Hant", number="A001",
            booked=False, arrived_at=now, due=now, state="active", rev=0,
            lease_until=now, requeued=False,
        )
    )  # fmt: skip
    conn.execute(
        pairing.insert().values(
            id="p-1", ticket_id="t-1", agent_id="lei", epoch=1, state="active", at=now
        )
    )
    conn.execute(
        call.insert().values(
            id="call-1", case_id="c-1", pairing_id="p-1", agent_id="lei", state="active",
            started_at=now,
        )
    )  # fmt: skip


async def test_the_series_is_read_with_the_names_of_places_and_agents(
    executor: Executor, now: datetime
) -> None:
    case = Case(
        id=CaseId("c-1"),
        number="A001",
        terminal_id=TerminalId(TERMINAL),
        site_id=SiteId("hengqin-centre"),
        department_id=DepartmentId("dsi"),
        service_id=ServiceId("dsi-criminal-record"),
        appointment_id=None,
        citizen="陳大文",
        language="zh-Hant",
        needs=(),
        agent_id=None,
        opened_at=now,
    )
    await executor.write(put_case, case)
    await executor.write(talk, now)

    async def kept(owner: str, one: Sample) -> None:
        await executor.write(put_sample, "call-1", owner, one)

    samples = [
        replace(one, at=now + place * BUCKET) for place, one in enumerate(LIVELY.legs[0].samples)
    ]
    for one in samples[:8]:
        await kept("agent:lei", one)
        await kept(f"terminal:{TERMINAL}", one)
    lines = LocalLines(executor=executor, catalogue=places, clock=lambda: now + timedelta(hours=1))
    found = await lines.of_call("call-1", "zh_Hant")
    assert [(one.side, one.samples) for one in found.legs] == [
        ("terminal", tuple(samples[:8])),
        ("agent", tuple(samples[:8])),
    ]
    assert found.legs[0].name == found.place
    assert (found.legs[1].name, found.began_at, found.ended_at) == ("Lei Ka I", now, None)
    assert "陳大文" not in repr(found)
    (today,) = await lines.of_today("pt")
    assert (today.good_ms, today.weak_ms, today.bad_ms) == (2 * 76_000, 2 * 4_000, 0)
    with pytest.raises(NotFound):
        await lines.of_call("call-2", "zh_Hant")
    later = LocalLines(executor=executor, catalogue=places, clock=lambda: now + timedelta(days=2))
    assert await later.of_today("pt") == []


@asynccontextmanager
async def opened(chromium: Browser, staged: Staged, width: int) -> AsyncIterator[Page]:
    server = TestServer(app_of(staged))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": width, "height": 900}, base_url=f"http://127.0.0.1:{server.port}"
    )
    try:
        yield await context.new_page()
    finally:
        await context.close()
        await server.close()


WRONG = """() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`${root.scrollWidth} px wide`);
  for (const one of document.querySelectorAll("th, td, h1, h2, p"))
    if (one.scrollWidth > one.clientWidth + 1) wrong.push(`${one.textContent}: cut`);
  for (const one of document.querySelectorAll("svg")) {
    const bars = [...one.querySelectorAll("rect")].map(bar => bar.getBoundingClientRect());
    const box = one.getBoundingClientRect();
    if (box.height < 30 || box.width < 200) wrong.push("a drawing of nothing");
    if (bars.some(bar => bar.left < box.left - 1 || bar.right > box.right + 1))
      wrong.push("a bar outside");
    if (new Set(bars.map(bar => Math.round(bar.height))).size < 2) wrong.push("bars all alike");
  }
  return wrong;
}"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("language", "axe"),
    [*axe_on_first("pt"), *deep(*((one, True) for one in LANGUAGES if one != "pt"))],
)
async def test_the_page_of_a_call_reads_well_on_any_screen(
    chromium: Browser, language: str, width: int, axe: bool
) -> None:
    async with opened(chromium, Staged(series=LIVELY), width) as page:
        await page.goto(f"/wall/calls/call-1?lang={language}")
        assert await page.locator("svg").count() == 2
        assert await page.evaluate(WRONG) == []
        if axe:
            await page.evaluate(AXE)
            assert await page.evaluate(VIOLATIONS) == []


async def test_the_keyboard_goes_from_the_wall_to_a_call_and_to_its_table(
    chromium: Browser,
) -> None:
    tile = replace(QUIET.terminals[0], state="call", call_id="call-1")
    staged = Staged(state=replace(QUIET, terminals=(tile,)), series=LIVELY)

    async def tab_to(page: Page, href: str) -> None:
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("() => document.activeElement.getAttribute('href')") == href:
                return
        raise AssertionError(f"{href} is not reached")

    async with opened(chromium, staged, 1280) as page:
        await page.goto("/wall?lang=en")
        await tab_to(page, "/wall/calls/call-1")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/wall/calls/call-1")
        await tab_to(page, "/wall/calls/call-1/lines.csv")
        async with page.expect_download() as download:
            await page.keyboard.press("Enter")
        assert (await download.value).suggested_filename == "lines-call-1.csv"


@pytest.mark.parametrize("kind", ["supervisor", "agent"])
async def test_the_wall_leads_to_a_call_while_it_lasts_and_supervisors_only(
    chromium: Browser, kind: Any
) -> None:
    staged = Staged(principal=Principal(kind=kind, subject="mok", csrf="c"))
    async with opened(chromium, staged, 1920) as page:
        await page.clock.install()
        await page.goto("/wall?lang=en")
        assert await page.locator("main a[href]").count() == int(kind == "supervisor")
        tile = replace(QUIET.terminals[0], state="call", call_id="call-1")
        staged.state = replace(QUIET, terminals=(tile,))
        state = page.locator(f'[data-cell="terminal.{TERMINAL}.state"]')
        await page.clock.run_for(PAUSE_MS)
        await page.wait_for_function(
            "cell => document.querySelector(`[data-cell='${cell}']`).textContent.includes('call')",
            arg=f"terminal.{TERMINAL}.state",
        )
        links = page.locator('a[href="/wall/calls/call-1"]')
        assert await links.count() == int(kind == "supervisor")
        staged.state = QUIET
        await page.clock.run_for(PAUSE_MS)
        await page.wait_for_function(
            "cell => document.querySelector(`[data-cell='${cell}']`).textContent.includes('Free')",
            arg=f"terminal.{TERMINAL}.state",
        )
        assert await links.count() == 0
        assert await state.is_visible()
