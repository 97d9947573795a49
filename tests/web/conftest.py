"""A small application on the shared base, and a clock that tests move."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.web.fakes import FakeBooking, citizen_app
from web.citizen.ports import Ended

Client = TestClient[web.Request, web.Application]
Serve = Callable[[web.Application], Awaitable[Client]]


class Clock:
    """The time of a test, moved by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Yield a starter of servers with a client that speaks English."""
    running: list[Client] = []

    async def start(app: web.Application) -> Client:
        client = TestClient(TestServer(app), headers={"Accept-Language": "en"})
        await client.start_server()
        running.append(client)
        return client

    yield start
    for client in running:
        await client.close()


@pytest.fixture
def fake() -> FakeBooking:
    return FakeBooking()


@pytest.fixture
async def citizen(serve: Serve, fake: FakeBooking, clock: Clock) -> Client:
    """Return a client of the citizen's face on the fake booking."""

    async def ended(appointment_id: str) -> Ended | None:
        return fake.ended.get(appointment_id)

    return await serve(citizen_app(fake, clock, ended=ended))
