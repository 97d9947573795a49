"""Jobs of papers: taken once, again after a lease or a pause, given up at last; on both engines."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from counter.documents.job import (
    HANDOVER_ATTEMPTS,
    LEASE,
    LONGEST_PAUSE,
    PAGE_ATTEMPTS,
    Job,
    JobKind,
    JobOutcome,
    Later,
    pause_after,
)
from counter.documents.jobs_service import JobsService
from counter.documents.store_jobs import SqlJobs, outcomes_of, owe, owe_again
from counter.ids import CaseId
from counter.store.executor import Executor

WORDS, BITONAL = JobKind.WORDS, JobKind.BITONAL


@pytest.fixture
async def jobs(executor: Executor, now: datetime) -> SqlJobs:
    def write(conn: Connection) -> None:
        for kind in (WORDS, WORDS, BITONAL):
            owe(conn, kind, "p-1", "case-1", now)

    await executor.write(write)
    return SqlJobs(executor)


async def test_a_job_is_taken_once_and_ends_once(jobs: SqlJobs, now: datetime) -> None:
    job = await jobs.take([WORDS], now)
    assert job == Job(kind=WORDS, ref="p-1", case_id=CaseId("case-1"), attempts=1, since=now)
    assert await jobs.take([WORDS], now) is None
    assert await jobs.pages_open(job.case_id, [WORDS, BITONAL]) == 2
    await jobs.end(job, JobOutcome.DONE, now)
    await jobs.end(job, JobOutcome.FAILED, now)
    assert await jobs.pages_open(job.case_id, [WORDS, BITONAL]) == 1
    assert await jobs.take([WORDS], now + 2 * LEASE) is None


async def test_a_machine_leaves_to_others_what_it_cannot_do(jobs: SqlJobs, now: datetime) -> None:
    assert await jobs.take([JobKind.HANDOVER], now) is None
    job = await jobs.take([BITONAL], now)
    assert job is not None and job.kind is BITONAL


async def test_when_its_node_died_another_goes_on_after_the_lease(
    jobs: SqlJobs, now: datetime
) -> None:
    assert await jobs.take([WORDS], now)
    assert await jobs.take([WORDS], now + LEASE - timedelta(seconds=1)) is None
    again = await jobs.take([WORDS], now + LEASE)
    assert again is not None and again.attempts == 2 and again.since == now


async def test_who_outlived_its_lease_ends_nothing_of_the_next(
    jobs: SqlJobs, executor: Executor, now: datetime
) -> None:
    old = await jobs.take([WORDS], now)
    new = await jobs.take([WORDS], now + LEASE)
    assert old is not None and new is not None
    await jobs.end(old, JobOutcome.NOTHING, now + LEASE)
    await jobs.again(old, now)
    await jobs.later(old, timedelta(), now)
    assert await jobs.take([WORDS], now + LEASE) is None, "the lease is the other's"
    await jobs.end(new, JobOutcome.DONE, now + LEASE)
    assert (await executor.read(outcomes_of, "case-1"))[WORDS, "p-1"] is JobOutcome.DONE


async def test_what_is_over_is_owed_again_however_it_ended(
    jobs: SqlJobs, executor: Executor, now: datetime
) -> None:
    first = await jobs.take([WORDS], now)
    assert first is not None
    await executor.write(owe_again, WORDS, "p-1", "case-1", now)
    await jobs.end(first, JobOutcome.NOTHING, now)  # it had looked before
    second = await jobs.take([WORDS], now + LEASE)
    assert second is not None
    await jobs.end(second, JobOutcome.NOTHING, now)
    await executor.write(owe_again, WORDS, "p-1", "case-1", now)
    third = await jobs.take([WORDS], now)
    assert third is not None and third.since == now
    await jobs.end(third, JobOutcome.DONE, now)
    await executor.write(owe_again, WORDS, "p-1", "case-1", now)
    fourth = await jobs.take([WORDS], now)
    assert fourth is not None
    await jobs.end(third, JobOutcome.DONE, now)
    assert await jobs.pages_open(fourth.case_id, [WORDS]) == 1, "the older attempt ends nothing"


async def test_two_nodes_never_take_the_same(jobs: SqlJobs, now: datetime) -> None:
    taken = await asyncio.gather(*(jobs.take([WORDS], now) for _ in range(8)))
    assert sum(one is not None for one in taken) == 1


async def test_what_fails_comes_again_after_a_pause_and_is_given_up_at_last(
    jobs: SqlJobs, executor: Executor, now: datetime
) -> None:
    for attempt in range(1, PAGE_ATTEMPTS + 1):
        job = await jobs.take([WORDS], now)
        assert job is not None and job.attempts == attempt
        await jobs.again(job, now)
        if attempt < PAGE_ATTEMPTS:
            assert await jobs.take([WORDS], now) is None
        now += pause_after(attempt)
    assert await jobs.take([WORDS], now + LONGEST_PAUSE) is None
    found = await executor.read(outcomes_of, "case-1")
    assert found[WORDS, "p-1"] is JobOutcome.FAILED and found[BITONAL, "p-1"] is None


async def test_waiting_for_something_else_is_no_attempt(jobs: SqlJobs, now: datetime) -> None:
    for _ in range(3):
        job = await jobs.take([WORDS], now)
        assert job is not None and job.attempts == 1
        await jobs.later(job, timedelta(seconds=5), now)
        assert await jobs.take([WORDS], now) is None
        now += timedelta(seconds=5)


async def test_the_worker_ends_postpones_and_repeats(
    jobs: SqlJobs, executor: Executor, now: datetime
) -> None:
    answers: Iterator[Exception | Later | JobOutcome] = iter(
        [RuntimeError("no"), Later(pause=timedelta(seconds=1)), JobOutcome.DONE]
    )
    time = now

    async def work(job: Job, at: datetime) -> JobOutcome | Later:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    service = JobsService(jobs, {WORDS: work}, lambda: time)
    assert await service.work_one()
    assert not await service.work_one(), "the pause after a failure"
    time += pause_after(1)
    assert await service.work_one()
    assert not await service.work_one()
    time += timedelta(seconds=1)
    assert await service.work_one()
    assert (await executor.read(outcomes_of, "case-1"))[WORDS, "p-1"] is JobOutcome.DONE


def test_pauses_grow_to_an_hour() -> None:
    pauses = [pause_after(attempt) for attempt in range(1, HANDOVER_ATTEMPTS)]
    assert pauses[0] < LEASE and pauses == sorted(pauses) and pauses[-1] == LONGEST_PAUSE
    assert sum(pauses, timedelta()) > timedelta(days=7)
