"""Signed with a certificate that has ended when the document comes to be archived."""

from datetime import timedelta

import pytest
from asn1crypto import ocsp, x509

from counter.esign.lasting_pyhanko import require_archived
from counter.esign.signing_refusals import CertificateExpired, CertificateRevoked
from counter.esign.ticket import CITIZEN, FIELDS_BEFORE, SEAL
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.signed_forms import with_proofs
from tests.esign.trust_services import TrustServices


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_a_certificate_that_ended_since_is_judged_as_of_its_timestamp(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    """`ending` ends a day after it signed."""
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", late)
    assert (made.ended, made.revoked_later) == ((CITIZEN,), {})
    told = await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, late)
    assert told == ({}, (CITIZEN,))
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(made.pdf, trusted, late)
    assert found.level == "B_LTA" and all(one.sound for one in found.signatures)
    # A year later nothing is asked about those who signed.
    services.time = next_year = late + timedelta(days=365)
    again = await shelf.archived(made.pdf, "renew", next_year)
    assert (again.stamped_at, again.ended) == (next_year, ())


async def test_a_certificate_that_had_ended_before_it_signed_stops_the_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    services.time = late = NOW + timedelta(days=2)
    pdf = await signed_by(signers, shelf.stamps, NOW, stamped_at=late)
    with pytest.raises(CertificateExpired):
        await shelf.archived(pdf, "archive", late + timedelta(seconds=10))


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_what_was_revoked_and_then_ended_after_it_signed_is_told_to_whoever_checks(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    """`leaving` is revoked five seconds after NOW, and ends a day later."""
    signers = {CITIZEN: services.files("leaving"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", late)
    assert made.ended == (CITIZEN,)
    assert made.revoked_later == {CITIZEN: NOW + timedelta(seconds=5)}
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, closing, _) = (await validate(made.pdf, trusted, late)).signatures
    assert (citizen.sound, citizen.revoked_at) == (True, NOW + timedelta(seconds=5))
    assert closing.sound and closing.revoked_at is None


async def test_what_was_revoked_before_it_signed_is_not_archived_once_it_has_ended(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("leaving"), SEAL: services.files("seal")}
    services.time = LATER
    pdf = await signed_by(signers, shelf.stamps, LATER)
    services.time = late = NOW + timedelta(days=2)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late)
    # Nor does whoever checks call it sound, once somebody else put the proofs into it.
    proof = await shelf.proof(pdf, "archive", late)
    kept = with_proofs(pdf, ocsps=[ocsp.OCSPResponse.load(one) for one in proof.ocsps])
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(kept, trusted, late)).signatures
    assert not citizen.sound and "revoked" in citizen.why
