"""Tells what only time, or a change of whom we trust, has done to a signature from tampering.

A timestamp proves nothing on its own once a certificate above it has ended: its key may be
anybody's by then.  What it says is believed by nobody here; whoever has kept the digest of the file
knows that it was sound.
Source: ETSI EN 319 102-1, 5.6.2.2 (past certificate validation).
"""

from collections.abc import Sequence
from datetime import datetime

from asn1crypto import x509
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import DiffPolicy
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import SignatureStatus
from pyhanko_certvalidator.path import ValidationPath

from counter.esign.validation import Ended
from counter.esign.verify_pyhanko import LEAKS, claimed_time, complaint, context, status_of


async def ended_signature(
    signature: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    moment: datetime,
    policy: DiffPolicy,
) -> Ended | None:
    """None unless all was well when its timestamp says that it was made, and ended before `moment`.

    signature: not sound at `moment`.
    """
    at = claimed_time(signature)
    if at is None:
        return None
    try:
        status = await status_of(signature, roots, at, policy)
    except LEAKS:
        return None
    stamp = status.timestamp_validity
    if complaint(status) or stamp is None:
        return None
    return ended(stamp.validation_path, at, moment)


async def ended_timestamp(
    stamp: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    at: datetime,
    moment: datetime,
    policy: DiffPolicy,
) -> Ended | None:
    """The same of a timestamp over the whole document.  at: what it says."""
    try:
        status = await async_validate_pdf_timestamp(stamp, context(roots, at), diff_policy=policy)
    except LEAKS:
        return None
    if not (status.intact and status.valid and status.trusted):
        return None
    return ended(status.validation_path, at, moment)


def ended(path: ValidationPath | None, at: datetime, moment: datetime) -> Ended | None:
    """path: of who made a timestamp, as of that time."""
    if path is None:
        return None
    ends = [one.not_valid_after for one in path.iter_certs(include_root=True)]
    first = min(ends, default=moment)
    return Ended(at=first, stamped_at=at) if first < moment else None


def unrooted(*statuses: SignatureStatus | None) -> bool:
    """Of a signature and its timestamp: both hold, and of one nobody whom we trust says whose."""
    there = [one for one in statuses if one is not None and one.intact and one.valid]
    return len(there) == len(statuses) and any(
        one.trust_problem_indic is AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND for one in there
    )
