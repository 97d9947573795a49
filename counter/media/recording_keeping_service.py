"""Recordings from the last packet to the erased key.

What was taped becomes a file that plays, what is promised is looked at until its time is over, and
then it is erased: again and again until it is so.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from counter.media.recording import LOOKED_FOR_EVERY, MISSING_FOR, State, left_out
from counter.media.recording_keys_service import Keys, Lockable, Vault

log = logging.getLogger(__name__)

KEEP_EVERY_S: Final = 20.0


class CannotMake(Exception):
    """There is no file that plays, and there will be none."""

    def __init__(self, reason: str, what: str) -> None:
        """reason: a stable code.  what: for the log."""
        super().__init__(f"{reason}: {what}")
        self.reason = reason


class NotNow(Exception):
    """It did not work this time."""


class Kept(Protocol):
    """See `store_recordings_reading.Kept`."""

    @property
    def recording_id(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def stopped_at(self) -> datetime: ...
    @property
    def pauses(self) -> Sequence[tuple[datetime, datetime | None]]: ...
    @property
    def wrapped_key(self) -> bytes | None: ...
    @property
    def sha256(self) -> str | None: ...
    @property
    def missing(self) -> bool: ...


class KeepingStore(Lockable, Protocol):
    """Durable facts; each method is one transaction, answered after COMMIT."""

    async def unfinished(self, here: Sequence[str]) -> Sequence[Kept]:
        """Of these, what a file can be made of."""
        ...

    async def missed(self, here: Sequence[str], now: datetime) -> Sequence[Kept]:
        """Not among these, and nobody has its dumps for long."""
        ...

    async def give_up(self, recording_id: str, now: datetime) -> None:
        """Nobody has its dumps.  Harmless when somebody has claimed it meanwhile."""
        ...

    async def claim(self, recording_id: str, now: datetime) -> Kept | None:
        """What is to be made into a file; None when another node is at it."""
        ...

    async def made(self, recording_id: str, file: Any, now: datetime) -> bool:
        """To be said before the file is put into the store.  False: it is not wanted any more."""
        ...

    async def finished(self, recording_id: str, file: Any, now: datetime) -> bool:
        """False: it is not wanted any more."""
        ...

    async def failed(self, recording_id: str, reason: str, now: datetime, *, was: State) -> None:
        """Harmless when it is not what it was."""
        ...

    async def promised(self, after: str) -> Sequence[Kept]:
        """Some, in the order of their names; none after the last."""
        ...

    async def missing(self) -> Sequence[Kept]:
        """Some of those that `miss` told of."""
        ...

    async def miss(self, recording_id: str, now: datetime) -> None:
        """Somebody must look where its file is, until it is `found`."""
        ...

    async def found(self, recording_id: str, now: datetime) -> None: ...
    async def unlooked(self, without: Collection[str], now: datetime) -> Sequence[Kept]: ...
    async def looked_at(self, recording_id: str, now: datetime) -> None: ...
    async def expired(self, now: datetime) -> Sequence[Kept]: ...
    async def erased(self, recording_id: str, now: datetime) -> None: ...
    async def unremoved(self) -> Sequence[Kept]:
        """Erased, and their files may be in the store still."""
        ...

    async def removed(self, recording_id: str) -> None: ...
    async def known(self, recording_ids: Sequence[str]) -> set[str]:
        """Which of these may still need their dumps."""
        ...


class Tapers(Protocol):
    """The media processes that this node reaches."""

    async def untape(self, recording_id: str) -> Sequence[Any]: ...


class Files(Protocol):
    """Dumps of this machine, and the store of finished files."""

    async def dumped(self) -> Sequence[str]: ...
    async def make(
        self, recording_id: str, key: bytes, left_out: Sequence[tuple[datetime, datetime | None]]
    ) -> Any:
        """A file beside the dumps, without what came then.  Raises `CannotMake`, `NotNow`."""
        ...

    async def keep(self, recording_id: str, sha256: str) -> None:
        """Put it into the store.  Raises `NotNow`."""

    async def is_there(self, sha256: str) -> bool: ...
    async def read_through(self, sha256: str, recording_id: str, key: bytes) -> None: ...
    async def remove_dumps(self, recording_id: str) -> None: ...
    async def remove_file(self, sha256: str) -> None: ...


class RecordingKeeper:
    """Use cases of what was recorded."""

    def __init__(
        self,
        store: KeepingStore,
        tapers: Tapers,
        vault: Vault,
        files: Files,
        clock: Callable[[], datetime],
    ) -> None:
        """clock: the current instant, aware."""
        self._store = store
        self._tapers = tapers
        self._keys = Keys(vault, store, clock)
        self._files = files
        self._clock = clock
        self._after: str | None = None
        "Where looking for files goes on; None: it begins anew when it is time."
        self._begun_at: datetime | None = None
        "When it began last."
        self._missing: dict[str, tuple[Kept, datetime]] = {}
        "Since when files were not there at any look; nobody was told yet."

    async def finish(self) -> None:
        """Make a file of every recording whose dumps are on this machine; miss the others."""
        here = await self._files.dumped()
        opening = [name for name in here if name not in self._keys.locked]
        for one in await self._store.unfinished(opening):
            await self._tapers.untape(one.recording_id)
            assert one.wrapped_key is not None  # who agreed gave one, and only erasure takes it
            key = await self._keys.of(one.recording_id, one.wrapped_key)
            if key is None:
                continue
            claimed = await self._store.claim(one.recording_id, self._clock())
            if claimed is not None:
                await self._make(claimed, key)
        for one in await self._store.missed(here, self._clock()):
            log.error("recording %s: nobody has its dumps", one.recording_id)
            await self._store.give_up(one.recording_id, self._clock())

    async def _make(self, one: Kept, key: bytes) -> None:
        recording_id = one.recording_id
        try:
            spans = left_out(one.stopped_at, one.pauses)
            file = await self._files.make(recording_id, key, spans)
            if one.sha256 is not None:  # of a counter that died before it could promise it
                await self._files.remove_file(one.sha256)
            if await self._store.made(recording_id, file, self._clock()):
                await self._files.keep(recording_id, file.sha256)
            if await self._store.finished(recording_id, file, self._clock()):
                await self._files.remove_dumps(recording_id)
            else:
                log.warning("recording %s: its file came too late", recording_id)
                await self._files.remove_file(file.sha256)
        except CannotMake as error:
            log.error("recording %s: %s", recording_id, error)
            await self._store.failed(recording_id, error.reason, self._clock(), was=one.state)
        except NotNow as error:
            log.warning("recording %s: %s; it is tried again", recording_id, error)

    async def reconcile(self) -> None:
        """Every promised file is in the store, and plays."""
        await self._look_for_files()
        await self._read_files()

    async def _look_for_files(self) -> None:
        """Some of the files, so that each is about hourly, and those that were not there.

        One that is not there is no loss yet: what it is in may be away, and come back.
        """
        missing = [one for one, _ in self._missing.values()]
        some = [*missing, *await self._store.missing(), *await self._next_promised()]
        for one in {one.recording_id: one for one in some}.values():
            assert one.sha256 is not None
            if not await self._files.is_there(one.sha256):
                await self._miss(one)
                continue
            self._missing.pop(one.recording_id, None)
            if one.missing:
                log.info("recording %s: its file is in the store again", one.recording_id)
                await self._store.found(one.recording_id, self._clock())

    async def _next_promised(self) -> Sequence[Kept]:
        now = self._clock()
        if self._after is None:
            if self._begun_at is not None and now - self._begun_at < LOOKED_FOR_EVERY:
                return ()
            self._after, self._begun_at = "", now
        some = await self._store.promised(self._after)
        self._after = some[-1].recording_id if some else None
        return some

    async def _miss(self, one: Kept) -> None:
        now = self._clock()
        _, since = self._missing.setdefault(one.recording_id, (one, now))
        if one.missing or now - since >= MISSING_FOR:
            del self._missing[one.recording_id]
            if not one.missing:
                log.error("recording %s: its file is not in the store", one.recording_id)
                await self._store.miss(one.recording_id, now)

    async def _read_files(self) -> None:
        without = [*self._missing, *self._keys.locked]
        for one in await self._store.unlooked(without, self._clock()):
            assert one.sha256 is not None and one.wrapped_key is not None
            key = await self._keys.of(one.recording_id, one.wrapped_key)
            if key is None:
                continue
            try:
                await self._files.read_through(one.sha256, one.recording_id, key)
            except CannotMake as error:
                if error.reason == "missing":
                    await self._miss(one)
                    continue
                log.error("recording %s: %s", one.recording_id, error)
                await self._store.failed(
                    one.recording_id, error.reason, self._clock(), was=one.state
                )
            except NotNow as error:
                log.warning("recording %s: %s", one.recording_id, error)
            else:
                await self._store.looked_at(one.recording_id, self._clock())

    async def expire(self) -> None:
        """Erase what has been kept long enough: the key first, then what it opened."""
        for one in await self._store.expired(self._clock()):
            await self._store.erased(one.recording_id, self._clock())
        for one in await self._store.unremoved():
            assert one.sha256 is not None
            try:
                await self._files.remove_file(one.sha256)
            except NotNow as error:
                log.warning("recording %s: %s; it is tried again", one.recording_id, error)
            else:
                await self._store.removed(one.recording_id)
        here = await self._files.dumped()
        known = await self._store.known(here) if here else set()
        for recording_id in here:
            if recording_id not in known:
                await self._files.remove_dumps(recording_id)

    async def keep_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            for what, work in (
                ("finishing", self.finish),
                ("reconciling", self.reconcile),
                ("expiring", self.expire),
            ):
                await self._once(what, work)
            await asyncio.sleep(KEEP_EVERY_S)

    async def _once(self, what: str, work: Callable[[], Any]) -> None:
        try:
            await work()
        except Exception:
            log.exception("recordings: %s failed; it is tried again", what)
