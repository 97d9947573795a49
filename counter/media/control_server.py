"""The control socket of a media process: typed JSON over HTTP, for this user only."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from aiohttp import web
from pydantic import ValidationError

from counter.errors import BadInput, Refusal
from counter.media.control import (
    CALLS,
    LEG_REPORTS,
    AnswerAsk,
    CallAsk,
    Health,
    JoinAsk,
    Refused,
    Word,
)
from counter.media.loop_lag import LoopLag
from counter.media.service import Bridge

MAX_BODY_BYTES: Final = 128 * 1024
SHUTDOWN_SECONDS: Final = 1.0

Ask = TypeVar("Ask", bound=Word)


class ControlServer:
    """A listening control socket."""

    def __init__(self, runner: web.AppRunner, asked_at: Callable[[], float]) -> None:
        self._runner = runner
        self.asked_at = asked_at
        "Loop time of the last request."

    async def close(self) -> None:
        await self._runner.cleanup()


async def serve_control(
    path: Path, bridge: Bridge, *, udp_port: int, lag: LoopLag, stop: Callable[[], None]
) -> ControlServer:
    """Listen on `path`, which must be free.  stop: called when `/stop` is asked."""
    calls = _Handlers(bridge, udp_port=udp_port, lag=lag, stop=stop)
    application = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[calls.note_time, refusals_as_json]
    )
    application.add_routes(
        [
            web.get("/health", calls.health),
            web.get("/calls", calls.list_calls),
            web.post("/join", calls.join),
            web.post("/answer", calls.answer),
            web.post("/end", calls.end),
            web.post("/legs", calls.legs),
            web.post("/stop", calls.stop),
        ]
    )
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    before = os.umask(0o177)
    try:
        await web.UnixSite(runner, str(path)).start()
    finally:
        os.umask(before)
    return ControlServer(runner, lambda: calls.asked_at)


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refusals_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        answer = Refused(code=refusal.code, message=str(refusal))
        return _json(answer.model_dump_json(), status=refusal.status)


class _Handlers:
    def __init__(
        self, bridge: Bridge, *, udp_port: int, lag: LoopLag, stop: Callable[[], None]
    ) -> None:
        self._clock = asyncio.get_running_loop().time
        self.asked_at = self._clock()
        self._bridge = bridge
        self._udp_port = udp_port
        self._lag = lag
        self._stop = stop

    @web.middleware
    async def note_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked_at = self._clock()
        return await handler(request)

    async def health(self, _: web.Request) -> web.Response:
        health = Health(
            calls=len(self._bridge.calls()),
            legs=self._bridge.leg_count(),
            loop_lag_ms=self._lag.worst_ms,
            udp_port=self._udp_port,
            pid=os.getpid(),
        )
        return _json(health.model_dump_json())

    async def list_calls(self, _: web.Request) -> web.Response:
        return _json(CALLS.dump_json(self._bridge.calls()))

    async def join(self, request: web.Request) -> web.Response:
        ask = await _read(request, JoinAsk)
        offer = await self._bridge.join(ask.call_id, ask.leg)
        return _json(offer.model_dump_json())

    async def answer(self, request: web.Request) -> web.Response:
        ask = await _read(request, AnswerAsk)
        await self._bridge.answer(ask.call_id, ask.leg, ask.leg_id, ask.sdp)
        return _json("{}")

    async def end(self, request: web.Request) -> web.Response:
        ask = await _read(request, CallAsk)
        await self._bridge.end(ask.call_id)
        return _json("{}")

    async def legs(self, request: web.Request) -> web.Response:
        ask = await _read(request, CallAsk)
        return _json(LEG_REPORTS.dump_json(self._bridge.legs(ask.call_id)))

    async def stop(self, _: web.Request) -> web.Response:
        self._stop()
        return _json("{}")


async def _read(request: web.Request, model: type[Ask]) -> Ask:
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        places = ", ".join(".".join(map(str, entry["loc"])) for entry in error.errors())
        raise BadInput(f"{model.__name__}: wrong at {places or 'the top'}") from error


def _json(body: str | bytes, *, status: int = 200) -> web.Response:
    raw = body if isinstance(body, bytes) else body.encode()
    return web.Response(body=raw, status=status, content_type="application/json")
