"""Jobs as rows: written with the fact that makes them due, taken with a lease, done once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    case,
    func,
    literal,
    select,
    update,
)

from counter.documents.job import LEASE, Job, JobKind, JobOutcome, pause_after
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.metadata import UtcDateTime, insert_for, metadata

paper_job = Table(
    "paper_job",
    metadata,
    Column("kind", String(12), primary_key=True),
    Column("ref", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("outcome", String(12)),
)
Index(
    "ix_paper_job_due_at",
    paper_job.c.due_at,
    sqlite_where=paper_job.c.done_at.is_(None),
    postgresql_where=paper_job.c.done_at.is_(None),
)


class SqlJobs:
    """See `counter.documents.folder_ports.Jobs`."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def take(self, kinds: Iterable[JobKind], now: datetime) -> Job | None:
        return await self._executor.write(take, kinds, now)

    async def end(self, job: Job, outcome: JobOutcome, now: datetime) -> None:
        await self._executor.write(end, job, outcome, now)

    async def again(self, job: Job, now: datetime) -> None:
        await self._executor.write(again, job, now)

    async def later(self, job: Job, pause: timedelta, now: datetime) -> None:
        await self._executor.write(later, job, pause, now)

    async def pages_open(self, case_id: CaseId, kinds: Iterable[JobKind]) -> int:
        return await self._executor.read(pages_open, case_id, kinds)


def owe(conn: Connection, kind: JobKind, ref: str, case_id: str, now: datetime) -> bool:
    """Write down that it is to be done; the same again adds nothing.  Whether it is new."""
    row = insert_for(conn, paper_job).values(
        kind=kind, ref=ref, case_id=case_id, attempts=0, since=now, due_at=now
    )
    added = conn.execute(row.on_conflict_do_nothing(index_elements=["kind", "ref"])).rowcount
    return bool(added)


def owe_again(conn: Connection, kind: JobKind, ref: str, case_id: str, now: datetime) -> None:
    """The same for what changed: what is over, however it ended, is to be done again.

    Who works at it already ends nothing by that: it comes again.
    """
    if owe(conn, kind, ref, case_id, now):
        return
    conn.execute(
        update(paper_job)
        .where(paper_job.c.kind == kind, paper_job.c.ref == ref)
        .values(
            attempts=paper_job.c.attempts + 1,
            since=now,
            due_at=case(
                (paper_job.c.done_at.is_(None), paper_job.c.due_at),
                else_=literal(now, UtcDateTime),
            ),
            done_at=None,
            outcome=None,
        )
    )


def take(conn: Connection, kinds: Iterable[JobKind], now: datetime) -> Job | None:
    """The job that is due longest; it comes again after its lease unless it is ended.

    Two nodes never take the same at once: the lease is written in this transaction.
    """
    row = conn.execute(
        select(paper_job)
        .where(
            paper_job.c.kind.in_([kind.value for kind in kinds]),
            paper_job.c.done_at.is_(None),
            paper_job.c.due_at <= now,
        )
        .order_by(paper_job.c.due_at, paper_job.c.ref, paper_job.c.kind)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    conn.execute(
        update(paper_job)
        .where(paper_job.c.kind == row.kind, paper_job.c.ref == row.ref)
        .values(attempts=row.attempts + 1, due_at=now + LEASE)
    )
    return _job(row)


def end(conn: Connection, job: Job, outcome: JobOutcome, now: datetime) -> None:
    """It is over.  Harmless when it was ended before, or is another's by now."""
    _set(conn, job, done_at=now, outcome=outcome)


def again(conn: Connection, job: Job, now: datetime) -> None:
    """This attempt came to nothing: try it again after a pause, or give it up."""
    if job.last:
        end(conn, job, JobOutcome.FAILED, now)
    else:
        _set(conn, job, due_at=now + pause_after(job.attempts))


def later(conn: Connection, job: Job, pause: timedelta, now: datetime) -> None:
    """It was not its turn yet."""
    _set(conn, job, attempts=job.attempts - 1, due_at=now + pause)


def pages_open(conn: Connection, case_id: str, kinds: Iterable[JobKind]) -> int:
    """How many jobs of these kinds the case still waits for."""
    count: int = conn.execute(
        select(func.count()).where(
            paper_job.c.case_id == case_id,
            paper_job.c.kind.in_([kind.value for kind in kinds]),
            paper_job.c.done_at.is_(None),
        )
    ).scalar_one()
    return count


def counts(conn: Connection) -> tuple[int, int]:
    """How many jobs are still to be done, and how many were given up."""
    waiting: int = conn.execute(
        select(func.count()).select_from(paper_job).where(paper_job.c.done_at.is_(None))
    ).scalar_one()
    failed: int = conn.execute(
        select(func.count()).select_from(paper_job).where(paper_job.c.outcome == JobOutcome.FAILED)
    ).scalar_one()
    return waiting, failed


def outcomes_of(conn: Connection, case_id: str) -> dict[tuple[JobKind, str], JobOutcome | None]:
    """How each job of a case ended; None: it is not over."""
    rows = conn.execute(select(paper_job).where(paper_job.c.case_id == case_id))
    return {
        (JobKind(row.kind), row.ref): JobOutcome(row.outcome) if row.outcome else None
        for row in rows
    }


def _set(conn: Connection, job: Job, **values: Any) -> None:
    """Only as long as this attempt is the last: after its lease another may be at it."""
    conn.execute(
        update(paper_job)
        .where(
            paper_job.c.kind == job.kind,
            paper_job.c.ref == job.ref,
            paper_job.c.done_at.is_(None),
            paper_job.c.attempts == job.attempts,
        )
        .values(**values)
    )


def _job(row: Row[Any]) -> Job:
    return Job(
        kind=JobKind(row.kind),
        ref=row.ref,
        case_id=CaseId(row.case_id),
        attempts=row.attempts + 1,
        since=row.since,
    )
