"""Tells whether two certificates are of one holder: a renewed one has another key and number.

Whose a certificate is say its subject and the key that issued it: an authority is told apart by one
subject, and its name alone may stand below any other root.
Source: RFC 5280, 4.1.2.6.
"""

import hashlib
from collections.abc import Iterable
from itertools import islice

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509 import load_der_x509_certificate

ISSUERS_MAX = 8
"Of one name that are tried: a stranger's file may hold any number."


def holder_of(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> str:
    """The same for each certificate of one holder, 64 hexadecimal digits.

    others: among which its issuer is looked for; empty when it is not there.  Nothing is said of
    whether anybody trusts that issuer.
    """
    try:
        named = (one for one in others if one.subject == certificate.issuer)
        for issuer in islice(named, ISSUERS_MAX):
            if _issued(certificate, issuer):
                subject = hashlib.sha256(certificate.subject.hashable.encode()).digest()
                return hashlib.sha256(subject + issuer.public_key.dump()).hexdigest()
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""  # a stranger's certificate may be malformed anywhere
    return ""


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        signed = load_der_x509_certificate(certificate.dump())
        signed.verify_directly_issued_by(load_der_x509_certificate(issuer.dump()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True
