"""Verifies our own documents: cryptography, what may change after a signature, and the fields.

Source: ETSI EN 319 102-1.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta

from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffPolicy
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import collect_timing_info, extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import (
    PdfSignatureStatus,
    SignatureCoverageLevel,
    TimestampSignatureStatus,
)
from pyhanko_certvalidator import ValidationContext

from counter.esign.changes_pyhanko import SIGNING_ONLY
from counter.esign.check_ports import Verdict
from counter.esign.seal_pyhanko import subject
from counter.esign.signing_refusals import ClockWrong, SignatureInvalid, StampInvalid

CLOCK_SLACK = timedelta(seconds=60)

LEAKS = (
    SignatureValidationError,
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    OSError,
    RecursionError,
)
"What comes out of the library over malformed files, by experience."


async def verify(
    pdf: bytes, roots: Sequence[x509.Certificate], now: datetime
) -> tuple[Verdict, ...]:
    """Judge every signature, first to last.  A file that cannot be read has no sound signature.

    Raises `SignatureInvalid` when it cannot be read as a PDF at all.
    """
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        found = reader.embedded_regular_signatures
    except LEAKS as error:
        raise SignatureInvalid(f"not readable as a PDF: {type(error).__name__}") from error
    return tuple([await _judge(signature, roots, now) for signature in found])


async def require_sound(
    pdf: bytes, fields: Sequence[str], roots: Sequence[x509.Certificate], now: datetime
) -> None:
    """Let a document pass that was signed just now, in exactly `fields`, in this order.

    Raises `SignatureInvalid`, `StampInvalid` when the new timestamp is at fault, or `ClockWrong`;
    the caller then throws the document away.
    """
    verdicts = await verify(pdf, roots, now)
    if [verdict.field for verdict in verdicts] != list(fields):
        raise SignatureInvalid(f"signatures in {[v.field for v in verdicts]}, not {list(fields)}")
    last = verdicts[-1]
    for verdict in verdicts:
        if not verdict.sound:
            stamp = verdict is last and not verdict.stamped
            unsound = StampInvalid if stamp else SignatureInvalid
            raise unsound(f"signature {verdict.field}: {verdict.why}")
    if not last.covers_file:
        raise SignatureInvalid(f"signature {last.field} does not cover the whole file")
    if last.timestamp is None or abs(last.timestamp - now) > CLOCK_SLACK:
        raise ClockWrong(f"timestamp {last.timestamp}, our clock {now}: more than 60 s apart")


async def _judge(
    signature: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], now: datetime
) -> Verdict:
    field, signer = str(signature.field_name), "?"
    try:
        signer = subject(signature.signer_cert)
        status = await status_of(signature, roots, now)
    except LEAKS as error:
        why = f"{type(error).__name__} while validating"
        return Verdict(
            field=field,
            signer=signer,
            sound=False,
            timestamp=None,
            stamped=await _stamped(signature, roots, now),
            covers_file=False,
            why=why,
        )
    why = complaint(status)
    stamp = status.timestamp_validity
    return Verdict(
        field=field,
        signer=signer,
        sound=not why,
        timestamp=stamp.timestamp if stamp is not None else None,
        stamped=trusted_time(stamp) is not None,
        covers_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        why=why,
    )


async def _stamped(
    signature: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], now: datetime
) -> bool:
    """Whether the timestamp holds, of a signature that could not be validated as a whole."""
    try:
        found = await collect_timing_info(
            signature.signer_info, context(roots, now), raw_digest=signature.compute_digest
        )
    except LEAKS:
        return False
    return trusted_time(found.get("timestamp_validity")) is not None


async def status_of(
    signature: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    now: datetime,
    policy: DiffPolicy = SIGNING_ONLY,
) -> PdfSignatureStatus:
    """What the library says of one signature.  now: when its timestamp has to hold.

    Raises one of `LEAKS`.
    """
    today, at = context(roots, now), None
    claimed = claimed_time(signature)
    if claimed is not None:
        try:
            status = await _status(signature, roots, claimed, today, policy)
            at = trusted_time(status.timestamp_validity)
        except LEAKS:
            # A time that nobody has vouched for yet may lead anywhere.
            stamped = await collect_timing_info(
                signature.signer_info, today, raw_digest=signature.compute_digest
            )
            at = trusted_time(stamped.get("timestamp_validity"))
        else:
            if at == claimed:
                return status
    return await _status(signature, roots, at, today, policy)


async def _status(
    signature: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    at: datetime | None,
    today: ValidationContext,
    policy: DiffPolicy,
) -> PdfSignatureStatus:
    # A certificate that expired since did hold when it signed; the timestamp has to hold today.
    then = today if at is None else context(roots, at)
    return await async_validate_pdf_signature(signature, then, today, diff_policy=policy)


def claimed_time(signature: EmbeddedPdfSignature) -> datetime | None:
    """What its timestamp says, whoever made it; to validate a timestamp once, not twice."""
    try:
        for token in extract_tst_data_iter(signature.signer_info, signed=False):
            at: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
            return at
    except LEAKS:
        return None
    return None


def context(roots: Sequence[x509.Certificate], moment: datetime) -> ValidationContext:
    """For one look: whom we trust, and when it is."""
    return ValidationContext(
        trust_roots=list(roots), moment=moment, allow_fetching=False, revocation_mode="soft-fail"
    )


def trusted_time(stamp: TimestampSignatureStatus | None) -> datetime | None:
    """When a timestamp was made, if it holds and we trust who made it."""
    if stamp is None or not (stamp.intact and stamp.valid and stamp.trusted):
        return None
    at: datetime = stamp.timestamp
    return at


def complaint(status: PdfSignatureStatus) -> str:
    """All that is wrong with a signature, for the log; empty when nothing is."""
    stamp = status.timestamp_validity
    checks = {
        "changed": status.intact,
        "wrong signature value": status.valid,
        "certificate not trusted": status.trusted,
        "no timestamp": stamp is not None,
        "bad timestamp": stamp is None or (stamp.intact and stamp.valid and stamp.trusted),
        "forbidden changes afterwards": status.docmdp_ok is not False,
        "not accepted": status.bottom_line,
    }
    return ", ".join(words for words, fine in checks.items() if not fine)
