"""Reads what a certificate says of itself.

Source: RFC 5280 4.2.1.3 (nonRepudiation, since X.509 of 2008 named contentCommitment), 4.2.1.4;
RFC 3739 3.2.6 and ETSI EN 319 412-5 (statements of qualified certificates).
"""

from typing import ClassVar, Final

from asn1crypto import core, x509

from counter.esign.claims import Claims

STATEMENTS: Final = "1.3.6.1.5.5.7.1.3"
"The extension."


class _Statement(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar[list[tuple[object, ...]]] = [
        ("id", core.ObjectIdentifier),
        ("info", core.Any, {"optional": True}),
    ]


class _Statements(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Statement


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
        policies=frozenset(
            one["policy_identifier"].dotted for one in read.certificate_policies_value or ()
        ),
        statements=_statements(read),
    )


def _statements(certificate: x509.Certificate) -> frozenset[str]:
    """None of an extension that cannot be read: what it says is in anybody's favour."""
    found: set[str] = set()
    for one in certificate["tbs_certificate"]["extensions"]:
        if one["extn_id"].dotted == STATEMENTS:
            try:
                said = _Statements.load(one["extn_value"].contents, strict=True)
                found |= {each["id"].dotted for each in said}
            except (ValueError, TypeError):
                return frozenset()
    return frozenset(found)
