"""`/availability/{service}`: what is free, as JSON, for scripts and for other programs.

The body is encoded once and sent to however many ask; who has it already hears so (ETag, 304).
Nothing in it is personal, so anybody between may keep it for a second.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from aiohttp import web

from booking.appointment import ANYBODY, Wish
from booking.availability_service import Freshness, KeptAnswers
from booking.errors import ClosedDay, NotReleased
from booking.slots import DayAvailability, SlotOffer
from counter.errors import BadInput
from web.shared.access import allow
from web.shared.etag import etag_of

DAYS = 7
"In one answer at most, from the day that was asked for."
_HOW_MANY = {str(number): number for number in range(1, DAYS + 1)}
FRESH = Freshness(unchanged=timedelta(milliseconds=500))


class Openings(Protocol):
    """`booking.openings_service.OpeningsService`, as far as it is used here."""

    async def days(
        self, service_id: str, site_id: str, now: datetime, wish: Wish = ANYBODY
    ) -> list[DayAvailability]: ...

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime, wish: Wish = ANYBODY
    ) -> list[SlotOffer]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent, and what it is known by."""

    content: bytes
    etag: str


def routes(openings: Openings, now: Callable[[], datetime]) -> list[web.RouteDef]:
    """`/availability/{service}?site=&from=&days=`; from: the first day, or today; days: 1 to 7."""
    bodies = KeptAnswers(FRESH)

    @allow("anyone")
    async def availability(request: web.Request) -> web.Response:
        service, site = request.match_info["service"], request.query.get("site", "")
        asked = request.query.get("from", "")
        try:
            first = date.fromisoformat(asked) if asked else None
        except ValueError:
            raise BadInput("from is not a day") from None
        many = request.query.get("days", str(DAYS))
        if many not in _HOW_MANY:
            raise BadInput("days is not a number from 1 to 7")
        at = now()
        body = await bodies.get(
            (service, site, first, many),
            at,
            lambda: body_of(openings, service, site, first, at, _HOW_MANY[many]),
        )
        headers = {"ETag": body.etag, "Cache-Control": "public, max-age=1"}
        if request.headers.get("If-None-Match") == body.etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body.content, content_type="application/json", headers=headers)

    return [web.get("/availability/{service}", availability)]


async def body_of(
    openings: Openings,
    service: str,
    site: str,
    first: date | None,
    now: datetime,
    most: int = DAYS,
) -> Body:
    """Raises `NotInCatalogue`, `NotOfferedHere`."""
    days = await openings.days(service, site, now)
    shown = [one for one in days if first is None or one.day >= first][:most]
    told = [_day(one, await _times(openings, service, site, one, now)) for one in shown]
    data = {"service": service, "site": site, "days": told}
    content = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return Body(content=content, etag=etag_of(content))


async def _times(
    openings: Openings, service: str, site: str, day: DayAvailability, now: datetime
) -> Sequence[SlotOffer]:
    if not day.free:
        return ()
    try:
        return await openings.slots(service, site, day.day, now)
    except (ClosedDay, NotReleased):
        return ()  # midnight has come in between


def _day(day: DayAvailability, times: Sequence[SlotOffer]) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "free": day.free,
        "reason": str(day.reason.code) if day.reason else None,
        "opens_at": day.opens_at.isoformat() if day.opens_at else None,
        "slots": [{"start": one.start.isoformat(), "left": one.left} for one in times],
    }
