"""The wall: its figures from the store, its page without names, its cells kept fresh."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, get_args

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import Browser
from sqlalchemy import Connection

from counter.case import Case
from counter.errors import NotFound
from counter.ids import CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.media.quality import CAUSES, Finding
from counter.media.series import Shares
from counter.media.store_quality import put_verdict
from counter.protocol.device import DeviceName, Fault
from counter.signaling.tables import agent, call, device_state, pairing, terminal_state, ticket
from counter.store.cases import put_case
from counter.store.executor import Executor
from tests.web.fakes import SECRET, chance, places
from tests.web.live_pages import axe_on_first
from web.shared.access import NOBODY, Principal
from web.shared.i18n import texts_for
from web.shared.setup import Base, install
from web.wall.lines import CAUSES as WORDS
from web.wall.ports import (
    BadDevice,
    CallSeries,
    CallTimes,
    QueueTile,
    TerminalTile,
    WallDeps,
    WallState,
    WeakLine,
)
from web.wall.views import DEVICES, FAULTS_OF_DEVICES, routes
from web.wall.wall_local import LocalWall

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
PAUSE_MS = 3000
"Until the wall asks again."
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ['violations']}))
  .violations.map(one => one.id)"""
TERMINAL = "hengqin-centre-1"

QUIET = WallState(
    queues=(
        QueueTile(
            department_id="dsi",
            territory="MO",
            name="身份證明局",
            waiting=0,
            longest_min=0,
            ready=1,
            busy=0,
        ),
    ),
    terminals=(TerminalTile(terminal_id=TERMINAL, name="橫琴 1", state="free", fault=""),),
)


@dataclass
class Staged:
    """A wall whose state the test sets."""

    state: WallState = QUIET
    principal: Principal = field(
        default_factory=lambda: Principal(kind="supervisor", subject="mok", csrf="c")
    )

    shares: tuple[Shares, ...] = ()
    days: list[int] = field(default_factory=list)

    series: CallSeries | None = None
    times: tuple[CallTimes, ...] = ()

    async def read(self, language: str) -> WallState:
        return self.state

    async def of_call(self, call_id: str, language: str) -> CallSeries:
        if self.series is None or self.series.call_id != call_id:
            raise NotFound(f"call {call_id} is not known")
        return self.series

    async def of_today(self, language: str) -> Sequence[CallTimes]:
        return self.times

    async def line_shares(self, days: int) -> Sequence[Shares]:
        self.days.append(days)
        return self.shares


class Sessions:
    def __init__(self, staged: Staged) -> None:
        self._staged = staged

    async def principal(self, request: web.Request) -> Principal:
        return self._staged.principal


def app_of(staged: Staged) -> web.Application:
    app = web.Application()
    base = Base(sessions=Sessions(staged), random_bytes=chance(), secret=SECRET, secure=False)
    install(app, base)
    app.add_routes(routes(WallDeps(wall=staged, lines=staged)))
    return app


@asynccontextmanager
async def served(staged: Staged) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(app_of(staged))) as client:
        yield client


async def test_nobody_sees_the_wall_without_signing_in() -> None:
    async with served(Staged(principal=NOBODY)) as client:
        for path in ("/wall", "/wall/state"):
            assert (await client.get(path)).status == 401


@pytest.mark.parametrize(
    ("language", "words"), [("zh_Hant", "輪候人數"), ("zh_Hans", "排队人数"), ("pt", "Em espera")]
)
async def test_the_heads_of_the_queues_say_what_is_counted(language: str, words: str) -> None:
    """Who says "Waiting" elsewhere means one who waits."""
    async with served(Staged()) as client:
        page = await (await client.get(f"/wall?lang={language}")).text()
    assert f'<th scope="col">{words}</th>' in page


async def test_a_queue_with_nobody_on_duty_is_alarming() -> None:
    staged = Staged()
    async with served(staged) as client:
        cells = await (await client.get("/wall/state")).json()
        assert cells["queue.dsi.alarm"] == ""
        left = replace(QUIET.queues[0], waiting=2, longest_min=7, ready=0)
        staged.state = replace(QUIET, queues=(left,))
        cells = await (await client.get("/wall/state")).json()
        assert cells["queue.dsi.alarm"]
        assert cells["queue.dsi.waiting"] == "2"


async def test_the_wall_counts_who_waits_and_who_is_ready(
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
        citizen="",
        language="zh-Hant",
        needs=(),
        agent_id=None,
        opened_at=now,
    )
    later = now + timedelta(minutes=5)
    await executor.write(put_case, case)
    await executor.write(
        lambda conn: conn.execute(
            ticket.insert().values(
                id="t-1", case_id="c-1", terminal_id=TERMINAL, department_id="dsi",
                service_id="dsi-criminal-record", language="zh-Hant", number="A001",
                booked=False, arrived_at=now, due=now, state="waiting", rev=0,
                lease_until=later, requeued=False,
            )
        ).rowcount
    )  # fmt: skip
    for name, doing in (("lei", "idle"), ("ana", "offline")):
        await executor.write(
            lambda conn, name=name, doing=doing: conn.execute(  # type: ignore[misc]
                agent.insert().values(
                    id=name, name=name, department_id="dsi", state=doing, since=now, epoch=1,
                    lease_until=later + timedelta(seconds=9), misses=0,
                )
            ).rowcount
        )  # fmt: skip
    await executor.write(
        lambda conn: conn.execute(
            terminal_state.insert().values(
                terminal_id=TERMINAL, stage="attract", language="zh-Hant", text_size="A",
                version=1, camera="missing", microphone="good", epoch=1, beat_at=later,
            )
        ).rowcount
    )  # fmt: skip
    wall = LocalWall(executor=executor, catalogue=places, clock=lambda: later)
    state = await wall.read("zh_Hant")
    queue = next(one for one in state.queues if one.department_id == "dsi")
    assert (queue.waiting, queue.longest_min, queue.ready, queue.busy) == (1, 5, 1, 0)
    tiles = {one.terminal_id: one for one in state.terminals}
    assert (tiles[TERMINAL].state, tiles[TERMINAL].fault) == ("waiting", "camera_missing")
    assert {one.state for name, one in tiles.items() if name != TERMINAL} == {"away"}


async def test_a_call_shows_the_worse_of_its_two_lines(executor: Executor, now: datetime) -> None:
    case = Case(
        id=CaseId("c-1"),
        number="A001",
        terminal_id=TerminalId(TERMINAL),
        site_id=SiteId("hengqin-centre"),
        department_id=DepartmentId("dsi"),
        service_id=ServiceId("dsi-criminal-record"),
        appointment_id=None,
        citizen="",
        language="zh-Hant",
        needs=(),
        agent_id=None,
        opened_at=now,
    )
    await executor.write(put_case, case)

    def talk(conn: Connection) -> None:
        conn.execute(
            agent.insert().values(
                id="lei", name="lei", department_id="dsi", state="busy", since=now, epoch=1,
                lease_until=now + timedelta(minutes=1), misses=0,
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
        conn.execute(
            terminal_state.insert().values(
                terminal_id=TERMINAL, stage="attract", language="zh-Hant", text_size="A",
                version=1, camera="good", microphone="good", epoch=1, beat_at=now,
            )
        )  # fmt: skip

    await executor.write(talk)
    wall = LocalWall(executor=executor, catalogue=places, clock=lambda: now)

    async def line() -> WeakLine | None:
        state = await wall.read("zh_Hant")
        assert [one.call_id for one in state.terminals if one.call_id] == ["call-1"]
        return next(one.line for one in state.terminals if one.terminal_id == TERMINAL)

    async def told(owner: str, finding: Finding, second: int) -> None:
        at = now + timedelta(seconds=second)
        await executor.write(put_verdict, lambda *_: [owner], "call-1", owner, finding, at)

    assert await line() is None
    await told("agent:lei", Finding(verdict="weak", cause="cpu"), 1)
    assert await line() == WeakLine(side="agent", verdict="weak", cause="cpu")
    await told(f"terminal:{TERMINAL}", Finding(verdict="bad", cause="upload_loss"), 2)
    assert await line() == WeakLine(side="terminal", verdict="bad", cause="upload_loss")
    await told(f"terminal:{TERMINAL}", Finding(verdict="good"), 3)
    assert await line() == WeakLine(side="agent", verdict="weak", cause="cpu")


@pytest.mark.parametrize("cause", CAUSES)
async def test_a_weak_line_stands_where_faults_stand(cause: Any) -> None:
    line = WeakLine(side="terminal", verdict="weak", cause=cause)
    tile = replace(QUIET.terminals[0], state="call", line=line)
    staged = Staged(state=replace(QUIET, terminals=(tile,)))
    async with served(staged) as client:
        cells = await (await client.get("/wall/state?lang=zh_Hant")).json()
        assert cells[f"terminal.{TERMINAL}.fault"].startswith("▲ 遙距櫃枱：")
        staged.state = replace(QUIET, terminals=(replace(tile, fault="camera_missing"),))
        cells = await (await client.get("/wall/state?lang=zh_Hant")).json()
        assert "▲" not in cells[f"terminal.{TERMINAL}.fault"], "a missing camera comes first"


async def test_a_supervisor_gets_how_lines_were_as_a_table() -> None:
    shares = (
        Shares(side="terminal", cause=None, good_ms=60_000, weak_ms=0, bad_ms=0),
        Shares(side="terminal", cause="delay", good_ms=10_000, weak_ms=20_000, bad_ms=10_000),
        Shares(side="agent", cause="cpu", good_ms=0, weak_ms=5000, bad_ms=0),
    )
    staged = Staged(shares=shares)
    async with served(staged) as client:
        answer = await client.get("/wall/lines.csv?days=7")
        assert answer.content_type == "text/csv"
        assert (await answer.text()).splitlines() == [
            "side,cause,verdict,seconds,percent",
            "terminal,,good,70,70.0",
            "terminal,delay,weak,20,20.0",
            "terminal,delay,bad,10,10.0",
            "agent,cpu,weak,5,100.0",
        ]
        assert (await client.get("/wall/lines.csv")).status == 200
        assert staged.days == [7, 30]
        for wrong in ("0", "93", "-1", "x", "9" * 30):
            assert (await client.get(f"/wall/lines.csv?days={wrong}")).status == 400
        staged.principal = replace(staged.principal, kind="agent")
        assert (await client.get("/wall/lines.csv")).status == 403


@pytest.mark.parametrize("locale", ["zh-MO", pytest.param("pt-PT", marks=pytest.mark.deep)])
async def test_the_wall_is_accessible_and_keeps_itself_fresh(
    chromium: Browser, locale: str
) -> None:
    staged = Staged()
    server = TestServer(app_of(staged))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": 1920, "height": 1080},
        locale=locale,
        base_url=f"http://127.0.0.1:{server.port}",
    )
    try:
        page = await context.new_page()
        await page.clock.install()
        await page.goto("/wall")
        await page.evaluate(AXE)
        assert await page.evaluate(VIOLATIONS) == []
        cell = page.locator('[data-cell="queue.dsi.waiting"]')
        assert await cell.inner_text() == "0"
        staged.state = replace(QUIET, queues=(replace(QUIET.queues[0], waiting=3),))
        await page.clock.run_for(PAUSE_MS)
        await page.wait_for_function(
            "() => document.querySelector('[data-cell=\"queue.dsi.waiting\"]').textContent === '3'"
        )
        assert await page.locator('[data-row="queue.dsi"].vc-wall__some').count() == 1
    finally:
        await context.close()
        await server.close()


WRONG = """() => {
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollHeight > innerHeight) wrong.push(`${root.scrollHeight} px high`);
  if (root.scrollWidth > innerWidth) wrong.push(`${root.scrollWidth} px wide`);
  for (const one of document.querySelectorAll("tbody th, tbody td")) {
    const letters = parseFloat(getComputedStyle(one).fontSize);
    if (letters < 24) wrong.push(`${one.textContent}: ${letters} px`);
    if (one.scrollWidth > one.clientWidth) wrong.push(`${one.textContent}: cut`);
  }
  const lefts = [".vc-masthead__name", "h1", "table"].map(
    one => Math.round(document.querySelector(one).getBoundingClientRect().left));
  if (new Set(lefts).size > 1) wrong.push(`not aligned: ${lefts}`);
  const figures = name => parseFloat(getComputedStyle(document.querySelector(
    `[data-row="queue.${name}"] .vc-wall__waiting`)).fontSize);
  if (figures("dsi") <= figures("fss")) wrong.push("who waits is not larger");
  return wrong;
}"""


def everything(language: str) -> WallState:
    """Return a wall of the whole catalogue on a bad day."""
    departments = places().departments.values()
    longest = max(CAUSES, key=lambda one: len(texts_for(language).gettext(WORDS[one])))
    return WallState(
        queues=tuple(
            QueueTile(
                department_id=one.id,
                territory=one.territory,
                name=one.short_names[language],
                waiting=(index + 1) % 2 * 12,
                longest_min=(index + 1) % 2 * 125,
                ready=0,
                busy=index % 3 // 2,
            )
            for index, one in enumerate(departments)
        ),
        terminals=tuple(
            TerminalTile(
                terminal_id=terminal.id,
                name=f"{site.names[language]} {terminal.number}",
                state="choosing",
                fault="" if terminal.number % 2 else "microphone_refused",
                line=WeakLine(side="agent", verdict="bad", cause=longest),
            )
            for site in places().sites.values()
            for terminal in site.terminals
        ),
    )


@pytest.mark.parametrize(("language", "axe"), axe_on_first("zh_Hant", "pt", "en"))
async def test_the_whole_wall_is_seen_at_once_from_five_metres(
    chromium: Browser, language: str, axe: bool
) -> None:
    server = TestServer(app_of(Staged(state=everything(language))))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": 1920, "height": 1080}, base_url=f"http://127.0.0.1:{server.port}"
    )
    try:
        page = await context.new_page()
        await page.goto(f"/wall?lang={language}")
        assert await page.locator("tbody tr").count() == 17 + 6
        assert await page.evaluate(WRONG) == []
        if axe:
            await page.evaluate(AXE)
            assert await page.evaluate(VIOLATIONS) == []
    finally:
        await context.close()
        await server.close()


async def test_a_terminals_devices_stand_on_the_wall_with_what_to_do() -> None:
    since = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
    bad = (
        BadDevice(device="camera", fault="dark", since=since),
        BadDevice(device="printer", fault="", since=since),
    )
    tile = replace(QUIET.terminals[0], devices=bad)
    staged = Staged(state=replace(QUIET, terminals=(tile,)))
    async with served(staged) as client:
        cells = await (await client.get("/wall/state?lang=en")).json()
        assert cells[f"terminal.{TERMINAL}.fault"] == (
            "Document camera: sees nothing. Look at its lamp and its lens. Since 10:05. · "
            "Printer: fails. Call the technical staff. Since 10:05."
        )


def test_every_device_and_every_fault_has_its_words() -> None:
    assert set(DEVICES) == {*get_args(DeviceName), "program", "bed"}
    assert set(FAULTS_OF_DEVICES) == {*get_args(Fault), "forgotten"} - {""}


async def test_the_wall_reads_what_the_program_reported(executor: Executor, now: datetime) -> None:
    health = {
        "camera": {"state": "broken", "fault": "dark", "since": now.isoformat()},
        "sound": {"state": "good", "fault": "", "since": now.isoformat()},
    }
    await executor.write(
        lambda conn: (
            conn.execute(
                device_state.insert().values(
                    terminal_id=TERMINAL, epoch=1, beat_at=now, health=health
                )
            ).rowcount
        )
    )
    wall = LocalWall(executor=executor, catalogue=places, clock=lambda: now)
    tiles = {one.terminal_id: one for one in (await wall.read("zh_Hant")).terminals}
    assert tiles[TERMINAL].devices == (BadDevice(device="camera", fault="dark", since=now),)
    later = replace(wall, clock=lambda: now + timedelta(seconds=45))
    tiles = {one.terminal_id: one for one in (await later.read("zh_Hant")).terminals}
    assert tiles[TERMINAL].devices == (BadDevice(device="program", fault="silent", since=now),)
