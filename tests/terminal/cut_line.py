"""A line between a terminal and its counter that breaks, or at whose byte something is killed.

It passes exactly the bytes up to the chosen one, of both directions together, and then does what it
was told before it passes any more.  It may be paced, like a thin line.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

Deed = Callable[[], Awaitable[None]]
PART_BYTES = 16 * 1024


class CutLine:
    """One port on the loopback before another."""

    def __init__(self, target_port: int, *, bits_per_s: float | None = None) -> None:
        """bits_per_s: of each direction; None: as fast as it goes."""
        self._target_port = target_port
        self._bytes_per_s = bits_per_s / 8 if bits_per_s else None
        self._free_at = [0.0, 0.0]
        self.passed = 0
        "Bytes of both directions."
        self._next: tuple[int, Deed] | None = None
        self._ways: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Lock()
        self.port = 0

    async def __aenter__(self) -> "CutLine":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def after(self, count: int, deed: Deed) -> None:
        """When so many bytes more have passed, do this, once."""
        self._next = (self.passed + count, deed)

    def cut(self) -> None:
        """Every connection breaks at once."""
        for way in list(self._ways):
            way.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._ways.add(writer)
        onward: asyncio.StreamWriter | None = None
        try:
            back, onward = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._ways.add(onward)
            await asyncio.gather(self._pass(reader, onward, 0), self._pass(back, writer, 1))
        except (OSError, asyncio.CancelledError):
            pass  # the library logs a cancelled one with a stack
        finally:
            for way in (writer, onward):
                if way is not None:
                    self._ways.discard(way)
                    way.transport.abort()
            self._tasks.discard(task)

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, direction: int
    ) -> None:
        with suppress(OSError):
            while data := await source.read(PART_BYTES):
                await self._paced(len(data), direction)
                while data:
                    data = await self._some(data, target)
                await target.drain()
        target.transport.abort()

    async def _some(self, data: bytes, target: asyncio.StreamWriter) -> bytes:
        """Pass what may pass now; what is left of it."""
        async with self._turn:
            at, deed = self._next or (self.passed + len(data) + 1, None)
            now, rest = data[: at - self.passed], data[at - self.passed :]
            target.write(now)
            self.passed += len(now)
            if deed is not None and self.passed >= at:
                self._next = None
                with suppress(OSError):
                    await target.drain()
                await deed()
        return rest

    async def _paced(self, size: int, direction: int) -> None:
        if self._bytes_per_s is None:
            return
        loop = asyncio.get_running_loop()
        begin = max(loop.time(), self._free_at[direction])
        self._free_at[direction] = begin + size / self._bytes_per_s
        await asyncio.sleep(self._free_at[direction] - loop.time())
