"""What tests of calls of several begin with."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from counter.store.executor import Executor
from tests.signaling.talk import Scene, Talk


@pytest.fixture
def play(executor: Executor, now: datetime) -> Callable[[Scene], Any]:
    """Return what runs a scene in one transaction."""

    async def run(scene: Scene) -> None:
        await executor.write(lambda conn: scene(Talk(conn, now)))

    return run
