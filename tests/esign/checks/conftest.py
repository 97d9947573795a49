"""A counter that signs, the pages on which anybody checks, and a person in front of them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from counter.esign.check_pool import CheckPool
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.store.executor import Executor
from tests.esign.ceremonies import SigningCounter, signing_counter
from tests.esign.checks.asking_checks import Time
from tests.esign.conftest import NOW
from tests.web.citizen.walk import Citizen
from tests.web.fakes import FakeBooking, citizen_app
from web.api.limits import Limits
from web.citizen.check_pages import CheckDeps, routes


@pytest.fixture
async def counter(
    executor: Executor,
    examiner: CheckPool,
    pool: SignPool,
    stamps: HttpStamps,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> SigningCounter:
    return await signing_counter(executor, examiner, pool, stamps, forms, glyphs, new_id)


@pytest.fixture
def passing() -> Time:
    return Time()


@pytest.fixture
async def server(counter: SigningCounter, forms: Forms, passing: Time) -> AsyncIterator[TestServer]:
    booking = FakeBooking()
    app = citizen_app(
        booking, lambda: NOW, body_limit_bytes=30 * 1024 * 1024, proxies=("127.0.0.0/8", "::1/128")
    )
    app.add_routes(
        routes(
            CheckDeps(
                checks=counter.checks,
                forms=forms,
                catalogue=booking.catalogue,
                now=lambda: passing.today,
                limits=Limits(passing),
            )
        )
    )
    made = TestServer(app)
    await made.start_server()
    yield made
    await made.close()


@pytest.fixture
async def person(server: TestServer) -> AsyncIterator[Citizen]:
    client: Any = TestClient(server, headers={"Accept-Language": "en"})
    await client.start_server()
    yield Citizen(client)
    await client.close()
