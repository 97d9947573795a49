import hashlib
import shutil
import stat
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from asn1crypto import core, tsp
from cryptography.x509 import load_pem_x509_certificate

from counter.esign.key_ports import KeyFiles
from counter.esign.keys_files import load
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.tsa_development import Authority
from tests.esign.conftest import NOW, Tsa


def status(response: bytes) -> str:
    """Return the PKIStatus of a DER response."""
    return tsp.PKIStatusInfo.load(core.Sequence.load(response)[0].dump())["status"].native


def openssl(*words: str | Path) -> str:
    """Return what `openssl ts` said."""
    told = subprocess.run(
        ["openssl", "ts", *map(str, words)], capture_output=True, timeout=60, check=False
    )
    return (told.stdout + told.stderr).decode()


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_asking_again_changes_nothing(tmp_path: Path) -> None:
    ensure(tmp_path / "keys", NOW)
    first = contents(tmp_path / "keys")
    ensure(tmp_path / "keys", NOW + timedelta(days=365))
    assert contents(tmp_path / "keys") == first
    assert len(first) == 12


def test_nobody_else_can_read_the_keys(tmp_path: Path) -> None:
    ensure(tmp_path / "keys", NOW)
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_expires_soon_is_issued_again_and_the_authorities_stay(tmp_path: Path) -> None:
    pki = ensure(tmp_path / "keys", NOW)
    before = contents(tmp_path / "keys")
    later = NOW + timedelta(days=3 * 365 - 30)
    ensure(tmp_path / "keys", later)
    after = contents(tmp_path / "keys")
    assert after["root.crt"] == before["root.crt"]
    assert after["issuing.crt"] == before["issuing.crt"]
    assert after["seal.crt"] != before["seal.crt"]
    fresh = load_pem_x509_certificate(pki.seal.certificate.read_bytes())
    assert fresh.not_valid_after_utc > later + timedelta(days=365)


def test_a_start_that_was_cut_short_is_made_good(tmp_path: Path) -> None:
    pki = ensure(tmp_path / "keys", NOW)
    pki.witness.certificate.unlink()
    (tmp_path / "keys" / "seal.key.new").write_bytes(b"half")
    again = ensure(tmp_path / "keys", NOW)
    load(again.witness)
    load(again.seal)


def test_a_key_of_another_certificate_is_refused(pki: DevelopmentPki) -> None:
    mixed = KeyFiles(key=pki.tsa.key, certificate=pki.seal.certificate, chain=pki.seal.chain)
    with pytest.raises(KeyUnusable):
        load(mixed)


def test_openssl_accepts_the_timestamps(pki: DevelopmentPki, tmp_path: Path) -> None:
    assert shutil.which("openssl"), "apt-get install openssl"
    paper, query, reply = (tmp_path / name for name in ("paper", "query", "reply"))
    paper.write_bytes(b"what was stamped")
    openssl("-query", "-data", paper, "-sha256", "-cert", "-out", query)
    reply.write_bytes(Authority(pki.tsa).answer(query.read_bytes(), NOW))
    chain = tmp_path / "chain.pem"
    chain.write_bytes(b"".join(path.read_bytes() for path in pki.tsa.chain))
    at = ("-attime", str(int(NOW.timestamp())))
    verify = ("-verify", "-in", reply, "-CAfile", pki.roots[0], "-untrusted", chain, *at)
    assert "Verification: OK" in openssl(*verify, "-queryfile", query)
    paper.write_bytes(b"something else")
    assert "Verification: FAILED" in openssl(*verify, "-data", paper)


@pytest.mark.parametrize(
    "request_bytes", [b"", b"<html>", b"\x30\x00", b"\x30\x82\xff\xff", bytes(4000)]
)
def test_what_is_no_request_is_rejected(pki: DevelopmentPki, request_bytes: bytes) -> None:
    assert status(Authority(pki.tsa).answer(request_bytes, NOW)) == "rejection"


def test_a_digest_of_the_wrong_length_is_rejected(pki: DevelopmentPki) -> None:
    asked = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": hashlib.sha1(b"x").digest(),
            },
        }
    )
    assert status(Authority(pki.tsa).answer(asked.dump(), NOW)) == "rejection"


async def test_over_http_only_timestamp_queries_are_taken(tsa: Tsa) -> None:
    async with ClientSession() as http:
        async with http.post(tsa.url, data=b"x", headers={"Content-Type": "text/plain"}) as answer:
            assert answer.status == 415
        kind = {"Content-Type": "application/timestamp-query"}
        async with http.post(tsa.url, data=bytes(100_000), headers=kind) as answer:
            assert answer.status == 413
