"""The jobs of the archive: one child each, one node at a time, through every death."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import Refusal
from counter.esign import store_archive
from counter.esign.archive import LEASE, Archived, Hole, Level, StampLife, Work, next_try
from counter.esign.archive_service import ArchiveService
from counter.esign.archive_sql import SqlArchive
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.revocation import Link, Proof
from counter.esign.revocation_service import RevocationService
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
    StampInvalid,
    TimestampUnavailable,
)
from counter.esign.store_archive_table import esign_archive
from counter.esign.store_lasting import lasting_of
from counter.esign.store_tables import esign_revision
from counter.esign.trust import TrustPolicy
from counter.store.alerts import open_alerts
from counter.store.blobs_directory import BlobDamaged, BlobMissing
from counter.store.executor import Executor
from counter.store.session_log import tail
from tests.esign.service.paper_counter import CASE, HEARS, Counter

POLICY = TrustPolicy(version="test", anchors=(b"root",), timestamps=("http://tsa",), grace=False)


class PaperArchivist:
    """`counter.esign.archive_ports.Archivist` that adds a line."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.found: tuple[Link, ...] = ()
        self.begun: list[Work] = []
        self.unfit: Exception | None = None
        "What is wrong with what was made."
        self.queue: Callable[[], None] = lambda: None
        "What happens before a hole is written."
        self.life: Callable[[datetime], StampLife] = self.eight_hundred_days
        self.planned = asyncio.Event()
        self.new: tuple[Link, ...] = ()
        "Of the service that stamps: what is in no document yet."
        self.ahead: list[bytes | None] = []

        self.roots: tuple[str, ...] = ()

    def eight_hundred_days(self, now: datetime) -> StampLife:
        return StampLife(stamped_at=now, expires=now + timedelta(days=800), roots=self.roots)

    async def stamp_life(self, pdf: bytes, now: datetime) -> StampLife:
        self.planned.set()
        return self.life(now)

    async def links(self, pdf: bytes, work: Work, now: object) -> tuple[Link, ...]:
        return self.found

    async def begin(self, pdf: bytes, work: Work, proof: Proof, **how: Any) -> Hole:
        if self.refusal is not None:
            raise self.refusal
        self.begun.append(work)
        self.ahead.append(how["ahead"])
        self.queue()
        return Hole(
            pdf=pdf + b" kept " + how["new_field"].encode(),
            work=work,
            fields=(),
            digest=b"digest",
            start=0,
            end=0,
            token_room_bytes=how["token_bytes"],
        )

    async def links_of_stamp(self, token: bytes, now: object) -> tuple[Link, ...]:
        return (*self.found, *self.new)

    async def finish(self, hole: Hole, token: bytes, now: Any) -> Archived:
        if self.unfit is not None:
            raise self.unfit
        life = self.eight_hundred_days(now)
        return Archived(
            pdf=hole.pdf,
            stamped_at=life.stamped_at,
            stamp_expires=life.expires,
            roots=life.roots,
        )


class Archive(Counter):
    """A counter with an archive."""

    def started(self) -> Any:
        self.archivist = getattr(self, "archivist", PaperArchivist())
        self.archive = self.another_node()
        return super().started()

    def another_node(self) -> ArchiveService:
        return ArchiveService(
            records=SqlArchive(executor=self.executor, audiences=lambda conn, case_id: [HEARS]),
            blobs=self.blobs,
            archivist=self.archivist,  # type: ignore[arg-type]
            revocation=RevocationService(NoSource()),
            stamps=self.studio,
            policy=POLICY,
            new_id=self.parts["new_id"],
            clock=lambda: self.time,
        )

    async def lasting(self) -> Any:
        (found,) = (await self.executor.read(lasting_of, CASE)).values()
        return found

    async def revisions(self) -> list[tuple[str, str | None]]:
        """Return (kind, kind of its parent) of all, in order."""
        rows = await self.executor.read(lambda conn: conn.execute(select(esign_revision)).all())
        kinds = {row.sha256: row.kind for row in rows}
        order = ("prepared", "certified", "signed", "witnessed", "sealed", "archived")
        return sorted(
            ((row.kind, kinds.get(row.parent_sha256)) for row in rows),
            key=lambda one: order.index(one[0]),
        )


class NoSource:
    """`counter.esign.archive_ports.RevocationSource` that knows of nothing."""

    def addresses(self, kind: object, link: object) -> tuple[str, ...]:
        return ()

    async def fetch(self, *about: object) -> Any:
        raise AssertionError("there is no address")


@pytest.fixture
def archive(
    executor: Executor, new_id: Callable[[], str], forms: Forms, glyphs: GlyphTable, now: Any
) -> Archive:
    return Archive(executor, new_id, forms, glyphs, now)


async def test_what_is_sealed_is_archived_as_a_child_of_what_was_sealed(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    sealed = (await archive.service.ceremonies(CASE))[0].sealed_sha256
    waiting = await archive.lasting()
    assert (waiting.level, waiting.pending) == (Level.B_T, "archive")
    assert await archive.archive.work_one()
    assert not await archive.archive.work_one()
    done = await archive.lasting()
    assert (done.level, done.pending) == (Level.B_LTA, "")
    assert (await archive.revisions())[-2:] == [("sealed", "witnessed"), ("archived", "sealed")]
    # What was given out stays what it was; the new revision may be fetched too.
    assert (await archive.service.ceremonies(CASE))[0].sealed_sha256 == sealed
    assert (await archive.service.pdf(CASE, done.archived_sha256)).startswith(b"certificate")
    heard = await archive.executor.read(tail, [HEARS], {})
    assert heard[-1].kind == "document.archived"
    assert "document.archived" in await archive.actions()


async def test_what_proves_a_new_service_goes_in_before_its_timestamp(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Link, ...]] = []

    async def proof(links: Sequence[Link], now: datetime, **since: object) -> Proof:
        asked.append(tuple(links))
        return Proof()

    monkeypatch.setattr(archive.archive._revocation, "proof", proof)
    new = Link(certificate=b"another service", issuer=b"another authority")
    archive.archivist.new = (new,)
    await archive.to_state("sealed", archive.time)
    assert await archive.archive.work_one()
    assert asked == [(), (new,)]
    first, second = archive.archivist.ahead
    assert first is None and second is not None, "the token that told whose service it is"
    assert (await archive.lasting()).level == Level.B_LTA


async def test_a_timestamp_is_renewed_after_a_year(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    archive.time += timedelta(days=364)
    assert not await archive.archive.work_one()
    archive.time += timedelta(days=1)
    assert await archive.archive.work_one()
    assert archive.archivist.begun == ["archive", "renew"]
    assert (await archive.revisions())[-1] == ("archived", "archived")
    assert (await archive.lasting()).level == Level.B_LTA


def forget_ends(conn: Connection) -> None:
    """Leave renewals as an older version planned them."""
    conn.execute(esign_archive.update().values(stamp_expires=None, roots=None))


async def test_what_an_older_version_planned_too_late_is_planned_again_once(
    archive: Archive,
) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    assert not await archive.archive.plan_one(), "planned by its whole chain already"
    await archive.executor.write(forget_ends)
    archive.archivist.life = lambda now: StampLife(
        stamped_at=now, expires=now + timedelta(days=200)
    )
    assert await archive.archive.plan_one()
    assert not await archive.another_node().plan_one()
    archive.time += timedelta(days=109)
    assert not await archive.archive.work_one()
    archive.time += timedelta(days=1)
    assert await archive.archive.work_one()
    assert archive.archivist.begun == ["archive", "renew"]


async def test_planning_again_puts_nothing_off(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    await archive.executor.write(forget_ends)
    archive.time += timedelta(days=30)
    assert await archive.archive.plan_one()
    archive.time += timedelta(days=335)
    assert await archive.archive.work_one()


async def test_what_cannot_be_planned_is_tried_at_once_and_then_like_any_other(
    archive: Archive,
) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    await archive.executor.write(forget_ends)

    def over(now: datetime) -> StampLife:
        raise CertificateExpired("an authority above the service")

    archive.archivist.life = over
    archive.archivist.refusal = CertificateExpired("the same")
    assert await archive.archive.plan_one()
    assert await archive.archive.work_one()
    (told,) = await archive.executor.read(open_alerts)
    assert told.facts["code"] == "certificate_expired"
    # It waits for its next try, however often a node starts.
    assert not await archive.another_node().plan_one()
    assert not await archive.another_node().work_one()


async def test_whoever_runs_it_is_warned_of_roots_that_were_taken_away(
    archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    ours, gone = hashlib.sha256(b"root").hexdigest(), "e" * 64
    archive.archivist.roots = (gone, ours)
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    await archive.archive.tell_roots()
    assert f"1 documents lead to a root that is no anchor (SHA-256 {gone})" in caplog.text
    assert ours not in caplog.text
    # What an older version archived is looked at first.
    await archive.executor.write(forget_ends)
    assert await archive.executor.read(store_archive.needed_roots) == {}
    await archive.archive.plan_one()
    assert await archive.executor.read(store_archive.needed_roots) == {gone: 1, ours: 1}


async def test_a_node_plans_again_when_it_starts(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.archive.work_one()
    await archive.executor.write(forget_ends)
    working = asyncio.create_task(archive.archive.work_for_ever())
    await asyncio.wait_for(archive.archivist.planned.wait(), 60)
    working.cancel()


async def test_a_node_that_dies_over_a_job_leaves_it_to_another_after_the_lease(
    archive: Archive,
) -> None:
    await archive.to_state("sealed", archive.time)
    taken = await archive.executor.write(store_archive.take, archive.time)
    assert taken is not None
    other = archive.another_node()
    assert not await other.work_one()
    archive.time += LEASE
    assert await other.work_one()
    assert (await archive.lasting()).level == Level.B_LTA


async def test_of_two_nodes_that_made_a_child_the_first_stands(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    slow = await archive.executor.write(store_archive.take, archive.time)
    archive.time += LEASE
    await archive.another_node().work_one()
    first = (await archive.lasting()).archived_sha256
    kept = set(archive.blobs.kept)
    assert slow is not None
    await archive.archive._keep(
        slow,
        Archived(pdf=b"late", stamped_at=archive.time, stamp_expires=archive.time + LEASE),
    )
    assert (await archive.lasting()).archived_sha256 == first
    assert (set(archive.blobs.kept), len(await archive.revisions())) == (kept, 6)


@pytest.mark.parametrize(
    "refusal", [TimestampUnavailable("all are down"), RevocationUnknown("nobody answers")]
)
async def test_what_fails_is_tried_again_later_and_somebody_is_told_when_it_lasts(
    archive: Archive, refusal: Refusal
) -> None:
    await archive.to_state("sealed", archive.time)
    archive.archivist.refusal = refusal
    for attempt in (1, 2, 3, 4):
        assert await archive.executor.read(open_alerts) == []
        assert await archive.archive.work_one()
        assert not await archive.archive.work_one()
        waiting = await archive.lasting()
        assert (waiting.level, waiting.pending) == (Level.B_T, refusal.code)
        archive.time = next_try(attempt, archive.time)
    (told,) = await archive.executor.read(open_alerts)
    assert (told.kind, told.facts["code"]) == ("document.not_archived", refusal.code)
    archive.archivist.refusal = None
    assert await archive.archive.work_one()
    assert (await archive.lasting()).level == Level.B_LTA
    assert await archive.executor.read(open_alerts) == []


async def test_a_renewal_that_is_refused_is_tried_again_for_ever(archive: Archive) -> None:
    """Who signed is proved by then; a service may come to be trusted again."""
    await archive.to_state("sealed", archive.time)
    assert await archive.archive.work_one()
    archive.time += timedelta(days=366)
    archive.archivist.refusal = CertificateRevoked("the service's")
    assert await archive.archive.work_one()
    assert (await archive.lasting()).pending == "certificate_revoked"
    (told,) = await archive.executor.read(open_alerts)
    assert told.facts["work"] == "renew"
    archive.archivist.refusal = None
    archive.time += timedelta(days=1)
    assert await archive.archive.work_one()
    assert (await archive.lasting()).pending == ""
    assert await archive.executor.read(open_alerts) == []


async def test_a_certificate_revoked_in_between_is_told_at_once(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    archive.archivist.refusal = CertificateRevoked("the citizen's")
    await archive.archive.work_one()
    (told,) = await archive.executor.read(open_alerts)
    assert told.facts["code"] == "certificate_revoked"
    assert (await archive.lasting()).pending == "certificate_revoked"
    # It does not become good by waiting until an authority has forgotten it.
    archive.archivist.refusal = None
    archive.time += timedelta(days=30)
    assert not await archive.archive.work_one()
    assert (await archive.lasting()).pending == "certificate_revoked"
    assert await archive.executor.read(open_alerts) == [told]


@pytest.mark.parametrize(
    ("unfit", "services"),
    [(StampInvalid("its token"), 1), (SignatureInvalid("a signer's"), 0)],
)
async def test_a_timestamping_service_is_left_for_its_own_tokens_only(
    archive: Archive, unfit: Exception, services: int
) -> None:
    await archive.to_state("sealed", archive.time)
    archive.archivist.unfit = unfit
    await archive.archive.work_one()
    assert len(archive.studio.distrusted) == services


async def test_waiting_for_the_hole_does_not_make_our_clock_wrong(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)

    def wait() -> None:
        archive.time += timedelta(minutes=2)

    archive.archivist.queue = wait
    await archive.archive.work_one()
    assert archive.studio.stamped_at[-1] == archive.time
    assert (await archive.lasting()).level == Level.B_LTA


async def test_without_evidence_nothing_is_stamped(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    archive.archivist.found = (Link(certificate=b"c", issuer=b"i"),)
    await archive.archive.work_one()
    assert (await archive.lasting()).pending == "revocation_unknown"
    assert archive.archivist.begun == []


async def test_bytes_that_changed_are_not_archived(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    sealed = (await archive.service.ceremonies(CASE))[0].sealed_sha256
    assert sealed is not None
    archive.blobs.kept[sealed] += b"!"
    await archive.archive.work_one()
    assert (await archive.lasting()).pending == "signature_invalid"
    assert sealed in archive.blobs.kept


@pytest.mark.parametrize("refusal", [BlobDamaged, BlobMissing])
async def test_bytes_that_are_damaged_or_gone_are_told_at_once(
    archive: Archive, refusal: type[Refusal]
) -> None:
    await archive.to_state("sealed", archive.time)
    archive.archivist.refusal = refusal("of the sealed document")
    await archive.archive.work_one()
    (told,) = await archive.executor.read(open_alerts)
    assert told.facts["code"] == refusal.code
    archive.archivist.refusal = None
    archive.time = next_try(1, archive.time)
    assert await archive.archive.work_one(), "they may be brought back"
    assert await archive.executor.read(open_alerts) == []


async def test_what_was_sealed_by_an_older_version_is_archived_too(archive: Archive) -> None:
    await archive.to_state("sealed", archive.time)
    await archive.executor.write(lambda conn: conn.execute(esign_archive.delete()))
    assert not await archive.archive.work_one()
    assert await archive.executor.write(store_archive.owe_missing, archive.time) == 1
    assert await archive.executor.write(store_archive.owe_missing, archive.time) == 0
    assert await archive.archive.work_one()


async def test_a_signature_without_its_timestamp_is_shown_as_b_b(archive: Archive) -> None:
    await archive.to_state("signing", archive.time)
    waiting = await archive.lasting()
    assert (waiting.level, waiting.pending) == (Level.B_B, "timestamp")
    await archive.service.resume()
    assert (await archive.lasting()).level == Level.B_T


async def test_a_form_nobody_signed_has_no_level(archive: Archive) -> None:
    await archive.to_state("consented", archive.time)
    assert await archive.executor.read(lasting_of, CASE) == {}
