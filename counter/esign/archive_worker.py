"""What of the archive runs in the worker process, called by name from `archive_pool`.

Everything that comes in and goes out can be pickled; nothing is kept between jobs.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from counter.esign import archive_pyhanko, chains_pyhanko
from counter.esign.archive import Archived, Hole, StampLife, Work
from counter.esign.revocation import Link, Proof, Standing
from counter.esign.ticket import CertificateChain

Roots = Sequence[bytes]


def links(pdf: bytes, work: Work, roots: Roots, now: datetime) -> tuple[Link, ...]:
    """Certificates that evidence is wanted about."""
    return asyncio.run(chains_pyhanko.links(pdf, work, roots, now))


def links_of_chain(chain: CertificateChain, roots: Roots, now: datetime) -> tuple[Link, ...]:
    """The same of a certificate that signs."""
    return asyncio.run(chains_pyhanko.links_of_chain(chain.certificate, chain.issuers, roots, now))


def standing(chain: CertificateChain, proof: Proof, roots: Roots, now: datetime) -> Standing:
    """What a certificate is worth."""
    return asyncio.run(chains_pyhanko.standing(chain.certificate, chain.issuers, proof, roots, now))


def links_of_stamp(token: bytes, roots: Roots, now: datetime) -> tuple[Link, ...]:
    """The same of a timestamp that is in no document yet."""
    return asyncio.run(chains_pyhanko.links_of_stamp(token, roots, now))


def stamp_life(pdf: bytes, roots: Roots, now: datetime) -> StampLife:
    """How long the newest timestamp lasts."""
    return asyncio.run(chains_pyhanko.stamp_life(pdf, roots, now))


def begin(
    pdf: bytes,
    work: Work,
    proof: Proof,
    roots: Roots,
    *,
    token_bytes: int,
    new_field: str,
    now: datetime,
    ahead: bytes | None = None,
) -> Hole:
    """Write the evidence, and the hole for the timestamp."""
    return asyncio.run(
        archive_pyhanko.begin(
            *(pdf, work, proof, roots),
            token_bytes=token_bytes,
            new_field=new_field,
            now=now,
            ahead=ahead,
        )
    )


def finish(hole: Hole, token: bytes, roots: Roots, now: datetime) -> Archived:
    """Fill the hole and validate the result."""
    return asyncio.run(archive_pyhanko.finish(hole, token, roots, now))
