"""The door of live pages: sockets in, asks dispatched, screens and news out.

What a page is told is a function of the store: on connect and after every wake-up it gets the rows
it has not seen and its whole screen, read in one snapshot.  A wake-up may be lost: once a second
every socket's last row is compared with the store.  A page that does not read is cut off, and
resumes from its last row.
"""

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

import socketio
from aiohttp import web
from sqlalchemy import Connection

from counter.errors import BadInput, NotSignedIn, Refusal, UsedElsewhere
from counter.protocol.codec import ASKS, decode
from counter.protocol.message import Ask, Model
from counter.signaling.guard_socketio import PING_S, QUEUE_PACKETS, GuardedServer
from counter.signaling.ports import GatewayPrincipal, Handler
from counter.store.executor import Executor
from counter.store.session_log import Told, heads, tail

log = logging.getLogger(__name__)

Audience = Literal["/terminal", "/device", "/agent"]
AUDIENCES: Final[tuple[Audience, ...]] = ("/terminal", "/device", "/agent")
TAIL: Final = 200
"Rows of one audience sent at once; the rest follows."
PASSING_PACKETS: Final = 4
"Packets that may wait while something that is not kept is still sent."


async def _none_ended(sessions: Sequence[str]) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What the gateway asks of the rest of the house."""

    authenticate: Callable[[web.Request, Audience], Awaitable[GatewayPrincipal | None]]
    "Who speaks, by cookie or header of the request that opened the socket; None: refused."
    attach: Callable[[GatewayPrincipal], Awaitable[int]]
    "Take the subject over; its new epoch."
    current_epoch: Callable[[Connection, GatewayPrincipal], int]
    screen: Callable[[Connection, GatewayPrincipal, datetime], Model]
    "The whole screen of this subject."
    follows: Callable[[Connection, GatewayPrincipal], Sequence[str]]
    "Audiences of the session log besides its own, such as the department's."
    handlers: Mapping[type[Ask], Handler]
    clock: Callable[[], datetime]
    ended: Callable[[Sequence[str]], Awaitable[Collection[str]]] = _none_ended
    "Which of these sessions are over: signed out, too old, or of a machine that was replaced."


@dataclass(slots=True, kw_only=True, eq=False)
class _Page:
    """One connected page."""

    sid: str
    who: GatewayPrincipal
    seen: dict[str, int]
    "Last row sent, by audience."
    woken: bool = True
    busy: asyncio.Task[None] | None = None
    wanted: dict[str, int] = field(default_factory=dict)
    "What the page said it had last; of use once, when it comes."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    epoch: int
    rows: list[Told]
    heads: dict[str, int]
    screen: Model


class Gateway:
    """All sockets of this node."""

    def __init__(
        self,
        executor: Executor,
        doors: Doors,
        *,
        origins: Collection[str] = (),
        poll_s: float = 1.0,
        ping_s: int = PING_S,
        queue_packets: int = QUEUE_PACKETS,
    ) -> None:
        """Raises `ValueError` when an ask of the protocol has no handler."""
        silent = sorted(
            {ask.event for table in ASKS.values() for ask in table.values()}
            - {ask.event for ask in doors.handlers}
        )
        if silent:
            raise ValueError(f"asks without a handler: {', '.join(silent)}")
        self._executor = executor
        self._doors = doors
        self._poll_s = poll_s
        self._queue_packets = queue_packets
        self._pages: dict[str, _Page] = {}
        self._poller: asyncio.Task[None] | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.server = GuardedServer(origins=origins, ping_s=ping_s)
        for audience in AUDIENCES:
            self._listen(audience)

    def attach_to(self, app: web.Application) -> None:
        """Serve `/socket.io/` in this application."""
        self.server.attach(app)

    async def start(self) -> None:
        """Begin to poll."""
        self._poller = asyncio.create_task(self._poll_for_ever(), name="gateway-poll")

    async def close(self) -> None:
        """Cut every socket off and stop; pages come back to another node, or to the next start."""
        tasks = [page.busy for page in self._pages.values() if page.busy]
        tasks += [*self._passing, *([self._poller] if self._poller else [])]
        self.server.cut_all()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.server.shutdown()

    def wake(self, audience: str, seq: int) -> None:
        """`audience` has rows up to `seq`; called from the bus, on the event loop."""
        for page in self._pages.values():
            # A page that is only just being read for may have been read too early.
            if page.seen.get(audience, seq if page.seen else -1) < seq:
                self._wake(page)

    def pass_on(self, audience: str, event: str, body: Mapping[str, Any]) -> None:
        """Tell the page of `audience` what is not kept; one that reads slowly misses it."""
        for page in self._pages.values():
            waiting = self.server.waiting_packets(page.sid, page.who.audience)
            if page.who.own == audience and waiting <= PASSING_PACKETS:
                task = asyncio.create_task(
                    self.server.emit(event, body, to=page.sid, namespace=page.who.audience)
                )
                self._passing.add(task)
                task.add_done_callback(self._passing.discard)

    @property
    def connected(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def _listen(self, audience: Audience) -> None:
        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
            await self._connect(audience, sid, environ, auth)

        async def disconnect(sid: str, reason: str) -> None:
            self._pages.pop(sid, None)
            self.server.expect_leaving(sid, audience)

        async def anything(event: str, sid: str, *payload: Any) -> dict[str, Any]:
            return await self._answer(audience, event, sid, payload)

        self.server.on("connect", connect, namespace=audience)
        self.server.on("disconnect", disconnect, namespace=audience)
        self.server.on("*", anything, namespace=audience)

    async def _connect(
        self, audience: Audience, sid: str, environ: dict[str, Any], auth: Any
    ) -> None:
        try:
            who = await self._doors.authenticate(self.server.request_of(environ), audience)
            if who is None or who.audience != audience:
                raise NotSignedIn(f"nobody is known to speak on {audience}")
            wanted = _last_seen(auth)
            who = replace(who, epoch=await self._doors.attach(who))
        except Refusal as refusal:
            raise socketio.exceptions.ConnectionRefusedError(refusal.code) from refusal
        except Exception as unexpected:
            log.exception("a socket of %s could not be opened", audience)
            raise socketio.exceptions.ConnectionRefusedError("internal") from unexpected
        others = [page for page in self._pages.values() if page.who.own == who.own]
        if any(page.who.epoch > who.epoch for page in others):
            raise socketio.exceptions.ConnectionRefusedError(UsedElsewhere.code)
        page = _Page(sid=sid, who=who, seen={}, wanted=wanted)
        self._pages[sid] = page
        for older in others:
            await self._displace(older)
        self._wake(page)

    async def _answer(
        self, audience: Audience, event: str, sid: str, payload: tuple[Any, ...]
    ) -> dict[str, Any]:
        page = self._pages.get(sid)
        if page is None:
            return {"ok": False, "code": UsedElsewhere.code}
        try:
            if len(payload) != 1:
                raise BadInput(f"{event} carries one message")
            ask = decode(audience, event, payload[0])
            facts = await self._doors.handlers[type(ask)](page.who, ask)
        except UsedElsewhere as refusal:
            await self._displace(page)
            return {"ok": False, "code": refusal.code}
        except Exception as problem:
            if code := _code_of(problem):
                return {"ok": False, "code": code}
            # Its text may hold what was asked, which is a citizen's.
            log.error("%s %s failed: %s", audience, event[:40], _where(problem))
            return {"ok": False, "code": "internal"}
        return {"ok": True, **(facts or {})}

    async def _displace(self, page: _Page) -> None:
        """Tell a page that it is out of use, and close it."""
        if self._pages.pop(page.sid, None) is None:
            return
        namespace = page.who.audience
        with suppress(KeyError):
            await self.server.emit("displaced", {}, to=page.sid, namespace=namespace)
            self.server.expect_leaving(page.sid, namespace)
            await self.server.disconnect(page.sid, namespace=namespace)

    def _wake(self, page: _Page) -> None:
        page.woken = True
        if page.busy is None:
            page.busy = asyncio.create_task(self._deliver(page), name=f"deliver-{page.who.own}")
            page.busy.add_done_callback(lambda task: self._delivered(page, task))

    def _delivered(self, page: _Page, task: asyncio.Task[None]) -> None:
        page.busy = None
        if not task.cancelled() and (problem := task.exception()):
            # The next poll tries again: nothing was noted as seen.
            log.error("screen of %s: %s", page.who.audience, _where(problem))
        elif not task.cancelled() and page.woken and self._is_here(page):
            self._wake(page)  # it came after the last look and before this

    async def _deliver(self, page: _Page) -> None:
        """One delivery at a time per page; wakes that come meanwhile lead to one more."""
        while page.woken and self._is_here(page):
            page.woken = False
            look = await self._executor.read(
                self._look, page.who, dict(page.seen), page.wanted, self._doors.clock()
            )
            if not self._is_here(page):
                return
            if look.epoch != page.who.epoch:
                await self._displace(page)
                return
            if self.server.waiting_packets(page.sid, page.who.audience) > self._queue_packets:
                self._pages.pop(page.sid, None)
                self.server.cut_off(page.sid, page.who.audience, "slow")
                return
            await self._send(page, look)

    def _look(
        self,
        conn: Connection,
        who: GatewayPrincipal,
        seen: dict[str, int],
        wanted: dict[str, int],
        now: datetime,
    ) -> _Look:
        audiences = [who.own, *self._doors.follows(conn, who)]
        found = heads(conn, audiences)
        after = {
            # Nothing is repeated of an audience that this page has never heard.
            audience: min(seen.get(audience, wanted.get(audience, head)), head)
            for audience, head in found.items()
        }
        return _Look(
            epoch=self._doors.current_epoch(conn, who),
            rows=tail(conn, audiences, after, limit=TAIL),
            heads=found,
            screen=self._doors.screen(conn, who, now),
        )

    async def _send(self, page: _Page, look: _Look) -> None:
        namespace = page.who.audience
        for row in look.rows:
            happened = {
                "audience": row.audience,
                "seq": row.seq,
                "kind": row.kind,
                "body": row.body,
            }
            await self.server.emit("happened", happened, to=page.sid, namespace=namespace)
        screen = {
            "seq": look.heads[page.who.own],
            "screen": look.screen.model_dump(mode="json"),
        }
        await self.server.emit("screen.changed", screen, to=page.sid, namespace=namespace)
        page.seen = dict(look.heads)
        page.wanted = {}
        for audience, rows in Counter(row.audience for row in look.rows).items():
            if rows == TAIL:
                page.seen[audience] = max(r.seq for r in look.rows if r.audience == audience)
                page.woken = True

    def _is_here(self, page: _Page) -> bool:
        return self._pages.get(page.sid) is page

    async def _poll_for_ever(self) -> None:
        troubled = False
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                await self._poll()
                troubled = False
            except Exception:
                if not troubled:
                    log.exception("the store could not be polled; trying on")
                troubled = True

    async def _poll(self) -> None:
        pages = await self._still_signed_in(list(self._pages.values()))
        audiences = sorted({audience for page in pages for audience in page.seen})
        found = await self._executor.read(heads, audiences) if audiences else {}
        for page in pages:
            # Nothing seen: its first delivery failed.
            if not page.seen or any(found[name] > seq for name, seq in page.seen.items()):
                self._wake(page)

    async def _still_signed_in(self, pages: list[_Page]) -> list[_Page]:
        """Those whose session goes on; the others are told and closed."""
        sessions = sorted({page.who.session for page in pages} - {""})
        ended = await self._doors.ended(sessions) if sessions else ()
        for page in pages:
            if page.who.session in ended:
                await self._displace(page)
        return [page for page in pages if page.who.session not in ended]


def _last_seen(auth: Any) -> dict[str, int]:
    """`{"last": {audience: seq}}` of a page that comes back.  Raises `BadInput`."""
    last = auth.get("last", {}) if isinstance(auth, dict) else {}
    if not isinstance(last, dict) or len(last) > 8:
        raise BadInput("`last` is a few sequence numbers by audience")
    for audience, seq in last.items():
        if not isinstance(audience, str) or type(seq) is not int or seq < 0:
            raise BadInput("`last` is a few sequence numbers by audience")
    return dict(last)


def _code_of(problem: Exception) -> str | None:
    """The code of a refusal: of ours, or of booking's, which stands alone and has the same shape.

    A `code` alone does not make one: errors of the store's library have theirs.
    """
    code, status = getattr(problem, "code", None), getattr(problem, "status", None)
    return code if isinstance(code, str) and isinstance(status, int) else None


def _where(problem: BaseException) -> str:
    """Kind and place of an error, without its text."""
    places = traceback.extract_tb(problem.__traceback__)[-3:]
    return " < ".join(
        [type(problem).__name__, *(f"{place.name}:{place.lineno}" for place in reversed(places))]
    )
