"""The `LaterPapers` port on SQL: each step is one command, one transaction."""

from collections.abc import Sequence
from datetime import datetime

from counter.documents import store_later, store_later_commands
from counter.documents.advance import Sealed
from counter.documents.later import Asked, Link, NewSheet
from counter.documents.store_later_commands import Plain
from counter.ids import CaseId, Digest
from counter.store.executor import Executor
from counter.store.session_log import Audiences


class SqlLaterPapers:
    """See `counter.documents.sent_ports.LaterPapers`."""

    def __init__(self, executor: Executor, audiences: Audiences) -> None:
        self._executor = executor
        self._audiences = audiences

    async def asked(self, token_sha256: str, now: datetime) -> Asked:
        return await self._executor.read(store_later.asked, token_sha256, now)

    async def upload_known(self, token_sha256: str, original_sha256: str, now: datetime) -> bool:
        return await self._executor.read(
            store_later.upload_known, token_sha256, original_sha256, now
        )

    async def add(self, token_sha256: str, sheets: Sequence[NewSheet], now: datetime) -> bool:
        return await self._executor.write(
            store_later_commands.add_sheets, token_sha256, sheets, now
        )

    async def remove(self, token_sha256: str, sheet_id: str, now: datetime) -> tuple[Digest, ...]:
        return await self._executor.write(
            store_later_commands.remove_sheet, token_sha256, sheet_id, now
        )

    async def sealed(self, token_sha256: str, sheet_id: str, picture: str, now: datetime) -> Sealed:
        return await self._executor.read(
            store_later.sealed_sheet, token_sha256, sheet_id, picture, now
        )

    async def send(
        self, token_sha256: str, plain: Plain, now: datetime
    ) -> tuple[Asked, tuple[Digest, ...]]:
        return await self._executor.write(
            store_later_commands.send, self._audiences, token_sha256, plain, now
        )

    async def make(
        self,
        link_id: str,
        case_id: CaseId,
        item: str,
        token_sha256: str,
        expires_at: datetime,
        *,
        by: str,
        now: datetime,
    ) -> Link:
        return await self._executor.write(
            store_later_commands.make_link,
            link_id,
            case_id,
            item,
            token_sha256,
            expires_at,
            by=by,
            now=now,
        )

    async def still_open(self, link_ids: Sequence[str], now: datetime) -> set[str]:
        return await self._executor.read(store_later.still_open, link_ids, now)

    async def revoke(self, case_id: CaseId, link_id: str, *, by: str, now: datetime) -> None:
        await self._executor.write(
            store_later_commands.revoke_link, case_id, link_id, by=by, now=now
        )

    async def forget(self, now: datetime) -> tuple[Digest, ...]:
        return await self._executor.write(store_later_commands.forget, now)
