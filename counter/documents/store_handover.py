"""Hand-overs as rows: what was frozen, and that it is done."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Row, String, Table, select, update

from counter.documents.folder import CaseFacts
from counter.documents.handover import EVENT, Frozen, told
from counter.documents.job import Job, JobOutcome
from counter.documents.store_jobs import end
from counter.ids import CaseId, Digest
from counter.store import outbox
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.metadata import UtcDateTime, insert_for, metadata

handover = Table(
    "handover",
    metadata,
    Column("case_id", String(40), primary_key=True),
    Column("folder", String(160), nullable=False),
    Column("manifest_sha256", String(64), nullable=False),
    Column("files", JSON, nullable=False),
    Column("frozen_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)
"files: [path, digest] of each, the manifest among them."

BY = "counter:handover"


class SqlHandOvers:
    """See `counter.documents.ports.HandOvers`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def frozen(self, case_id: CaseId) -> Frozen | None:
        return await self._executor.read(frozen, case_id)

    async def freeze(self, case_id: CaseId, frozen: Frozen, now: datetime) -> Frozen:
        return await self._executor.write(freeze, case_id, frozen, now)

    async def done(self, job: Job, frozen: Frozen, facts: CaseFacts, now: datetime) -> None:
        await self._executor.write(done, job, frozen, facts, now)


def frozen(conn: Connection, case_id: str) -> Frozen | None:
    """What was written down to be handed over."""
    row = conn.execute(select(handover).where(handover.c.case_id == case_id)).one_or_none()
    return _frozen(row) if row else None


def freeze(conn: Connection, case_id: str, new: Frozen, now: datetime) -> Frozen:
    """What was written down first holds."""
    conn.execute(
        insert_for(conn, handover)
        .values(
            case_id=case_id,
            folder=new.name,
            manifest_sha256=new.manifest_sha256,
            files=[list(one) for one in new.files],
            frozen_at=now,
        )
        .on_conflict_do_nothing(index_elements=["case_id"])
    )
    return _frozen(conn.execute(select(handover).where(handover.c.case_id == case_id)).one())


def done(conn: Connection, job: Job, put: Frozen, facts: CaseFacts, now: datetime) -> None:
    """It is there: journal, outbox and job, once however often it is said."""
    first = conn.execute(
        update(handover)
        .where(handover.c.case_id == job.case_id, handover.c.done_at.is_(None))
        .values(done_at=now)
    ).rowcount
    if first:
        outbox.owe(conn, EVENT, job.case_id, told(facts, put), now)
        record(
            conn,
            actor=BY,
            action=EVENT,
            subject=f"case:{job.case_id}",
            facts={"manifest_sha256": put.manifest_sha256, "files": len(put.files)},
            now=now,
        )
    end(conn, job, JobOutcome.DONE, now)


def _frozen(row: Row[Any]) -> Frozen:
    return Frozen(
        name=row.folder,
        manifest_sha256=Digest(row.manifest_sha256),
        files=tuple((path, Digest(sha256)) for path, sha256 in row.files),
    )
