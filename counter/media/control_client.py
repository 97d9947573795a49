"""Asks a media process over its control socket.

Whatever goes wrong on the way is `WorkerGone`: the process is dead or as good as dead, and the
caller places its call again.
"""

from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
from pydantic import TypeAdapter, ValidationError

from counter.errors import BadInput, Refusal
from counter.media.control import (
    CALLS,
    HEALTH,
    LEG_OFFER,
    LEG_REPORTS,
    REFUSALS,
    AnswerAsk,
    CallAsk,
    Health,
    JoinAsk,
    LegOffer,
    LegReport,
    Refused,
    Word,
    WorkerGone,
)

TIMEOUT: Final = aiohttp.ClientTimeout(total=5)

T = TypeVar("T")
W = TypeVar("W", bound=Word)


def _ask(model: type[W], **fields: str) -> W:
    """Make a word to send.  Raises `BadInput` when a field is too long or empty."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        places = ", ".join(".".join(map(str, entry["loc"])) for entry in error.errors())
        raise BadInput(f"{model.__name__}: wrong at {places}") from error


class ControlClient:
    """One media process, from outside."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._session: aiohttp.ClientSession | None = None

    async def health(self) -> Health:
        return await self._get(HEALTH, "/health")

    async def calls(self) -> list[str]:
        return await self._get(CALLS, "/calls")

    async def join(self, call_id: str, leg: str) -> LegOffer:
        ask = _ask(JoinAsk, call_id=call_id, leg=leg)
        return await self._post(LEG_OFFER, "/join", ask)

    async def answer(self, call_id: str, leg: str, leg_id: str, sdp: str) -> None:
        ask = _ask(AnswerAsk, call_id=call_id, leg=leg, leg_id=leg_id, sdp=sdp)
        await self._send("POST", "/answer", ask)

    async def end(self, call_id: str) -> None:
        await self._send("POST", "/end", _ask(CallAsk, call_id=call_id))

    async def legs(self, call_id: str) -> list[LegReport]:
        return await self._post(LEG_REPORTS, "/legs", _ask(CallAsk, call_id=call_id))

    async def stop(self) -> None:
        """Ask the process to end; it does so a moment after the answer."""
        await self._send("POST", "/stop")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _get(self, answer: TypeAdapter[T], path: str) -> T:
        return self._read(answer, await self._send("GET", path))

    async def _post(self, answer: TypeAdapter[T], path: str, ask: Word) -> T:
        return self._read(answer, await self._send("POST", path, ask))

    def _read(self, answer: TypeAdapter[T], body: bytes) -> T:
        try:
            return answer.validate_json(body)
        except ValidationError as error:
            raise WorkerGone(f"{self._path}: answered in words we do not know") from error

    async def _send(self, method: str, path: str, ask: Word | None = None) -> bytes:
        if self._session is None:
            connector = aiohttp.UnixConnector(str(self._path))
            self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT)
        body: Any = None if ask is None else ask.model_dump_json().encode()
        try:
            async with self._session.request(method, f"http://media{path}", data=body) as response:
                answer = await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise WorkerGone(f"{self._path}: {type(error).__name__}") from error
        if status != 200:
            raise self._refusal(status, answer)
        return answer

    def _refusal(self, status: int, answer: bytes) -> Refusal:
        try:
            refused = Refused.model_validate_json(answer)
        except ValidationError:
            return WorkerGone(f"{self._path}: answered {status}")
        return REFUSALS.get(refused.code, WorkerGone)(refused.message)
