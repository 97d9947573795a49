"""What a certificate says of whose it is and what its key is for; whether that holds is no matter.

Source: RFC 5280 4.2.1.3 (nonRepudiation, since X.509 of 2008 named contentCommitment).
"""

from dataclasses import dataclass

from asn1crypto import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """See the module."""

    commits: bool
    "Whether its key is for what somebody stands by: without that, no signature here is accepted."


def claims_of(certificate: bytes) -> Claims:
    """certificate: DER.  Raises `ValueError` for what is none."""
    usage = x509.Certificate.load(certificate).key_usage_value
    return Claims(commits=usage is not None and "non_repudiation" in usage.native)
