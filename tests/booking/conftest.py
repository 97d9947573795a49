"""A booking service on the seeded catalogue, with the counter's own journal and outbox."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, event

from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe


@pytest.fixture
def random_bytes() -> Callable[[int], bytes]:
    """Return a maker of bytes that differ every time and are the same in every run."""
    numbers = count(1)
    return lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size]


@pytest.fixture
async def booking(
    executor: Executor,
    now: datetime,
    new_id: Callable[[], str],
    random_bytes: Callable[[int], bytes],
) -> BookingService:
    """Return a service on a store that holds the seed and no appointment."""
    assert await plant_seed(executor, now)
    return booking_service(
        executor, record=record, owe=owe, new_id=new_id, random_bytes=random_bytes
    )


class Crash(Exception):
    """The process ended here, as far as the transaction is concerned."""


@pytest.fixture
def crash_at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return `crash_at(executor, n, act)`: run `act`, whose commands end at their n-th statement.

    Returns whether it came to that; `False` means `act` had fewer statements and went through.
    """

    async def run(executor: Executor, number: int, act: Callable[[], Awaitable[None]]) -> bool:
        write = executor.write

        async def crashing_write(command: Any, /, *args: Any, **kwargs: Any) -> Any:
            def crashing(conn: Connection) -> Any:
                seen = count(1)

                def before(*_: object) -> None:
                    if next(seen) == number:
                        raise Crash

                event.listen(conn, "before_cursor_execute", before)
                try:
                    return command(conn, *args, **kwargs)
                finally:
                    event.remove(conn, "before_cursor_execute", before)

            return await write(crashing)

        with monkeypatch.context() as patch:
            patch.setattr(executor, "write", crashing_write)
            try:
                await act()
            except Crash:
                return True
        return False

    return run
