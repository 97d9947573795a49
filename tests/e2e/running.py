"""A real counter in a process of its own, to be used, killed and started again.

Whatever it leaves behind after a `kill -9` (media processes outlive it on purpose) carries this
counter's data directory in its environment; by that, and by pid, everything is ended.
"""

import asyncio
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from pysqlite3 import dbapi2

from booking.store_sql import plant_seed
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.servers import free_port, run_apart

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 240
END_TIMEOUT_S = 120
GONE_WITHIN_S = 60
"Until what a stopped counter started has ended, on a busy machine."
COMMAND_TIMEOUT_S = 200
"For a whole visit of the simulated parts, on a busy machine."
GREETED = "Ctrl-C stops everything."
"The last line that it says when all doors are open and everybody can sign in."

OTHER_STORE = {"POSTGRES", "PRACTICE", "PROFILE"}
"Settings with which another store is begun with, or elsewhere."


@cache
def planted_store() -> Path:
    """A store as a first start in practice mode makes it, nobody in it, to be copied."""
    directory = Path(tempfile.mkdtemp(prefix="rvp-", dir="/tmp"))
    atexit.register(shutil.rmtree, directory)
    lane = SqliteLane(directory / "counter.sqlite")

    async def plant() -> None:
        await asyncio.to_thread(upgrade_engine, lane.engine)
        await plant_seed(lane, datetime.now(UTC), practice=True)
        await lane.close()

    run_apart(plant())
    return directory / "counter.sqlite"


class RunningCounter:
    """`python -m counter serve` on its own data directory and port."""

    program = "tests.e2e.unhurried"
    arguments: tuple[str, ...] = ("serve",)

    def __init__(self, **settings: str) -> None:
        """settings: environment of the counter without its prefix, such as `PRACTICE="false"`."""
        # Sockets live below it, and the path of a socket is short.
        self.data = Path(tempfile.mkdtemp(prefix="rvc-", dir="/tmp"))
        self.from_nothing = bool(OTHER_STORE & set(settings))
        "Whether its first start makes and fills the store; else it finds one."
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        over = {
            "DATA": str(self.data),
            "PORT": str(self.port),
            "MEDIA_UDP_PORT": "0",
            "MEDIA_WORKERS": "1",
            "SETTINGS": os.devnull,  # a counter.toml that lies about is not read
            **settings,
        }
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COUNTER_")}
        } | {f"COUNTER_{name}": value for name, value in over.items()}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it; returns when its doors are open."""
        store = self.data / "counter.sqlite"
        if not self.from_nothing and not store.exists():
            shutil.copy(planted_store(), store)
            store.chmod(0o600)
        said_before = len(self.log())
        with (self.data / "serve.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.program, *self.arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the counter did not start:\n{self.log()}")
            if GREETED in self.log()[said_before:]:
                await self.operator("/health")
                return
            await asyncio.sleep(0.05)

    def kill9(self) -> None:
        """End it as a power cut would; its media processes live on."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(END_TIMEOUT_S)
        self._process = None

    @property
    def runs(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal and do not wait."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it, as Ctrl-C does unless told otherwise; its exit code."""
        self.tell(number)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it has ended; its exit code."""
        assert self._process is not None
        process, self._process = self._process, None
        return await asyncio.to_thread(process.wait, END_TIMEOUT_S)

    async def close(self) -> list[int]:
        """End it and everything it started; the processes that a clean stop left behind."""
        clean = self._process is not None
        if clean:
            await self.stop()
        left = await self._left_over(wait_s=GONE_WITHIN_S if clean else 0)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        await self._left_over(wait_s=GONE_WITHIN_S)
        shutil.rmtree(self.data, ignore_errors=True)
        return left if clean else []

    async def operator(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the operator's socket.  Raises `aiohttp.ClientError` when it is not there."""
        connector = aiohttp.UnixConnector(str(self.data / "admin.sock"))
        timeout = aiohttp.ClientTimeout(total=60)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as admin:
            method = "GET" if body is None else "POST"
            url = f"http://counter{path}"
            async with admin.request(method, url, json=body, raise_for_status=True) as response:
                answer: dict[str, Any] = await response.json()
                return answer

    async def enrolment(self, terminal: str) -> str:
        """The link that makes a browser this terminal, once."""
        return str((await self.operator("/enrolment", {"terminal": terminal}))["link"])

    @property
    def passphrase(self) -> str:
        """With which every agent of the demonstration signs in."""
        return (self.data / "keys" / "demo-passphrase").read_text().strip()

    async def audit(self) -> tuple[int, str]:
        """Verify the journal as an operator does: entries, and the last line that was said."""
        done = await self.command("audit")
        said = done.stdout.decode().strip().splitlines()
        assert done.returncode == 0, f"{said} {done.stderr.decode()}"
        return int(said[-1].split()[0]), said[-1]

    def facts(self, query: str, *given: str) -> list[tuple[Any, ...]]:
        """Rows of the store, read as it lies on the disk; works while nothing runs."""
        with closing(dbapi2.connect(f"file:{self.data}/counter.sqlite?mode=ro", uri=True)) as file:
            rows: list[tuple[Any, ...]] = file.execute(query, given).fetchall()
            return rows

    async def command(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run `python -m counter …` on this counter's data, to its end."""
        return await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "counter", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def log(self) -> str:
        """What it wrote."""
        log = self.data / "serve.log"
        return log.read_text(errors="replace") if log.exists() else ""

    async def _left_over(self, *, wait_s: float) -> list[int]:
        deadline = time.monotonic() + wait_s
        while (left := self.processes()) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        return left

    def processes(self) -> list[int]:
        """Every living process that was started for this counter."""
        mark = f"COUNTER_DATA={self.data}".encode()
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and mark in _environment_of(entry)
        ]


def _environment_of(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or it is somebody else's
        return []
