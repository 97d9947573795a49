"""Runs identity's commands through the executor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from counter.identity import store_identity
from counter.identity.session import Kind, Session
from counter.store.executor import Executor


class StoredCommands:
    """See `counter.identity.service.Commands`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def put_credential(
        self, name: str, kind: Kind, subject: str, stored: str, now: datetime
    ) -> None:
        await self._executor.write(store_identity.put_credential, name, kind, subject, stored, now)

    async def take_try(self, name: str, now: datetime) -> Any | None:
        return await self._executor.write(store_identity.take_try, name, now)

    async def begin(
        self, kind: Kind, subject: str, token: str, csrf: str, now: datetime
    ) -> Session:
        return await self._executor.write(
            store_identity.begin, kind=kind, subject=subject, token=token, csrf=csrf, now=now
        )

    async def find(self, token: str, now: datetime) -> Session | None:
        return await self._executor.read(store_identity.find, token, now)

    async def living_of(self, digests: Sequence[str], now: datetime) -> list[Session]:
        return await self._executor.read(store_identity.living_of, digests, now)

    async def seen(self, digests: Sequence[str], now: datetime) -> None:
        await self._executor.write(store_identity.seen, digests, now)

    async def end(self, token_sha256: str, now: datetime) -> None:
        await self._executor.write(store_identity.end, token_sha256, now)

    async def issue_enrolment(
        self, terminal_id: str, token: str, now: datetime, *, boot: bool = False
    ) -> None:
        await self._executor.write(
            store_identity.issue_enrolment, terminal_id, token, now, boot=boot
        )

    async def enrol(
        self,
        enrolment_token: str,
        token: str,
        csrf: str,
        now: datetime,
        *,
        kind: Kind = "terminal",
    ) -> Session:
        return await self._executor.write(
            store_identity.enrol, enrolment_token, token, csrf, now, kind=kind
        )
