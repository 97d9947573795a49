"""The report of ETSI TS 119 102-2, as a machine elsewhere reads it."""

import base64
from datetime import timedelta
from xml.etree import ElementTree as ET

from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki
from counter.esign.report_pyhanko import report
from tests.esign.conftest import NOW, SealedForm

VR = "{http://uri.etsi.org/19102/v1.2.1#}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


async def test_each_signature_is_named_by_the_digest_that_its_key_has_signed(
    done: SealedForm, pki: DevelopmentPki
) -> None:
    roots = [load_certificate(path.read_bytes()) for path in pki.roots]
    written = ET.fromstring(await report(done.sealed, roots, NOW + timedelta(seconds=5)))
    named = [one.find(f"{VR}DigestAlgAndValue") for one in written.iter(f"{VR}SignatureIdentifier")]
    said = []
    for one in named:
        assert one is not None
        (method,) = one.iterfind(f"{DS}DigestMethod")
        assert method.get("Algorithm") == SHA256
        said.append(base64.b64decode(one.findtext(f"{DS}DigestValue", "")))
    assert said == [one.dtbsr for one in done.tickets]
    # The document's own digest, which stands beside it, is left as it was.
    documents = [
        base64.b64decode(one.findtext(f"{VR}DigestAlgAndValue/{DS}DigestValue", ""))
        for one in written.iter(f"{VR}SignersDocument")
    ]
    assert documents == [one.document_digest for one in done.tickets]
