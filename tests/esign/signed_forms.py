"""Signed forms as the archive leaves them, and as they would be with a text field."""

import hashlib
import io
from collections.abc import Iterable

import pikepdf
from asn1crypto import cms, crl, ocsp, x509
from pikepdf import Array, Dictionary, Name, String
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore

from counter.esign.key_ports import KeyFiles
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki
from counter.esign.seal_pyhanko import Revision
from counter.esign.stamps_http import HttpStamps
from tests.esign.moment import NOW


def certificate_digest(files: KeyFiles) -> str:
    return hashlib.sha256(load_certificate(files.certificate.read_bytes()).dump()).hexdigest()


class _Stamps(TimeStamper):
    """The counter's time-stamping services, as the library asks for them."""

    def __init__(self, stamps: HttpStamps) -> None:
        super().__init__()
        self._stamps = stamps

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        token = await self._stamps.stamp(message_digest, NOW, room_bytes=20_000)
        return cms.ContentInfo.load(token)


def with_proofs(
    pdf: bytes,
    certs: Iterable[x509.Certificate] = (),
    ocsps: Iterable[ocsp.OCSPResponse] = (),
    crls: Iterable[crl.CertificateList] = (),
) -> bytes:
    """With these in its store of proofs."""
    writer = Revision(io.BytesIO(pdf))
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=certs, ocsps=ocsps, crls=crls)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


async def archived(pdf: bytes, pki: DevelopmentPki, stamps: HttpStamps) -> bytes:
    """With certificates in its store of proofs and a timestamp over everything."""
    chain = [load_certificate(path.read_bytes()) for path in pki.tsa.chain]
    return await stamped(with_proofs(pdf, certs=chain), stamps)


async def stamped(pdf: bytes, stamps: HttpStamps) -> bytes:
    """With a timestamp over everything: whoever asks a service that we trust gets one."""
    done = await PdfTimeStamper(_Stamps(stamps)).async_timestamp_pdf(
        Revision(io.BytesIO(pdf)), "sha256"
    )
    return bytes(done.getbuffer())


def with_text_field(prepared: bytes) -> bytes:
    """A form that has a field to be filled by its reader: ours have none."""
    with pikepdf.open(io.BytesIO(prepared)) as pdf:
        look = pdf.make_stream(b"0 0 1 rg 0 0 200 20 re f")
        look.Type, look.Subtype = Name.XObject, Name.Form
        look.BBox, look.Resources = Array([0, 0, 200, 20]), Dictionary()
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("Fee"),
                V=String("10"),
                Rect=Array([57, 700, 257, 720]),
                F=4,
                P=pdf.pages[0].obj,
                AP=Dictionary(N=look),
            )
        )
        page = pdf.pages[0].obj
        if Name.Annots not in page:
            page.Annots = pdf.make_indirect(Array())
        page.Annots.append(field)
        pdf.Root.AcroForm.Fields.append(field)
        result = io.BytesIO()
        pdf.save(result)
        return result.getvalue()
