"""A certificate that was revoked after it signed: what it signed before goes on counting.

The timestamp over a signature proves when it was made; a revocation counts from its own moment on.
pyHanko 0.38 judges the whole chain as of the revocation, when proofs made after it are "too new",
so that no signature passes whose certificate is revoked later: here is that one rule.
Source: ETSI EN 319 102-1, 5.6.2.4 (past signature validation, REVOKED_NO_POE).
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from asn1crypto import x509
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import collect_timing_info
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, RevokedError, ValidationError

from counter.esign.verify_pyhanko import LEAKS, complaint, status_of, trusted_time

UNPROVED = (ValidationError, PathBuildingError, *LEAKS)
MODES = ("require", "soft-fail")
"""The first wants a proof about each certificate of the chain; the second takes fewer, but looks at
those certificates only that name an address for proofs."""


async def revoked_at(
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    moment: datetime,
) -> datetime | None:
    """Since when its certificate is worth nothing, by a proof in the file that holds at `moment`.

    That is when it was revoked, or since when its key may have been stolen, whichever came first.

    Anybody may write proofs into a file: one counts only when an authority that we trust made it.
    """
    for mode in MODES:
        with suppress(*UNPROVED):
            proofs = _by_the_file(kept, roots, moment, mode)
            try:
                await _validated(signature.signer_cert, signature.other_embedded_certs, proofs)
            except RevokedError as error:
                return min([error.revocation_dt, *_suspected(proofs, signature.signer_cert)])
    return None


async def held(
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> bool:
    """Whether it was made while its certificate held, which was revoked since.

    By the file alone: the timestamp over it and the authorities above it have proofs that hold now,
    and nothing else is wrong with it.
    """
    at = await revoked_at(signature, kept, roots, now)
    if at is None:
        return False
    try:
        stamped = await collect_timing_info(
            signature.signer_info,
            _by_the_file(kept, roots, now, "require"),
            raw_digest=signature.compute_digest,
        )
        made = trusted_time(stamped.get("timestamp_validity"))
        if made is None or made >= at:
            return False
        status = await status_of(signature, roots, now)
        if complaint(status) or status.validation_path is None:
            return False
        *above, _ = status.validation_path.iter_certs(include_root=False)
        for authority in above:
            await _validated(authority, above, _by_the_file(kept, roots, now, "require"))
    except UNPROVED:
        return False
    return True


def _suspected(proofs: ValidationContext, certificate: x509.Certificate) -> list[datetime]:
    """Since when somebody else may have had its key, where a proof says so (RFC 5280, 5.3.2)."""
    said: list[datetime] = []
    with suppress(*LEAKS):  # others' proofs in the file may be damaged
        entries = [
            (one["user_certificate"], one)
            for listed in proofs.crls
            for one in listed["tbs_cert_list"]["revoked_certificates"]
        ] + [
            (one["cert_id"]["serial_number"], one)
            for response in proofs.ocsps
            for one in response.basic_ocsp_response["tbs_response_data"]["responses"]
        ]
        for serial, one in entries:
            since = one.invalidity_date_value
            if serial.native == certificate.serial_number and since is not None:
                said.append(since.native)
    return said


def _by_the_file(
    kept: DocumentSecurityStore, roots: Sequence[x509.Certificate], moment: datetime, mode: str
) -> ValidationContext:
    """For one look: pyHanko keeps in it what it has seen."""
    return kept.as_validation_context(
        {
            "trust_roots": list(roots),
            "moment": moment,
            "allow_fetching": False,
            "revocation_mode": mode,
        }
    )


async def _validated(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], context: ValidationContext
) -> None:
    validator = CertificateValidator(
        certificate, intermediate_certs=others, validation_context=context
    )
    await validator.async_validate_usage(key_usage=set())  # type: ignore[no-untyped-call]
