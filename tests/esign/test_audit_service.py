"""Packs that are due: one that fails waits longer each time, and keeps no other one waiting."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from counter.esign.audit_service import AT_ONCE, LONGEST_PAUSE, AuditService
from counter.esign.signing_refusals import TimestampUnavailable
from counter.ids import CaseId
from tests.esign.moment import NOW

BAD = tuple(f"bad-{number}" for number in range(AT_ONCE))


class Packs:
    """`PackRecords` and `Blobs`; the oldest ceremonies fail."""

    def __init__(self) -> None:
        self.waiting = [*BAD, "good"]
        self.tried: list[str] = []
        self.failing = True
        self.problem: Exception = TimestampUnavailable("all are down")

    async def unpacked(self, most: int) -> Sequence[tuple[CaseId, str]]:
        return [(CaseId("case"), one) for one in self.waiting[:most]]

    async def finished(self, case_id: CaseId, ceremony_id: str) -> Any:
        self.tried.append(ceremony_id)
        if self.failing and ceremony_id in BAD:
            raise self.problem
        return SimpleNamespace(newest_sha256="0")

    async def pack(self, ceremony_id: str, document_sha256: str) -> str:
        self.waiting.remove(ceremony_id)
        return "1"

    async def get(self, sha256: str) -> bytes:
        return b"pack"


class Round:
    """A node that makes packs, and its clock."""

    def __init__(self) -> None:
        self.packs = Packs()
        self.time = NOW
        unused: Any = None
        packs: Any = self.packs
        self.service = AuditService(
            records=packs,
            blobs=packs,
            studio=unused,
            examiner=unused,
            keys=unused,
            stamps=unused,
            clock=self.clock,
        )

    def clock(self) -> datetime:
        return self.time

    async def tried(self, after: timedelta = timedelta()) -> tuple[int, list[str]]:
        """How many were made, and which were tried for it."""
        self.time += after
        self.packs.tried.clear()
        return await self.service.make_due(), list(self.packs.tried)


@pytest.mark.parametrize("problem", [TimestampUnavailable("all are down"), KeyError("a bug")])
async def test_the_oldest_that_fail_keep_no_other_one_waiting(problem: Exception) -> None:
    node = Round()
    node.packs.problem = problem
    assert await node.tried() == (0, list(BAD))
    assert await node.tried() == (1, ["good"])
    assert await node.tried() == (0, [])


async def test_one_that_fails_is_tried_again_within_the_hour_until_it_is_made() -> None:
    node = Round()
    await node.tried()
    await node.tried()
    assert await node.tried(timedelta(seconds=59)) == (0, [])
    assert await node.tried(timedelta(seconds=1)) == (0, list(BAD))
    assert await node.tried(timedelta(minutes=1)) == (0, [])
    for _ in range(10):
        assert await node.tried(LONGEST_PAUSE) == (0, list(BAD))
    node.packs.failing = False
    assert await node.tried(LONGEST_PAUSE) == (AT_ONCE, list(BAD))
    assert node.packs.waiting == []


async def test_what_another_node_has_packed_is_forgotten() -> None:
    node = Round()
    await node.tried()
    node.packs.waiting = ["good"]
    assert await node.tried() == (1, ["good"])
    assert node.service._failing == {}
