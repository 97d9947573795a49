"""The control socket of a media process: typed JSON over HTTP, for this user only.

Over the network the same, for whoever proves to be a counter (`counter.media.mutual_tls`).
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from counter.media.control_answers import ControlAnswers, Vitals, refusals_as_json
from counter.media.service import Bridge

MAX_BODY_BYTES: Final = 128 * 1024
SHUTDOWN_SECONDS: Final = 1.0
HANDSHAKE_SECONDS: Final = 5.0


class ControlServer:
    """A listening control socket."""

    def __init__(self, runner: web.AppRunner, asked_at: Callable[[], float]) -> None:
        self._runner = runner
        self._listener: asyncio.Server | None = None
        self.asked_at = asked_at
        "Loop time of the last request."

    async def listen(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Answer over the network too; the port, which 0 lets the system choose.

        Raises `OSError`.
        """
        assert self._runner.server is not None
        self._listener = await asyncio.get_running_loop().create_server(
            self._runner.server,
            host,
            port,
            ssl=context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )
        return int(self._listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()


async def serve_control(path: Path, bridge: Bridge, vitals: Vitals) -> ControlServer:
    """Listen on `path`, which must be free."""
    answers = ControlAnswers(bridge, vitals)
    application = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[answers.note_time, refusals_as_json]
    )
    application.add_routes(answers.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    return ControlServer(runner, lambda: answers.asked_at)
