"""The gateway over a real server and real sockets; the screen is a count of rows."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from counter.errors import NotAllowedNow
from counter.protocol import codec, desk, terminal
from counter.protocol.message import Ask, Model
from counter.signaling.gateway_socketio import Doors, Gateway
from counter.signaling.ports import GatewayPrincipal
from counter.store.executor import Executor
from counter.store.metadata import metadata
from counter.store.session_log import heads, tell
from counter.store.sqlite_lane import SqliteLane
from tests.signaling.floor import TABLES

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEY = "12345678"
PATIENCE_S = 20


class Sheet(Model):
    """The fake screen: the subject, and the head of its own audience."""

    subject: str
    head: int
    filling: str = ""


@dataclass
class House:
    """The parts around the gateway, with what happened in them."""

    executor: Executor
    epochs: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[GatewayPrincipal, Ask]] = field(default_factory=list)
    answers: dict[type[Ask], Callable[[], Mapping[str, object] | None]] = field(
        default_factory=dict
    )
    follows: list[str] = field(default_factory=list)
    filling: str = ""

    async def authenticate(self, request: web.Request, audience: Any) -> GatewayPrincipal | None:
        subject = request.cookies.get("who")
        return GatewayPrincipal(audience=audience, subject=subject) if subject else None

    async def attach(self, who: GatewayPrincipal) -> int:
        self.epochs[who.own] = self.epochs.get(who.own, 0) + 1
        return self.epochs[who.own]

    def screen(self, conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
        return Sheet(
            subject=who.subject, head=heads(conn, [who.own])[who.own], filling=self.filling
        )

    async def handle(self, who: GatewayPrincipal, ask: Ask) -> Mapping[str, object] | None:
        self.asked.append((who, ask))
        return self.answers.get(type(ask), lambda: None)()

    def doors(self, **changes: Any) -> Doors:
        asks = {ask for table in codec.ASKS.values() for ask in table.values()}
        doors: dict[str, Any] = {
            "authenticate": self.authenticate,
            "attach": self.attach,
            "current_epoch": lambda conn, who: self.epochs[who.own],
            "screen": self.screen,
            "follows": lambda conn, who: self.follows,
            "handlers": dict.fromkeys(asks, self.handle),
            "clock": lambda: NOW,
        }
        return Doors(**(doors | changes))


@dataclass
class Page:
    """A page: what it was told, in order."""

    client: socketio.AsyncClient
    told: asyncio.Queue[tuple[str, Any]]

    async def until(self, event: str, fits: Callable[[Any], bool] = lambda body: True) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                name, body = await self.told.get()
                if name == event and fits(body):
                    return body

    async def screen(self, head: int) -> None:
        await self.until("screen.changed", lambda body: body["seq"] == head)

    async def ask(self, namespace: str, event: str, **body: Any) -> Any:
        return await self.client.call(event, body, namespace=namespace, timeout=PATIENCE_S)


@dataclass
class Node:
    """A gateway that is being served."""

    gateway: Gateway
    house: House
    port: int
    clients: list[socketio.AsyncClient] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def tell(self, audience: str, *, awake: bool = True) -> int:
        seq = await self.house.executor.write(tell, audience, "noted", {"n": 1}, NOW)
        if awake:
            self.gateway.wake(audience, seq)
        return seq

    async def open(
        self,
        subject: str | None = "a-1",
        namespace: str = "/agent",
        last: Mapping[str, int] | None = None,
        **headers: str,
    ) -> Page:
        client = socketio.AsyncClient(reconnection=False)
        page = Page(client=client, told=asyncio.Queue())
        for event in ("happened", "screen.changed", "displaced", "pointer.moved"):
            client.on(event, self._hear(page, event), namespace=namespace)

        async def gone(reason: str) -> None:
            page.told.put_nowait(("gone", reason))

        client.on("disconnect", gone, namespace=namespace)
        self.clients.append(client)
        cookie = {"Cookie": f"who={subject}"} if subject else {}
        await client.connect(
            self.origin,
            headers={"Origin": self.origin} | cookie | headers,
            auth={"last": dict(last or {})},
            namespaces=[namespace],
            transports=["websocket"],
            wait_timeout=PATIENCE_S,
        )
        return page

    def _hear(self, page: Page, event: str) -> Callable[[Any], Awaitable[None]]:
        async def hear(body: Any) -> None:
            page.told.put_nowait((event, body))

        return hear


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "counter.sqlite"
    lane = SqliteLane(path)
    metadata.create_all(lane.engine, tables=TABLES)
    yield House(executor=lane)
    await lane.close()


@asynccontextmanager
async def serving(house: House, doors: Doors | None = None, **settings: Any) -> AsyncIterator[Node]:
    gateway = Gateway(house.executor, doors or house.doors(), **settings)
    app = web.Application()
    gateway.attach_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    await gateway.start()
    node = Node(gateway=gateway, house=house, port=port)
    try:
        yield node
    finally:
        for client in node.clients:
            with suppress(Exception):
                await client.disconnect()
        await gateway.close()
        await runner.cleanup()


async def _eventually(fits: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fits():
            await asyncio.sleep(0.01)


async def test_a_page_gets_its_screen_on_connect_and_after_every_wake(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        assert (await page.until("screen.changed"))["screen"]["subject"] == "a-1"
        await node.tell("agent:a-1")
        row = await page.until("happened")
        assert (row["audience"], row["seq"], row["kind"]) == ("agent:a-1", 1, "noted")
        await page.screen(1)


async def test_a_page_that_comes_back_gets_exactly_what_it_missed(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        for _ in range(5):
            await node.tell("agent:a-1")
        page = await node.open(last={"agent:a-1": 3})
        assert [(await page.until("happened"))["seq"] for _ in range(2)] == [4, 5]
        await page.screen(5)


async def test_a_page_far_behind_gets_all_of_it_in_order(house: House) -> None:
    def fill(conn: Connection) -> None:
        for _ in range(450):
            tell(conn, "agent:a-1", "noted", {}, NOW)

    await house.executor.write(fill)
    async with serving(house, poll_s=60, queue_packets=10_000) as node:
        page = await node.open(last={"agent:a-1": 1})
        seqs = [(await page.until("happened"))["seq"] for _ in range(449)]
        assert seqs == list(range(2, 451))


async def test_a_first_visit_repeats_nothing_old(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        await node.tell("agent:a-1")
        page = await node.open()
        name, body = await asyncio.wait_for(page.told.get(), PATIENCE_S)
        assert (name, body["seq"]) == ("screen.changed", 1)


async def test_a_page_hears_what_it_follows(house: House) -> None:
    house.follows = ["department:d-1"]
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.until("screen.changed")
        await node.tell("department:d-2")
        await node.tell("department:d-1")
        assert (await page.until("happened"))["audience"] == "department:d-1"


async def test_a_lost_wake_up_is_healed_by_the_poll(house: House) -> None:
    async with serving(house, poll_s=0.1) as node:
        page = await node.open()
        await page.screen(0)
        await node.tell("agent:a-1", awake=False)
        await page.screen(1)


async def test_many_wakes_at_once_are_one_delivery_in_flight(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.screen(0)
        for _ in range(50):
            await node.tell("agent:a-1")
        await page.screen(50)
        screens = 2 + page.told.qsize()
        assert screens < 60


async def test_a_newer_page_displaces_the_older_one(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        older = await node.open()
        await older.until("screen.changed")
        newer = await node.open()
        await newer.until("screen.changed")
        await older.until("displaced")
        await older.until("gone")
        assert node.gateway.connected == 1


async def test_a_page_displaced_on_another_node_is_told_by_the_next_look(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        await page.until("screen.changed")
        house.epochs["agent:a-1"] += 1
        await node.tell("agent:a-1")
        await page.until("displaced")


async def test_an_ask_is_answered_with_its_facts(house: House) -> None:
    house.answers[desk.CaseClose] = lambda: {"case_id": "c-1"}
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        answer = await page.ask("/agent", "case.close", key=KEY, outcome="completed")
        assert answer == {"ok": True, "case_id": "c-1"}
        who, ask = house.asked[0]
        assert (who.own, who.epoch) == ("agent:a-1", 1)
        assert isinstance(ask, desk.CaseClose)


@pytest.mark.parametrize(
    "event, body",
    [
        ("nobody.knows", {"key": KEY}),
        ("ticket.take", {"key": KEY, "service": "s-1"}),
        ("desk.beat", {}),
        ("desk.beat", {"key": KEY, "more": 1}),
        ("desk.beat", {"key": "short"}),
        ("presence.choose", {"key": KEY, "presence": "asleep"}),
    ],
)
async def test_what_an_agent_may_not_say_is_refused_and_reaches_nobody(
    house: House, event: str, body: dict[str, Any]
) -> None:
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        assert await page.ask("/agent", event, **body) == {"ok": False, "code": "bad_input"}
        assert house.asked == []
        assert (await page.ask("/agent", "desk.beat", key=KEY))["ok"] is True


async def test_a_refusal_answers_with_its_code(house: House) -> None:
    def refuse() -> None:
        raise NotAllowedNow("not now")

    house.answers[desk.DeskBeat] = refuse
    async with serving(house, poll_s=60) as node:
        page = await node.open()
        answer = await page.ask("/agent", "desk.beat", key=KEY)
        assert answer == {"ok": False, "code": "not_allowed_now"}


@pytest.mark.parametrize("kind", [LookupError, SQLAlchemyError])
async def test_a_fault_answers_internal_and_its_text_is_not_logged(
    house: House, caplog: pytest.LogCaptureFixture, kind: type[Exception]
) -> None:
    def fail() -> None:
        fault = kind("Chan Tai Man")
        # As the store's library has: a code that is none of ours.
        fault.code = "gkpj"  # type: ignore[attr-defined]
        raise fault

    house.answers[terminal.TerminalBeat] = fail
    async with serving(house, poll_s=60) as node:
        page = await node.open("t-1", "/terminal")
        answer = await page.ask("/terminal", "terminal.beat", key=KEY)
        assert answer == {"ok": False, "code": "internal"}
        assert kind.__name__ in caplog.text and "Chan" not in caplog.text
        assert (await page.ask("/terminal", "visit.leave", key=KEY))["ok"] is True


async def test_nobody_gets_in_without_being_known(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await node.open(subject=None)
        assert node.gateway.connected == 0


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "null"])
async def test_a_page_of_another_origin_is_refused(house: House, origin: str) -> None:
    async with serving(house, poll_s=60) as node:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await node.open(Origin=origin)
        assert node.gateway.server.cut == {"origin": 1}


async def test_an_origin_that_was_allowed_gets_in(house: House) -> None:
    async with serving(house, poll_s=60, origins=["https://counter.example"]) as node:
        page = await node.open(Origin="https://counter.example")
        await page.until("screen.changed")


@asynccontextmanager
async def raw(node: Node, **headers: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket without a Socket.IO client, past Engine.IO's greeting."""
    url = f"{node.origin}/socket.io/?EIO=4&transport=websocket"
    sent = {"Origin": node.origin, "Cookie": "who=a-1"} | headers
    async with aiohttp.ClientSession(headers=sent) as http, http.ws_connect(url) as ws:
        assert (await ws.receive_str()).startswith("0")
        yield ws


async def _closed(ws: aiohttp.ClientWebSocketResponse) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await ws.receive()).type not in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSING,
            aiohttp.WSMsgType.ERROR,
        }:
            pass


BAD_FRAMES = {
    "no JSON": '42/agent,["desk.beat"',
    "no list": '42/agent,{"0":1}',
    "a number for a name": "42/agent,[7]",
    "our own connect": '42/agent,["connect",{}]',
    "our own disconnect": '42/agent,["disconnect","x"]',
    "binary event": '451-/agent,["desk.beat",{"_placeholder":true,"num":0}]',
    "unknown packet": "49/agent,",
    "deeper than the stack": "42/agent," + "[" * 20_000,
    "too long": '42/agent,["desk.beat","' + "x" * 40_000 + '"]',
    "no Engine.IO packet": "x",
    "nothing at all": "",
}


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_malformed_frame_closes_the_connection_and_nothing_else(
    house: House, frame: str
) -> None:
    async with serving(house, poll_s=60) as node:
        other = await node.open("a-2")
        async with raw(node) as ws:
            await ws.send_str("40/agent,")
            assert (await ws.receive_str()).startswith("40/agent")
            await ws.send_str(frame)
            await _closed(ws)
        assert (await other.ask("/agent", "desk.beat", key=KEY))["ok"] is True
        assert [who.subject for who, _ in house.asked] == ["a-2"]


async def test_a_binary_frame_closes_the_connection(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent,")
        await ws.send_bytes(b"42")
        await _closed(ws)


async def test_who_says_too_much_is_cut_off(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent,")
        with suppress(ConnectionError, aiohttp.ClientError):
            for _ in range(100):
                await ws.send_str('42/agent,["desk.beat",{}]')
        await _closed(ws)
        assert node.gateway.server.cut["rate"] == 1


async def test_who_never_says_connect_is_cut_off(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        node.gateway.server._connect_s = 0.05
        async with raw(node) as ws:
            await _closed(ws)
        assert node.gateway.server.cut["silent"] == 1


async def test_an_unknown_namespace_is_refused(house: House) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/admin,")
        assert (await ws.receive_str()).startswith("44/admin")


@pytest.mark.parametrize("last", [7, {"agent:a-1": -1}, {"agent:a-1": "1"}, {"agent:a-1": True}])
async def test_a_last_row_that_is_none_is_refused(house: House, last: Any) -> None:
    async with serving(house, poll_s=60) as node, raw(node) as ws:
        await ws.send_str("40/agent," + json.dumps({"last": last}))
        answer = await ws.receive_str()
        assert answer.startswith("44/agent") and "bad_input" in answer


async def test_who_does_not_read_is_cut_off_and_resumes(house: House) -> None:
    house.filling = "x" * 200_000
    async with serving(house, poll_s=60, queue_packets=16) as node:
        async with raw(node) as ws:
            await ws.send_str("40/agent,")
            await _eventually(lambda: node.gateway.connected == 1)
            transport = ws._conn.transport if ws._conn else None
            assert transport is not None
            transport.pause_reading()
            for _ in range(400):
                await node.tell("agent:a-1")
                if node.gateway.server.cut["slow"]:
                    break
                await asyncio.sleep(0)
            await _eventually(lambda: node.gateway.server.cut["slow"] == 1)
            assert node.gateway.connected == 0
        house.filling = ""
        head = (await house.executor.read(heads, ["agent:a-1"]))["agent:a-1"]
        page = await node.open(last={"agent:a-1": head - 3})
        assert [(await page.until("happened"))["seq"] for _ in range(3)] == [
            *(head - 2, head - 1, head)
        ]


async def test_a_screen_that_failed_once_is_drawn_by_the_next_poll(house: House) -> None:
    fails = iter([True, False])

    def screen(conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
        if next(fails, False):
            raise LookupError("a row was not there")
        return house.screen(conn, who, now)

    async with serving(house, house.doors(screen=screen), poll_s=0.1) as node:
        page = await node.open()
        await page.screen(0)


def test_a_gateway_without_a_handler_for_an_ask_does_not_start(tmp_path: Path) -> None:
    house = House(executor=None)  # type: ignore[arg-type]
    handlers = dict(house.doors().handlers)
    del handlers[desk.CaseClose]
    with pytest.raises(ValueError, match=r"case\.close"):
        Gateway(house.executor, house.doors(handlers=handlers))


async def test_what_is_not_kept_is_passed_on_to_its_audience_alone(house: House) -> None:
    async with serving(house, poll_s=60) as node:
        mine, foreign = await node.open("a-1"), await node.open("a-2")
        for page in (mine, foreign):
            await page.until("screen.changed")
        node.gateway.pass_on("agent:a-1", "pointer.moved", {"x": 0.5})
        assert await mine.until("pointer.moved") == {"x": 0.5}
        await node.tell("agent:a-2")
        async with asyncio.timeout(PATIENCE_S):
            while (told := await foreign.told.get())[0] != "happened":
                assert told[0] != "pointer.moved"
