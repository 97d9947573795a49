"""The `Captures` port on SQL: hands each step to the executor as one command, one transaction."""

from collections.abc import Collection
from datetime import datetime

from counter.documents import store_captures
from counter.documents.capture import Announced, Capture, CaptureState
from counter.ids import Digest, PageId
from counter.store.executor import Executor
from counter.store.session_log import Audiences


class SqlCaptures:
    """See `counter.documents.capture_ports.Captures`."""

    def __init__(self, executor: Executor, audiences: Audiences) -> None:
        self._executor = executor
        self._audiences = audiences

    async def announce(
        self,
        terminal_id: str,
        new: Announced,
        capture_id: str,
        thumb_sha256: Digest | None,
        now: datetime,
    ) -> Capture:
        return await self._executor.write(
            store_captures.announce,
            self._audiences,
            terminal_id,
            new,
            capture_id,
            thumb_sha256,
            now,
        )

    async def of(self, terminal_id: str, capture_id: str) -> Capture:
        return await self._executor.read(store_captures.capture_of, terminal_id, capture_id)

    async def require_asked(self, one: Capture) -> None:
        await self._executor.read(store_captures.require_asked, one)

    async def note_progress(self, one: Capture, received: int, now: datetime) -> None:
        await self._executor.write(
            store_captures.note_progress, self._audiences, one, received, now
        )

    async def count_failure(self, one: Capture) -> int:
        return await self._executor.write(store_captures.count_failure, one)

    async def add_preview(self, one: Capture, sha256: Digest, now: datetime) -> None:
        await self._executor.write(store_captures.add_preview, self._audiences, one, sha256, now)

    async def end(
        self,
        one: Capture,
        state: CaptureState,
        now: datetime,
        *,
        page_id: PageId | None = None,
        code: str | None = None,
    ) -> None:
        await self._executor.write(
            store_captures.end, self._audiences, one, state, now, page_id=page_id, code=code
        )

    async def overdue(self, now: datetime) -> list[Capture]:
        return await self._executor.read(store_captures.overdue, now)

    async def on_their_way(self, capture_ids: Collection[str]) -> set[str]:
        return await self._executor.read(store_captures.on_their_way, capture_ids)

    async def forget_pictures(self, now: datetime) -> list[Digest]:
        return await self._executor.write(store_captures.forget_pictures, now)
