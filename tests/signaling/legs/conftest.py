"""A visit in which legs are to be made: before anybody is ready, and in a call."""

from datetime import datetime

import pytest

from counter.store.executor import Executor
from tests.signaling.visits import Visit


@pytest.fixture
async def visit(executor: Executor, now: datetime) -> Visit:
    """In a call in which nobody has a leg yet."""
    return await Visit(executor, now).in_call()


@pytest.fixture
async def morning(executor: Executor, now: datetime) -> Visit:
    """Nobody is ready, nobody waits."""
    return await Visit(executor, now).begun()
