"""When an archive is timestamped again: before the first certificate of that chain ends.

`stamping`, the authority above the service `three`, ends 200 days after NOW; that service in 2040.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import CertificateBuilder, load_der_x509_certificate

from counter.esign.archive import RENEWED_BEFORE, Archived, StampLife, renew_at
from counter.esign.archive_pool import ArchivePool
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.signing_refusals import CertificateExpired, RevocationUnknown
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CITIZEN, SEAL
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.trust_services import STAMPING_ENDS, TrustServices

DAY = timedelta(days=1)


@pytest.fixture
async def short(shelf: Shelf, services: TrustServices) -> AsyncIterator[Archived]:
    """Yield a document whose timestamps are all by the service `three`; `one` renews it."""
    ours = shelf.stamps
    shelf.stamps = three = HttpStamps(
        [services.tsa("three")], shelf.roots, new_nonce=count(1).__next__
    )
    signers = {CITIZEN: services.files("citizen"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, three, NOW)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER)
    shelf.stamps = ours
    yield made
    await three.close()


async def sound(pdf: bytes, shelf: Shelf, then: datetime) -> bool:
    roots = [x509.Certificate.load(one) for one in shelf.roots]
    return all(one.sound for one in (await validate(pdf, roots, then)).signatures)


@pytest.fixture
async def three(shelf: Shelf, services: TrustServices) -> AsyncIterator[None]:
    """The service `three` stamps: its authority is in no document that it did not stamp."""
    ours = shelf.stamps
    shelf.stamps = HttpStamps([services.tsa("three")], shelf.roots, new_nonce=count(1).__next__)
    yield
    await shelf.stamps.close()
    shelf.stamps = ours


@pytest.mark.usefixtures("three")
async def test_another_service_with_another_authority_archives_and_renews(
    shelf: Shelf, sealed: bytes, archived: Archived, services: TrustServices
) -> None:
    made = await shelf.archived(sealed, "archive", LATER)
    assert made.stamp_expires == STAMPING_ENDS and await sound(made.pdf, shelf, LATER)
    services.time = now = LATER + 90 * DAY
    made = await shelf.archived(archived.pdf, "renew", now)
    assert made.stamp_expires == STAMPING_ENDS and await sound(made.pdf, shelf, now)


@pytest.mark.usefixtures("three")
async def test_of_another_authority_nobody_s_word_is_taken(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    services.faults.update({"ocsp": "down", "crls": "down"})
    source = HttpRevocation()
    proof = await shelf.proof(sealed, "archive", LATER)
    shelf.revocation = RevocationService(source)
    with pytest.raises(RevocationUnknown):
        await shelf.archived(sealed, "archive", LATER, proof)
    await source.close()


async def test_it_is_planned_by_the_first_end_in_its_chain_and_lasts_when_renewed_then(
    shelf: Shelf, short: Archived, services: TrustServices
) -> None:
    assert (short.stamped_at, short.stamp_expires) == (LATER, STAMPING_ENDS)
    due = renew_at(short.stamped_at, short.stamp_expires)
    assert due == STAMPING_ENDS - RENEWED_BEFORE
    services.time = due
    again = await shelf.archived(short.pdf, "renew", due)
    assert again.stamp_expires == datetime(2040, 1, 1, tzinfo=UTC)
    for then in (STAMPING_ENDS - DAY, STAMPING_ENDS + DAY, datetime(2039, 1, 1, tzinfo=UTC)):
        assert await sound(again.pdf, shelf, then)
        assert await sound(short.pdf, shelf, then) == (then < STAMPING_ENDS)


async def test_after_that_end_nothing_renews_it(
    shelf: Shelf, short: Archived, services: TrustServices
) -> None:
    services.time = NOW + timedelta(days=199)
    assert await shelf.archived(short.pdf, "renew", services.time)
    for services.time in (STAMPING_ENDS + timedelta(seconds=30), STAMPING_ENDS + DAY):
        with pytest.raises(CertificateExpired):
            await shelf.archived(short.pdf, "renew", services.time)
    with pytest.raises(CertificateExpired):
        await shelf.archivist.stamp_life(short.pdf, services.time)


async def test_its_end_is_read_from_a_kept_file_too(shelf: Shelf, short: Archived) -> None:
    life = await shelf.archivist.stamp_life(short.pdf, LATER + DAY)
    root = hashlib.sha256(shelf.roots[0]).hexdigest()
    assert life == StampLife(stamped_at=LATER, expires=STAMPING_ENDS, roots=(root,))
    assert short.roots == (root,)


@pytest.mark.parametrize(
    ("root_ends", "expires"),
    [
        (NOW + 100 * DAY, NOW + 100 * DAY),
        # A root that had ended is trusted all the same.
        (NOW - 100 * DAY, STAMPING_ENDS),
    ],
)
async def test_a_root_that_ends_first_counts_too(
    shelf: Shelf, short: Archived, services: TrustServices, root_ends: datetime, expires: datetime
) -> None:
    trusted = ArchivePool(shelf.pool, [root_until(root_ends, shelf, services)])
    life = await trusted.stamp_life(short.pdf, LATER + DAY)
    assert life.expires == expires


def root_until(end: datetime, shelf: Shelf, services: TrustServices) -> bytes:
    """Return the root with the same key and another end."""
    key = load_pem_private_key(
        (services.roots[0].parent / "keys" / "root.pem").read_bytes(), password=None
    )
    assert isinstance(key, EllipticCurvePrivateKey)
    old = load_der_x509_certificate(shelf.roots[0])
    made = CertificateBuilder(
        old.issuer, old.subject, key.public_key(), old.serial_number, old.not_valid_before_utc, end,
        list(old.extensions),
    )  # fmt: skip
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)
