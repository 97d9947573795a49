"""The time-stamping services: RFC 3161 over HTTP, one after the other.

Exactly one request per token while the first service answers; one that fails, or whose clock is
apart from ours, is left alone for a minute.  An answer counts only when it is about what was
asked, now, and signed by whom we trust.  Our clock is doubted when nobody agrees with it.
Source: RFC 3161 2.4, 3.4.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from asn1crypto import tsp

from counter.esign.signing_refusals import ClockWrong, TimestampUnavailable, TokenTooLong
from counter.esign.tokens_pyhanko import TokenJudge, Unsigned

log = logging.getLogger(__name__)

PATIENCE_S: Final = 1.0
"While another service is left to ask."
LAST_PATIENCE_S: Final = 2.0
"For the last one.  A page asks again after 6 s, and three tokens follow the pen."
REST_S: Final = 60.0
"For so long a service that failed is not asked again while another one is left."
DISTRUST_S: Final = 600.0
"As `REST_S`, for one whose token did not verify: longer than from one resume to the next."
FRESH_S: Final = 900.0
"""A service that answered this long ago is taken to be there still: longer than reading takes, so
that a form costs as many requests as it has signatures.  One that failed since is asked at once."""
CLOCK_SLACK: Final = timedelta(seconds=60)
UNSEEN_TOKEN_BYTES: Final = 6_144
"Of a service that has not answered yet: RSA-4096 with two certificates is shorter."
MAX_ANSWER_BYTES: Final = 65_536
REMEMBERED: Final = 16
"Tokens whose maker is known."


class _Unfit(Exception):
    """An answer that is no token over what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a service's newest answer says of its clock."""

    apart: str
    "Empty: it agrees with ours."
    at: datetime


@dataclass(slots=True, kw_only=True)
class _Service:
    url: str
    resting_until: float = float("-inf")
    answered_at: float = float("-inf")
    token_bytes: int = UNSEEN_TOKEN_BYTES
    heard: Heard | None = None
    "None as well when it was our clock that was doubted."


class HttpStamps:
    """`counter.esign.key_ports.Timestamps`."""

    def __init__(
        self,
        urls: Sequence[str],
        roots: Sequence[bytes],
        *,
        new_nonce: Callable[[], int],
        clock: Callable[[], float] | None = None,
    ) -> None:
        """roots: whom we trust, DER.  clock: seconds of any origin; the loop's when None."""
        if not urls:
            raise ValueError("a time-stamping service is needed")
        self._services = [_Service(url=url) for url in urls]
        self._judge = TokenJudge(roots)
        self._new_nonce = new_nonce
        self._clock = clock
        self._session: ClientSession | None = None
        self._makers: dict[bytes, _Service] = {}
        self.clock_wrong = ""
        "What the newest answers said against our clock; empty while one of them agrees."

    @property
    def token_bytes(self) -> int:
        """The longest token to be expected of any of them."""
        return max(service.token_bytes for service in self._services)

    @property
    def urls(self) -> tuple[str, ...]:
        """Of all services, in their order."""
        return tuple(one.url for one in self._services)

    @property
    def heard(self) -> dict[str, Heard]:
        """By address, of each service whose clock was heard of."""
        return {one.url: one.heard for one in self._services if one.heard is not None}

    async def stamp(self, digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        """A token over a SHA-256.  Raises `TimestampUnavailable`, `ClockWrong`, `TokenTooLong`."""
        failed: list[str] = []
        too_long: list[str] = []
        apart: list[_Service] = []
        in_turn = self._in_turn()
        for service in in_turn:
            patience_s = LAST_PATIENCE_S if service is in_turn[-1] else PATIENCE_S
            try:
                token, at = await self._ask(service, digest, patience_s)
            except (ClientError, TimeoutError, OSError, _Unfit) as error:
                service.resting_until = self._seconds() + REST_S
                said = str(error) if isinstance(error, _Unfit) else type(error).__name__
                failed.append(f"{service.url}: {said}")
            else:
                if self._agrees(service, at, now):
                    service.token_bytes = len(token)
                    if len(token) <= room_bytes:
                        self._made(token, service, failed)
                        return token
                    # It is well, and the next hole is as long as this token; another's may fit.
                    too_long.append(f"{service.url}: {len(token)} bytes")
                    continue
                apart.append(service)
            if apart and not too_long and service is in_turn[-1]:
                # Before our own clock is doubted, those are asked that failed a moment ago.
                in_turn += [one for one in self._by_rest() if one not in in_turn]
        if too_long:
            raise TokenTooLong(f"room for {room_bytes} bytes; {'; '.join(too_long)}")
        if apart:
            self.clock_wrong = "; ".join(one.heard.apart for one in apart if one.heard)
            for service in apart:
                service.heard = None
            raise ClockWrong(self.clock_wrong)
        raise TimestampUnavailable(f"no timestamp ({'; '.join(failed)}); are they running?")

    async def ask_again(self, urls: Collection[str], now: datetime) -> None:
        """Hear what these services say of the time, when nobody else may ask them."""
        for service in self._services:
            if service.url in urls:
                try:
                    _, at = await self._ask(service, bytes(32), LAST_PATIENCE_S)
                except (ClientError, TimeoutError, OSError, _Unfit):
                    service.resting_until = self._seconds() + REST_S
                else:
                    self._agrees(service, at, now)

    def _agrees(self, service: _Service, at: datetime, now: datetime) -> bool:
        """Keep what it said of the time; whether that is ours."""
        if abs(at - now) > CLOCK_SLACK:
            service.resting_until = self._seconds() + REST_S
            service.answered_at = float("-inf")  # asked again before the next one signs
            said = f"{service.url} says {at}, our clock {now}: over 60 s apart"
            service.heard = Heard(apart=said, at=now)
            return False
        self.clock_wrong = ""
        service.resting_until = float("-inf")
        service.answered_at = self._seconds()
        service.heard = Heard(apart="", at=now)
        return True

    def _made(self, token: bytes, service: _Service, failed: Sequence[str]) -> None:
        if failed:
            log.warning("timestamps: %s", "; ".join(failed))
        self._makers[hashlib.sha256(token).digest()] = service
        if len(self._makers) > REMEMBERED:
            del self._makers[next(iter(self._makers))]

    async def require(self, now: datetime) -> None:
        """Raise `TimestampUnavailable`, `ClockWrong`; asks only when none answered of late."""
        fresh = self._seconds() - FRESH_S
        if not any(
            s.answered_at > fresh and s.answered_at > s.resting_until - REST_S
            for s in self._services
        ):
            await self.stamp(bytes(32), now, room_bytes=MAX_ANSWER_BYTES)

    def distrust(self, token: bytes) -> None:
        """Ask the others for a while: this token did not verify."""
        maker = self._makers.pop(hashlib.sha256(token).digest(), None)
        if maker is not None:
            maker.resting_until = self._seconds() + DISTRUST_S
            maker.answered_at = float("-inf")
            log.warning("timestamps: %s: a token that does not verify", maker.url)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _in_turn(self) -> list[_Service]:
        """Those that do not rest, in the order given; when all rest, all, the soonest first."""
        at = self._seconds()
        return [one for one in self._services if one.resting_until <= at] or self._by_rest()

    def _by_rest(self) -> list[_Service]:
        return sorted(self._services, key=lambda one: one.resting_until)

    async def _ask(
        self, service: _Service, digest: bytes, patience_s: float
    ) -> tuple[bytes, datetime]:
        nonce = self._new_nonce()
        asked = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": digest,
                },
                "nonce": nonce,
                "cert_req": True,
            }
        )
        if self._session is None:
            self._session = ClientSession()
        async with self._session.post(
            service.url,
            data=asked.dump(),
            headers={"Content-Type": "application/timestamp-query"},
            allow_redirects=False,
            timeout=ClientTimeout(total=patience_s),
        ) as answer:
            if answer.status != 200 or answer.content_type != "application/timestamp-reply":
                raise _Unfit(f"status {answer.status}, {answer.content_type}")
            body = await answer.content.read(MAX_ANSWER_BYTES + 1)
            while len(body) <= MAX_ANSWER_BYTES and not answer.content.at_eof():
                body += await answer.content.read(MAX_ANSWER_BYTES + 1 - len(body))
        # A thread: what a stranger sends may take a while to be found out.
        return await asyncio.to_thread(_token, body, digest, nonce, self._judge)

    def _seconds(self) -> float:
        return self._clock() if self._clock else asyncio.get_running_loop().time()


def _token(body: bytes, digest: bytes, nonce: int, judge: TokenJudge) -> tuple[bytes, datetime]:
    """The token of an answer and its time.  Raises `_Unfit`."""
    if len(body) > MAX_ANSWER_BYTES:
        raise _Unfit("an answer that does not end")
    try:
        answer = tsp.TimeStampResp.load(body, strict=True)
        status = answer["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise _Unfit(f"status {status}")
        token = answer["time_stamp_token"]
        info = token["content"]["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        same = (
            imprint["hash_algorithm"]["algorithm"].native == "sha256"
            and imprint["hashed_message"].native == digest
            and info["nonce"].native == nonce
        )
        at = info["gen_time"].native
        made: bytes = token.dump()
    except _Unfit:
        raise
    except Exception as error:  # a stranger's bytes
        raise _Unfit(f"{type(error).__name__} in its answer") from error
    if not same:
        raise _Unfit("a token over something else")
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise _Unfit("a time that is none, or of no zone")
    try:
        judge.require(token, at)
    except Unsigned as error:
        raise _Unfit(str(error)) from error
    return made, at
