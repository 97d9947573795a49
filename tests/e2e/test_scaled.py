"""Many nodes: the same counter on PostgreSQL and Redis, and what its visitors notice of faults.

Simulated citizens and agents, real servers, real processes; the nodes of a test are one machine's.
"""

import asyncio
import json
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from booking.store_sql import plant_seed
from counter.store.postgres_pool import PostgresPool
from counter.terminal.ports import Refused
from tests.e2e.lines import SERVICE, TERMINAL, Played, accept, line, shows, take_ticket
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import until
from tests.media.media_node import MediaNode
from tests.servers import PostgresServer, RedisServer, run_apart

Facts = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
StartNode = Callable[..., Awaitable[RunningCounter]]

pytestmark = pytest.mark.timeout(600)

LEFT_WITHIN_S = 60.0
"On a busy machine a process takes a moment to end."


@pytest.fixture(scope="session")
def planted(postgres: PostgresServer, postgres_template: str) -> str:
    """Return the name of a database as a first start leaves it, to be copied."""
    name = postgres.create_database(template=postgres_template)

    async def plant() -> None:
        pool = PostgresPool(postgres.address(name))
        await plant_seed(pool, datetime.now(UTC), practice=True)
        await pool.close()

    run_apart(plant())
    return name


@pytest.fixture
def database(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[str]:
    """Yield the name of a planted database, or of one that is empty."""
    if getattr(request, "param", None) == "empty":
        name = postgres.create_database()
    else:
        name = postgres.create_database(template=request.getfixturevalue("planted"))
    yield name
    postgres.drop_database(name)


@pytest.fixture
def facts(postgres: PostgresServer, database: str) -> Facts:
    """Return a function that reads rows of the store beside the nodes."""

    async def read(query: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(postgres.dsn(database))
        try:
            return [tuple(row) for row in await connection.fetch(query)]
        finally:
            await connection.close()

    return read


@pytest.fixture
def shared() -> Iterator[Path]:
    """Yield a directory for what nodes have in common."""
    path = Path(tempfile.mkdtemp(prefix="rvs-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
async def node(
    postgres: PostgresServer, redis_server: RedisServer, database: str, shared: Path
) -> AsyncIterator[StartNode]:
    """Yield `(**settings) -> a running node`; each has a data directory of its own."""
    nodes: list[RunningCounter] = []

    async def start(**settings: str) -> RunningCounter:
        made = RunningCounter(
            POSTGRES=postgres.address(database),
            REDIS=redis_server.url,
            SHARED=str(shared),
            **settings,
        )
        nodes.append(made)
        await made.start()
        return made

    yield start
    # Processes that nodes share carry the mark of the one that started them: all stop, then look.
    for one in nodes:
        if one.runs:
            await one.stop()
    deadline = time.monotonic() + LEFT_WITHIN_S
    while (left := [pid for one in nodes for pid in one.processes()]) and (
        time.monotonic() < deadline
    ):
        await asyncio.sleep(0.1)
    what = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    for one in nodes:
        await one.close()
    assert what == [], "a clean stop left processes behind"


def citizen(counter: RunningCounter, pace_s: float) -> Played:
    """One simulated citizen who comes once."""
    what = ("--subject", TERMINAL, "--service", SERVICE, "--visits", "1", "--pace", str(pace_s))
    return Played(counter, "citizen", "--as", "citizen", *what)


def agent(counter: RunningCounter, pace_s: float) -> Played:
    """One simulated agent who serves one citizen."""
    what = ("--subject", "lei", "--visits", "1", "--pace", str(pace_s))
    return Played(counter, "agent", "--as", "agent", *what)


async def was_served(facts: Facts, *counters: RunningCounter) -> None:
    """The store says that everything was done once, and every node says that the journal holds."""
    assert await facts("select outcome, stars from case_file") == [("completed", 5)]
    assert await facts("select state from page") == [("accepted",)]
    assert await facts("select state from ceremony") == [("sealed",)]
    assert await facts("select state, worker from call") == [("ended", None)]
    for counter in counters:
        entries, said = await counter.audit()
        assert entries > 10 and "the chain holds" in said


async def test_a_visit_over_two_nodes_survives_a_crash_of_postgres_and_the_loss_of_redis(
    node: StartNode,
    postgres: PostgresServer,
    redis_server: RedisServer,
    shared: Path,
    facts: Facts,
) -> None:
    media = str(shared / "media")
    first, second = await asyncio.gather(node(MEDIA_DIRECTORY=media), node(MEDIA_DIRECTORY=media))
    serves, comes = agent(second, 0.2), citizen(first, 0.2)
    try:
        await asyncio.gather(comes.tells("in the call"), serves.tells("in the call"))
        await serves.tells("scan.request")
        postgres.stop(crash=True)  # what pg_ctl restart -m immediate does
        postgres.start()
        redis_server.stop()
        await comes.tells("ceremony.consent")
        redis_server.start()
        await asyncio.gather(comes.ends_well(), serves.ends_well())
    finally:
        redis_server.stop()
        redis_server.start()
        for one in (serves, comes):
            one.end()
    assert "Traceback" not in "\n".join(serves.said + comes.said)
    await was_served(facts, first, second)


@pytest.mark.parametrize("database", ["empty"], indirect=True)
async def test_a_ticket_rings_at_another_node_without_redis_too_and_its_call_moves_from_it(
    node: StartNode, redis_server: RedisServer, facts: Facts
) -> None:
    # Each with media processes of its own: as good as two machines.
    first, second = await asyncio.gather(node(), node())
    async with line(first, "citizen", TERMINAL) as kiosk:
        async with line(second, "agent", "lei") as desk:
            await shows(desk, lambda screen: True)
            await desk.ask("presence.choose", {"presence": "ready"})
            await take_ticket(kiosk)
            # These lines never beat: a screen changes by a wake-up, or by the poll behind it.
            await shows(desk, lambda screen: screen["offer"])
            await kiosk.ask("ticket.leave", {})
            await shows(desk, lambda screen: not screen["offer"])
            redis_server.stop()
            try:
                await take_ticket(kiosk)
                await shows(desk, lambda screen: screen["offer"])
            finally:
                redis_server.start()

            # Half a call is refused, and moves when the other machine has stopped.
            await accept(desk)
            await desk.ask("leg.join", {})
            [(there,)] = await facts("select worker from call")
            with pytest.raises(Refused) as refused:
                await kiosk.ask("leg.join", {})
            assert refused.value.reason == "media_elsewhere"
            assert await facts("select worker from call") == [(there,)]
        await second.stop(signal.SIGINT)
        await kiosk.ask("leg.join", {})
        [(here,)] = await facts("select worker from call")
        assert here != there
        async with line(first, "agent", "lei") as desk:
            await shows(desk, lambda screen: screen["case"] and screen["case"]["call"])
            await desk.ask("leg.join", {})
        assert await facts("select worker from call") == [(here,)]


async def test_machines_that_list_a_media_node_share_a_call_and_what_it_says_of_itself(
    node: StartNode, shared: Path, tmp_path: Path, facts: Facts
) -> None:
    media = MediaNode(tmp_path, shared / "keys" / "media-tls")
    try:
        await media.start()
        listed = {"MEDIA_NODES": media.url, "MEDIA_WORKERS": "0"}
        first, second = await asyncio.gather(node(**listed), node(**listed))
        serves, comes = agent(second, 0.3), citizen(first, 0.3)
        try:
            await asyncio.gather(comes.tells("in the call"), serves.tells("in the call"))
            serves.hold()  # the call stands until all was asked
            assert await facts("select worker from call") == [(media.name,)]

            async def in_use(counter: RunningCounter) -> bool:
                told = (await counter.operator("/health"))["media"]
                assert list(told) == [media.name]
                return bool(told[media.name]["legs"] >= 1 and told[media.name]["calls"] == 1)

            for counter in (first, second):  # which ask it every second
                await until(partial(in_use, counter), "a node did not tell of the call")
            shown = await second.command("health")
            assert json.loads(shown.stdout)["media"][media.name]["calls"] == 1
            assert (await first.command("drain", "media-0")).returncode == 1, "there is none"
            assert (await first.command("drain", media.name)).returncode == 0
            assert (await first.operator("/health"))["ready"] is False, "its only media drains"
            serves.go_on()
            await asyncio.gather(comes.ends_well(), serves.ends_well())
        finally:
            for one in (serves, comes):
                one.end()
        await was_served(facts, first, second)
        assert await media.ended() == 0
    finally:
        await media.close()
