"""What tests of calls of several and of the gateway begin with."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from counter.store.executor import Executor
from counter.store.metadata import metadata
from counter.store.sqlite_lane import SqliteLane
from tests.signaling.floor import TABLES
from tests.signaling.gateway_house import House
from tests.signaling.talk import Scene, Talk


@pytest.fixture
def play(executor: Executor, now: datetime) -> Callable[[Scene], Any]:
    """Return what runs a scene in one transaction."""

    async def run(scene: Scene) -> None:
        await executor.write(lambda conn: scene(Talk(conn, now)))

    return run


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    path = tmp_path / "counter.sqlite"
    lane = SqliteLane(path)
    metadata.create_all(lane.engine, tables=TABLES)
    yield House(executor=lane)
    await lane.close()
