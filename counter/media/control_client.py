"""Asks a media process over its control socket, or over the network.

Whatever goes wrong on the way is `WorkerGone`: the process is dead or as good as dead, and the
caller places its call again.
"""

import base64
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import aiohttp
from pydantic import TypeAdapter, ValidationError

from counter.errors import BadInput, Refusal
from counter.media.arrangement import Arrangement
from counter.media.control import (
    CALLS,
    ENCODED_STILL,
    HEALTH,
    LEG_COUNTS,
    LEG_OFFER,
    LEG_REPORTS,
    RECORD_REPORT,
    REFUSALS,
    AnswerAsk,
    ArrangeAsk,
    CallAsk,
    DrainAsk,
    Health,
    LegAsk,
    LegCounts,
    LegOffer,
    LegReport,
    OtherVersion,
    OwnerAsk,
    RecordAsk,
    RecordReport,
    Refused,
    UntapeAsk,
    Word,
    WorkerGone,
)
from counter.media.still import Still
from counter.media.taping import State

TIMEOUT: Final = aiohttp.ClientTimeout(total=5, sock_connect=2)
LOOK_TIMEOUT: Final = aiohttp.ClientTimeout(total=2)
"Of what is asked all the time, to see whether somebody answers."

T = TypeVar("T")
W = TypeVar("W", bound=Word)


def _ask(model: type[W], **fields: str) -> W:
    """Make a word to send.  Raises `BadInput` when a field is too long or empty."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _bad(model, error) from error


def _arrange_ask(call_id: str, arrangement: Arrangement) -> ArrangeAsk:
    try:
        return ArrangeAsk.of(call_id, arrangement)
    except ValidationError as error:
        raise _bad(ArrangeAsk, error) from error


def _bad(model: type[Word], error: ValidationError) -> BadInput:
    places = ", ".join(".".join(map(str, entry["loc"])) for entry in error.errors())
    return BadInput(f"{model.__name__}: wrong at {places}")


class ControlClient:
    """One media process, from outside."""

    def __init__(self, path: Path) -> None:
        """path: the control socket of a process on this machine."""
        self._where = str(path)
        self._base = "http://media"
        self._connector: Callable[[], aiohttp.BaseConnector] = lambda: aiohttp.UnixConnector(
            str(path)
        )
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def over_tls(cls, url: str, context: ssl.SSLContext) -> "ControlClient":
        """A process of a media node.

        url: `https://host:port`.  context: see `counter.media.mutual_tls.tls_of_counter`.
        """
        made = cls(Path())
        made._where = made._base = url
        made._connector = lambda: aiohttp.TCPConnector(ssl=context)
        return made

    async def health(self) -> Health:
        return self._read(HEALTH, await self._send("GET", "/health", limits=LOOK_TIMEOUT))

    async def calls(self) -> list[str]:
        return await self._get(CALLS, "/calls")

    async def counts(self) -> list[LegCounts]:
        return await self._get(LEG_COUNTS, "/counts")

    async def still(self, owner: str) -> Still:
        word = await self._post(ENCODED_STILL, "/still", _ask(OwnerAsk, owner=owner))
        return Still(codec=word.codec, frame=word.frame)

    async def open(self, owner: str) -> LegOffer:
        return await self._post(LEG_OFFER, "/open", _ask(OwnerAsk, owner=owner))

    async def answer(self, owner: str, leg_id: str, sdp: str) -> None:
        await self._send("POST", "/answer", _ask(AnswerAsk, owner=owner, leg_id=leg_id, sdp=sdp))

    async def restart(self, owner: str, leg_id: str) -> LegOffer:
        return await self._post(LEG_OFFER, "/restart", _ask(LegAsk, owner=owner, leg_id=leg_id))

    async def hang_up(self, owner: str) -> None:
        await self._send("POST", "/close", _ask(OwnerAsk, owner=owner))

    async def arrange(self, call_id: str, arrangement: Arrangement) -> None:
        await self._send("POST", "/arrange", _arrange_ask(call_id, arrangement))

    async def end(self, call_id: str) -> None:
        await self._send("POST", "/end", _ask(CallAsk, call_id=call_id))

    async def legs(self, call_id: str) -> list[LegReport]:
        return await self._post(LEG_REPORTS, "/legs", _ask(CallAsk, call_id=call_id))

    async def record(
        self, call_id: str, recording_id: str, state: State, key: bytes
    ) -> RecordReport:
        """Raises `NotFound` while the call is unknown there."""
        ask = _ask(
            RecordAsk,
            call_id=call_id,
            recording_id=recording_id,
            state=state,
            key=base64.b64encode(key).decode(),
        )
        return await self._post(RECORD_REPORT, "/record", ask)

    async def untape(self, recording_id: str) -> RecordReport:
        """Harmless when nothing is taped for it."""
        ask = _ask(UntapeAsk, recording_id=recording_id)
        return await self._post(RECORD_REPORT, "/untape", ask)

    async def drain(self, limit_s: int) -> None:
        """Let the process begin nothing new, and end with its last call or at the limit."""
        try:
            ask = DrainAsk(limit_s=limit_s)
        except ValidationError as error:
            raise _bad(DrainAsk, error) from error
        await self._send("POST", "/drain", ask)

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
            raise OtherVersion(f"{self._where}: answered in words we do not know") from error

    async def _send(
        self,
        method: str,
        path: str,
        ask: Word | None = None,
        *,
        limits: aiohttp.ClientTimeout = TIMEOUT,
    ) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=self._connector())
        body: Any = None if ask is None else ask.model_dump_json().encode()
        try:
            async with self._session.request(
                method, self._base + path, data=body, timeout=limits, allow_redirects=False
            ) as response:
                answer = await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise WorkerGone(f"{self._where}: {type(error).__name__}") from error
        if status != 200:
            raise self._refusal(status, answer)
        return answer

    def _refusal(self, status: int, answer: bytes) -> Refusal:
        try:
            refused = Refused.model_validate_json(answer)
        except ValidationError:
            return WorkerGone(f"{self._where}: answered {status}")
        return REFUSALS.get(refused.code, WorkerGone)(refused.message)
