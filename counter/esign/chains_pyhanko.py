"""The chains of certificates under signatures, and what they are worth by the evidence there is.

No network here: `links` says about which certificates evidence is wanted; renewing needs that of
the newest archive timestamp only, since what is older is under it.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from asn1crypto import cms, x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError, extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InvalidCertificateError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

from counter.esign.archive import StampLife, Work
from counter.esign.revocation import CLOCK_SLACK, Link, Proof, Standing
from counter.esign.revoked_pyhanko import noted, reasons
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
    StampInvalid,
)

RETIRED = frozenset({"superseded", "cessation_of_operation", "affiliation_changed"})
"""Why a service's certificate may be revoked without its key being anybody else's: its timestamps
of before stay good (RFC 3161, 4, 1)."""
REVOKED = "revoked before the document was signed, or an authority above it was"
UNREADABLE = (PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, OSError)


async def links(pdf: bytes, work: Work, roots: Sequence[bytes], now: datetime) -> tuple[Link, ...]:
    """The certificates that evidence is wanted about.

    Raises `SignatureInvalid` for a file that cannot be read or a chain that leads to no root,
    `CertificateExpired`.
    """
    found: dict[bytes, Link] = {}
    context = context_of(roots, now, None)
    for signed in signed_data_of(reader_of(pdf), work):
        for one in _steps(await path_of(signed, context, roots, None, now)):
            found.setdefault(one.certificate, one)
    return tuple(found.values())


async def links_of_stamp(token: bytes, roots: Sequence[bytes], now: datetime) -> tuple[Link, ...]:
    """The same of a timestamp that is in no document yet.

    Raises `StampInvalid` when its chain leads to no root, or has ended.
    """
    context = context_of(roots, now, None)
    try:
        return _steps(await path_of(signed_data_in(token), context, roots, None, now))
    except (*UNREADABLE, SigningError, CertificateExpired, RevocationUnknown) as error:
        raise StampInvalid(f"archive: {type(error).__name__} in a new timestamp") from error


def signed_data_in(token: bytes) -> cms.SignedData:
    """Of a timestamp as its service sends it, DER.  Raises what `UNREADABLE` names."""
    signed: cms.SignedData = cms.ContentInfo.load(token)["content"]
    return signed


async def stamp_life(pdf: bytes, roots: Sequence[bytes], now: datetime) -> StampLife:
    """Of the newest timestamp over a document, which holds `now`.

    Raises what `links` raises.
    """
    reader = reader_of(pdf)
    (stamp,) = signed_data_of(reader, "renew")
    path = await path_of(stamp, context_of(roots, now, None), roots, None, now, work="renew")
    at = _made_at(stamp)
    # A root that had ended already is trusted all the same: nothing ends with it.
    ends = (end for end in _ends(path) if end > at)
    return StampLife(stamped_at=at, expires=min(ends), roots=_roots_in(reader))


def _roots_in(reader: PdfFileReader) -> tuple[str, ...]:
    """Among the proofs lie all roots that were needed when an archive was made."""
    try:
        kept = list(DocumentSecurityStore.read_dss(reader).load_certs())
    except (NoDSSFoundError, ValidationInfoReadingError, *UNREADABLE) as error:
        raise SignatureInvalid(f"archive: {type(error).__name__} in its proofs") from error
    return tuple(sorted(one.sha256.hex() for one in kept if one.ca and one.self_signed != "no"))


async def links_of_chain(
    certificate: bytes, issuers: Sequence[bytes], roots: Sequence[bytes], now: datetime
) -> tuple[Link, ...]:
    """The same of a certificate that has signed nothing yet; empty when it leads to no root."""
    context = context_of(roots, now, None, issuers)
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
    context = context_of(roots, now, proof, issuers, slack=CLOCK_SLACK)
    try:
        path = await _validated(own, (), context)
    except RevokedError:
        return "revoked"
    except ExpiredError:
        return "expired"
    except (ValidationError, PathBuildingError, ValueError):
        return "unknown"
    # Whatever their clock says about when.
    if any(noted(context, one) for one in path.iter_certs(include_root=False)):
        return "revoked"
    try:
        # What the finished document is held against: found out before, not after, it is signed.
        PdfSignatureStatus.default_usage_constraints().validate(own)
    except InvalidCertificateError:
        return "unfit"
    return "good"


def reader_of(pdf: bytes) -> PdfFileReader:
    try:
        return PdfFileReader(io.BytesIO(pdf))
    except UNREADABLE as error:
        raise SignatureInvalid(f"not readable as a PDF: {type(error).__name__}") from error


def signed_data_of(reader: PdfFileReader, work: Work) -> list[cms.SignedData]:
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


async def path_of(
    signed: cms.SignedData,
    context: ValidationContext,
    roots: Sequence[bytes],
    proof: Proof | None,
    now: datetime,
    *,
    work: Work = "archive",
) -> ValidationPath:
    """context: as of `now`, with this proof; what holds no longer is judged as of its timestamp.

    work: `renew`: `signed` is a timestamp of ours, which tells by itself when it was made.
    """
    about, at = extract_certificate_info(signed), _stamped_at(signed)
    signer, others = about.signer_cert, about.other_certs
    try:
        try:
            return await _validated(signer, others, context)
        except ExpiredError:
            if at is None or at >= now:
                raise
            # Ended later: the chain had to hold then, whenever the proofs of that were made.
            path = await _validated(signer, others, context_of(roots, at, None))
            end = min(_ends(path))
            context = context_of(roots, end, proof, late=True)
            return await _unstolen(signer, others, context, roots, at)
        except RevokedError:
            if work == "renew" and reasons(context, signer) <= RETIRED:
                at = _made_at(signed)
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
        path = await _validated(signer, others, context_of(roots, at, None))
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


def _made_at(stamp: cms.SignedData) -> datetime:
    """What a timestamp says of itself."""
    at: datetime = stamp["encap_content_info"]["content"].parsed["gen_time"].native
    return at


def _ends(path: ValidationPath) -> list[datetime]:
    return [one.not_valid_after for one in path.iter_certs(include_root=True)]


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


def context_of(
    roots: Sequence[bytes],
    now: datetime,
    proof: Proof | None,
    issuers: Sequence[bytes] = (),
    *,
    late: bool = False,
    slack: timedelta = timedelta(seconds=1),
) -> ValidationContext:
    """proof: demanded for every certificate; None: revocation is not looked at.

    late: proofs that were made after `now` count too.  slack: so far ahead of ours the clock of who
    made them may be.
    """
    return ValidationContext(
        trust_roots=loaded(roots),
        other_certs=loaded(issuers),
        moment=now,
        allow_fetching=False,
        ocsps=proof.ocsps if proof else (),
        crls=proof.crls if proof else (),
        revocation_mode="require" if proof else "soft-fail",
        retroactive_revinfo=late,
        time_tolerance=slack,
    )


def loaded(certificates: Sequence[bytes]) -> list[x509.Certificate]:
    return [x509.Certificate.load(one) for one in certificates]
