"""What a certificate says of whose it is and what its key is for; whether that holds is no matter.

Source: RFC 5280 4.2.1.3 (nonRepudiation, since X.509 of 2008 named contentCommitment).
"""

from dataclasses import dataclass, field

from asn1crypto import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """See the module."""

    name: str = field(repr=False)
    "The common name, or given name and surname; empty when there is neither."
    number: str = field(repr=False)
    "The subject's serialNumber; empty when there is none."
    commits: bool
    "Whether its key is for what somebody stands by: without that, no signature here is accepted."


def claims_of(certificate: bytes) -> Claims:
    """certificate: DER.  Raises `ValueError` for what is none."""
    read = x509.Certificate.load(certificate)
    said: dict[str, list[str]] = {}
    for one in read.subject.chosen:
        for pair in one:
            said.setdefault(pair["type"].native, []).append(str(pair["value"].native))
    names = said.get("common_name") or [*said.get("given_name", []), *said.get("surname", [])]
    usage = read.key_usage_value
    return Claims(
        name=" ".join(names),
        number=" ".join(said.get("serial_number", [])),
        commits=usage is not None and "non_repudiation" in usage.native,
    )
