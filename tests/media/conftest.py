"""What tests of recordings and of media processes begin with."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from counter.case import Case
from counter.ids import CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.media.pool import WorkerPool
from counter.store.cases import put_case
from counter.store.executor import Executor
from tests.media.endpoint import only_loopback
from tests.media.pools import a_pool
from tests.media.recordings_world import NOON, World


@pytest.fixture
async def world(executor: Executor) -> World:
    def open_case(conn: Connection) -> None:
        case = Case(
            id=CaseId("case-1"),
            number="A001",
            terminal_id=TerminalId("t-1"),
            site_id=SiteId("s"),
            department_id=DepartmentId("d"),
            service_id=ServiceId("v"),
            appointment_id=None,
            citizen="陳大文",
            language="zh-Hant",
            needs=(),
            agent_id="lei",  # type: ignore[arg-type]
            opened_at=NOON,
        )
        put_case(conn, case)

    await executor.write(open_case)
    return World(executor)


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory whose name is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="media"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def pool(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    only_loopback(monkeypatch)
    made = a_pool(directory)
    await made.start()
    yield made
    await made.stop()
