"""Puts signatures into prepared PDFs: PAdES B-T with pyHanko.

One timestamp request per signature and no other traffic; the key is never parsed again; the
signature dictionary's size is fixed, so nothing is signed twice to find it out.
Source: ETSI EN 319 142-1; ISO 32000-2 12.8.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from pyhanko.pdf_utils import layout
from pyhanko.pdf_utils.content import ImportedPdfPage, PdfContent, RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec, GenericCommitment
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from counter.esign.keys_files import KeyMaterial
from counter.esign.refusals import TimestampUnavailable

RESERVED_HEX = 14_336
"Hexadecimal digits for one signature; P-256 with its token needs 5.7k, RSA-3072 11.0k."

TSA_PATIENCE_S = 2.0

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is seen of a signature: a PDF content stream, or the first page of a PDF."""

    drawing: bytes | None = None
    page: Path | None = None

    def style(self, width_pt: float, height_pt: float) -> StaticStampStyle:
        """For pyHanko.  Never left out: its own stamp sets Courier, which is not embedded."""
        content: PdfContent
        if self.drawing is not None:
            box = layout.BoxConstraints(width_pt, height_pt)
            content = RawContent(self.drawing, box=box)
        else:
            content = ImportedPdfPage(str(self.page))  # type: ignore[no-untyped-call]
        start = layout.AxisAlignment.ALIGN_MIN
        return StaticStampStyle(
            border_width=0,
            background=content,
            background_opacity=1.0,
            background_layout=layout.SimpleBoxLayoutRule(
                start, start, inner_content_scaling=layout.InnerScaling.NO_SCALING
            ),
        )


class KeySigner(Signer):
    """Signs with a key that was parsed once."""

    def __init__(self, material: KeyMaterial) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple(material.chain)
        super().__init__(signing_cert=material.certificate, cert_registry=store, embed_roots=False)
        self._key = material.key

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        """Sign; a dry run never touches the key."""
        if dry_run:
            return bytes(self._key.key_size // 8 * 2 + 8)
        chosen = HASHES[digest_algorithm]
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(chosen))
        return self._key.sign(data, padding.PKCS1v15(), chosen)


class Stamps(HTTPTimeStamper):
    """The time-stamping service.  Whatever goes wrong with it is one refusal."""

    def __init__(self, url: str) -> None:
        super().__init__(url, timeout=TSA_PATIENCE_S)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over `message_digest`.  Raises `TimestampUnavailable`."""
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except (TimestampRequestError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TimestampUnavailable(
                f"{self.url} gave no timestamp ({type(error).__name__}); is it running?"
            ) from error


async def sign(
    pdf: bytes,
    material: KeyMaterial,
    stamps: Stamps,
    *,
    field: str,
    look: Look,
    at: datetime,
    certify: bool,
) -> bytes:
    """Fill the signature field `field` and return the longer file; it begins with `pdf`.

    at: the claimed signing time (`/M`).  certify: whether this first signature also says that only
    signatures may follow (DocMDP P=2; P=1 would forbid the archive's timestamps later).
    Raises `TimestampUnavailable`.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    commitment = CAdESSignedAttrSpec(
        commitment_type=GenericCommitment.PROOF_OF_APPROVAL.asn1
        if certify
        else GenericCommitment.PROOF_OF_ORIGIN.asn1
    )
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=certify,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            cades_signed_attr_spec=commitment,
        ),
        signer=KeySigner(material),
        timestamper=stamps,
        stamp_style=look.style(*_size(writer, field)),
    )
    # The steps of pyHanko's async_sign_pdf, taken one by one to say what time it is.
    session = signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    presigned = await session.perform_presign_validation(writer)
    to_sign = session.prepare_tbs_document(
        validation_info=presigned, bytes_reserved=RESERVED_HEX, appearance_text_params=None
    )
    result = io.BytesIO()
    digest, _ = to_sign.digest_tbs_document(output=result)
    await to_sign.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=at, cades_signed_attrs=commitment),
    )
    return result.getvalue()


def subject(certificate: x509.Certificate) -> str:
    """Who a certificate names, human readable."""
    return str(certificate.subject.human_friendly)


def field_size(pdf: bytes, field: str) -> tuple[float, float]:
    """Width and height in points of a signature field.  Raises `ValueError` when there is none."""
    return _size(IncrementalPdfFileWriter(io.BytesIO(pdf)), field)


def _size(writer: IncrementalPdfFileWriter, field: str) -> tuple[float, float]:
    for reference in writer.root["/AcroForm"]["/Fields"]:
        widget: Any = reference.get_object()
        if widget["/T"] == field:
            left, bottom, right, top = (float(edge) for edge in widget["/Rect"])
            return right - left, top - bottom
    raise ValueError(f"the prepared form has no signature field {field}")
