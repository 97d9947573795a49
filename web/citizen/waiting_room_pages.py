"""The waiting room before the pages on which one chooses a time, when a department opens its days.

Whoever has no turn yet sees the room at the very address they asked for: the page looks again by
itself, without JavaScript as well, and shows what was asked for as soon as it is their turn.  Their
pass is a sealed cookie, so the counter keeps nothing of them but how many there are.
"""

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from aiohttp import web

from booking.catalogue import Catalogue
from booking.waiting_room import LASTS, Pass, Place, WaitingRoom, room_of, wait_range
from web.shared.access import Handler
from web.shared.pages import render
from web.shared.sealed import Sealer

GATED = frozenset({"day", "time", "first"})
"Last words of the addresses below `/services/{service}` on which times are chosen."
COOKIE = "room"
LOOKS_AGAIN_S = 20
SOONEST_S = 2
SPREAD_S = 4
"So that a crowd does not come back within one second."


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDeps:
    """What the door needs."""

    catalogue: Callable[[], Awaitable[Catalogue]]
    now: Callable[[], datetime]
    sealer: Sealer
    random_bytes: Callable[[int], bytes]
    secret: bytes
    "The same on every node; lots are drawn with it."
    per_s: float
    "How many go in each second on this node; 0: there are no waiting rooms."
    secure: bool = True


@dataclass(slots=True)
class _Count:
    """How many passes there are of a room."""

    given_out: int = 0
    early: int = 0

    def heard_of(self, one: Pass, room: WaitingRoom) -> None:
        """A pass of another node, or from before this one began anew, counts too."""
        self.given_out = max(self.given_out, one.number + 1)
        if room.early(one):
            self.early = max(self.early, one.number + 1)


def behind_the_door(routes: Iterable[web.RouteDef], deps: RoomDeps) -> list[web.RouteDef]:
    """The same routes; those on which times are chosen are entered in turn."""
    if deps.per_s <= 0:
        return list(routes)
    door = _Door(deps)
    return [
        web.RouteDef(
            route.method, route.path, door.before(cast(Handler, route.handler)), route.kwargs
        )
        if _is_gated(route.path)
        else route
        for route in routes
    ]


def _is_gated(path: str) -> bool:
    words = path.strip("/").split("/")
    return words[:2] == ["services", "{service}"] and words[-1] in GATED


class _Door:
    def __init__(self, deps: RoomDeps) -> None:
        self._deps = deps
        self._counts: dict[str, _Count] = {}

    def before(self, handler: Handler) -> Handler:
        @functools.wraps(handler)  # with who may use it
        async def in_turn(request: web.Request) -> web.StreamResponse:
            now = self._deps.now()
            room, zone = await self._room(request, now)
            if room is None:
                return await handler(request)
            one = self._pass(request, room, now)
            count = self._count(room)
            place = room.place(one, count.given_out, count.early, self._deps.secret, now)
            if place.admitted:
                # Kept now as well: who comes again is who has gone in, not one more.
                try:
                    answer = await handler(request)
                except web.HTTPException as elsewhere:
                    self._keep(elsewhere, one, room)
                    raise
                self._keep(answer, one, room)
                return answer
            page = _page(request, room, place, zone, one, now)
            self._keep(page, one, room)
            return page

        return in_turn

    async def _room(
        self, request: web.Request, now: datetime
    ) -> tuple[WaitingRoom | None, ZoneInfo]:
        """Raises `NotInCatalogue`."""
        catalogue = await self._deps.catalogue()
        service = catalogue.service(request.match_info["service"])
        department = catalogue.department(service.department)
        return room_of(department, self._deps.per_s, now), ZoneInfo(department.hours.zone)

    def _count(self, room: WaitingRoom) -> _Count:
        if room.id not in self._counts and len(self._counts) >= 100:
            self._counts.pop(next(iter(self._counts)))  # the room that was opened first
        return self._counts.setdefault(room.id, _Count())

    def _pass(self, request: web.Request, room: WaitingRoom, now: datetime) -> Pass:
        count = self._count(room)
        text = request.cookies.get(self._name, "")
        found = self._deps.sealer.unseal(COOKIE, text, now) if text else None
        if found is not None and found["room"] == room.id:
            known = Pass(
                room=room.id,
                number=found["number"],
                came_at=datetime.fromisoformat(found["came_at"]),
                nonce=found["nonce"],
            )
            count.heard_of(known, room)
            return known
        number = room.number(count.given_out, now)
        fresh = Pass(
            room=room.id, number=number, came_at=now, nonce=self._deps.random_bytes(12).hex()
        )
        count.heard_of(fresh, room)
        return fresh

    def _keep(self, page: web.StreamResponse, one: Pass, room: WaitingRoom) -> None:
        data = {
            "room": one.room,
            "number": one.number,
            "came_at": one.came_at.isoformat(),
            "nonce": one.nonce,
        }
        page.set_cookie(
            self._name,
            self._deps.sealer.seal(COOKIE, data, room.opens_at + LASTS),
            secure=self._deps.secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )

    @property
    def _name(self) -> str:
        return f"__Host-{COOKIE}" if self._deps.secure else COOKIE


def _page(
    request: web.Request, room: WaitingRoom, place: Place, zone: ZoneInfo, one: Pass, now: datetime
) -> web.Response:
    least, most = wait_range(place, now)
    page = render(
        request,
        "citizen/waiting_room.html",
        before=place.before,
        least=least,
        most=most,
        opens_at=room.opens_at.astimezone(zone),
        early=room.early(one),
        here=request.path_qs,
    )
    seconds = (place.enters_at - now).total_seconds()
    spread = int(one.nonce[:4], 16) % (SPREAD_S + 1)
    again_s = int(min(LOOKS_AGAIN_S, max(SOONEST_S, seconds))) + spread
    # A form that was sent is not sent again by itself: back to the service, and on from there.
    there = request.path_qs if request.method == "GET" else f"/services/{_service(request)}"
    page.headers["Refresh"] = f"{again_s}; url={there}"
    return page


def _service(request: web.Request) -> str:
    return request.match_info["service"]
