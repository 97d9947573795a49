"""What a certificate is worth before it signs: nobody signs what could not be archived."""

import pytest
from asn1crypto import pem

from counter.esign.archive_pool import ArchivePool
from counter.esign.claims_asn1crypto import claims_of
from counter.esign.pki_development import DevelopmentPki
from counter.esign.ticket import CertificateChain
from tests.esign.archive.shelf import Shelf
from tests.esign.conftest import NOW
from tests.esign.trust_services import TrustServices


@pytest.mark.parametrize(
    ("name", "standing"),
    [("witness", "good"), ("revoked", "revoked"), ("expired", "expired"), ("one", "unfit")],
)
async def test_what_a_certificate_is_worth(
    shelf: Shelf, services: TrustServices, pki: DevelopmentPki, name: str, standing: str
) -> None:
    files = services.files(name)
    chain = CertificateChain(
        certificate=bytes(pem.unarmor(files.certificate.read_bytes())[2]),
        issuers=tuple(bytes(pem.unarmor(path.read_bytes())[2]) for path in files.chain),
    )
    links = await shelf.archivist.links_of_chain(chain, NOW)
    proof = await shelf.revocation.proof(links, NOW)
    assert await shelf.archivist.standing(chain, proof, NOW) == standing
    assert claims_of(chain.certificate).commits == (standing != "unfit")
    strangers = [bytes(pem.unarmor(path.read_bytes())[2]) for path in pki.roots]
    elsewhere = ArchivePool(shelf.pool, strangers)
    assert await elsewhere.links_of_chain(chain, NOW) == ()
    assert await elsewhere.standing(chain, proof, NOW) in ("unknown", "expired")
