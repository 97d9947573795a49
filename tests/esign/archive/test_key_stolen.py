"""Signed with a key that was stolen before, or below an authority that was revoked since."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl, x509
from cryptography.x509 import RevokedCertificateBuilder, load_pem_x509_certificate

from counter.esign.revocation import Proof
from counter.esign.signing_refusals import CertificateRevoked, RevocationUnknown
from counter.esign.ticket import CITIZEN, SEAL
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.revoked import stolen, with_entry
from tests.esign.archive.shelf import Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.signed_forms import with_proofs
from tests.esign.trust_services import TrustServices


@pytest.mark.parametrize("name", ["ending", "witness"])
@pytest.mark.parametrize("revoked_days", [1 / 2, 3 / 2])
async def test_a_stolen_key_stops_the_archive_whether_or_not_its_certificate_has_ended(
    shelf: Shelf, services: TrustServices, name: str, revoked_days: float
) -> None:
    """Revoked after it signed, `ending` before its end or after it; stolen before."""
    signers = {CITIZEN: services.files(name), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    entry = stolen(services, name, late - timedelta(days=2 - revoked_days))
    proof = with_entry(services, await shelf.proof(pdf, "archive", late), entry, late)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)


async def test_a_file_that_proves_that_a_key_was_stolen_is_no_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    """The proof came into it behind our back."""
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    entry = stolen(services, "ending", NOW + timedelta(hours=1))
    proof = with_entry(services, await shelf.proof(pdf, "archive", late), entry, late)
    kept = with_proofs(pdf, crls=[crl.CertificateList.load(one) for one in proof.crls])
    with pytest.raises(CertificateRevoked):
        await shelf.archived(kept, "archive", late)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(kept, trusted, late)).signatures
    assert not citizen.sound and citizen.revoked_at == NOW - timedelta(days=1)


@pytest.mark.parametrize("name", ["ending", "witness"])
async def test_below_an_authority_that_was_revoked_since_nothing_is_trusted(
    shelf: Shelf, services: TrustServices, name: str
) -> None:
    signers = {CITIZEN: services.files(name), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    authority = load_pem_x509_certificate(services.files(name).chain[0].read_bytes())
    entry = RevokedCertificateBuilder(authority.serial_number, NOW + timedelta(hours=1)).build()
    fetched = await shelf.proof(pdf, "archive", late)
    proof = with_entry(services, fetched, entry, late, authority="root")
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)
    kept = with_proofs(pdf, crls=[crl.CertificateList.load(one) for one in proof.crls])
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    for one in (await validate(kept, trusted, late)).signatures:
        assert (one.sound, one.trusted, one.revoked_at) == (False, False, None)
        assert "authority" in one.why


async def test_below_a_revoked_authority_a_document_is_refused_for_good_whatever_its_timestamp(
    shelf: Shelf, services: TrustServices
) -> None:
    """Its chain did not hold either when it says it signed: that alone would be tried again."""
    signers = {CITIZEN: services.files("witness"), SEAL: services.files("seal")}
    services.time = early = datetime(2024, 6, 1, tzinfo=UTC)
    pdf = await signed_by(signers, shelf.stamps, NOW, stamped_at=early)
    services.time = late = NOW + timedelta(hours=2)
    services.faults["ocsp"] = "down"
    with pytest.raises(RevocationUnknown):
        await shelf.archived(pdf, "archive", late, await revoked_leaf(shelf, services, pdf, late))
    authority = load_pem_x509_certificate(services.files("witness").chain[0].read_bytes())
    entry = RevokedCertificateBuilder(authority.serial_number, NOW + timedelta(hours=1)).build()
    fetched = await shelf.proof(pdf, "archive", late)
    proof = with_entry(services, fetched, entry, late, authority="root")
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)


async def revoked_leaf(shelf: Shelf, services: TrustServices, pdf: bytes, now: datetime) -> Proof:
    """Return proofs by which the witness's certificate was revoked an hour before."""
    leaf = load_pem_x509_certificate(services.files("witness").certificate.read_bytes())
    entry = RevokedCertificateBuilder(leaf.serial_number, now - timedelta(hours=1)).build()
    return with_entry(services, await shelf.proof(pdf, "archive", now), entry, now)
