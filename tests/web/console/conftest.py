"""The administration of a booking on a real store, on both engines, and who signs in to it."""

import pytest

from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe
from tests.web.conftest import Clock, Serve
from tests.web.console.editor import As, Editor, admin_app
from tests.web.fakes import chance


@pytest.fixture
async def booking(executor: Executor, clock: Clock) -> BookingService:
    random_bytes = chance()
    await plant_seed(executor, clock())
    return booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=lambda: random_bytes(16).hex(),
        random_bytes=random_bytes,
    )


@pytest.fixture
async def signed_in(serve: Serve, booking: BookingService, clock: Clock) -> As:
    """Return a maker of browsers, all on one application."""
    client = await serve(admin_app(booking, clock))

    async def editor(who: str) -> Editor:
        return Editor(client, who)

    return editor
