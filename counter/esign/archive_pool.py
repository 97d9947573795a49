"""The archive's work in the worker process of signing: `Archivist`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from counter.esign.archive import Archived, Hole, StampLife, Work
from counter.esign.revocation import Link, Proof, Standing
from counter.esign.sign_pool import SignPool
from counter.esign.ticket import CertificateChain

WORKER = "counter.esign.archive_worker"


class ArchivePool:
    """`counter.esign.archive_ports.Archivist`: one job at a time, between those of signing."""

    def __init__(self, pool: SignPool, roots: Sequence[bytes]) -> None:
        """roots: whom the trust policy trusts, DER."""
        self._pool = pool
        self._roots = tuple(roots)

    async def links(self, pdf: bytes, work: Work, now: datetime) -> tuple[Link, ...]:
        found: tuple[Link, ...] = await self._run("links", pdf, work, self._roots, now)
        return found

    async def links_of_chain(self, chain: CertificateChain, now: datetime) -> tuple[Link, ...]:
        found: tuple[Link, ...] = await self._run("links_of_chain", chain, self._roots, now)
        return found

    async def standing(self, chain: CertificateChain, proof: Proof, now: datetime) -> Standing:
        found: Standing = await self._run("standing", chain, proof, self._roots, now)
        return found

    async def links_of_stamp(self, token: bytes, now: datetime) -> tuple[Link, ...]:
        found: tuple[Link, ...] = await self._run("links_of_stamp", token, self._roots, now)
        return found

    async def stamp_life(self, pdf: bytes, now: datetime) -> StampLife:
        found: StampLife = await self._run("stamp_life", pdf, self._roots, now)
        return found

    async def begin(
        self,
        pdf: bytes,
        work: Work,
        proof: Proof,
        *,
        token_bytes: int,
        new_field: str,
        now: datetime,
        ahead: bytes | None = None,
    ) -> Hole:
        hole: Hole = await self._run(
            "begin",
            pdf,
            work,
            proof,
            self._roots,
            token_bytes=token_bytes,
            new_field=new_field,
            now=now,
            ahead=ahead,
        )
        return hole

    async def finish(self, hole: Hole, token: bytes, now: datetime) -> Archived:
        made: Archived = await self._run("finish", hole, token, self._roots, now)
        return made

    async def _run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        return await self._pool.run(f"{WORKER}.{job}", *args, **kwargs)
