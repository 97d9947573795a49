"""A gateway on a real server with real sockets; the screen is a count of rows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import socketio
from aiohttp import web
from sqlalchemy import Connection

from counter.protocol import codec
from counter.protocol.message import Ask, Model
from counter.signaling.gateway_socketio import Doors, Gateway
from counter.signaling.ports import GatewayPrincipal
from counter.store.executor import Executor
from counter.store.session_log import heads, tell

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


async def eventually(fits: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not fits():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def raw(node: Node, **headers: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket without a Socket.IO client, past Engine.IO's greeting."""
    url = f"{node.origin}/socket.io/?EIO=4&transport=websocket"
    sent = {"Origin": node.origin, "Cookie": "who=a-1"} | headers
    async with aiohttp.ClientSession(headers=sent) as http, http.ws_connect(url) as ws:
        assert (await ws.receive_str()).startswith("0")
        yield ws


async def closed(ws: aiohttp.ClientWebSocketResponse) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await ws.receive()).type not in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSING,
            aiohttp.WSMsgType.ERROR,
        }:
            pass
