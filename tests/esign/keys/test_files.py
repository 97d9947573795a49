"""Keys in files."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from counter.esign.key_ports import Pkcs12File
from counter.esign.keys_files import issuers_of, load_pkcs12
from counter.esign.signing_refusals import KeyUnusable
from tests.esign.conftest import NOW
from tests.esign.key_rings import Ring
from tests.esign.keys.key_holders import pkcs12_file


async def test_a_pkcs12_file_needs_its_passphrase(rings: dict[str, Ring], tmp_path: Path) -> None:
    file = pkcs12_file(rings["ec"], tmp_path)
    with pytest.raises(KeyUnusable):
        load_pkcs12(Pkcs12File(path=file.path, passphrase="another"))
    file.path.write_bytes(b"no such thing")
    with pytest.raises(KeyUnusable):
        load_pkcs12(file)


def test_authorities_that_vouch_for_each_other_are_named_once() -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    def issued(subject: str, issuer: str) -> x509.Certificate:
        above, below = [x509.Name.from_rfc4514_string(f"CN={one}") for one in (issuer, subject)]
        until = NOW + timedelta(days=1)
        made = x509.CertificateBuilder(above, below, key.public_key(), 7, NOW, until)
        return made.sign(key, hashes.SHA256())

    above = [issued("a", "b"), issued("b", "a")]
    expected = [one.public_bytes(serialization.Encoding.DER) for one in above]
    assert issuers_of(issued("leaf", "a"), above) == expected
