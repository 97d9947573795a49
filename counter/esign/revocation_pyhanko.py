"""Whether an OCSP answer or a CRL is signed by whom it has to be, before it is kept.

One that is not must not stand in the way of another that can be had.  Source: RFC 6960 4.2.2.2,
RFC 5280 5.1.1.3.
"""

from datetime import datetime
from typing import Final

from asn1crypto import crl, ocsp, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from pyhanko_certvalidator.errors import AlgorithmNotSupported, DSAParametersUnavailable
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR

from counter.esign.signing_refusals import EvidenceUnavailable

BAD: Final = (
    *(InvalidSignature, UnsupportedAlgorithm, AlgorithmNotSupported, DSAParametersUnavailable),
    *(ValueError, TypeError, KeyError),
)


def require_ocsp_signed(answer: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> None:
    """By the issuer, or by whom the issuer lets answer now.  Raises `EvidenceUnavailable`."""
    basic = answer.basic_ocsp_response
    said = basic["tbs_response_data"].untag().dump()
    for key in (issuer, *(one for one in basic["certs"] or () if _may_answer(one, issuer, now))):
        if _signed(said, basic["signature"].native, key, basic["signature_algorithm"]):
            return
    raise EvidenceUnavailable("the OCSP answer is not signed by the issuer's responder")


def require_crl_signed(listed: crl.CertificateList, issuer: x509.Certificate) -> None:
    """By the issuer.  Raises `EvidenceUnavailable`."""
    said = listed["tbs_cert_list"].dump()
    if not _signed(said, listed["signature"].native, issuer, listed["signature_algorithm"]):
        raise EvidenceUnavailable("the CRL is not signed by the issuer")


def _may_answer(one: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    usage = one.extended_key_usage_value
    said = one["tbs_certificate"].dump()
    return (
        one.issuer == issuer.subject
        and usage is not None
        and "ocsp_signing" in usage.native
        and one.not_valid_before <= now <= one.not_valid_after
        and _signed(said, one.signature, issuer, one["signature_algorithm"])
    )


def _signed(said: bytes, value: bytes, by: x509.Certificate, algorithm: x509.Any) -> bool:
    try:
        DEFAULT_SIGNATURE_VALIDATOR.validate_signature(value, said, by.public_key, algorithm)
    except BAD:
        return False
    return True
