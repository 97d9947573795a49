"""What is free, as JSON: encoded once, known by its tag."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.appointment import ANYBODY, Wish
from booking.calendar import ClosedReason, Why
from booking.slots import DayAvailability, SlotOffer
from tests.web.citizen.walk import SERVICE, SITE
from tests.web.conftest import Client, Clock, Serve
from tests.web.fakes import FakeBooking, citizen_app
from web.citizen.availability_feed import routes

THERE = f"/availability/{SERVICE}?site={SITE}"


@pytest.fixture
async def client(serve: Serve, clock: Clock, asked: "Counted") -> Client:
    app = citizen_app(FakeBooking(), clock)
    app.add_routes(routes(asked, clock))
    return await serve(app)


class Counted:
    """Two times on every working day; counts how often it was asked for the days."""

    def __init__(self) -> None:
        self.times = 0
        self.taken: set[datetime] = set()

    async def days(
        self, service_id: str, site_id: str, now: datetime, wish: Wish = ANYBODY
    ) -> list[DayAvailability]:
        self.times += 1
        return [_day(now.date() + timedelta(days=ahead)) for ahead in range(30)]

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime, wish: Wish = ANYBODY
    ) -> list[SlotOffer]:
        nine = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        starts = (nine, nine + timedelta(minutes=20))
        return [SlotOffer(start=at, left=3) for at in starts if at not in self.taken]


def _day(day: date) -> DayAvailability:
    closed = ClosedReason(code=Why.WEEKEND, where="both") if day.isoweekday() > 5 else None
    return DayAvailability(day=day, free=0 if closed else 2, reason=closed)


@pytest.fixture
def asked() -> Counted:
    return Counted()


async def test_seven_days_with_their_times(client: Client) -> None:
    answer = await client.get(THERE)
    told = await answer.json()
    assert answer.status == 200
    assert (told["service"], told["site"], len(told["days"])) == (SERVICE, SITE, 7)
    monday, saturday = told["days"][0], told["days"][5]
    assert (monday["day"], monday["free"], monday["reason"]) == ("2026-11-23", 2, None)
    assert monday["slots"][1] == {"start": "2026-11-23T01:20:00+00:00", "left": 3}
    assert (saturday["free"], saturday["reason"], saturday["slots"]) == (0, "weekend", [])
    later = await (await client.get(f"{THERE}&from=2026-12-01")).json()
    assert later["days"][0]["day"] == "2026-12-01"
    beyond = await (await client.get(f"{THERE}&from=2027-12-01")).json()
    assert beyond["days"] == []
    one = await (await client.get(f"{THERE}&from=2026-12-01&days=1")).json()
    assert one["days"] == later["days"][:1]


async def test_who_has_it_already_is_told_so(client: Client, asked: Counted, clock: Clock) -> None:
    first = await client.get(THERE)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "public, max-age=1"
    again = await client.get(THERE, headers={"If-None-Match": tag})
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", tag)
    assert asked.times == 1
    slots = (await first.json())["days"][1]["slots"]
    asked.taken.add(datetime.fromisoformat(slots[0]["start"]))
    clock.advance(seconds=1)
    changed = await client.get(THERE, headers={"If-None-Match": tag})
    assert changed.status == 200 and changed.headers["ETag"] != tag
    assert (await changed.json())["days"][1]["slots"] == slots[1:]
    assert asked.times == 2


async def test_a_day_that_is_none_is_refused(client: Client) -> None:
    answer = await client.get(f"{THERE}&from=soon", headers={"Accept": "application/json"})
    assert (answer.status, await answer.json()) == (400, {"ok": False, "code": "bad_input"})
