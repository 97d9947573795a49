"""A counter that shows what a test tells it to show, and remembers what it was asked.

Real: the pages, their headers and guards, Socket.IO.  Not real: everything behind the ports.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, cast

import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer

from counter.errors import BadInput, NotFound, Refusal
from counter.protocol.codec import decode
from counter.protocol.desk_screen import DeskScreen
from counter.protocol.message import Language
from counter.protocol.terminal_screen import TerminalScreen
from tests.web import desk_screens, drawn, terminal_screens
from web.console import views as console_views
from web.console.ports import ConsoleDeps
from web.shared import papers
from web.shared.access import NOBODY, Principal
from web.shared.live_page import Cookie
from web.shared.papers import Paper
from web.shared.setup import Base, install
from web.terminal import views as terminal_views
from web.terminal.ports import TerminalDeps

OF_THE_LINE = ("leg.join", "leg.answer", "leg.restart", "leg.report")
Answer = Callable[[dict[str, Any]], Awaitable[dict[str, Any]] | dict[str, Any]]


class WrongPassphrase(Refusal):
    """Name and passphrase do not belong together."""

    code = "wrong_passphrase"
    status = 403


class FakeSessions:
    """A cookie named after the kind is all it takes."""

    async def principal(self, request: web.Request) -> Principal:
        if request.path.startswith("/console") and request.cookies.get("agent"):
            return Principal(kind="agent", subject="agent-1", session_id="s-1", csrf="c" * 32)
        if request.cookies.get("terminal"):
            return Principal(kind="terminal", subject="terminal-1", csrf="t" * 32)
        if request.cookies.get("agent"):
            return Principal(kind="agent", subject="agent-1", session_id="s-1", csrf="c" * 32)
        return NOBODY


class FakeCounter:
    """Shows, answers, remembers.  `async with FakeCounter() as counter: counter.url`."""

    def __init__(self) -> None:
        self.screens: dict[str, TerminalScreen | DeskScreen] = {
            "/terminal": terminal_screens.terminal(),
            "/agent": desk_screens.desk(),
        }
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Answer] = {}
        self.answers_of: dict[str, dict[str, Answer]] = {}
        "Answers for one namespace; they come first."
        self.refuse_photographs: list[str] = []
        self.photographs: list[bytes] = []
        self.previews: list[tuple[bytes, float]] = []
        self.preview: dict[str, object] = {"corners": None, "advice": "no_page_found"}
        "What is said about every preview."
        self.served: list[str] = []
        self.last: list[dict[str, int]] = []
        "What each connecting page said it had heard last."
        self._seq: dict[str, int] = defaultdict(int)
        self.sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"])
        self.app = web.Application()
        install(
            self.app,
            Base(
                sessions=FakeSessions(),
                random_bytes=lambda size: hashlib.sha256(str(id(object())).encode()).digest()[
                    :size
                ],
                secret=b"a secret of the tests, not of anybody else",
                secure=False,
            ),
        )
        self.app.add_routes(papers.routes(self))
        self.app.add_routes(
            terminal_views.routes(TerminalDeps(counter=_Terminal(self), document_camera="mat"))
        )
        self.app.add_routes(console_views.routes(ConsoleDeps(counter=_Console(self))))
        for namespace in self.screens:
            self._serve(namespace)
        self.sio.attach(self.app)
        self._transports: list[asyncio.Transport] = []
        self.app.on_response_prepare.append(self._remember)
        self.server = TestServer(self.app)

    async def __aenter__(self) -> "FakeCounter":
        await self.server.start_server(shutdown_timeout=0.5)  # pages may still be open
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        await self.sio.shutdown()
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def show(self, screen: TerminalScreen | DeskScreen) -> None:
        """This is the screen from now on; pages are told."""
        namespace = "/terminal" if isinstance(screen, TerminalScreen) else "/agent"
        self.screens[namespace] = screen
        await self.sio.emit("screen.changed", self._told(namespace), namespace=namespace)

    async def tell(self, namespace: str, kind: str, **body: Any) -> None:
        """One row of the session log."""
        audience = f"{namespace[1:]}:1"
        self._seq[namespace] += 1
        row = {"audience": audience, "seq": self._seq[namespace], "kind": kind, "body": body}
        await self.sio.emit("happened", row, namespace=namespace)

    async def displace(self, namespace: str) -> None:
        """Somebody opened it elsewhere."""
        for sid, _ in list(self.sio.manager.get_participants(namespace, None)):
            await self.sio.emit("displaced", {}, to=sid, namespace=namespace)
            await self.sio.disconnect(sid, namespace=namespace)

    async def cut(self) -> None:
        """Every socket breaks at once, as when the counter is killed."""
        for transport in self._transports:
            transport.abort()
        self._transports.clear()

    def events(self, *quiet: str) -> list[str]:
        """Names of what was asked, without `quiet` ones."""
        return [event for event, _ in self.asked if event not in (*quiet, *OF_THE_LINE)]

    def payloads(self, event: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.asked if name == event]

    # Papers
    async def page(self, principal: Principal, sha256: str) -> Paper:
        return self._paper(sha256)

    async def sheet(self, principal: Principal, sha256: str) -> Paper:
        return self._paper(sha256)

    async def document(self, principal: Principal, sha256: str) -> Paper:
        if sha256 != drawn.DOCUMENT:
            raise NotFound("no such document in this case")
        return Paper(body=b"%PDF-1.7\n", media_type="application/pdf")

    def _paper(self, sha256: str) -> Paper:
        if sha256 not in drawn.PAPERS:
            raise NotFound("no such paper in this case")
        self.served.append(sha256)
        return Paper(body=drawn.PAPERS[sha256], media_type="image/png")

    async def _remember(self, request: web.Request, _: web.StreamResponse) -> None:
        if request.path.startswith("/socket.io/") and request.transport is not None:
            self._transports.append(request.transport)

    def _told(self, namespace: str) -> dict[str, Any]:
        screen = self.screens[namespace].model_dump(mode="json")
        return {"seq": self._seq[namespace], "screen": screen}

    def _serve(self, namespace: str) -> None:
        async def connect(sid: str, environ: dict[str, Any], auth: dict[str, Any]) -> None:
            self.last.append(auth["last"])
            await self.sio.emit(
                "screen.changed", self._told(namespace), to=sid, namespace=namespace
            )

        async def asked(event: str, sid: str, payload: dict[str, Any]) -> dict[str, Any]:
            decode(namespace, event, payload)  # what the page says follows the protocol
            self.asked.append((event, payload))
            answers = self.answers | self.answers_of.get(namespace, {})
            found = answers.get(event, lambda _: {"ok": True})(payload)
            return await found if isinstance(found, Awaitable) else found

        self.sio.on("connect", connect, namespace=namespace)
        self.sio.on("*", asked, namespace=namespace)


class _Terminal:
    def __init__(self, counter: FakeCounter) -> None:
        self._counter = counter

    async def screen(self, terminal_id: str) -> TerminalScreen:
        return cast(TerminalScreen, self._counter.screens["/terminal"])

    async def enrol(self, token: str) -> Cookie:
        if token != "right":
            raise BadInput("unknown token")
        return Cookie(name="terminal", value="yes", max_age_s=3600)

    async def enrol_device(self, token: str) -> str:
        raise BadInput("no program is played here")

    async def receive_page(
        self, terminal_id: str, request_id: str, photograph: bytes, sha256: str
    ) -> None:
        self._counter.photographs.append(photograph)
        if self._counter.refuse_photographs:
            refusal = type("Refused", (Refusal,), {"code": self._counter.refuse_photographs.pop()})
            raise refusal("a photograph")

    async def preview(
        self, terminal_id: str, request_id: str, picture: bytes, finer: float
    ) -> dict[str, object]:
        self._counter.previews.append((picture, finer))
        return self._counter.preview


class _Console:
    def __init__(self, counter: FakeCounter) -> None:
        self._counter = counter

    async def screen(self, agent_id: str, language: Language) -> DeskScreen:
        return cast(DeskScreen, self._counter.screens["/agent"])

    async def sign_in(self, name: str, passphrase: str) -> Cookie:
        if (name, passphrase) != ("mei.chan", "correct horse"):
            raise WrongPassphrase("sign-in refused")
        return Cookie(name="agent", value="yes", max_age_s=3600)

    async def sign_out(self, principal: Principal) -> Cookie:
        return Cookie(name="agent", value="", max_age_s=0)
