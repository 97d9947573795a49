"""Who says whether certificates hold has a clock that is a little ahead of ours."""

from datetime import datetime, timedelta

import pytest
from asn1crypto import pem, x509
from cryptography.x509 import RevokedCertificateBuilder

from counter.esign.lasting_pyhanko import require_archived
from counter.esign.revocation import Proof
from counter.esign.ticket import CITIZEN, FIELDS, FIELDS_BEFORE, SEAL, CertificateChain
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.revoked import with_entry
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.trust_services import TrustServices

AHEAD_S = (3, 10, 50)


@pytest.mark.parametrize("ahead_s", AHEAD_S)
@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_what_is_taken_from_it_is_good_to_judge_by(
    shelf: Shelf, services: TrustServices, only: str, ahead_s: int
) -> None:
    files = services.files("citizen")
    chain = CertificateChain(
        certificate=bytes(pem.unarmor(files.certificate.read_bytes())[2]),
        issuers=tuple(bytes(pem.unarmor(path.read_bytes())[2]) for path in files.chain),
    )
    services.time = ahead = LATER + timedelta(seconds=ahead_s)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    links = await shelf.archivist.links_of_chain(chain, LATER)
    proof = lists_of(services, await shelf.revocation.proof(links, LATER), ahead)
    assert (proof.missing, bool(proof.ocsps)) == (0, only == "ocsp")
    assert await shelf.archivist.standing(chain, proof, LATER) == "good"
    # More than a minute it may not be.
    early = LATER + timedelta(seconds=ahead_s - 62)
    assert await shelf.archivist.standing(chain, proof, early) == "unknown"


def lists_of(services: TrustServices, proof: Proof, made_at: datetime) -> Proof:
    """Return the proofs with all lists of revoked certificates made at that time."""
    nobody = RevokedCertificateBuilder(4711, NOW).build()
    for authority in ("issuing", "root"):
        proof = with_entry(services, proof, nobody, made_at, authority=authority)
    return proof


async def test_an_archive_with_such_proofs_validates_and_tells_of_a_revocation(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    ahead = LATER + timedelta(seconds=50)
    services.time = ahead
    proof = lists_of(services, await shelf.proof(sealed, "archive", LATER), ahead)
    services.time = LATER
    made = await shelf.archived(sealed, "archive", LATER, proof)
    await require_archived(made.pdf, FIELDS, shelf.roots, LATER)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    assert (await validate(made.pdf, trusted, LATER)).level == "B_LTA"

    signers = {CITIZEN: services.files("fading"), SEAL: services.files("seal")}
    services.time = NOW
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = ahead
    proof = await shelf.proof(pdf, "archive", LATER)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER, lists_of(services, proof, ahead))
    await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, LATER)
    (citizen, *_) = (await validate(made.pdf, trusted, LATER + timedelta(days=1))).signatures
    assert citizen.sound and citizen.revoked_at == NOW + timedelta(seconds=5)
