"""A file is only as lasting as the proofs in it are about those who signed it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import crl, ocsp, x509
from cryptography.x509 import RevokedCertificateBuilder

from counter.esign.revocation import Proof
from counter.esign.validate_pyhanko import validate
from tests.esign.archive.revoked import with_entry
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import NOW
from tests.esign.signed_by import signed_by
from tests.esign.signed_forms import stamped, with_proofs
from tests.esign.trust_services import TrustServices


@pytest.fixture
async def foreign(shelf: Shelf, services: TrustServices) -> bytes:
    """Return a stranger's document, with a timestamp."""
    pdf = await signed_by({"Theirs": services.files("witness")}, shelf.stamps, NOW)
    services.time = LATER
    return pdf


async def level(pdf: bytes, shelf: Shelf) -> str:
    roots = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(pdf, roots, LATER + timedelta(days=400))
    assert all(one.sound for one in found.signatures)
    return found.level


async def kept(pdf: bytes, proof: Proof, shelf: Shelf, *, archived: bool) -> str:
    made = with_proofs(
        pdf,
        ocsps=[ocsp.OCSPResponse.load(one) for one in proof.ocsps],
        crls=[crl.CertificateList.load(one) for one in proof.crls],
    )
    return await level(await stamped(made, shelf.stamps) if archived else made, shelf)


@pytest.mark.parametrize(("archived", "lasting"), [(False, "B_LT"), (True, "B_LTA")])
async def test_proofs_about_everybody_make_it_last_and_some_proof_does_not(
    shelf: Shelf, foreign: bytes, services: TrustServices, archived: bool, lasting: str
) -> None:
    services.faults["ocsp"] = "down"
    proof = await shelf.proof(foreign, "archive", LATER)
    assert (len(proof.crls), proof.missing) == (2, 0)
    assert await kept(foreign, proof, shelf, archived=archived) == lasting
    # Of the root: about its timestamp and an authority; of the authority: about the signer.
    for one in proof.crls:
        assert await kept(foreign, replace(proof, crls=(one,)), shelf, archived=archived) == "B_T"
    assert await kept(foreign, Proof(), shelf, archived=archived) == "B_T"
    # One that had ended before it signed proves nothing about then.
    nobody = RevokedCertificateBuilder(4711, NOW - timedelta(days=90)).build()
    old = with_entry(services, proof, nobody, NOW - timedelta(days=60))
    assert await kept(foreign, old, shelf, archived=archived) == "B_T"


async def test_a_proof_that_it_was_revoked_later_is_a_proof_too(
    shelf: Shelf, services: TrustServices
) -> None:
    pdf = await signed_by({"Theirs": services.files("fading")}, shelf.stamps, NOW)
    services.time = LATER
    proof = await shelf.proof(pdf, "archive", LATER)
    assert proof.ocsps
    assert await kept(pdf, proof, shelf, archived=True) == "B_LTA"
