"""A simulated face's line to the counter: the latest screen, and asks repeated until answered."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import aiohttp
import socketio
from socketio.exceptions import ConnectionError as NoConnection
from socketio.exceptions import SocketIOError

from counter.errors import StoreUnavailable
from counter.terminal.ports import Refused

BEAT_S = 10.0
WELCOMED_S = 30
"How long the counter may take to let a line in that has connected; the library waits for one."
SHORTLY: Final = frozenset({"busy", "store_unavailable"})
"Answers that pass by themselves: the same key is asked again, as the pages do."
SHORTLY_TRIES: Final = 4


class Line:
    """One Socket.IO connection, WebSocket only, that comes back by itself."""

    def __init__(
        self,
        address: str,
        namespace: str,
        token: str,
        new_key: Callable[[], str],
        http: aiohttp.ClientSession | None = None,
    ) -> None:
        """token: the bearer secret of a session.  http: whom it believes; none: what all do."""
        self._address = address
        self._namespace = namespace
        self._token = token
        self._new_key = new_key
        self._last: dict[str, int] = {}
        self.screen: dict[str, Any] | None = None
        self._news = asyncio.Event()
        self._socket = socketio.AsyncClient(
            reconnection_delay=0.3,
            reconnection_delay_max=2,
            http_session=http,
            handle_sigint=False,  # it would cancel every task of the loop, behind our back
        )
        self._socket.on("screen.changed", self._on_screen, namespace=namespace)
        self._socket.on("happened", self._on_happened, namespace=namespace)

    async def open(self) -> None:
        """Connect; later losses heal by themselves."""
        await self._socket.connect(
            self._address,
            headers={"Authorization": f"Bearer {self._token}"},
            transports=["websocket"],
            namespaces=[self._namespace],
            auth=lambda: {"last": dict(self._last)},
            wait_timeout=WELCOMED_S,
        )

    async def beat_for_ever(self, event: str) -> None:
        """Say that this side is alive, until cancelled; who does not has left."""
        while True:
            await asyncio.sleep(BEAT_S)
            with suppress(NoConnection, SocketIOError, TimeoutError):
                message = {"key": self._new_key()}
                await self._socket.call(event, message, namespace=self._namespace, timeout=5)

    async def close(self) -> None:
        """Hang up."""
        await self._socket.disconnect()

    async def news(self, timeout_s: float) -> bool:
        """Wait until the screen may have changed; False when nothing came in time."""
        try:
            # Not `wait_for`: until Python 3.12 it may swallow a cancellation that comes with news.
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def ask(self, event: str, body: Mapping[str, Any], *, tries: int = 20) -> dict[str, Any]:
        """Ask until answered, always with the same key.

        Raises `Refused` with the code; `StoreUnavailable` when the trouble does not pass.
        """
        message = {**body, "key": self._new_key()}
        busy = 0
        for _ in range(tries):
            try:
                answer: Any = await self._socket.call(
                    event, message, namespace=self._namespace, timeout=15
                )
            except (NoConnection, SocketIOError, TimeoutError):
                await asyncio.sleep(0.5)  # the line is away; it comes back by itself
                continue
            if answer.get("ok"):
                return dict(answer)
            code = str(answer.get("code"))
            if code not in SHORTLY:
                raise Refused(code)
            if busy >= SHORTLY_TRIES:
                break
            await asyncio.sleep(0.3 * 2**busy)
            busy += 1
        raise StoreUnavailable(f"{event} was not answered")

    async def _on_screen(self, body: dict[str, Any]) -> None:
        self.screen = body["screen"]
        self._news.set()

    async def _on_happened(self, body: dict[str, Any]) -> None:
        self._last[body["audience"]] = max(self._last.get(body["audience"], 0), body["seq"])
        self._news.set()
