"""The API on the real booking and a real store, on both engines."""

from collections.abc import Awaitable, Callable

import pytest

from booking.service import BookingService
from booking.store_sql import plant_seed
from counter.identity.api_key_service import ApiKeyService
from counter.store.executor import Executor
from tests.web.api.programs import BY, Program, api_app, new_booking, new_keys
from tests.web.conftest import Client, Clock, Serve

NewProgram = Callable[..., Awaitable[Program]]


@pytest.fixture
async def booking(executor: Executor, clock: Clock) -> BookingService:
    await plant_seed(executor, clock())
    return new_booking(executor)


@pytest.fixture
def keys(executor: Executor, clock: Clock) -> ApiKeyService:
    return new_keys(executor, clock)


@pytest.fixture
async def client(
    serve: Serve, executor: Executor, booking: BookingService, keys: ApiKeyService, clock: Clock
) -> Client:
    return await serve(api_app(executor, booking, keys, clock))


@pytest.fixture
def new_program(client: Client, keys: ApiKeyService) -> NewProgram:
    """Return a maker of programs, each with a key of its own."""

    async def make(*scopes: str, department: str | None = None, per_s: int = 1000) -> Program:
        wanted = scopes or ("read", "book")
        _, key = await keys.make("One app", wanted, department, BY, per_s)
        return Program(client, key)

    return make


@pytest.fixture
async def program(new_program: NewProgram) -> Program:
    return await new_program()
