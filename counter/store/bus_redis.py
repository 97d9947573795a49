"""The bus of many nodes: wake-ups through Redis or Valkey, which holds nothing.

Listeners of this node are told at once and never depend on Redis; other nodes hear through one
channel.  While Redis is away their wake-ups are lost, counted and logged once: the poll behind the
bus heals them.  Publishing never waits for Redis and never raises because of it.  Contract:
`counter.store.bus.Bus`.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from counter.store.bus import Subscription
from counter.store.listeners import Listeners

log = logging.getLogger(__name__)

CHANNEL: Final = "counter"
WAITING_LIMIT: Final = 10_000
"Wake-ups that may wait for Redis; the oldest are lost first, as the newest say more."
SILENCE_S: Final = 5.0
"Silence after which the listener asks whether Redis is still there, and asks only once."
SEND_TIMEOUT_S: Final = 2.0
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 2.0
START_TIMEOUT_S: Final = 2.0
CANCEL_AGAIN_S: Final = 0.1

OpenClient = Callable[..., Redis]
"`(url, **settings) -> Redis`; opens no connection yet."

Wake = tuple[str, str]
"(topic, value)"


class _Silent(Exception):
    """Redis did not answer a PING: the connection looks open but is dead."""


class RedisBus:
    """One channel for all nodes, one sender and one listener task per node."""

    def __init__(self, url: str, *, node: str, open_client: OpenClient = Redis.from_url) -> None:
        """Prepare, without connecting.

        url:  `redis://`, `rediss://` or `unix://`; raises ValueError for anything else.
        node: name of this node, unique among all; what it published itself it does not hear twice.
        """
        self._node = node
        self._listeners = Listeners()
        self._waiting: deque[Wake] = deque()
        self._news = asyncio.Event()
        self._subscribed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._lost = 0
        once = Retry(NoBackoff(), 0)  # reconnecting is ours
        settings: dict[str, Any] = {"retry": once, "socket_connect_timeout": SEND_TIMEOUT_S}
        self._sender = open_client(url, socket_timeout=SEND_TIMEOUT_S, **settings)
        # redis-py 8 gives idle sockets 5 s by default, which would deafen a quiet node.
        self._hearer = open_client(url, socket_timeout=None, **settings)

    @property
    def lost(self) -> int:
        """Wake-ups that did not reach Redis since the start."""
        return self._lost

    @property
    def hearing(self) -> bool:
        """Whether this node is subscribed at this moment."""
        return self._subscribed.is_set()

    async def start(self) -> None:
        """Connect; without Redis go on after 2 s and keep trying, since the poll carries us."""
        self._tasks = [
            asyncio.create_task(self._keep_hearing(), name="bus-hear"),
            asyncio.create_task(self._keep_sending(), name="bus-send"),
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._subscribed.wait()

    async def publish(self, topic: str, value: str) -> None:
        """Tell this node's listeners soon, the other nodes' when Redis takes it."""
        if not self._tasks:
            return
        asyncio.get_running_loop().call_soon(self._listeners.tell, topic, value)
        if len(self._waiting) >= WAITING_LIMIT:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append((topic, value))
        self._news.set()

    def subscribe(self, callback: Callable[[str, str], None]) -> Subscription:
        """Call `callback(topic, value)` for everything published here or elsewhere."""
        return self._listeners.add(callback)

    async def close(self) -> None:
        """End both tasks and connections; what still waits is lost.  Harmless when repeated."""
        tasks, self._tasks = self._tasks, []
        self._listeners.forget_all()
        pending = set(tasks)
        while pending:
            for task in pending:
                task.cancel()
            # Again until it ended: connecting may swallow a cancellation that comes as it succeeds.
            _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
        self._subscribed.clear()
        await self._sender.aclose()
        await self._hearer.aclose()

    async def _keep_sending(self) -> None:
        pause_s = 0.0
        while True:
            await self._news.wait()
            self._news.clear()
            wakes = list(self._waiting)
            self._waiting.clear()
            try:
                await self._send(wakes)
                pause_s = 0.0
            except (RedisError, OSError, TimeoutError) as trouble:
                # Not sent again: some may have arrived, and what comes next says more.
                self._lost += len(wakes)
                if not pause_s:
                    log.warning("bus: %s; other nodes learn by polling until it is back", trouble)
                pause_s = _longer(pause_s)
                await asyncio.sleep(pause_s)

    async def _send(self, wakes: list[Wake]) -> None:
        async with self._sender.pipeline(transaction=False) as pipeline:
            for topic, value in wakes:
                pipeline.publish(CHANNEL, json.dumps([self._node, topic, value]))
            await pipeline.execute()

    async def _keep_hearing(self) -> None:
        pause_s = 0.0
        while True:
            try:
                await self._hear()
            except (RedisError, OSError, TimeoutError, _Silent) as trouble:
                if self._subscribed.is_set():
                    pause_s = 0.0
                if not pause_s:
                    log.warning("bus: %s; this node learns by polling until it is back", trouble)
                self._subscribed.clear()
                pause_s = _longer(pause_s)
                await asyncio.sleep(pause_s)

    async def _hear(self) -> None:
        """Subscribe and listen until the connection breaks."""
        asked = False
        async with self._hearer.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            while True:
                message = await pubsub.get_message(timeout=SILENCE_S)
                if message is None:
                    if asked:
                        raise _Silent(f"Redis did not answer within {SILENCE_S} s")
                    await pubsub.ping()
                    asked = True
                    continue
                asked = False
                if message["type"] == "subscribe":
                    if not self._subscribed.is_set():
                        log.info("bus: listening to other nodes")
                    self._subscribed.set()
                elif message["type"] == "message":
                    self._tell(message["data"])

    def _tell(self, payload: bytes | str) -> None:
        try:
            node, topic, value = json.loads(payload)
        except ValueError:
            log.warning("bus: something that is not ours is on channel %r; ignored", CHANNEL)
            return
        if node != self._node:
            self._listeners.tell(str(topic), str(value))


def _longer(pause_s: float) -> float:
    return min(LONGEST_PAUSE_S, pause_s * 2 or FIRST_PAUSE_S)
