"""The embedded store: one SQLite writer in its own thread, with group commit.

Commands that arrive while a commit is under way share the next one: each runs in its own
SAVEPOINT, so that one that raises leaves the others alone, and all are answered after the common
COMMIT.  Commits and checkpoints stay on one connection.  Refuses a SQLite older than 3.51.3: all
before it can damage a WAL file (the WAL-reset bug).
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from pysqlite3 import dbapi2
from sqlalchemy import Connection, Engine, create_engine, event

from counter.errors import StoreUnavailable
from counter.store.executor import OnWake, take_wakes

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

OLDEST = (3, 51, 3)
BATCH = 64
"Commands that share one COMMIT at most."
READERS = 2


class OldSqlite(Exception):
    """This SQLite can damage its own file."""


@dataclass(slots=True)
class _Job:
    run: Callable[[Connection], Any]
    answer: "asyncio.Future[Any]"


def require_sound(version: tuple[int, ...] = dbapi2.sqlite_version_info) -> None:
    """Raise `OldSqlite` when this library has the WAL-reset bug (3.7.0 to 3.51.2)."""
    if version < OLDEST:
        raise OldSqlite(
            f"SQLite {'.'.join(map(str, version))} can damage its file; "
            "install the pinned pysqlite3, which carries 3.51.3 or newer"
        )


class SqliteLane:
    """Executor on one SQLite file; see `counter.store.executor.Executor`."""

    def __init__(self, path: Path, *, on_wake: OnWake = lambda wakes: None) -> None:
        require_sound()
        self._on_wake = on_wake
        self._engine = _engine(path)
        self._looking = _engine(path, "query_only=ON")
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._writer = threading.Thread(target=self._write_for_ever, name="sqlite-lane")
        self._writer.daemon = True
        # The first connection alone makes a new file a WAL file: two at once are "locked".
        self._engine.connect().close()
        self._writer.start()

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    @property
    def engine(self) -> Engine:
        """For migrations, before the lane has work."""
        return self._engine

    async def write(
        self,
        command: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        if self._closed:
            raise StoreUnavailable("the store is closed; the node is shutting down")
        self._loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = self._loop.create_future()
        self._jobs.put(_Job(lambda conn: command(conn, *args, **kwargs), answer))
        # The command goes on when the asker gives up: it may have been committed already.
        return await asyncio.shield(answer)

    async def read(
        self,
        query: Callable[Concatenate[Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, partial(self._read, lambda conn: query(conn, *args, **kwargs))
        )

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            await asyncio.get_running_loop().run_in_executor(None, self._writer.join)
            self._readers.shutdown(wait=True)
            self._looking.dispose()
            self._engine.dispose()

    def _read(self, query: Callable[[Connection], R]) -> R:
        with self._looking.connect() as conn, conn.begin():
            return query(conn)

    def _write_for_ever(self) -> None:
        open_ = True
        while open_:
            with self._engine.connect() as plain:
                conn = plain.execution_options(counter_begin="BEGIN IMMEDIATE")
                sound = True
                while open_ and sound:
                    jobs, open_ = self._next_batch()
                    if jobs:
                        sound = self._run_batch(conn, jobs)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        first = self._jobs.get()
        if first is None:
            return [], False
        jobs = [first]
        while len(jobs) < BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True

    def _run_batch(self, conn: Connection, jobs: list[_Job]) -> bool:
        """Run, commit, answer; whether this connection may be used again."""
        sound = True
        done: list[tuple[_Job, Any, BaseException | None]] = []
        wakes: dict[str, int] = {}
        try:
            with conn.begin():
                for job in jobs:
                    take_wakes(conn)
                    # `begin_nested` would compile it anew each time, at ten times its cost.
                    conn.exec_driver_sql("SAVEPOINT command")
                    try:
                        result = job.run(conn)
                        conn.exec_driver_sql("RELEASE command")
                    except BaseException as raised:
                        conn.exec_driver_sql("ROLLBACK TO command")
                        conn.exec_driver_sql("RELEASE command")
                        take_wakes(conn)
                        done.append((job, None, raised))
                    else:
                        wakes.update(take_wakes(conn))
                        done.append((job, result, None))
        except Exception as broken:
            # COMMIT or ROLLBACK itself failed (disk full, I/O): nobody's command stands, everybody
            # hears so, and the next batch begins on a fresh connection.
            sound = False
            conn.invalidate()
            why = type(getattr(broken, "orig", broken)).__name__
            log.error("the store could not commit: %s", why)
            refusal = StoreUnavailable(f"the store could not commit: {why}")
            done, wakes = [(job, None, refusal) for job in jobs], {}
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._answer, done, wakes)
        return sound

    def _answer(
        self, done: list[tuple[_Job, Any, BaseException | None]], wakes: dict[str, int]
    ) -> None:
        for job, result, raised in done:
            if job.answer.done():
                continue
            if raised is None:
                job.answer.set_result(result)
            else:
                job.answer.set_exception(raised)
        if wakes:
            self._on_wake(wakes.items())


def _engine(path: Path, *pragmas: str) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        module=dbapi2,
        hide_parameters=True,  # errors are logged, citizens' data is not
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 10},
        pool_size=READERS + 2,
    )

    @event.listens_for(engine, "connect")
    def _settings(dbapi_connection: Any, record: object) -> None:
        cursor = dbapi_connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql(conn.get_execution_options().get("counter_begin", "BEGIN"))

    return engine
