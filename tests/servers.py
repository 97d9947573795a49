"""Real servers for tests: PostgreSQL and Redis, started here and ended here.

Each test process (xdist worker) owns its own, on free ports of the loopback, in a directory
that goes away with it.  A server that is not installed is an error with the package's name,
never a skipped test.
"""

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tests.kept_connections import KeptConnections

R = TypeVar("R")

START_TIMEOUT_S = 60
LEFT_BEHIND = 40
"Tests that one database serves: what they deleted stays in its files, as nobody cleans them here."
EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE one record; BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> ALL (ARRAY[pg_backend_pid(){kept}]);
    FOR one IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE format('DELETE FROM %I', one.tablename); END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL
    LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', one.sequencename); END LOOP;
END $$
"""
"Ends every connection that is not kept, and then every row and number."


class NotInstalled(RuntimeError):
    """A program the tests need is missing; `make test` installs it when it may."""


def free_port() -> int:
    """Return a TCP port of the loopback that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run_apart(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run `coroutine` in a thread of its own, because the caller may be inside a loop."""
    outcome: list[R] = []
    mistakes: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(coroutine))
        except BaseException as mistake:
            mistakes.append(mistake)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if mistakes:
        raise mistakes[0]
    return outcome[0]


def wait_for_port(port: int, process: subprocess.Popen[bytes], what: str) -> None:
    """Return when something listens on `port`; raise when `process` ended or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with code {process.returncode} before it listened")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{what} did not listen on port {port} within {START_TIMEOUT_S} s")


class Hands:
    """Connections that are kept, one for each database: a new one costs more than its work."""

    def __init__(self, dsn: Callable[[str], str]) -> None:
        self._dsn = dsn
        self._loop = asyncio.new_event_loop()
        self._kept: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def execute(self, statement: str, database: str) -> None:
        """Execute some statements in one transaction."""

        async def work() -> None:
            kept = self._kept.get(database)
            if kept is None or kept.is_closed():  # the server was started anew
                kept = self._kept[database] = await asyncpg.connect(self._dsn(database))
            await kept.execute(statement)

        self._do(work())

    def let_go(self, database: str) -> None:
        """Close the connection to it, if there is one."""
        if connection := self._kept.pop(database, None):
            self._do(connection.close())

    def close(self) -> None:
        """Close them all, and end."""
        for database in list(self._kept):
            self.let_go(database)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


class PostgresServer:
    """One cluster; superuser `counter`, no password, loopback only.

    durable: what is committed outlives the machine, as in life, which costs.  What a server wrote
    that is only killed is with the kernel either way.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._durable = durable
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        on_path = shutil.which("postgres")
        if not found and on_path is None:
            raise NotInstalled("PostgreSQL is not installed: apt-get install postgresql")
        self.bin = (found[-1] if found else Path(on_path or "")).parent
        self.directory = Path(tempfile.mkdtemp(prefix="counter-pg-"))
        self.data = self.directory / "data"
        # PostgreSQL refuses to run as root, so root hands it to the user of the package.
        self.owner = "postgres" if os.geteuid() == 0 else None
        if self.owner is not None:
            account = pwd.getpwnam(self.owner)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        self._lent: dict[str, int] = {}
        "How often each was."
        self._emptied: list[str] = []
        self._hands = Hands(self.dsn)
        self.kept = KeptConnections()
        self._initialise()
        self.start()

    def _initialise(self) -> None:
        subprocess.run(
            [
                str(self.bin / "initdb"),
                "--auth=trust",
                "--username=counter",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                f"--pgdata={self.data}",
            ],
            check=True,
            capture_output=True,
            cwd="/",
            user=self.owner,
            extra_groups=[] if self.owner else None,
        )

    def start(self) -> None:
        """Start the server on its port and wait until it answers."""
        log = (self.directory / "log").open("ab")
        self.process = subprocess.Popen(
            [
                str(self.bin / "postgres"),
                f"-D{self.data}",
                f"-p{self.port}",
                f"-k{self.directory}",
                "-clisten_addresses=127.0.0.1",
                "-cmax_connections=200",
                "-cshared_buffers=32MB",
                "-cautovacuum=off",
                *(() if self._durable else ("-cfsync=off", "-cfull_page_writes=off")),
            ],
            stdout=log,
            stderr=log,
            cwd="/",
            user=self.owner,
            extra_groups=[] if self.owner else None,
        )
        log.close()
        wait_for_port(self.port, self.process, "PostgreSQL")
        run_apart(self._answers())

    async def _answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                connection = await asyncpg.connect(self.dsn("postgres"))
            except (asyncpg.CannotConnectNowError, OSError):
                # A restart after a crash listens while it still replays its log.
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return

    def stop(self, *, crash: bool = False) -> None:
        """End the server: in order (fast shutdown), or as a crash that loses what is unsynced."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(START_TIMEOUT_S)
        self.process = None

    def close(self) -> None:
        """End the server and remove its directory."""
        self._hands.close()
        self.stop(crash=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def dsn(self, database: str) -> str:
        """Return the address as asyncpg reads it."""
        return f"postgresql://counter@127.0.0.1:{self.port}/{database}"

    def address(self, database: str) -> str:
        """Return the address as `counter.store.postgres_pool` reads it: without a driver."""
        return f"counter@127.0.0.1:{self.port}/{database}"

    def create_database(self, *, template: str = "template0") -> str:
        """Create an empty database, or a copy of `template`, and return its name."""
        self._databases += 1
        name = f"counter_{self._databases}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def lend_database(self, template: str) -> str:
        """Return the name of a copy of `template`; to be given back.  One is 0.7 s of work."""
        if not self._emptied:
            return self.create_database(template=template)
        return self._emptied.pop()

    def take_back(self, name: str) -> None:
        """Empty what was lent; its tables are as they were, or it is not given back."""
        self._lent[name] = self._lent.get(name, 0) + 1
        if self._lent[name] < LEFT_BEHIND:
            kept = "".join(f", {backend}" for backend in self.kept.backends(name))
            self._hands.execute(EMPTY.replace("{kept}", kept), name)
            self._emptied.append(name)
        else:
            self._hands.let_go(name)
            self.kept.forget(name)
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Drop the database, with the connections that are still open."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Execute one statement outside any transaction."""

        async def work() -> None:
            connection = await asyncpg.connect(self.dsn(database))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(work())


class RedisServer:
    """One Redis without persistence: what it held is gone after a restart, as it may be."""

    def __init__(self) -> None:
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if program is None:
            raise NotInstalled("Redis is not installed: apt-get install redis-server")
        self.program = program
        self.directory = Path(tempfile.mkdtemp(prefix="counter-redis-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Address as redis-py reads it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server on its port and wait until it listens."""
        self.process = subprocess.Popen(
            [
                self.program,
                *("--port", str(self.port)),
                *("--bind", "127.0.0.1"),
                *("--save", ""),
                *("--appendonly", "no"),
                *("--dir", str(self.directory)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port, self.process, "Redis")

    def stop(self) -> None:
        """Kill the server: connected clients see the connection break."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(START_TIMEOUT_S)
            self.process = None

    def freeze(self) -> None:
        """Stop answering while connections stay open, as behind a broken network."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Answer again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server and remove its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
