"""Looks at a signed PDF from anywhere: every signature and timestamp, and what came after each.

A timestamp over the document proves when everything before it existed, so that what it covers is
judged as of then: certificates end, proofs of when they were used do not.  The network is never
asked.  Runs in a process of its own (`check_process`).
Source: ETSI EN 319 102-1, 5.6; ISO 32000-2, 12.8.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    DiffPolicy,
    ModificationLevel,
    SuspiciousModification,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, ValidationInfoReadingError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_timestamp
from pyhanko.sign.validation.status import (
    DocumentTimestampStatus,
    PdfSignatureStatus,
    SignatureCoverageLevel,
)

from counter.esign.admission_pyhanko import opened
from counter.esign.changes_pyhanko import OneDocument
from counter.esign.ended_pyhanko import ended_signature, ended_timestamp, unrooted
from counter.esign.holders_cryptography import holder_of
from counter.esign.pdf_refusals import DocumentDamaged
from counter.esign.proofs_pyhanko import proved
from counter.esign.revoked_pyhanko import AuthorityRevoked, revoked_at
from counter.esign.validation import Changes, Found, SignatureFound, level_of
from counter.esign.verify_pyhanko import (
    LEAKS,
    claimed_time,
    complaint,
    context,
    status_of,
    trusted_time,
)
from counter.ids import Digest

COVERED_MAX = 32
"A document of ours begins with its own; what somebody adds comes behind."


async def validate(pdf: bytes, roots: Sequence[x509.Certificate], now: datetime) -> Found:
    """Everything that can be said without asking anybody.

    Raises what `admission_pyhanko.opened` raises.
    """
    reader = opened(pdf)
    try:
        embedded = list(reader.embedded_signatures)
        empty = tuple(str(name) for name, _, _ in enumerate_sig_fields(reader, filled_status=False))
    except LEAKS as error:
        raise DocumentDamaged(f"its fields cannot be read: {type(error).__name__}") from error
    found: list[SignatureFound] = []
    kept = _kept(reader)
    moment, rules = now, OneDocument()
    for number in reversed(range(len(embedded))):
        one = embedded[number]
        if one.sig_object_type == "/DocTimeStamp":
            said = await _timestamp(pdf, number, one, roots, moment, rules)
            moment = said.stamped_at or moment
        else:
            said = await _signature(pdf, number, one, roots, moment, rules)
            if kept is not None:
                said = await _held_against(said, one, kept, roots, moment)
        found.insert(0, said)
    last = found[-1] if found else None
    signers = [two for two in zip(found, embedded, strict=True) if two[0].kind == "signature"]
    return Found(
        sha256=Digest(hashlib.sha256(pdf).hexdigest()),
        size_bytes=len(pdf),
        signatures=tuple(found),
        empty_fields=empty,
        level=level_of(
            found,
            proved=kept is not None and await proved(signers, kept, roots, moment),
            archived=last is not None and last.kind == "timestamp" and last.sound,
        ),
        covered=_covered(pdf, embedded),
    )


def _covered(pdf: bytes, embedded: Sequence[EmbeddedPdfSignature]) -> tuple[Digest, ...]:
    """Each byte is read once, however many signatures there are."""
    ends = sorted(filter(None, {_end_of(one, len(pdf)) for one in embedded}))[:COVERED_MAX]
    running, behind, found = hashlib.sha256(), 0, []
    for end in ends:
        running.update(memoryview(pdf)[behind:end])
        behind = end
        found.append(Digest(running.copy().hexdigest()))
    return tuple(found)


def _end_of(signature: EmbeddedPdfSignature, size_bytes: int) -> int:
    """Where the bytes that it covers end; 0 when that is nowhere in the file."""
    try:
        end = sum(int(one) for one in list(signature.byte_range)[2:4])
    except LEAKS:
        return 0
    return end if 0 < end <= size_bytes else 0


async def _signature(
    pdf: bytes,
    number: int,
    signature: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    moment: datetime,
    rules: DiffPolicy,
) -> SignatureFound:
    try:
        status = await status_of(signature, roots, moment, rules)
        why = complaint(status)
        changes = _changes(status)
        if changes == "forbidden" and await _lenient(pdf, number, status):
            changes = "allowed"
        return SignatureFound(
            field=str(signature.field_name),
            kind="signature",
            signer=_named(signature),
            certificate_sha256=_digest_of(signature),
            holds=bool(status.intact and status.valid),
            trusted=bool(status.trusted),
            stamped_at=trusted_time(status.timestamp_validity),
            changes=changes,
            covers_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
            why=why,
            ended=await ended_signature(signature, roots, moment, rules) if why else None,
            unrooted=unrooted(status, status.timestamp_validity) and changes != "forbidden",
            issuer=_issuer(signature),
            claimed_at=claimed_time(signature),
            holder=holder_of(signature.signer_cert, [*signature.other_embedded_certs, *roots]),
        )
    except LEAKS as error:
        return _unreadable(signature, "signature", error)


async def _timestamp(
    pdf: bytes,
    number: int,
    stamp: EmbeddedPdfSignature,
    roots: Sequence[x509.Certificate],
    moment: datetime,
    rules: DiffPolicy,
) -> SignatureFound:
    try:
        status = await async_validate_pdf_timestamp(
            stamp, context(roots, moment), diff_policy=rules
        )
        changes = _changes(status)
        if changes == "forbidden" and await _lenient(pdf, number, status):
            changes = "allowed"
        holds = bool(status.intact and status.valid)
        good = holds and bool(status.trusted)
        lost = holds and changes != "forbidden" and not good
        at = status.timestamp
        return SignatureFound(
            field=str(stamp.field_name),
            kind="timestamp",
            signer=_named(stamp),
            certificate_sha256=_digest_of(stamp),
            holds=holds,
            trusted=bool(status.trusted),
            stamped_at=status.timestamp if good else None,
            changes=changes,
            covers_file=status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
            why="" if good else "bad timestamp over the document",
            ended=await ended_timestamp(stamp, roots, at, moment, rules) if lost else None,
            unrooted=unrooted(status) and changes != "forbidden",
            issuer=_issuer(stamp),
            claimed_at=at,
        )
    except LEAKS as error:
        return _unreadable(stamp, "timestamp", error)


def _changes(status: PdfSignatureStatus | DocumentTimestampStatus) -> Changes:
    if isinstance(status.diff_result, SuspiciousModification):
        return "forbidden"
    if isinstance(status, PdfSignatureStatus) and status.docmdp_ok is False:
        return "forbidden"
    if status.coverage in (
        SignatureCoverageLevel.ENTIRE_FILE,
        SignatureCoverageLevel.ENTIRE_REVISION,
    ):
        level = status.modification_level
        if level is None or level == ModificationLevel.NONE:
            return "none"
        return "archive" if level == ModificationLevel.LTA_UPDATES else "signed"
    return "forbidden"


async def _lenient(
    pdf: bytes, number: int, status: PdfSignatureStatus | DocumentTimestampStatus
) -> bool:
    """Whether who signed allowed what was done later, by what every reader of PDFs takes."""
    if status.coverage == SignatureCoverageLevel.UNCLEAR:
        return False
    again = list(opened(pdf).embedded_signatures)[number]
    policy: DiffPolicy = DEFAULT_DIFF_POLICY
    again.compute_integrity_info(diff_policy=policy)
    return bool(again.summarise_integrity_info()["docmdp_ok"])


def _kept(reader: PdfFileReader) -> DocumentSecurityStore | None:
    """The proofs in the file, of all revisions; None when there are none that can be read."""
    try:
        return DocumentSecurityStore.read_dss(reader)
    except (NoDSSFoundError, ValidationInfoReadingError):
        return None
    except LEAKS:
        return None


async def _held_against(
    said: SignatureFound,
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    moment: datetime,
) -> SignatureFound:
    """With what the proofs in the file say of its certificate."""
    try:
        at = await revoked_at(signature, kept, roots, moment)
    except AuthorityRevoked:
        return _untrusted(said, "an authority above its certificate was revoked")
    if at is None:
        return said
    said = replace(said, revoked_at=at)
    # Later than it signed, which a timestamp proves, it does no harm.
    stamped_at = said.ended.stamped_at if said.ended else said.stamped_at
    if stamped_at is not None and stamped_at < at:
        return said
    return _untrusted(said, "certificate revoked before it signed")


def _untrusted(said: SignatureFound, why: str) -> SignatureFound:
    because = ", ".join(filter(None, (said.why, why)))
    return replace(said, trusted=False, ended=None, unrooted=False, why=because)


def _named(signature: EmbeddedPdfSignature) -> str:
    return _name(signature.signer_cert.subject)


def _issuer(signature: EmbeddedPdfSignature) -> str:
    return _name(signature.signer_cert.issuer)


def _name(whose: x509.Name) -> str:
    """The common name and the organisation that a certificate names; `?` without either."""
    names = [whose.native.get(key) for key in ("common_name", "organization_name")]
    return ", ".join(str(name) for name in names if name) or "?"


def _digest_of(signature: EmbeddedPdfSignature) -> str:
    return hashlib.sha256(signature.signer_cert.dump()).hexdigest()


def _unreadable(signature: EmbeddedPdfSignature, kind: str, error: Exception) -> SignatureFound:
    return SignatureFound(
        field=str(signature.field_name),
        kind="timestamp" if kind == "timestamp" else "signature",
        signer="?",
        certificate_sha256="",
        holds=False,
        trusted=False,
        stamped_at=None,
        changes="forbidden",
        covers_file=False,
        why=f"{type(error).__name__} while validating",
    )
