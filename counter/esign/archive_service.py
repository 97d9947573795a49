"""Makes sealed documents last: one revision each behind the seal, and a new timestamp in time.

Runs behind everything else, one job at a time.  A job has no state but its row: when a node dies in
the middle, another one begins it again after the lease, and at most a timestamp was asked for in
vain.  Nobody's key signs here.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from counter.errors import Refusal
from counter.esign.archive import Archived, Hole, Job, StampLife, next_try, renew_at
from counter.esign.archive_ports import ArchiveRecords, Archivist
from counter.esign.key_ports import Timestamps
from counter.esign.ports import Blobs
from counter.esign.revocation import Link
from counter.esign.revocation_service import RevocationService
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
    StampInvalid,
)
from counter.esign.trust import TrustPolicy

log = logging.getLogger(__name__)

UNPLANNABLE: Final = frozenset(
    {
        *(CertificateExpired.code, CertificateRevoked.code, RevocationUnknown.code),
        *(SignatureInvalid.code, "blob_damaged"),
    }
)
"What does not pass by itself."
PLANNED_EVERY: Final = timedelta(hours=1)
"Renewals that an older version planned are looked for."
PAUSE_S: Final = 2.0


def _revoked(made: Archived) -> dict[str, str]:
    """For the journal: whose certificates were revoked after they had signed, and when."""
    if not made.revoked_later:
        return {}
    times = " ".join(at.isoformat() for at in made.revoked_later.values())
    return {"revoked_later": " ".join(made.revoked_later), "revoked_at": times}


class ArchiveService:
    """See the module."""

    def __init__(
        self,
        *,
        records: ArchiveRecords,
        blobs: Blobs,
        archivist: Archivist,
        revocation: RevocationService,
        stamps: Timestamps,
        policy: TrustPolicy,
        new_id: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._blobs = blobs
        self._archivist = archivist
        self._revocation = revocation
        self._stamps = stamps
        self._policy = policy
        self._new_id = new_id
        self._clock = clock

    async def work_one(self) -> bool:
        """Do one job that is due; False when there is none."""
        job = await self._records.take(self._clock())
        if job is None:
            return False
        try:
            await self._keep(job, await self._made(job))
        except Exception as problem:
            code = getattr(problem, "code", type(problem).__name__)
            log.warning("%s of %s, attempt %s: %s", job.work, job.document_id, job.attempts, code)
            now = self._clock()
            await self._records.failed(job, code, next_try(job.attempts, now), now)
        return True

    async def plan_one(self) -> bool:
        """Plan one renewal as of today that an older version planned; False when there is none.

        That one looked at the service's own certificate only, and not at those above it.
        """
        now = self._clock()
        job = await self._records.unplanned(now)
        if job is None:
            return False
        try:
            life = await self._archivist.stamp_life(await self._kept(job), now)
            due = renew_at(life.stamped_at, life.expires)
            await self._records.planned(job, life, due)
        except Refusal as why:
            if why.code not in UNPLANNABLE:
                raise
            # Due now: the job itself says what is wrong, and to whom.
            log.warning("planning to renew %s: %s", job.document_id, why.code)
            await self._records.planned(job, None, now)
        return True

    async def tell_roots(self) -> None:
        """Warn when kept documents lead to a root that is trusted no more."""
        trusted = {hashlib.sha256(one).hexdigest() for one in self._policy.anchors}
        for root, documents in sorted((await self._records.needed_roots()).items()):
            if root not in trusted:
                log.warning(
                    "%s documents lead to a root that is no anchor (SHA-256 %s): add it again",
                    documents,
                    root,
                )

    async def work_for_ever(self) -> None:
        """Until cancelled.  Documents that were sealed before there was an archive come too."""
        looked, plan_at = False, self._clock()
        while True:
            try:
                if not looked:
                    await self._records.owe_missing(self._clock())
                    await self.tell_roots()
                    looked = True
                while await self.work_one():
                    pass
                if self._clock() >= plan_at:
                    # Older nodes may still plan in their way; what failed has time to come back.
                    plan_at = self._clock() + PLANNED_EVERY
                    while await self.plan_one():
                        while await self.work_one():
                            pass
            except Exception as problem:
                log.warning("jobs of the archive could not be read: %s", type(problem).__name__)
            await asyncio.sleep(PAUSE_S)

    async def _made(self, job: Job) -> Archived:
        pdf = await self._kept(job)
        now = self._clock()
        links = await self._archivist.links(pdf, job.work, now)
        hole, token = await self._stamped(pdf, job, links)
        try:
            new = await self._archivist.links_of_stamp(token, self._clock())
            if unproved := [one for one in new if one not in links]:
                # The service is none of those in the document: what proves it goes in first.
                hole, token = await self._stamped(pdf, job, (*links, *unproved), ahead=token)
            return await self._archivist.finish(hole, token, self._clock())
        except StampInvalid:
            self._stamps.distrust(token)
            raise

    async def _stamped(
        self, pdf: bytes, job: Job, links: Sequence[Link], ahead: bytes | None = None
    ) -> tuple[Hole, bytes]:
        """The evidence about these behind the document, and a timestamp over both."""
        # Evidence from after the signature is worth more than what was fetched before it.
        proof = await self._revocation.proof(links, self._clock(), since=job.owed_at)
        if proof.missing:
            raise RevocationUnknown(f"no proof about {proof.missing} of {len(links)} certificates")
        hole = await self._archivist.begin(
            pdf,
            job.work,
            proof,
            token_bytes=self._stamps.token_bytes,
            new_field=f"Timestamp-{self._new_id()}",
            # Asked after the answers came: they must not be from the future.
            now=self._clock(),
            ahead=ahead,
        )
        # Asked again: for the hole one may wait behind other work, longer than clocks may differ.
        return hole, await self._stamps.stamp(
            hole.digest, self._clock(), room_bytes=hole.token_room_bytes
        )

    async def _kept(self, job: Job) -> bytes:
        pdf = await self._blobs.get(job.revision_sha256)
        if hashlib.sha256(pdf).hexdigest() != job.revision_sha256:
            raise SignatureInvalid(f"the kept bytes of {job.revision_sha256[:12]} have changed")
        return pdf

    async def _keep(self, job: Job, made: Archived) -> None:
        sha256 = await self._blobs.put(made.pdf)
        standing = await self._records.archived(
            job,
            sha256,
            len(made.pdf),
            renew_at=renew_at(made.stamped_at, made.stamp_expires),
            life=StampLife(
                stamped_at=made.stamped_at, expires=made.stamp_expires, roots=made.roots
            ),
            facts=self._policy.facts
            | _revoked(made)
            | ({"ended": " ".join(made.ended)} if made.ended else {}),
            now=self._clock(),
        )
        if standing != sha256:
            await self._blobs.remove(sha256)
