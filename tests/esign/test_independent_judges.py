"""What other programs say about what we call sound: poppler, OpenSSL, qpdf."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from counter.esign.pki_development import DevelopmentPki
from counter.esign.stamps_http import HttpStamps
from tests.esign.conftest import SealedForm
from tests.esign.signed_forms import archived


@pytest.fixture(params=["sealed", "archived"])
async def valid(
    request: pytest.FixtureRequest, done: SealedForm, pki: DevelopmentPki, stamps: HttpStamps
) -> bytes:
    if request.param == "sealed":
        return done.sealed
    return await archived(done.sealed, pki, stamps)


def told(*words: str | Path) -> str:
    """Return what a program said that ended well."""
    assert shutil.which(str(words[0])), "apt-get install openssl poppler-utils qpdf"
    done = subprocess.run(list(map(str, words)), capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


async def test_poppler_and_qpdf_agree(valid: bytes, tmp_path: Path) -> None:
    file = tmp_path / "form.pdf"
    file.write_bytes(valid)
    # It cannot judge timestamps over a document; the four signatures it can.
    assert told("pdfsig", "-nocert", file).count("Signature is Valid") == 4
    assert "No syntax or stream encoding errors found" in told("qpdf", "--check", file)


async def test_openssl_agrees_about_every_signature_and_timestamp(
    valid: bytes, pki: DevelopmentPki, tmp_path: Path
) -> None:
    reader = PdfFileReader(io.BytesIO(valid))
    root, issuing = pki.roots[0], pki.tsa.chain[0]
    content, cms, token = tmp_path / "content", tmp_path / "cms", tmp_path / "token"
    for one in reader.embedded_signatures:
        first, length, second, rest = (int(edge) for edge in one.byte_range)
        content.write_bytes(valid[first : first + length] + valid[second : second + rest])
        cms.write_bytes(one.pkcs7_content)
        trust = ("-CAfile", root)
        if one.sig_object_type == "/DocTimeStamp":
            asked = ("-in", cms, "-token_in", "-data", content, *trust, "-untrusted", issuing)
            assert "Verification: OK" in told("openssl", "ts", "-verify", *asked)
            continue
        signed = ("-inform", "DER", "-in", cms, "-content", content, *trust, "-purpose", "any")
        told("openssl", "cms", "-verify", "-cades", "-binary", *signed, "-out", tmp_path / "out")
        stamps = [
            attribute["values"][0]
            for attribute in one.signer_info["unsigned_attrs"]
            if attribute["type"].native == "signature_time_stamp_token"
        ]
        assert len(stamps) == 1
        token.write_bytes(stamps[0].dump())
        content.write_bytes(one.signer_info["signature"].native)
        asked = ("-in", token, "-token_in", "-data", content, *trust, "-untrusted", issuing)
        assert "Verification: OK" in told("openssl", "ts", "-verify", *asked)
