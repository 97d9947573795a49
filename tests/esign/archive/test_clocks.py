"""Who says whether certificates hold has a clock that is a little ahead of ours."""

from datetime import datetime, timedelta

import pytest
from asn1crypto import pem
from cryptography.x509 import RevokedCertificateBuilder, load_pem_x509_certificate

from counter.esign.revocation import Proof
from counter.esign.ticket import CertificateChain
from tests.esign.archive.revoked import with_entry
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.trust_services import TrustServices

AHEAD_S = (3, 10, 50)


@pytest.mark.parametrize("ahead_s", AHEAD_S)
@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_what_is_taken_from_it_is_good_to_judge_by(
    shelf: Shelf, services: TrustServices, only: str, ahead_s: int
) -> None:
    chain = chain_of(services, "citizen")
    services.time = ahead = LATER + timedelta(seconds=ahead_s)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    links = await shelf.archivist.links_of_chain(chain, LATER)
    proof = lists_of(services, await shelf.revocation.proof(links, LATER), ahead)
    assert (proof.missing, bool(proof.ocsps)) == (0, only == "ocsp")
    assert await shelf.archivist.standing(chain, proof, LATER) == "good"
    # More than a minute it may not be.
    early = LATER + timedelta(seconds=ahead_s - 62)
    assert await shelf.archivist.standing(chain, proof, early) == "unknown"


def chain_of(services: TrustServices, name: str) -> CertificateChain:
    files = services.files(name)
    return CertificateChain(
        certificate=bytes(pem.unarmor(files.certificate.read_bytes())[2]),
        issuers=tuple(bytes(pem.unarmor(path.read_bytes())[2]) for path in files.chain),
    )


def lists_of(services: TrustServices, proof: Proof, made_at: datetime) -> Proof:
    """Return the proofs with all lists of revoked certificates made at that time."""
    nobody = RevokedCertificateBuilder(4711, NOW).build()
    for authority in ("issuing", "root"):
        proof = with_entry(services, proof, nobody, made_at, authority=authority)
    return proof


async def test_who_was_revoked_by_that_clock_in_our_future_is_revoked(
    shelf: Shelf, services: TrustServices
) -> None:
    services.faults["ocsp"] = "down"
    ahead = LATER + timedelta(seconds=50)
    for name, authority in (("citizen", "issuing"), ("issuing", "root")):
        certificate = load_pem_x509_certificate(
            services.roots[0].with_name(f"{name}.crt").read_bytes()
        )
        chain = chain_of(services, "citizen")
        links = await shelf.archivist.links_of_chain(chain, LATER)
        entry = RevokedCertificateBuilder(
            certificate.serial_number, ahead - timedelta(seconds=10)
        ).build()
        fetched = lists_of(services, await shelf.revocation.proof(links, LATER), ahead)
        proof = with_entry(services, fetched, entry, ahead, authority=authority)
        assert await shelf.archivist.standing(chain, proof, LATER) == "revoked"
