"""Puts signatures into prepared PDFs in two phases: PAdES B-T with pyHanko.

No key and no network here: `begin` gives what is to be signed, `finish` takes the value and the
timestamp's token.  The room for them is measured once per chain, so nothing is signed twice.
Source: ETSI EN 319 142-1; ISO 32000-2 12.8.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from asn1crypto import cms, core, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils import layout
from pyhanko.pdf_utils.content import ImportedPdfPage, PdfContent, RawContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec, GenericCommitment, SignerAttrSpec
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTBSDocument
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import BaseStampStyle, NoOpStampStyle, StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from counter.esign.signing_refusals import (
    CertificateExpired,
    KeyMismatch,
    KeyUnusable,
    SignatureInvalid,
    StampInvalid,
)
from counter.esign.ticket import Begun, CertificateChain, Mechanism, SigningTicket
from counter.ids import Digest

SPARE = 1.25
"The room for a signature over what was measured: a TSA's next certificate may be longer."

DESCRIPTION = "2.5.4.13"
"Attribute type of X.520: words about whom it belongs to."

Commitment = Literal["origin", "receipt", "approval", "creation"]
"Of ETSI EN 319 122-1, 5.2.3."


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a signature says about the document, beside that it holds."""

    commitment: Commitment
    certify: bool = False
    "Only signatures may follow (DocMDP P=2; P=1 would forbid the archive's timestamps later)."
    claims: tuple[str, ...] = ()
    "What the signer says of himself: in the signed attributes, and checked by nobody else."

    def attributes(self) -> CAdESSignedAttrSpec:
        """For pyHanko.  Never a `/Reason` too: EN 319 142-1 forbids it beside a commitment."""
        chosen = GenericCommitment[f"PROOF_OF_{self.commitment.upper()}"]
        claims = [
            cms.AttCertAttribute({"type": DESCRIPTION, "values": [core.UTF8String(claim)]})
            for claim in self.claims
        ]
        return CAdESSignedAttrSpec(
            commitment_type=chosen.asn1,
            signer_attributes=SignerAttrSpec(claims, []) if claims else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is seen of a signature: a PDF content stream, the first page of a PDF, or nothing."""

    drawing: bytes | None = None
    page: Path | None = None

    def style(self, width_pt: float, height_pt: float) -> BaseStampStyle:
        """For pyHanko.  Never left out: its own stamp sets Courier, which is not embedded."""
        content: PdfContent
        if self.drawing is None and self.page is None:
            return NoOpStampStyle()
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


class _Token(TimeStamper):
    """A token that was fetched before, or as many empty bytes."""

    def __init__(self, token: cms.ContentInfo) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._token = token

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        return self._token


class Revision(IncrementalPdfFileWriter):
    """One more revision; when it was made is said by its signature, not by the metadata anew.

    pyHanko would write all of it again each time, 5 KB that no reader needs.
    """

    def _update_meta(self) -> None:
        """Leave it as it was drawn."""


class Room:
    """How many bytes a CMS without its token has, measured once per chain and length of claims."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[str, str, tuple[int, ...]], int] = {}

    async def of(self, chain: CertificateChain, saying: Saying) -> int:
        """In bytes; nothing is signed to find it out."""
        lengths = tuple(len(claim.encode()) for claim in saying.claims)
        known = (chain.sha256, saying.commitment, lengths)
        if known not in self._bytes:
            signer = _signer(chain)
            about = PdfCMSSignedAttributes(
                signing_time=datetime(2026, 1, 1, tzinfo=UTC),
                cades_signed_attrs=saying.attributes(),
            )
            made = await signer.async_sign(
                bytes(32), "sha256", use_pades=True, signed_attr_settings=about
            )
            self._bytes[known] = len(made.dump())
        return self._bytes[known]


def mechanism_of(chain: CertificateChain) -> Mechanism:
    """How a certificate's key signs.  Raises `KeyUnusable` for one that we do not know."""
    public = load_der_x509_certificate(chain.certificate).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return "ecdsa_sha256"
    if isinstance(public, rsa.RSAPublicKey):
        return "rsa_sha256"
    raise KeyUnusable("the certificate's key is neither an elliptic-curve nor an RSA key")


def require_value(ticket: SigningTicket, value: bytes) -> None:
    """Raise `KeyMismatch` when it is no signature by the ticket's certificate."""
    public = load_der_x509_certificate(ticket.chain.certificate).public_key()
    hashed = utils.Prehashed(hashes.SHA256())
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(value, ticket.dtbsr, ec.ECDSA(hashed))
        elif isinstance(public, rsa.RSAPublicKey):
            public.verify(value, ticket.dtbsr, padding.PKCS1v15(), hashed)
        else:
            raise KeyMismatch("the certificate's key is of no kind that we know")
    except InvalidSignature as error:
        raise KeyMismatch(
            f"signature {ticket.field}: the value is not by certificate {ticket.chain.sha256[:12]}"
        ) from error


async def begin(
    pdf: bytes,
    chain: CertificateChain,
    *,
    field: str,
    look: Look,
    at: datetime,
    now: datetime,
    saying: Saying,
    token_bytes: int,
    room: Room,
) -> Begun:
    """Write `pdf` with a hole in the signature field `field`; it begins with `pdf`.

    at: the claimed signing time (`/M`).  token_bytes: the longest timestamp token to be expected.
    Raises `CertificateExpired`, `KeyUnusable`.
    """
    _require_valid(chain, now)
    mechanism = mechanism_of(chain)
    writer = Revision(io.BytesIO(pdf))
    attributes_asked = saying.attributes()
    signer = _signer(chain)
    pdf_signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=field,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=saying.certify,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            cades_signed_attr_spec=attributes_asked,
        ),
        signer=signer,
        stamp_style=look.style(*_size(writer, field)),
    )
    bare = await room.of(chain, saying)
    reserved = int((bare + token_bytes) * SPARE)
    # The steps of pyHanko's async_digest_doc_for_signing, taken one by one to say what time it is.
    session = pdf_signer.init_signing_session(writer, existing_fields_only=True)
    session.system_time = at
    presigned = await session.perform_presign_validation(writer)
    to_sign = session.prepare_tbs_document(
        validation_info=presigned, bytes_reserved=reserved * 2, appearance_text_params=None
    )
    result = io.BytesIO()
    digest, _ = to_sign.digest_tbs_document(output=result)
    attributes = await signer.signed_attrs(
        digest.document_digest,
        "sha256",
        attr_settings=PdfCMSSignedAttributes(signing_time=at, cades_signed_attrs=attributes_asked),
        use_pades=True,
    )
    holed = result.getvalue()
    ticket = SigningTicket(
        field=field,
        parent_sha256=Digest(hashlib.sha256(pdf).hexdigest()),
        hole_sha256=Digest(hashlib.sha256(holed).hexdigest()),
        hole_start=digest.reserved_region_start,
        hole_end=digest.reserved_region_end,
        document_digest=digest.document_digest,
        signed_attributes=attributes.dump(),
        mechanism=mechanism,
        chain=chain,
        token_room_bytes=reserved - bare - 64,  # tags and lengths around the token
    )
    return Begun(ticket=ticket, pdf=holed)


async def finish(pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes) -> bytes:
    """Fill the hole.

    Raises `KeyMismatch`, `SignatureInvalid` when something does not belong, `StampInvalid` for
    what is no token.
    """
    require_value(ticket, value)
    if hashlib.sha256(pdf).hexdigest() != ticket.hole_sha256:
        raise SignatureInvalid(f"signature {ticket.field}: not the document with its hole")
    file = io.BytesIO(pdf)
    try:
        stamp = cms.ContentInfo.load(token)
    except (ValueError, TypeError) as error:
        raise StampInvalid(f"signature {ticket.field}: no timestamp token") from error
    try:
        content = await _signer(ticket.chain, value).async_sign_prescribed_attributes(
            "sha256",
            signed_attrs=cms.CMSAttributes.load(ticket.signed_attributes),
            timestamper=_Token(stamp),
        )
        await PdfTBSDocument.async_finish_signing(
            file,
            PreparedByteRangeDigest(
                document_digest=ticket.document_digest,
                reserved_region_start=ticket.hole_start,
                reserved_region_end=ticket.hole_end,
            ),
            content,
        )
    except (SigningError, ValueError, TypeError) as error:
        raise SignatureInvalid(f"signature {ticket.field}: {type(error).__name__}") from error
    return file.getvalue()


def _signer(chain: CertificateChain, value: bytes | None = None) -> ExternalSigner:
    certificate = x509.Certificate.load(chain.certificate)
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(one) for one in chain.issuers])
    longest = certificate.public_key.byte_size
    if certificate.public_key.algorithm == "ec":
        longest = 2 * longest + 9
    return ExternalSigner(
        signing_cert=certificate,
        cert_registry=store,
        signature_value=value or longest,
        embed_roots=False,
    )


def _require_valid(chain: CertificateChain, now: datetime) -> None:
    certificate = load_der_x509_certificate(chain.certificate)
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not since <= now <= until:
        raise CertificateExpired(
            f"certificate {chain.sha256[:12]} is valid from {since} to {until}, not {now}"
        )


def subject(certificate: x509.Certificate) -> str:
    """Who a certificate names, human readable."""
    return str(certificate.subject.human_friendly)


def field_names(pdf: bytes) -> tuple[str, ...]:
    """The signature fields of a form, filled or not, in the document's order."""
    fields = IncrementalPdfFileWriter(io.BytesIO(pdf)).root["/AcroForm"]["/Fields"]
    return tuple(str(fields.raw_get(number).get_object()["/T"]) for number in range(len(fields)))


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
