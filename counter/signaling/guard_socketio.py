"""A Socket.IO server that believes nothing; the one file that knows private names of the library.

Text frames of at most 32 KiB, a token bucket per connection, one event at a time, CONNECT within
five seconds, an Origin of our own.  What breaks these rules is cut off at the TCP connection:
closing politely would wait for a peer that does not read.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import socketio
from aiohttp import web
from engineio.async_drivers.aiohttp import WebSocket

log = logging.getLogger(__name__)

FRAME_BYTES: Final = 32 * 1024
RATE_PER_S: Final = 20.0
BURST: Final = 60.0
CONNECT_S: Final = 5.0
SOCKETS: Final = 2000
QUEUE_PACKETS: Final = 256
"Packets that may wait for a peer that does not read."
PING_S: Final = 20

_FRAMES: Final = frozenset("134")
"CLOSE, PONG, MESSAGE of Engine.IO 4: a page that speaks WebSocket only has no other to send."
_PACKETS: Final = frozenset("0123")
"CONNECT, DISCONNECT, EVENT, ACK: binary ones and errors are not said by our pages."
_NOWHERE: Final = "/nowhere"
_RESERVED: Final = frozenset({"connect", "connect_error", "disconnect", "*"})
"A client could call our own handlers by these names."


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float

    def take(self, now: float) -> bool:
        self.tokens = min(BURST, self.tokens + (now - self.at) * RATE_PER_S) - 1
        self.at = now
        return self.tokens >= 0


class _Frames(WebSocket):  # type: ignore[misc]  # carries no types
    """Counts and looks at every frame before the library decodes it.

    What it cannot decode it logs with a stack, frame by frame, or answers with a page.
    """

    def __init__(self, handler: Any, server: Any, *, cut: Callable[[str, str], None]) -> None:
        """cut: close the connection of this Engine.IO id for this reason."""
        super().__init__(handler, server)
        self._cut = partial(cut, handler.__self__.sid)
        self._bucket = _Bucket(BURST, time.monotonic())

    async def wait(self) -> str:
        frame = await super().wait()
        fits = isinstance(frame, str) and frame[:1] in _FRAMES
        if fits and self._bucket.take(time.monotonic()):
            return cast(str, frame)
        self._cut("rate" if fits else "frame")
        raise OSError("the connection was cut off")  # as the library knows a lost one


class GuardedServer(socketio.AsyncServer):  # type: ignore[misc]  # carries no types
    """`socketio.AsyncServer`, WebSocket only, that cuts off whoever misbehaves."""

    def __init__(
        self,
        *,
        origins: Collection[str] = (),
        connect_s: float = CONNECT_S,
        ping_s: int = PING_S,
        sockets: int = SOCKETS,
    ) -> None:
        """origins: allowed besides the request's own scheme and host, such as a proxy's address."""
        super().__init__(
            async_mode="aiohttp",
            transports=["websocket"],
            allow_upgrades=False,
            always_connect=False,
            async_handlers=False,  # one event at a time per connection, in order
            namespaces=[_NOWHERE],  # by default the root is open to everybody, with nobody there
            cors_allowed_origins=[],  # checked here, where a missing one is refused as well
            http_compression=False,
            max_http_buffer_size=FRAME_BYTES,
            ping_interval=ping_s,
            ping_timeout=ping_s,
        )
        websocket = partial(_Frames, cut=self._cut)
        self.eio._async = {**self.eio._async, "websocket": websocket}
        self.cut: Counter[str] = Counter()
        "How many were cut off or refused, by reason."
        self._origins = frozenset(origins)
        self._connect_s = connect_s
        self._sockets = sockets
        self._open: set[str] = set()
        self._deadlines: dict[str, asyncio.TimerHandle] = {}

    def request_of(self, environ: dict[str, Any]) -> web.Request:
        """The HTTP request that became this connection."""
        return cast(web.Request, environ["aiohttp.request"])

    def waiting_packets(self, sid: str, namespace: str) -> int:
        """Packets that wait to be sent to this peer."""
        socket = self.eio.sockets.get(self.manager.eio_sid_from_sid(sid, namespace))
        return socket.queue.qsize() if socket else 0

    def cut_off(self, sid: str, namespace: str, why: str) -> None:
        """Close this connection at once, without a word."""
        if eio_sid := self.manager.eio_sid_from_sid(sid, namespace):
            self._cut(eio_sid, why)

    def expect_leaving(self, sid: str, namespace: str) -> None:
        """The peer was told to go, or has left its namespace: the connection ends soon as well."""
        if eio_sid := self.manager.eio_sid_from_sid(sid, namespace):
            self._watch(eio_sid)

    def cut_all(self) -> None:
        """Close every connection."""
        for eio_sid in list(self.environ):
            self._cut(eio_sid, "closing")

    def _cut(self, eio_sid: str, why: str) -> None:
        environ = self.environ.get(eio_sid)
        if environ is None:
            return
        self.cut[why] += 1
        self._forget(eio_sid)
        log.info("socket cut off: %s", why)
        transport = self.request_of(environ).transport
        if transport is not None:
            transport.abort()

    def _forget(self, eio_sid: str) -> None:
        self._open.discard(eio_sid)
        if deadline := self._deadlines.pop(eio_sid, None):
            deadline.cancel()

    def _origin_fits(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        if origin is None:
            # A page always sends one; a program has none and proves itself by a header instead.
            return "Authorization" in request.headers
        return origin == f"{request.scheme}://{request.host}" or origin in self._origins

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> bool | None:
        if not self._origin_fits(self.request_of(environ)):
            self.cut["origin"] += 1
            return False
        if len(self._open) >= self._sockets:
            self.cut["full"] += 1
            return False
        self._open.add(eio_sid)
        self._watch(eio_sid)
        await super()._handle_eio_connect(eio_sid, environ)
        return None

    def _watch(self, eio_sid: str) -> None:
        if deadline := self._deadlines.pop(eio_sid, None):
            deadline.cancel()
        self._deadlines[eio_sid] = asyncio.get_running_loop().call_later(
            self._connect_s, self._still_silent, eio_sid
        )

    def _still_silent(self, eio_sid: str) -> None:
        namespaces = list(self.manager.get_namespaces())
        if not any(self.manager.sid_from_eio_sid(eio_sid, name) for name in namespaces):
            self._cut(eio_sid, "silent")

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        if eio_sid not in self._open:
            return
        if not isinstance(data, str) or len(data) > FRAME_BYTES or data[:1] not in _PACKETS:
            self._cut(eio_sid, "frame")
        else:
            try:
                await super()._handle_eio_message(eio_sid, data)
            except (ValueError, TypeError, KeyError, IndexError, RecursionError):
                self._cut(eio_sid, "malformed")

    async def _handle_event(self, eio_sid: str, namespace: str, id: Any, data: Any) -> None:  # noqa: A002
        if not isinstance(data[0], str) or data[0] in _RESERVED:
            raise ValueError("an event that is not one")
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        self._forget(eio_sid)
