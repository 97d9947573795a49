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
from pyhanko.sign.diff_analysis import DiffPolicy
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
    StampInvalid,
)
from counter.esign.revocation import Link, Proof, Standing
from counter.esign.revoked_pyhanko import noted, revoked_later
from counter.esign.seal_pyhanko import Revision
from counter.esign.verify_pyhanko import SIGNING_ONLY, OneDocument, complaint, status_of

SPARE = 1.25
REVOKED = "revoked before the document was signed, or an authority above it was"
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
        for one in _steps(await _path(signed, context, roots, None, now)):
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
        writer = Revision(io.BytesIO(pdf))
        paths = [
            await _path(one, context, roots, proof, now) for one in _signed_data(writer.prev, work)
        ]
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

    Raises `SignatureInvalid`; `StampInvalid` when it is the token that does not hold.
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
        raise StampInvalid(f"archive: {type(error).__name__} while finishing") from error
    pdf = file.getvalue()
    # Their clock may be a little ahead of ours.
    moment = max(now, at)
    later: dict[str, datetime] = {}
    ended: tuple[str, ...] = ()
    if hole.work == "archive":
        later, ended = await require_archived(pdf, hole.fields, roots, moment)
    else:
        await require_renewed(pdf, hole.fields, roots, moment)
    return Archived(
        pdf=pdf,
        stamped_at=at,
        stamp_expires=stamp["tbs_certificate"]["validity"]["not_after"].native,
        revoked_later=later,
        ended=ended,
    )


async def require_archived(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime
) -> tuple[dict[str, datetime], tuple[str, ...]]:
    """Raise `SignatureInvalid` unless each signature passes EN 319 102-1 LTA without a network.

    One passes too whose certificate was revoked or ended after it signed: answers the fields of
    those, with when, and of these; one of both kinds is in both.  Raises `CertificateRevoked` too.
    fields: those that are signed, first to last; the newest timestamp covers the whole file.
    """
    rules = OneDocument()
    spec = offline(roots, rules)
    then = ValidationTimingInfo(
        validation_time=now, best_signature_time=now, point_in_time_validation=True
    )
    later: dict[str, datetime] = {}
    ended: list[str] = []
    try:
        for one in await _untouched(pdf, fields, roots, now, rules):
            said = await ades_lta_validation(one, spec, timing_info=then)
            if said.ades_subindic == AdESPassed.OK:
                continue
            kept = DocumentSecurityStore.read_dss(one.reader)
            if await _held_to_the_end(one, kept, roots, now):
                ended.append(str(one.field_name))
                if since := noted(_context(roots, now, _proof(kept)), one.signer_cert):
                    later[str(one.field_name)] = min(since)
            elif at := await revoked_later(one, kept, _loaded(roots), now):
                later[str(one.field_name)] = at
            else:
                raise SignatureInvalid(f"archive: {one.field_name}: {said.ades_subindic}")
    except UNSOUND as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while validating") from error
    return later, tuple(ended)


async def _held_to_the_end(
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[bytes],
    now: datetime,
) -> bool:
    """Whether it was made while its certificate held, which has ended since.

    By the file alone, as of its timestamp, which has to hold now.  LTA would want proofs that were
    made before the end.  Raises `CertificateRevoked` when they say that it did not hold.
    """
    stamps = list(extract_tst_data_iter(signature.signer_info, signed=False))
    if signature.signer_cert.not_valid_after >= now or not stamps:
        return False
    if complaint(await status_of(signature, _loaded(roots), now)):
        return False
    proof = _proof(kept)
    try:
        for one in (signature.signed_data, *stamps):
            await _path(one, _context(roots, now, proof), roots, proof, now)
    except (CertificateExpired, RevocationUnknown):
        return False
    return True


def _proof(kept: DocumentSecurityStore) -> Proof:
    return Proof(
        ocsps=tuple(one.get_object().data for one in kept.ocsps),
        crls=tuple(one.get_object().data for one in kept.crls),
    )


async def require_renewed(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime
) -> None:
    """Raise `SignatureInvalid` unless the newest timestamp holds and nothing else was changed.

    What is under it was validated when the timestamp before was made, and is the same byte for
    byte; to validate it as of today would take fresh evidence about signers long gone.
    """
    try:
        await _untouched(pdf, fields, roots, now, OneDocument())
    except UNSOUND as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} while validating") from error


async def _untouched(
    pdf: bytes, fields: Sequence[str], roots: Sequence[bytes], now: datetime, rules: DiffPolicy
) -> list[EmbeddedPdfSignature]:
    """The signatures, once nothing forbidden was done to them and the newest timestamp holds."""
    reader = _reader(pdf)
    found: list[EmbeddedPdfSignature] = reader.embedded_regular_signatures
    names = [str(one.field_name) for one in found]
    if names != list(fields):
        raise SignatureInvalid(f"archive: signatures in {names}, not {list(fields)}")
    for one in found:
        one.compute_integrity_info(rules)  # type: ignore[no-untyped-call]
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
    try:
        status = await async_validate_pdf_timestamp(stamps[-1], kept)
    except UNSOUND as error:
        raise StampInvalid(f"archive: {type(error).__name__} in the newest timestamp") from error
    if not (status.intact and status.valid and status.trusted):
        raise StampInvalid("archive: the newest timestamp does not hold")
    return found


def offline(roots: Sequence[bytes], rules: DiffPolicy = SIGNING_ONLY) -> PdfSignatureValidationSpec:
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
        diff_policy=rules,
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
    signed: cms.SignedData,
    context: ValidationContext,
    roots: Sequence[bytes],
    proof: Proof | None,
    now: datetime,
) -> ValidationPath:
    """context: as of `now`, with this proof; what holds no longer is judged as of its timestamp."""
    about, at = extract_certificate_info(signed), _stamped_at(signed)
    signer, others = about.signer_cert, about.other_certs
    try:
        try:
            return await _validated(signer, others, context)
        except ExpiredError:
            if at is None or at >= now:
                raise
            # Ended later: the chain had to hold then, whenever the proofs of that were made.
            path = await _validated(signer, others, _context(roots, at, None))
            end = min(one.not_valid_after for one in path.iter_certs(include_root=True))
            context = _context(roots, end, proof, late=True)
            return await _unstolen(signer, others, context, roots, at)
        except RevokedError:
            if at is None:
                raise
            return await _unstolen(signer, others, context, roots, at)
    except RevokedError as error:
        raise CertificateRevoked(REVOKED) from error
    except ExpiredError as error:
        raise CertificateExpired("a certificate in the document has expired") from error
    except (ValidationError, PathBuildingError) as error:
        raise RevocationUnknown(f"archive: {type(error).__name__} while building a path") from error


async def _unstolen(
    signer: x509.Certificate,
    others: Sequence[x509.Certificate],
    context: ValidationContext,
    roots: Sequence[bytes],
    at: datetime,
) -> ValidationPath:
    """The chain, which may have been revoked after `at`, when its signer's timestamp was made.

    Raises `CertificateRevoked` too for a key that may have been stolen by then, and for an
    authority that was revoked at any time.
    """
    try:
        path = await _validated(signer, others, context)
    except RevokedError as error:
        if not error.is_ee_cert or error.revocation_dt <= at:
            raise
        # Revoked later: the timestamp proves that it signed while the certificate held.
        path = await _validated(signer, others, _context(roots, at, None))
    above = [one for one in path.iter_certs(include_root=False) if one != signer]
    if any(since <= at for since in noted(context, signer)) or any(
        noted(context, one) for one in above
    ):
        raise CertificateRevoked(REVOKED)
    return path


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
    *,
    late: bool = False,
) -> ValidationContext:
    """proof: demanded for every certificate; None: revocation is not looked at.

    late: proofs that were made after `now` count too.
    """
    return ValidationContext(
        trust_roots=_loaded(roots),
        other_certs=_loaded(issuers),
        moment=now,
        allow_fetching=False,
        ocsps=proof.ocsps if proof else (),
        crls=proof.crls if proof else (),
        revocation_mode="require" if proof else "soft-fail",
        retroactive_revinfo=late,
    )


def _loaded(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(one) for one in certificates]
