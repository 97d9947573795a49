"""Signed with a certificate that is revoked when the document comes to be archived."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl, ocsp, x509

from counter.esign.key_ports import KeyFiles
from counter.esign.lasting_pyhanko import require_archived
from counter.esign.signing_refusals import CertificateRevoked
from counter.esign.ticket import CITIZEN, FIELDS_BEFORE, SEAL
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.signed_forms import with_proofs
from tests.esign.trust_services import TrustServices


def revoked_signer(services: TrustServices) -> dict[str, KeyFiles]:
    """The citizen's key of these, `fading`, is revoked five seconds after NOW."""
    return {CITIZEN: services.files("fading"), SEAL: services.files("seal")}


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_a_certificate_revoked_after_it_signed_is_archived_with_the_proof_of_both(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    pdf = await signed_by(revoked_signer(services), shelf.stamps, NOW)
    # The list of revoked certificates comes out once a day.
    services.time = later = LATER + timedelta(days=only == "crls")
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", later)
    await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, later)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(made.pdf, trusted, later + timedelta(days=1))
    assert found.level == "B_LTA"
    citizen, closing, stamp = found.signatures
    assert (citizen.sound, citizen.stamped_at) == (True, NOW)
    assert citizen.revoked_at == NOW + timedelta(seconds=5)
    assert closing.sound and closing.revoked_at is None
    assert stamp.sound and stamp.revoked_at is None


async def test_it_outlives_its_revocation_and_its_certificates(
    shelf: Shelf, services: TrustServices
) -> None:
    pdf = await signed_by(revoked_signer(services), shelf.stamps, NOW)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER)
    services.time = after = datetime(2031, 6, 1, tzinfo=UTC)
    again = await shelf.archived(made.pdf, "renew", after)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(again.pdf, trusted, after + timedelta(days=1))
    assert found.level == "B_LTA" and all(one.sound for one in found.signatures)
    assert found.signatures[0].revoked_at == NOW + timedelta(seconds=5)


async def test_a_certificate_revoked_before_it_signed_stops_the_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    services.time = LATER
    pdf = await signed_by(revoked_signer(services), shelf.stamps, LATER)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", LATER)


async def test_what_was_revoked_before_it_signed_is_worth_nothing_once_the_file_proves_it(
    shelf: Shelf, services: TrustServices
) -> None:
    """The proofs were put into it by somebody else than our archive."""
    services.time = LATER
    pdf = await signed_by(revoked_signer(services), shelf.stamps, LATER)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(pdf, trusted, LATER)).signatures
    assert citizen.sound, "without a proof nobody is asked"
    proof = await shelf.proof(pdf, "archive", LATER)
    kept = with_proofs(
        pdf,
        ocsps=[ocsp.OCSPResponse.load(one) for one in proof.ocsps],
        crls=[crl.CertificateList.load(one) for one in proof.crls],
    )
    (citizen, closing) = (await validate(kept, trusted, LATER)).signatures
    assert not citizen.sound and not citizen.trusted and "revoked" in citizen.why
    assert closing.sound
