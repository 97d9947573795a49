"""Whether a timestamp is signed by a service that we trust, before its time is believed.

Over plain HTTP anybody may answer.  That its certificate is not revoked is found out with the
finished document.  Source: RFC 3161 2.3; RFC 5652 5.4 to 5.6.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from asn1crypto import cms, x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    AlgorithmNotSupported,
)
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_SIGNATURE_VALIDATOR,
    SignatureValidationContext,
)

CERTIFICATES_MAX: Final = 16
"In one token; four are many."
REMEMBERED: Final = 16
"Certificates that were found to lead to a root, each for the day of its timestamp."
DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


class Unsigned(Exception):
    """Not signed by whom it would have to be."""


class TokenJudge:
    """Knows again whom it trusted today: only the first token of a service costs a path."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        """roots: whom we trust, DER."""
        self._roots = [x509.Certificate.load(one) for one in roots]
        self._led: dict[tuple[bytes, date], None] = {}

    def require(self, token: cms.ContentInfo, at: datetime) -> None:
        """Raise `Unsigned`.  at: what the token says.  Blocks; for any thread but the loop's."""
        try:
            signed = token["content"]
            others = [one.chosen for one in signed["certificates"] if one.name == "certificate"]
            (signer,) = signed["signer_infos"]
            if len(others) > CERTIFICATES_MAX:
                raise Unsigned(f"a token with {len(others)} certificates")
            maker = next(one for one in others if _names(signer["sid"], one))
            _require_signed(signed, signer, maker)
            self._require_trusted(maker, others, at)
        except Unsigned:
            raise
        except StopIteration as error:
            raise Unsigned("a token without its maker's certificate") from error
        except Exception as error:  # a stranger's bytes: whatever they break, they prove nothing
            raise Unsigned(
                f"a token that nobody we trust signed: {type(error).__name__}"
            ) from error

    def _require_trusted(
        self, maker: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> None:
        known = (maker.sha256, at.date())
        if known in self._led:
            return
        context = ValidationContext(
            trust_roots=self._roots,
            other_certs=others,
            moment=at,
            allow_fetching=False,
            revocation_mode="soft-fail",
        )
        path = CertificateValidator(maker, others, validation_context=context)
        usage = path.async_validate_usage(set(), {"time_stamping"})  # type: ignore[no-untyped-call]
        asyncio.run(usage)
        self._led[known] = None
        if len(self._led) > REMEMBERED:
            self._led.pop(next(iter(self._led)), None)


def _names(sid: cms.SignerIdentifier, one: x509.Certificate) -> bool:
    if sid.name == "issuer_and_serial_number":
        said = sid.chosen
        return bool(
            one.serial_number == said["serial_number"].native and one.issuer == said["issuer"]
        )
    return bool(one.key_identifier == sid.chosen.native)


def _require_signed(
    signed: cms.SignedData, signer: cms.SignerInfo, maker: x509.Certificate
) -> None:
    """Over its content, through its attributes.  Raises what its bytes break."""
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in DIGESTS:
        raise AlgorithmNotSupported(digest)
    attributes = signer["signed_attrs"].untag()
    said = {one["type"].native: one["values"] for one in attributes}
    (kind,), (hashed,) = said["content_type"], said["message_digest"]
    content = bytes(signed["encap_content_info"]["content"])
    if kind.native != "tst_info" or hashed.native != hashlib.new(digest, content).digest():
        raise InvalidSignature
    DEFAULT_SIGNATURE_VALIDATOR.validate_signature(
        signer["signature"].native,
        attributes.dump(),
        maker.public_key,
        signer["signature_algorithm"],
        SignatureValidationContext(contextual_md_algorithm=digest),
    )
