"""Adds a revision with all that is needed to verify a document later, and a timestamp over it.

No network here: `links` says about which certificates evidence is wanted, `begin` puts it into the
document with a hole for the timestamp, `finish` fills the hole and lets the result pass only if
every signature validates from the file alone.  `renew` needs the evidence of the newest archive
timestamp only; what is older is under it.
Source: ETSI EN 319 142-1 5.4, 5.5; EN 319 102-1 5.6.3.  `/VRI` is left out: nobody needs it.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from asn1crypto import cms, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec
from pyhanko.sign.general import SigningError, extract_certificate_info
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PreparedByteRangeDigest
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.errors import (
    ExpiredError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from counter.esign.archive import Archived, Hole, Work
from counter.esign.refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
)
from counter.esign.revocation import Link, Proof, Standing
from counter.esign.revoked_pyhanko import held
from counter.esign.verify_pyhanko import SIGNING_ONLY

SPARE = 1.25
DEMANDED = CertRevTrustPolicy(
    RevocationCheckingPolicy(
        RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    )
)
UNREADABLE = (PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, OSError)

UNSOUND = (
    *UNREADABLE,
    SignatureValidationError,
    ValidationError,
    PathBuildingError,
)


async def links(pdf: bytes, work: Work, roots: Sequence[bytes], now: datetime) -> tuple[Link, ...]:
    """The certificates that evidence is wanted about.

    Raises `SignatureInvalid` for a file that cannot be read or a chain that leads to no root,
    `CertificateExpired`.
    """
    found: dict[bytes, Link] = {}
    context = _context(roots, now, None)
    for signed in _signed_data(_reader(pdf), work):
        for one in _steps(await _path(signed, context, roots)):
            found.setdefault(one.certificate, one)
    return tuple(found.values())


async def links_of_chain(
    certificate: bytes, issuers: Sequence[bytes], roots: Sequence[bytes], now: datetime
) -> tuple[Link, ...]:
    """The same of a certificate that has signed nothing yet; empty when it leads to no root."""
    context = _context(roots, now, None, issuers)
    try:
        return _steps(await _validated(x509.Certificate.load(certificate), (), context))
    except (ValidationError, PathBuildingError, ValueError):
        return ()


async def standing(
    certificate: bytes,
    issuers: Sequence[bytes],
    proof: Proof,
    roots: Sequence[bytes],
    now: datetime,
) -> Standing:
    """What a certificate is worth now, by the evidence there is."""
    own = x509.Certificate.load(certificate)
    if not own.not_valid_before <= now <= own.not_valid_after:
        return "expired"
    context = _context(roots, now, proof, issuers)
    try:
        await _validated(own, (), context)
    except RevokedError:
        return "revoked"
    except ExpiredError:
        return "expired"
    except (ValidationError, PathBuildingError, ValueError):
        return "unknown"
    return "good"


async def begin(
    pdf: bytes,
    work: Work,
    proof: Proof,
    roots: Sequence[bytes],
    *,
    token_bytes: int,
    new_field: str,
    now: datetime,
) -> Hole:
    """Write the evidence and the hole behind `pdf`.

    new_field: the timestamp's, unlike any other in the document.
    Raises `CertificateRevoked`, `CertificateExpired`, `RevocationUnknown`, `SignatureInvalid`.
    """
    context = _context(roots, now, proof)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        paths = [await _path(one, context, roots) for one in _signed_data(writer.prev, work)]
        # Roots too: without proof that they existed a CRL of theirs counts for nothing later.
        DocumentSecurityStore.supply_dss_in_writer(
            writer, None, paths=paths, validation_context=context, embed_roots=True
        )
        fields = tuple(str(one.field_name) for one in writer.prev.embedded_regular_signatures)
        return _with_hole(writer, work, fields, int(token_bytes * SPARE), new_field)
    except UNREADABLE as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while writing") from error


def _with_hole(
    writer: IncrementalPdfFileWriter,
    work: Work,
    fields: tuple[str, ...],
    room_bytes: int,
    name: str,
) -> Hole:
    # pyHanko's async_timestamp_pdf asks for the token in the middle; here it is fetched elsewhere.
    spec = SigFieldSpec(
        sig_field_name=name,
        # Untagged: PDF/UA asks that it lies outside the page.
        invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
        readable_field_name="Timestamp",
    )
    embedding = PdfCMSEmbedder(new_field_spec=spec).write_cms(
        field_name=name, writer=writer, existing_fields_only=False
    )
    next(embedding)
    hole = DocumentTimestamp(bytes_reserved=room_bytes * 2)  # type: ignore[no-untyped-call]
    embedding.send(SigObjSetup(sig_placeholder=hole))
    output = io.BytesIO()
    digest, _ = embedding.send(SigIOSetup(md_algorithm="sha256", output=output))
    return Hole(
        pdf=output.getvalue(),
        work=work,
        fields=fields,
        digest=digest.document_digest,
        start=digest.reserved_region_start,
        end=digest.reserved_region_end,
        token_room_bytes=room_bytes,
    )


async def finish(hole: Hole, token: bytes, roots: Sequence[bytes], now: datetime) -> Archived:
    """Fill the hole, and let the result pass only if all signatures validate from it alone.

    Raises `SignatureInvalid`.
    """
    file = io.BytesIO(hole.pdf)
    prepared = PreparedByteRangeDigest(
        document_digest=hole.digest,
        reserved_region_start=hole.start,
        reserved_region_end=hole.end,
    )
    try:
        content = cms.ContentInfo.load(token)
        prepared.fill_with_cms(file, content)
        stamp = extract_certificate_info(content["content"]).signer_cert
        at = content["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    except (*UNREADABLE, SigningError) as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while finishing") from error
    pdf = file.getvalue()
    # Their clock may be a little ahead of ours.
    moment = max(now, at)
    later: tuple[str, ...] = ()
    if hole.work == "archive":
        later = await require_archived(pdf, hole.fields, roots, moment)
    else:
        await require_renewed(pdf, hole.fields, roots, moment)
    return Archived(
        pdf=pdf,
        stamped_at=at,
        stamp_expires=stamp["tbs_certificate"]["validity"]["not_after"].native,
        revoked_later=later,
    )


async def require_archived(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime
) -> tuple[str, ...]:
    """Raise `SignatureInvalid` unless each signature passes EN 319 102-1 LTA without a network.

    One passes too whose certificate was revoked after it signed: answers the fields of these.
    fields: those that are signed, first to last; the newest timestamp covers the whole file.
    """
    spec = offline(roots)
    then = ValidationTimingInfo(
        validation_time=now, best_signature_time=now, point_in_time_validation=True
    )
    later = []
    try:
        for one in await _untouched(pdf, fields, roots, now):
            said = await ades_lta_validation(one, spec, timing_info=then)
            if said.ades_subindic == AdESPassed.OK:
                continue
            kept = DocumentSecurityStore.read_dss(one.reader)
            if not await held(one, kept, _loaded(roots), now):
                raise SignatureInvalid(f"archive: {one.field_name}: {said.ades_subindic}")
            later.append(str(one.field_name))
    except UNSOUND as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while validating") from error
    return tuple(later)


async def require_renewed(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime
) -> None:
    """Raise `SignatureInvalid` unless the newest timestamp holds and nothing else was changed.

    What is under it was validated when the timestamp before was made, and is the same byte for
    byte; to validate it as of today would take fresh evidence about signers long gone.
    """
    try:
        await _untouched(pdf, fields, roots, now)
    except UNSOUND as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while validating") from error


async def _untouched(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime
) -> list[EmbeddedPdfSignature]:
    """The signatures, once nothing forbidden was done to them and the newest timestamp holds."""
    reader = _reader(pdf)
    found: list[EmbeddedPdfSignature] = reader.embedded_regular_signatures
    names = [str(one.field_name) for one in found]
    if names != list(fields):
        raise SignatureInvalid(f"archive: signatures in {names}, not {list(fields)}")
    for one in found:
        one.compute_integrity_info(SIGNING_ONLY)  # type: ignore[no-untyped-call]
        if one.summarise_integrity_info()["docmdp_ok"] is False:
            raise SignatureInvalid(f"archive: {one.field_name}: forbidden changes afterwards")
    stamps = reader.embedded_timestamp_signatures
    if not stamps or not _covers(stamps[-1], pdf):
        raise SignatureInvalid("archive: the newest timestamp does not cover the whole file")
    kept = DocumentSecurityStore.read_dss(reader).as_validation_context(
        {
            "trust_roots": _loaded(roots),
            "moment": now,
            "allow_fetching": False,
            "revocation_mode": "require",
        }
    )
    status = await async_validate_pdf_timestamp(stamps[-1], kept)
    if not (status.intact and status.valid and status.trusted):
        raise SignatureInvalid("archive: the newest timestamp does not hold")
    return found


def offline(roots: Sequence[bytes]) -> PdfSignatureValidationSpec:
    """Validation by these roots, with evidence for each certificate and no network."""
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(_loaded(roots)), revinfo_policy=DEMANDED
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            local_knowledge=LocalKnowledge(),
        ),
        diff_policy=SIGNING_ONLY,
    )


def _covers(stamp: EmbeddedPdfSignature, pdf: bytes) -> bool:
    first, _, start, length = (int(number) for number in stamp.byte_range)
    return first == 0 and start + length == len(pdf)


def _reader(pdf: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(io.BytesIO(pdf))
    except UNREADABLE as error:
        raise SignatureInvalid(f"not readable as a PDF: {type(error).__name__}") from error


def _signed_data(reader: PdfFileReader, work: Work) -> list[cms.SignedData]:
    """Whose chains have to be proved: all signatures with their timestamps, or the last one's."""
    stamps = reader.embedded_timestamp_signatures
    if work == "renew":
        if not stamps:
            raise SignatureInvalid("archive: no timestamp that could be renewed")
        return [stamps[-1].signed_data]
    found: list[cms.SignedData] = []
    for one in reader.embedded_regular_signatures:
        found.append(one.signed_data)
        found += extract_tst_data_iter(one.signer_info, signed=False)
    return found


async def _path(
    signed: cms.SignedData, context: ValidationContext, roots: Sequence[bytes]
) -> ValidationPath:
    about = extract_certificate_info(signed)
    try:
        try:
            return await _validated(about.signer_cert, about.other_certs, context)
        except RevokedError as error:
            at = _stamped_at(signed)
            if at is None or error.revocation_dt <= at:
                raise
            # Revoked later: the timestamp proves that it signed while the certificate held.
            return await _validated(about.signer_cert, about.other_certs, _context(roots, at, None))
    except RevokedError as error:
        raise CertificateRevoked("it was revoked before the document was signed") from error
    except ExpiredError as error:
        raise CertificateExpired("a certificate in the document has expired") from error
    except (ValidationError, PathBuildingError) as error:
        raise RevocationUnknown(f"archive: {type(error).__name__} while building a path") from error


def _stamped_at(signed: cms.SignedData) -> datetime | None:
    """What the timestamp over a signature says; whether that holds is for the end to judge."""
    for token in extract_tst_data_iter(signed["signer_infos"][0], signed=False):
        at: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
        return at
    return None


async def _validated(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    context: ValidationContext,
) -> ValidationPath:
    validator = CertificateValidator(
        certificate, intermediate_certs=others, validation_context=context
    )
    path: ValidationPath = await validator.async_validate_usage(  # type: ignore[no-untyped-call]
        key_usage=set()
    )
    return path


def _steps(path: ValidationPath) -> tuple[Link, ...]:
    certificates = list(path.iter_certs(include_root=True))
    return tuple(
        Link(certificate=below.dump(), issuer=above.dump())
        for above, below in pairwise(certificates)
    )


def _context(
    roots: Sequence[bytes],
    now: datetime,
    proof: Proof | None,
    issuers: Sequence[bytes] = (),
) -> ValidationContext:
    """proof: demanded for every certificate; None: revocation is not looked at."""
    return ValidationContext(
        trust_roots=_loaded(roots),
        other_certs=_loaded(issuers),
        moment=now,
        allow_fetching=False,
        ocsps=proof.ocsps if proof else (),
        crls=proof.crls if proof else (),
        revocation_mode="require" if proof else "soft-fail",
    )


def _loaded(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(one) for one in certificates]
