"""Whether a document's signatures can be verified later, from the file alone.

Source: ETSI EN 319 102-1 5.6.3.
"""

from collections.abc import Sequence
from datetime import datetime

from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import DiffPolicy
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.errors import PathBuildingError, ValidationError
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from counter.esign.chains_pyhanko import UNREADABLE, context_of, loaded, path_of, reader_of
from counter.esign.changes_pyhanko import SIGNING_ONLY, OneDocument
from counter.esign.proofs_pyhanko import proof_of
from counter.esign.revoked_pyhanko import noted, revoked_later
from counter.esign.signing_refusals import (
    CertificateExpired,
    RevocationUnknown,
    SignatureInvalid,
    StampInvalid,
)
from counter.esign.verify_pyhanko import complaint, status_of

DEMANDED = CertRevTrustPolicy(
    RevocationCheckingPolicy(
        RevocationCheckingRule.CRL_OR_OCSP_REQUIRED, RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    )
)

UNSOUND = (
    *UNREADABLE,
    SignatureValidationError,
    ValidationError,
    PathBuildingError,
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
                if since := noted(context_of(roots, now, proof_of(kept)), one.signer_cert):
                    later[str(one.field_name)] = min(since)
            elif at := await revoked_later(one, kept, loaded(roots), now):
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
    if complaint(await status_of(signature, loaded(roots), now)):
        return False
    proof = proof_of(kept)
    try:
        for one in (signature.signed_data, *stamps):
            await path_of(one, context_of(roots, now, proof), roots, proof, now)
    except (CertificateExpired, RevocationUnknown):
        return False
    return True


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
    reader = reader_of(pdf)
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
            "trust_roots": loaded(roots),
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
                trust_manager=SimpleTrustManager.build(loaded(roots)), revinfo_policy=DEMANDED
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
