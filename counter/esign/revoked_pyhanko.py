"""A certificate that was revoked after it signed: what it signed before goes on counting.

The timestamp over a signature proves when it was made; a revocation counts from its own moment on.
pyHanko 0.38 judges the whole chain as of the revocation, when proofs made after it are "too new",
so that no signature passes whose certificate is revoked later: here is that one rule.
Source: ETSI EN 319 102-1, 5.6.2.4 (past signature validation, REVOKED_NO_POE).
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from asn1crypto import core, ocsp, x509
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


class AuthorityRevoked(Exception):
    """An authority above it was revoked: nobody knows what else it issued."""


async def revoked_at(
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    moment: datetime,
) -> datetime | None:
    """Since when its certificate is worth nothing, by a proof in the file that holds at `moment`.

    That is when it was revoked, or since when its key may have been stolen, whichever came first.
    Of a certificate that has ended by `moment`: by proofs that hold at its end, or are younger.

    Anybody may write proofs into a file: one counts only when an authority that we trust made it.

    Raises `AuthorityRevoked`.
    """
    end: datetime = signature.signer_cert.not_valid_after
    for mode in MODES:
        with suppress(*UNPROVED):
            proofs = _by_the_file(kept, roots, min(moment, end), mode, late=end < moment)
            try:
                await _validated(signature.signer_cert, signature.other_embedded_certs, proofs)
            except RevokedError as error:
                if not error.is_ee_cert:
                    raise AuthorityRevoked from error
                return min([error.revocation_dt, *noted(proofs, signature.signer_cert)])
    return None


async def revoked_later(
    signature: EmbeddedPdfSignature,
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    now: datetime,
) -> datetime | None:
    """When its certificate was revoked, which held when it was made; None when that is not so.

    By the file alone: the timestamp over it and the authorities above it have proofs that hold now,
    and nothing else is wrong with it.
    """
    try:
        at = await revoked_at(signature, kept, roots, now)
    except AuthorityRevoked:
        return None
    if at is None:
        return None
    try:
        stamped = await collect_timing_info(
            signature.signer_info,
            _by_the_file(kept, roots, now, "require"),
            raw_digest=signature.compute_digest,
        )
        made = trusted_time(stamped.get("timestamp_validity"))
        if made is None or made >= at:
            return None
        status = await status_of(signature, roots, now)
        if complaint(status) or status.validation_path is None:
            return None
        *above, _ = status.validation_path.iter_certs(include_root=False)
        for authority in above:
            await _validated(authority, above, _by_the_file(kept, roots, now, "require"))
    except UNPROVED:
        return None
    return at


def noted(proofs: ValidationContext, certificate: x509.Certificate) -> list[datetime]:
    """Since when it is worth nothing, by each entry about it: whoever made the proofs.

    The time of its revocation, or since when somebody else may have had its key, where the entry
    says so and that was earlier (RFC 5280, 5.3.2).
    """
    return [at for times, _ in _entries(proofs, certificate) for at in times]


def reasons(proofs: ValidationContext, certificate: x509.Certificate) -> set[str]:
    """Why, by each entry about it; `unspecified` where one does not say."""
    return {reason for _, reason in _entries(proofs, certificate)}


def _entries(
    proofs: ValidationContext, certificate: x509.Certificate
) -> list[tuple[list[datetime], str]]:
    said: list[tuple[list[datetime], str]] = []
    for listed in proofs.crls:
        with suppress(*LEAKS):  # others' proofs in the file may be damaged
            if listed.issuer != certificate.issuer:
                continue
            for one in listed["tbs_cert_list"]["revoked_certificates"]:
                if one["user_certificate"].native == certificate.serial_number:
                    at, why = one["revocation_date"].native, one.crl_reason_value
                    said.append((_times(at, one.invalidity_date_value), _word(why)))
    for response in proofs.ocsps:
        with suppress(*LEAKS):
            for one in response.basic_ocsp_response["tbs_response_data"]["responses"]:
                status = one["cert_status"]
                if status.name == "revoked" and _is_about(one["cert_id"], certificate):
                    at = status.chosen["revocation_time"].native
                    why = status.chosen["revocation_reason"]
                    said.append((_times(at, one.invalidity_date_value), _word(why)))
    return said


def _word(reason: core.Asn1Value | None) -> str:
    return str(reason.native or "unspecified") if reason is not None else "unspecified"


def _times(revoked: datetime, invalid: core.GeneralizedTime | None) -> list[datetime]:
    return [revoked] if invalid is None else [min(revoked, invalid.native)]


def _is_about(named: ocsp.CertId, certificate: x509.Certificate) -> bool:
    hashed = hashlib.new(named["hash_algorithm"]["algorithm"].native, certificate.issuer.dump())
    return bool(
        named["serial_number"].native == certificate.serial_number
        and named["issuer_name_hash"].native == hashed.digest()
    )


def _by_the_file(
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    moment: datetime,
    mode: str,
    *,
    late: bool = False,
) -> ValidationContext:
    """For one look: pyHanko keeps in it what it has seen.

    late: proofs that were made after `moment` count too.
    """
    return kept.as_validation_context(
        {
            "trust_roots": list(roots),
            "moment": moment,
            "allow_fetching": False,
            "revocation_mode": mode,
            "retroactive_revinfo": late,
        }
    )


async def _validated(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], context: ValidationContext
) -> None:
    validator = CertificateValidator(
        certificate, intermediate_certs=others, validation_context=context
    )
    await validator.async_validate_usage(key_usage=set())  # type: ignore[no-untyped-call]
