"""Media nodes: processes of other machines, asked over mutual TLS by every counter."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from counter.media.arrangement import Arrangement, Party
from counter.media.control import Draining, Health, WorkerGone
from counter.media.control_client import ControlClient
from counter.media.mutual_tls import tls_of_counter, tls_of_media
from counter.media.node_name import node_name
from counter.media.pool import WorkerPool
from counter.media.tls_development import counter_files, media_files
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.media_node import COMMAND, HOST, MediaNode

TWO = Arrangement(
    parties=(Party(owner="terminal", role="citizen"), Party(owner="agent", role="agent"))
)


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MediaNode]:
    only_loopback(monkeypatch)
    made = MediaNode(tmp_path)
    yield made
    await made.close()


def machine(node: MediaNode, place: str, *, own: int = 0) -> WorkerPool:
    """The pool of a counter on another machine than all others."""
    return WorkerPool(
        node.directory / place,
        own,
        HOST,
        0,
        COMMAND,
        place=place,
        nodes={node.name: node.client()},
        ask_nodes_every=0.2,
    )


async def join(pool: WorkerPool, worker: str, owner: str, far: Endpoint) -> None:
    offer = await pool.open(worker, owner)
    await pool.answer(worker, owner, offer.leg_id, await far.answer(offer.sdp))


async def test_two_machines_share_a_call_that_neither_carries(node: MediaNode) -> None:
    await node.start()
    here, there = machine(node, "here"), machine(node, "there")
    terminal, agent = Endpoint(40), Endpoint(200)
    try:
        await asyncio.gather(here.start(), there.start())
        worker = await here.place("c-1")
        assert worker == await there.place("c-1") == node.name
        await here.arrange(worker, "c-1", TWO)
        await asyncio.gather(
            join(here, worker, "terminal", terminal), join(there, worker, "agent", agent)
        )
        await asyncio.gather(terminal.sees_level(200), agent.sees_level(40))
        assert [leg.connected for leg in await there.legs(worker, "c-1")] == [True, True]
        await here.stop()
        await asyncio.gather(terminal.sees(10), agent.sees(10))
        await there.end(worker, "c-1")
        await there.stop()
        # Who stops using a node ends nothing of it.
        health = await node_health(node)
        assert (health.calls, health.legs) == (0, 2)
    finally:
        await asyncio.gather(here.stop(), there.stop(), terminal.close(), agent.close())


async def node_health(node: MediaNode) -> Health:
    client = node.client()
    try:
        return await client.health()
    finally:
        await client.close()


async def test_a_node_that_dies_is_told_of_and_used_again_when_it_is_back(node: MediaNode) -> None:
    await node.start()
    pool = machine(node, "here", own=1)
    told: asyncio.Queue[str] = asyncio.Queue()

    async def note(worker: str) -> None:
        told.put_nowait(worker)

    pool.on_gone = note
    await pool.start()
    try:
        await pool.open(node.name, "terminal")
        await node.tell(signal.SIGKILL)
        await node.ended()
        async with asyncio.timeout(30):
            assert await told.get() == node.name
        assert pool.states()[node.name] is None
        assert await pool.place("c-1") == "here/media-0"
        with pytest.raises(WorkerGone):
            await pool.open(node.name, "terminal")
        await node.start()
        async with asyncio.timeout(30):
            while pool.states()[node.name] is None:
                await asyncio.sleep(0.05)
        await pool.open(node.name, "terminal")
    finally:
        await pool.stop()
    assert told.empty()


async def test_counters_start_without_a_node_that_is_away(node: MediaNode) -> None:
    pool = machine(node, "here")
    await pool.start()
    try:
        assert not pool.alive
        with pytest.raises(WorkerGone):
            await pool.place("c-1")
        await node.start()
        async with asyncio.timeout(30):
            while not pool.alive:
                await asyncio.sleep(0.05)
        assert await pool.place("c-1") == node.name
    finally:
        await pool.stop()


def without_a_certificate(node: MediaNode) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=node.files.authority)


def with_the_nodes_own(node: MediaNode) -> ssl.SSLContext:
    return tls_of_counter(node.files)


def with_one_of_another_authority(node: MediaNode) -> ssl.SSLContext:
    context = tls_of_counter(counter_files(node.directory / "other", datetime.now(UTC)))
    context.load_verify_locations(node.files.authority)
    return context


async def test_strangers_are_not_answered(node: MediaNode) -> None:
    await node.start()
    strangers: list[Callable[[MediaNode], ssl.SSLContext]] = [
        without_a_certificate,
        with_the_nodes_own,
        with_one_of_another_authority,
    ]
    for stranger in strangers:
        client = ControlClient.over_tls(node.url, stranger(node))
        with pytest.raises(WorkerGone):
            await client.stop()
        await client.close()
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(node.url.replace("https", "http") + "/health")
    assert (await node_health(node)).legs == 0


async def test_sigterm_lets_calls_end_first(node: MediaNode) -> None:
    await node.start("--drain-s", "3600")
    client = node.client()
    try:
        await client.open("terminal")
        await client.arrange("c-1", TWO)
        await node.tell(signal.SIGTERM)
        async with asyncio.timeout(30):
            while not (await client.health()).draining:
                await asyncio.sleep(0.05)
        with pytest.raises(Draining):
            await client.open("another")
        with pytest.raises(Draining):
            await client.arrange("c-2", Arrangement(parties=()))
        await client.open("agent")  # of the call that goes on
        await client.end("c-1")
        assert await node.ended() == 0
    finally:
        await client.close()


async def test_a_second_sigterm_does_not_wait_and_without_a_limit_neither_does_the_first(
    node: MediaNode,
) -> None:
    for options in (("--drain-s", "3600"), ()):
        await node.start(*options)
        client = node.client()
        await client.arrange("c-1", TWO)
        await node.tell(signal.SIGTERM)
        if options:
            async with asyncio.timeout(30):
                while not (await client.health()).draining:
                    await asyncio.sleep(0.05)
            await node.tell(signal.SIGTERM)
        assert await node.ended() == 0
        await client.close()


async def test_a_node_without_its_proof_does_not_start(tmp_path: Path) -> None:
    for options in (("--listen", f"{HOST}:0"), ("--tls-cert", "x.pem")):
        refused = await asyncio.create_subprocess_exec(
            *COMMAND,
            *("--socket", str(tmp_path / "node.sock"), *options),
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await refused.communicate()
        assert refused.returncode == 2
        assert b"go together" in said


async def test_a_certificate_for_a_node_is_made_by_a_command(tmp_path: Path) -> None:
    made = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "counter", "media-certificate", HOST, "--data", str(tmp_path)),
        env={**os.environ, "COUNTER_SETTINGS": os.devnull},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await made.communicate()
    assert made.returncode == 0
    named = [Path(line.strip()) for line in said.decode().splitlines()[1:]]
    tls = tmp_path / "keys" / "media-tls"
    files = media_files(tls, HOST, datetime.now(UTC))  # not made again
    assert named == [files.certificate, files.key, files.authority]
    assert tls_of_media(files)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://media-1.example:40000", "media-1.example/media-40000"),
        ("https://192.0.2.7:40001", "192.0.2.7/media-40001"),
        ("https://[2001:db8::1]:40001", "2001:db8::1/media-40001"),
    ],
)
def test_a_node_is_called_by_where_it_is_asked(url: str, name: str) -> None:
    assert node_name(url) == name


@pytest.mark.parametrize(
    "url",
    [
        "http://media-1.example:40000",
        "https://media-1.example",
        "https://media-1.example:40000/",
        "https://media-1.example:65536",
        "https://who@media-1.example:40000",
        "https://:40000",
        f"https://{'long' * 20}.example:40000",
        "media-1.example:40000",
    ],
)
def test_what_is_no_nodes_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"is |Port"):
        node_name(url)
