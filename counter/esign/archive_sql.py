"""The archive on the store: each method runs one command or one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from counter.esign.archive import Job, StampLife
from counter.esign.store_archive import (
    archived,
    checked,
    failed,
    needed_roots,
    owe_missing,
    planned,
    take,
    unplanned,
)
from counter.ids import Digest
from counter.store.executor import Executor
from counter.store.session_log import Audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlArchive:
    """`counter.esign.archive_ports.ArchiveRecords` and `TrustRecords` on either engine."""

    executor: Executor
    audiences: Audiences

    async def owe_missing(self, now: datetime) -> int:
        return await self.executor.write(owe_missing, now)

    async def take(self, now: datetime) -> Job | None:
        return await self.executor.write(take, now)

    async def archived(
        self,
        job: Job,
        sha256: Digest,
        size_bytes: int,
        *,
        renew_at: datetime,
        life: StampLife,
        facts: Mapping[str, str],
        now: datetime,
    ) -> Digest:
        return await self.executor.write(
            archived,
            job,
            sha256,
            size_bytes,
            renew_at=renew_at,
            life=life,
            facts=facts,
            audiences=self.audiences,
            now=now,
        )

    async def unplanned(self, now: datetime) -> Job | None:
        return await self.executor.read(unplanned, now)

    async def planned(self, job: Job, life: StampLife | None, renew_at: datetime) -> None:
        await self.executor.write(planned, job, life, renew_at)

    async def needed_roots(self) -> Mapping[str, int]:
        return await self.executor.read(needed_roots)

    async def failed(self, job: Job, code: str, next_at: datetime, now: datetime) -> None:
        await self.executor.write(failed, job, code, next_at, now)

    async def checked(
        self,
        case_id: str,
        ceremony_id: str,
        policy: Mapping[str, str],
        found: Mapping[str, str],
        now: datetime,
    ) -> None:
        await self.executor.write(checked, case_id, ceremony_id, policy, found, now)
