"""Archives documents as the service does, without its records."""

from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

from asn1crypto import pem

from counter.esign.archive import Archived, Hole, Work
from counter.esign.archive_pool import ArchivePool
from counter.esign.revocation import Proof
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import RevocationUnknown
from counter.esign.stamps_http import HttpStamps
from tests.esign.conftest import NOW
from tests.esign.trust_services import TrustServices

LATER = NOW + timedelta(seconds=10)


def roots_of(services: TrustServices) -> list[bytes]:
    return [bytes(pem.unarmor(path.read_bytes())[2]) for path in services.roots]


class Kept(NamedTuple):
    """One document for all tests."""

    sealed: bytes
    archived: Archived


class Shelf:
    """Archives as the service does, without the records."""

    def __init__(
        self, pool: SignPool, stamps: HttpStamps, revocation: RevocationService, roots: list[bytes]
    ) -> None:
        self.pool = pool
        self.roots = roots
        self.archivist = ArchivePool(pool, roots)
        self.stamps = stamps
        self.revocation = revocation
        self.numbers = count(1)

    async def proof(self, pdf: bytes, work: Work, now: datetime) -> Proof:
        return await self.revocation.proof(await self.archivist.links(pdf, work, now), now)

    async def archived(
        self, pdf: bytes, work: Work, now: datetime, proof: Proof | None = None
    ) -> Archived:
        links = await self.archivist.links(pdf, work, now)
        proof = proof or await self.revocation.proof(links, now)
        hole, token = await self._stamped(pdf, work, proof, None, now)
        new = await self.archivist.links_of_stamp(token, now)
        if unproved := [one for one in new if one not in links]:
            more = await self.revocation.proof((*links, *unproved), now)
            if more.missing:
                raise RevocationUnknown(f"no proof about {more.missing}")
            hole, token = await self._stamped(pdf, work, more, token, now)
        return await self.archivist.finish(hole, token, now)

    async def _stamped(
        self, pdf: bytes, work: Work, proof: Proof, ahead: bytes | None, now: datetime
    ) -> tuple[Hole, bytes]:
        hole = await self.archivist.begin(
            pdf,
            work,
            proof,
            token_bytes=self.stamps.token_bytes,
            new_field=f"Timestamp-{next(self.numbers)}",
            now=now,
            ahead=ahead,
        )
        token = await self.stamps.stamp(hole.digest, now, room_bytes=hole.token_room_bytes)
        return hole, token
