"""A thousand people at the pages of a real counter, at one instant.

    python -m tests.bench.booking_web PEOPLE SEED     prints one line of JSON

`counter serve` runs in a process of its own on the embedded store; this process is the people.
They have the page open before (their cookie and their form's token); then, all at once, each asks
what is free, keeps one of the first times, says who they are, and books.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from booking import store_catalogue
from booking.seed_toml import seed
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.bench.booking_audit import faults
from tests.bench.booking_crowd import share
from tests.bench.booking_place import SERVICE, SITES, wide
from tests.bench.machine import cpu_ns, everybody_s
from tests.servers import free_port

DAYS_AHEAD = 3
TRIES = 40
START_WITHIN_S = 120.0
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Accept-Language": "en"}
TOKEN = re.compile(r'name="csrf"[^>]*(?:value|content)="([^"]+)"')


@dataclass(slots=True)
class Times:
    """How long each kind of request took, in seconds, and how it ended."""

    first: list[float] = field(default_factory=list)
    hold: list[float] = field(default_factory=list)
    "Those that were refused too."
    details: list[float] = field(default_factory=list)
    confirm: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOnTheWeb:
    """What the crowd found."""

    people: int
    seconds: float
    requests_per_s: float
    per_s: float
    "Holds, refused holds and confirms."
    booked: int
    outcomes: dict[str, int]
    first_p50_ms: float
    first_p99_ms: float
    hold_p50_ms: float
    hold_p99_ms: float
    server_cpu_ms_per_request: float
    server_core_percent: float
    faults: dict[str, int]
    others_percent: float


async def plant(data: Path) -> None:
    """A store that `counter serve` finds filled, with many agents, open day and night."""
    lane = SqliteLane(data / "counter.sqlite")
    upgrade_engine(lane.engine)
    years = (datetime.now(UTC).year, datetime.now(UTC).year + 1)
    planted = wide(seed(years, practice=True))
    await lane.write(store_catalogue.plant, planted.catalogue, planted.calendars)
    await lane.close()


async def measured(people: int, seed_number: int, data: Path) -> FoundOnTheWeb:
    await plant(data)
    port = free_port()
    settings = {"COUNTER_DATA": str(data), "COUNTER_PORT": str(port), "COUNTER_MEDIA_UDP_PORT": "0"}
    settings["COUNTER_MEDIA_WORKERS"] = "1"
    with (data / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "counter", "serve", env={**os.environ, **settings},
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as plain:
            await _answers(plain, address)
            crowd = [_Person(plain, address, f"{seed_number}-{number}") for number in range(people)]
            for few in range(0, people, 20):
                await asyncio.gather(*(one.open_the_page() for one in crowd[few : few + 20]))
            times = Times()
            everybody, own = everybody_s(), time.process_time()
            used, began = cpu_ns([process.pid]), time.perf_counter()
            await asyncio.gather(*(one.book(times) for one in crowd))
            seconds = time.perf_counter() - began
            used = cpu_ns([process.pid]) - used
            others = everybody_s() - everybody - (time.process_time() - own) - used / 1e9
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()
    commands = len(times.hold) + len(times.confirm)
    requests = commands + len(times.first) + len(times.details)
    return FoundOnTheWeb(
        people=people,
        seconds=round(seconds, 3),
        requests_per_s=round(requests / seconds, 1),
        per_s=round(commands / seconds, 1),
        booked=times.outcomes["booked"],
        outcomes=dict(times.outcomes),
        first_p50_ms=round(1000 * share(times.first, 0.5), 1),
        first_p99_ms=round(1000 * share(times.first, 0.99), 1),
        hold_p50_ms=round(1000 * share(times.hold, 0.5), 1),
        hold_p99_ms=round(1000 * share(times.hold, 0.99), 1),
        server_cpu_ms_per_request=round(used / 1e6 / requests, 2),
        server_core_percent=round(used / 1e7 / seconds, 1),
        faults=faults("sqlite", str(data / "counter.sqlite")),
        others_percent=round(100 * max(0.0, others) / seconds, 1),
    )


async def _answers(plain: aiohttp.ClientSession, address: str) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            async with plain.get(f"{address}/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the counter does not serve")
        await asyncio.sleep(0.2)


class _Person:
    """One browser: its cookies, and the token of the page it shows."""

    def __init__(self, plain: aiohttp.ClientSession, address: str, name: str) -> None:
        self._plain, self._address = plain, address
        self._name = name
        self._chance = random.Random(name)
        self._site = self._chance.choice(SITES)
        self._cookies: dict[str, str] = {}
        self._csrf = ""
        day = datetime.now(UTC) + timedelta(days=DAYS_AHEAD + self._chance.randrange(5))
        self._day = f"{day:%Y-%m-%d}"

    async def open_the_page(self) -> None:
        status, body = await self._ask("GET", f"/services/{SERVICE}/day?site={self._site}")
        found = TOKEN.search(body)
        assert status == 200 and found, (status, body[:300])
        self._csrf = found[1]

    async def book(self, times: Times) -> None:
        for number in range(TRIES):
            times_there = await self._times(times)
            if not times_there:
                times.outcomes["sold out"] += 1
                return
            start = self._chance.choice(times_there[:24])
            form = {"csrf": self._csrf, "key": f"k{number}", "start": start}
            page = f"/services/{SERVICE}/time?site={self._site}&day={self._day}"
            began = time.perf_counter()
            status, _ = await self._ask("POST", page, form)
            times.hold.append(time.perf_counter() - began)
            if status != 303:
                times.outcomes[f"hold: {status}"] += 1
                continue
            await self._confirm(times)
            return
        times.outcomes["gave up"] += 1

    async def _times(self, times: Times) -> list[str]:
        began = time.perf_counter()
        there = f"/availability/{SERVICE}?site={self._site}&from={self._day}&days=1"
        status, body = await self._ask("GET", there)
        times.first.append(time.perf_counter() - began)
        if status != 200:
            times.outcomes[f"times: {status}"] += 1
            return []
        return [one["start"] for one in json.loads(body)["days"][0]["slots"]]

    async def _confirm(self, times: Times) -> None:
        form: dict[str, Any] = {"csrf": self._csrf, "name": "A", "contact": "", "language": "en"}
        began = time.perf_counter()
        status, _ = await self._ask("POST", "/booking/details", form)
        times.details.append(time.perf_counter() - began)
        if status != 303:
            times.outcomes[f"details: {status}"] += 1
            return
        began = time.perf_counter()
        status, _ = await self._ask("POST", "/booking/check", {"csrf": self._csrf})
        times.confirm.append(time.perf_counter() - began)
        times.outcomes["booked" if status == 303 else f"confirm: {status}"] += 1

    async def _ask(
        self, method: str, path: str, form: dict[str, Any] | None = None
    ) -> tuple[int, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {**BROWSER, "Cookie": cookie} if cookie else BROWSER
        async with self._plain.request(
            method,
            self._address + path,
            data=form,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=300),
        ) as answer:
            body = await answer.text()
            self._cookies |= {name: one.value for name, one in answer.cookies.items()}
            return answer.status, body


async def _main(people: int, seed_number: int) -> None:
    with tempfile.TemporaryDirectory(prefix="counter-bench-") as directory:
        print(json.dumps(asdict(await measured(people, seed_number, Path(directory)))))


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), int(sys.argv[2])))
