"""One suite for every bus: in process, on a fake Redis, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from counter.store.bus import Bus
from counter.store.bus_memory import MemoryBus
from counter.store.bus_redis import RedisBus
from tests.servers import RedisServer

PATIENCE_S = 20

Nodes = Callable[[], Awaitable[Bus]]


class Ear:
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self._news = asyncio.Event()

    def __call__(self, topic: str, value: str) -> None:
        self.heard.append((topic, value))
        self._news.set()

    async def hears(self, *expected: tuple[str, str]) -> None:
        """Return when all of `expected` was heard, in any order; fail after `PATIENCE_S`."""
        async with asyncio.timeout(PATIENCE_S):
            while not set(expected) <= set(self.heard):
                self._news.clear()
                await self._news.wait()


@pytest.fixture(params=["memory", "fakeredis", "redis"])
async def node(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    """Yield a maker of started buses that hear each other; in memory there is one node."""
    memory = MemoryBus()
    fake = FakeServer()
    made = 0

    def open_fake(url: str, **settings: object) -> Redis:
        return FakeAsyncRedis(server=fake)

    async with AsyncExitStack() as stack:

        async def make() -> Bus:
            nonlocal made
            made += 1
            bus: Bus
            if request.param == "memory":
                bus = memory
            elif request.param == "fakeredis":
                bus = RedisBus("redis://fake", node=f"node-{made}", open_client=open_fake)
            else:
                server: RedisServer = request.getfixturevalue("redis_server")
                bus = RedisBus(server.url, node=f"node-{made}")
            await bus.start()
            stack.push_async_callback(bus.close)
            return bus

        yield make


async def test_what_one_publishes_all_hear(node: Nodes) -> None:
    here, there = await node(), await node()
    mine, theirs, theirs_too = Ear(), Ear(), Ear()
    here.subscribe(mine)
    there.subscribe(theirs)
    there.subscribe(theirs_too)
    await here.publish("agent:a-1", "7")
    for ear in (mine, theirs, theirs_too):
        await ear.hears(("agent:a-1", "7"))
        assert ear.heard == [("agent:a-1", "7")]


async def test_words_arrive_as_they_were_said(node: Nodes) -> None:
    here, there = await node(), await node()
    ear = Ear()
    there.subscribe(ear)
    said = [("terminal:新街坊", '{"candidate": "a b\\nc"}'), ("", ""), ("a\x00b", "\u2028")]
    for topic, value in said:
        await here.publish(topic, value)
    await ear.hears(*said)
    assert ear.heard == said


async def test_the_order_of_one_publisher_is_kept(node: Nodes) -> None:
    here, there = await node(), await node()
    mine, theirs = Ear(), Ear()
    here.subscribe(mine)
    there.subscribe(theirs)
    said = [("agent:a-1", str(number)) for number in range(500)]
    for topic, value in said:
        await here.publish(topic, value)
    for ear in (mine, theirs):
        await ear.hears(said[-1])
        assert ear.heard == said


async def test_publishing_does_not_call_listeners_in_the_publishers_stack(node: Nodes) -> None:
    bus = await node()
    ear = Ear()
    bus.subscribe(ear)
    publishing = bus.publish("agent:a-1", "1")
    with pytest.raises(StopIteration):
        publishing.__await__().send(None)
    assert ear.heard == []
    await ear.hears(("agent:a-1", "1"))


async def test_who_closed_its_subscription_hears_no_more(node: Nodes) -> None:
    here, there = await node(), await node()
    leaving, staying = Ear(), Ear()
    subscription = there.subscribe(leaving)
    there.subscribe(staying)
    await here.publish("agent:a-1", "1")
    await leaving.hears(("agent:a-1", "1"))
    subscription.close()
    subscription.close()
    await here.publish("agent:a-1", "2")
    await staying.hears(("agent:a-1", "2"))
    assert leaving.heard == [("agent:a-1", "1")]


async def test_a_listener_that_fails_does_not_deafen_the_others(node: Nodes) -> None:
    here, there = await node(), await node()

    def fails(topic: str, value: str) -> None:
        raise LookupError(topic)

    ear = Ear()
    there.subscribe(fails)
    there.subscribe(ear)
    await here.publish("agent:a-1", "1")
    await here.publish("agent:a-1", "2")
    await ear.hears(("agent:a-1", "1"), ("agent:a-1", "2"))


async def test_a_closed_bus_neither_tells_nor_raises(node: Nodes) -> None:
    bus = await node()
    ear = Ear()
    bus.subscribe(ear)
    await bus.close()
    await bus.publish("agent:a-1", "1")
    await asyncio.sleep(0)
    await bus.close()
    assert ear.heard == []


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """Yield a Redis that this test may kill."""
    server = RedisServer()
    yield server
    server.close()


async def heal(here: Bus, there: Bus) -> None:
    """Publish until the other node hears it: how a poll behind the bus would look."""
    ear = Ear()
    subscription = there.subscribe(ear)
    async with asyncio.timeout(PATIENCE_S):
        number = 0
        while not ear.heard:
            number += 1
            await here.publish("probe", str(number))
            await asyncio.sleep(0.1)
    subscription.close()


async def test_redis_killed_and_restarted_heals(own_redis: RedisServer) -> None:
    here = RedisBus(own_redis.url, node="here")
    there = RedisBus(own_redis.url, node="there")
    await here.start()
    await there.start()
    assert here.hearing
    assert there.hearing
    mine = Ear()
    here.subscribe(mine)

    own_redis.stop()
    await here.publish("agent:a-1", "while away")
    await mine.hears(("agent:a-1", "while away"))
    async with asyncio.timeout(PATIENCE_S):
        while here.lost == 0 or there.hearing:
            await asyncio.sleep(0.02)

    own_redis.start()
    await heal(here, there)
    await heal(there, here)
    await here.close()
    await there.close()


async def test_a_node_starts_without_redis_and_hears_when_it_comes(
    own_redis: RedisServer,
) -> None:
    own_redis.stop()
    here = RedisBus(own_redis.url, node="here")
    await here.start()
    assert not here.hearing
    own_redis.start()
    there = RedisBus(own_redis.url, node="there")
    await there.start()
    await heal(there, here)
    await here.close()
    await there.close()


async def test_a_connection_that_is_open_but_dead_is_replaced(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counter.store.bus_redis.SILENCE_S", 0.2)
    there = RedisBus(own_redis.url, node="there")
    await there.start()
    own_redis.freeze()
    async with asyncio.timeout(PATIENCE_S):
        while there.hearing:
            await asyncio.sleep(0.02)
    own_redis.thaw()
    here = RedisBus(own_redis.url, node="here")
    await here.start()
    await heal(here, there)
    await here.close()
    await there.close()


async def test_a_wrong_address_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="redis://"):
        RedisBus("cache:6379", node="here")
