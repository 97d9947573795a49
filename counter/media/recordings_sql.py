"""The ports of recordings on SQL: hands each step to the executor as one transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from counter.media import store_recordings, store_recordings_keeping, store_recordings_reading
from counter.media.recording import State, Word
from counter.media.store_recordings import Calls, Speaker
from counter.media.store_recordings_reading import Kept, StoredFile, Taped
from counter.store.executor import Executor


class SqlRecordings:
    """See `recording_service.RecordingStore`, `recording_keeping_service.KeepingStore`."""

    def __init__(self, executor: Executor, calls: Calls) -> None:
        self._executor = executor
        self._calls = calls

    async def propose(self, who: Speaker, key: str, recording_id: str, now: datetime) -> None:
        await self._executor.write(
            store_recordings.propose, self._calls, who, key, recording_id, now
        )

    async def answer(
        self, who: Speaker, key: str, recording_id: str, wrapped_key: bytes | None, now: datetime
    ) -> None:
        await self._executor.write(
            store_recordings.answer, self._calls, who, key, recording_id, wrapped_key, now
        )

    async def steer(
        self, who: Speaker, key: str, recording_id: str, word: Word, days: int, now: datetime
    ) -> None:
        await self._executor.write(
            store_recordings.steer, self._calls, who, key, recording_id, word, days, now
        )

    async def taped(self) -> list[Taped]:
        return await self._executor.read(store_recordings_reading.taped, self._calls)

    async def began(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.began, self._calls, recording_id, now)

    async def ended(self, recording_id: str, reason: str, days: int, now: datetime) -> None:
        await self._executor.write(
            store_recordings_keeping.ended, self._calls, recording_id, reason, days, now
        )

    async def unfinished(self, here: Sequence[str]) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.unfinished, here)

    async def missed(self, here: Sequence[str], now: datetime) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.missed, here, now)

    async def give_up(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.give_up, self._calls, recording_id, now)

    async def claim(self, recording_id: str, now: datetime) -> Kept | None:
        return await self._executor.write(store_recordings_keeping.claim, recording_id, now)

    async def made(self, recording_id: str, file: StoredFile, now: datetime) -> bool:
        return await self._executor.write(store_recordings_keeping.made, recording_id, file, now)

    async def finished(self, recording_id: str, file: StoredFile, now: datetime) -> bool:
        return await self._executor.write(
            store_recordings_keeping.finished, self._calls, recording_id, file, now
        )

    async def failed(self, recording_id: str, reason: str, now: datetime, *, was: State) -> None:
        await self._executor.write(
            store_recordings_keeping.failed, self._calls, recording_id, reason, now, was=was
        )

    async def promised(self, after: str) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.promised, after)

    async def missing(self) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.missing)

    async def miss(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.miss, recording_id, now)

    async def found(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.found, recording_id, now)

    async def unlooked(self, without: Collection[str], now: datetime) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.unlooked, without, now)

    async def lock_out(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.lock_out, recording_id, now)

    async def looked_at(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.looked_at, recording_id, now)

    async def expired(self, now: datetime) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.expired, now)

    async def erased(self, recording_id: str, now: datetime) -> None:
        await self._executor.write(store_recordings_keeping.erased, self._calls, recording_id, now)

    async def unremoved(self) -> list[Kept]:
        return await self._executor.read(store_recordings_reading.unremoved)

    async def removed(self, recording_id: str) -> None:
        await self._executor.write(store_recordings_keeping.removed, recording_id)

    async def opened(self, recording_id: str, by: str, now: datetime) -> Kept:
        return await self._executor.write(store_recordings_keeping.opened, recording_id, by, now)

    async def listed(self) -> list[dict[str, Any]]:
        return await self._executor.read(store_recordings_reading.listed)

    async def known(self, recording_ids: Sequence[str]) -> set[str]:
        return await self._executor.read(store_recordings_reading.known, recording_ids)
