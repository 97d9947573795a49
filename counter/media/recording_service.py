"""Recordings from the question to the last packet.

What the two sides want is in the store (`RecordingStore`); here it is carried out, again and again
until it is so: the media process of a call is told what to tape.  What becomes of it then is in
`recording_keeping_service`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from counter.errors import NotAllowedNow, Refusal
from counter.media.recording import DESIRED, State, Word
from counter.media.recording_keeping_service import Kept
from counter.media.recording_keys_service import Keys, Lockable, OtherKey, Vault

log = logging.getLogger(__name__)

FOLLOW_EVERY_S: Final = 2.0
TELLINGS: Final = 3
"Of one look: what changes more often is told by the next."


class Taped(Protocol):
    """See `store_recordings_reading.Taped`."""

    @property
    def recording_id(self) -> str: ...
    @property
    def call_id(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def worker(self) -> str | None: ...
    @property
    def is_on(self) -> bool: ...
    @property
    def wrapped_key(self) -> bytes | None: ...


class RecordingStore(Lockable, Protocol):
    """Durable facts; each method is one transaction, answered after COMMIT."""

    async def propose(self, who: Any, key: str, recording_id: str, now: datetime) -> None: ...
    async def answer(
        self, who: Any, key: str, recording_id: str, wrapped_key: bytes | None, now: datetime
    ) -> None: ...
    async def steer(
        self, who: Any, key: str, recording_id: str, word: Word, days: int, now: datetime
    ) -> None: ...
    async def taped(self) -> Sequence[Taped]: ...
    async def began(self, recording_id: str, now: datetime) -> None: ...
    async def ended(self, recording_id: str, reason: str, days: int, now: datetime) -> None: ...
    async def opened(self, recording_id: str, by: str, now: datetime) -> Kept: ...
    async def listed(self) -> Sequence[dict[str, Any]]: ...


class TapeReport(Protocol):
    @property
    def legs(self) -> int: ...
    @property
    def trouble(self) -> str | None: ...


class Tapers(Protocol):
    """The media processes that this node reaches."""

    async def record(
        self, worker: str, call_id: str, recording_id: str, state: Any, key: bytes
    ) -> TapeReport: ...

    async def untape(self, recording_id: str) -> Sequence[TapeReport]: ...


class RecordingService:
    """Use cases of recordings."""

    def __init__(
        self,
        store: RecordingStore,
        tapers: Tapers,
        vault: Vault,
        clock: Callable[[], datetime],
        *,
        days: int,
    ) -> None:
        """clock: the current instant, aware.  days: how long a recording is kept."""
        self._store = store
        self._tapers = tapers
        self._vault = vault
        self._keys = Keys(vault, store, clock)
        self._clock = clock
        self._days = days
        self._telling = asyncio.Lock()
        self._told: set[str] = set()
        "Recordings that a media process was told of by this node and may still tape."

    # -- the two sides ------------------------------------------------------------------------

    async def propose(self, who: Any, key: str, recording_id: str) -> None:
        """The agent asks to record; nothing is recorded yet."""
        await self._store.propose(who, key, recording_id, self._clock())

    async def agree(self, who: Any, key: str, recording_id: str) -> None:
        """The citizen agrees: from now on it is taped."""
        wrapped = self._vault.new_key(recording_id)
        await self._store.answer(who, key, recording_id, wrapped, self._clock())
        await self.follow()

    async def decline(self, who: Any, key: str, recording_id: str) -> None:
        await self._store.answer(who, key, recording_id, None, self._clock())

    async def steer(self, who: Any, key: str, recording_id: str, word: Word) -> None:
        """Pause, resume or stop.  When this returns, a process that lives has obeyed."""
        await self._store.steer(who, key, recording_id, word, self._days, self._clock())
        if word == "stop":
            async with self._telling:
                await self._tapers.untape(recording_id)
        else:
            await self.follow()

    # -- who looks after them -----------------------------------------------------------------

    async def listed(self) -> Sequence[dict[str, Any]]:
        """The newest recordings and what became of them."""
        return await self._store.listed()

    async def opened(self, recording_id: str, by: str) -> tuple[str, bytes]:
        """Digest of the sealed file, and what opens it; journalled.

        Raises `NotFound`, and `NotAllowedNow` when its key does not open here.
        """
        one = await self._store.opened(recording_id, by, self._clock())
        assert one.sha256 is not None and one.wrapped_key is not None
        try:
            return one.sha256, self._vault.open(recording_id, one.wrapped_key)
        except OtherKey as error:
            raise NotAllowedNow(f"{error}: bring back that keys/recordings.key") from error

    # -- the media processes ------------------------------------------------------------------

    async def follow(self) -> None:
        """Tell every media process what to tape; end what has no call any more.

        What was changed while a process was being told is told again at once: who has withdrawn is
        not taped because an older word came later.
        """
        async with self._telling:
            before = await self._store.taped()
            for _ in range(TELLINGS):
                for one in before:
                    await self._tell(one)
                now_so = await self._store.taped()
                states = {one.recording_id: one.state for one in now_so}
                # Also what another node has stopped: it may not reach our media processes.
                for recording_id in self._told - states.keys():
                    await self._tapers.untape(recording_id)
                    self._told.discard(recording_id)
                if states == {one.recording_id: one.state for one in before}:
                    return
                before = now_so

    async def _tell(self, one: Taped) -> None:
        now = self._clock()
        if not one.is_on:
            await self._store.ended(one.recording_id, "call_ended", self._days, now)
            return
        state = DESIRED.get(one.state)
        if state is None or one.worker is None or one.wrapped_key is None:
            return
        key = await self._keys.of(one.recording_id, one.wrapped_key)
        if key is None:
            return
        self._told.add(one.recording_id)
        try:
            report = await self._tapers.record(
                one.worker, one.call_id, one.recording_id, state, key
            )
        except Refusal as refusal:  # told again in a moment, or by a node that reaches it
            log.info("recording %s: %s", one.recording_id, refusal.code)
            return
        if report.trouble is not None:
            log.error("recording %s ends: %s", one.recording_id, report.trouble)
            await self._store.ended(one.recording_id, report.trouble, self._days, now)
        elif report.legs and one.state is State.AGREED:
            await self._store.began(one.recording_id, now)

    # -- for ever -----------------------------------------------------------------------------

    async def follow_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.follow()
            except Exception:
                log.exception("recordings were not followed; it is tried again")
            await asyncio.sleep(FOLLOW_EVERY_S)
