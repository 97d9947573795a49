"""What a media process answers to each word of `counter.media.control`."""

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from aiohttp import web
from pydantic import ValidationError

from counter.errors import BadInput, Refusal
from counter.media.control import (
    CALLS,
    LEG_COUNTS,
    LEG_REPORTS,
    AnswerAsk,
    ArrangeAsk,
    CallAsk,
    DrainAsk,
    Draining,
    EncodedStill,
    Health,
    LegAsk,
    OwnerAsk,
    RecordAsk,
    RecordReport,
    Refused,
    UntapeAsk,
    Word,
)
from counter.media.drain import Drain
from counter.media.load import Load
from counter.media.loop_lag import LoopLag
from counter.media.service import Bridge
from counter.media.taping import Taping

READ_SECONDS: Final = 5.0
"In which an ask has come as a whole."

Ask = TypeVar("Ask", bound=Word)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What a process knows of itself."""

    instance: str
    udp_port: int
    lag: LoopLag
    load: Load
    drain: Drain
    stop: Callable[[], None]
    "Ends the process."


@web.middleware
async def refusals_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as refusal:
        answer = Refused(code=refusal.code, message=str(refusal))
        return _json(answer.model_dump_json(), status=refusal.status)


class ControlAnswers:
    """One method for each word."""

    def __init__(self, bridge: Bridge, vitals: Vitals) -> None:
        self._clock = asyncio.get_running_loop().time
        self.asked_at = self._clock()
        self._bridge = bridge
        self._vitals = vitals

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health", self.health),
            web.get("/calls", self.list_calls),
            web.get("/counts", self.counts),
            web.post("/still", self.still),
            web.post("/open", self.open),
            web.post("/answer", self.answer),
            web.post("/restart", self.restart),
            web.post("/close", self.close),
            web.post("/arrange", self.arrange),
            web.post("/end", self.end),
            web.post("/legs", self.legs),
            web.post("/record", self.record),
            web.post("/untape", self.untape),
            web.post("/drain", self.drain),
            web.post("/stop", self.stop),
        ]

    @web.middleware
    async def note_time(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked_at = self._clock()
        return await handler(request)

    async def health(self, _: web.Request) -> web.Response:
        vitals = self._vitals
        health = Health(
            calls=len(self._bridge.calls()),
            legs=len(self._bridge.owners()),
            packets_per_s=round(vitals.load.packets_per_s, 1),
            cpu_share=round(vitals.load.cpu_share, 3),
            lag_p99_ms=round(vitals.lag.p99_ms, 1),
            lag_worst_ms=round(vitals.lag.worst_ms, 1),
            draining=vitals.drain.begun,
            udp_port=vitals.udp_port,
            pid=os.getpid(),
            instance=vitals.instance,
        )
        return _json(health.model_dump_json())

    async def counts(self, _: web.Request) -> web.Response:
        return _json(LEG_COUNTS.dump_json(await self._bridge.counts()))

    async def still(self, request: web.Request) -> web.Response:
        ask = await _read(request, OwnerAsk)
        still = await self._bridge.still(ask.owner)
        word = EncodedStill(codec=still.codec, frame=base64.b64encode(still.frame))
        return _json(word.model_dump_json())

    async def list_calls(self, _: web.Request) -> web.Response:
        return _json(CALLS.dump_json(self._bridge.calls()))

    async def open(self, request: web.Request) -> web.Response:
        ask = await _read(request, OwnerAsk)
        if self._vitals.drain.begun and not self._bridge.takes_part(ask.owner):
            raise Draining(f"{ask.owner}: in no call here, and this media process drains")
        return _json((await self._bridge.open(ask.owner)).model_dump_json())

    async def answer(self, request: web.Request) -> web.Response:
        ask = await _read(request, AnswerAsk)
        await self._bridge.answer(ask.owner, ask.leg_id, ask.sdp)
        return _json("{}")

    async def restart(self, request: web.Request) -> web.Response:
        ask = await _read(request, LegAsk)
        return _json((await self._bridge.restart(ask.owner, ask.leg_id)).model_dump_json())

    async def close(self, request: web.Request) -> web.Response:
        ask = await _read(request, OwnerAsk)
        await self._bridge.close(ask.owner)
        return _json("{}")

    async def arrange(self, request: web.Request) -> web.Response:
        ask = await _read(request, ArrangeAsk)
        if self._vitals.drain.begun and not self._goes_on(ask):
            raise Draining(f"call {ask.call_id}: nobody of it is here, and this process drains")
        await self._bridge.arrange(ask.call_id, ask.arrangement())
        return _json("{}")

    async def end(self, request: web.Request) -> web.Response:
        ask = await _read(request, CallAsk)
        await self._bridge.end(ask.call_id)
        return _json("{}")

    async def legs(self, request: web.Request) -> web.Response:
        ask = await _read(request, CallAsk)
        return _json(LEG_REPORTS.dump_json(self._bridge.legs(ask.call_id)))

    async def record(self, request: web.Request) -> web.Response:
        ask = await _read(request, RecordAsk)
        taping = Taping(
            recording_id=ask.recording_id, key=_key(ask.key), paused=ask.state == "paused"
        )
        report = self._bridge.record(ask.call_id, taping)
        return _json(RecordReport.of(report).model_dump_json())

    async def untape(self, request: web.Request) -> web.Response:
        ask = await _read(request, UntapeAsk)
        report = await self._bridge.untape(ask.recording_id)
        return _json(RecordReport.of(report).model_dump_json())

    async def drain(self, request: web.Request) -> web.Response:
        ask = await _read(request, DrainAsk)
        self._vitals.drain.begin(self._clock() + ask.limit_s)
        return _json("{}")

    async def stop(self, _: web.Request) -> web.Response:
        self._vitals.stop()
        return _json("{}")

    def _goes_on(self, ask: ArrangeAsk) -> bool:
        """Whether a call is here already, or one of its legs is."""
        here = self._bridge.owners()
        return ask.call_id in self._bridge.calls() or any(p.owner in here for p in ask.parties)


async def _read(request: web.Request, model: type[Ask]) -> Ask:
    try:
        async with asyncio.timeout(READ_SECONDS):
            body = await request.read()
        return model.model_validate_json(body)
    except TimeoutError as error:
        raise BadInput(f"{model.__name__}: did not come within {READ_SECONDS} s") from error
    except ValidationError as error:
        places = ", ".join(".".join(map(str, entry["loc"])) for entry in error.errors())
        raise BadInput(f"{model.__name__}: wrong at {places or 'the top'}") from error


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadInput("RecordAsk: key is not 32 octets in base64")
    return key


def _json(body: str | bytes, *, status: int = 200) -> web.Response:
    raw = body if isinstance(body, bytes) else body.encode()
    return web.Response(body=raw, status=status, content_type="application/json")
