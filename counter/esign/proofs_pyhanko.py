"""Whether a file holds the proofs about everybody who signed it, or only some proofs.

Whose those are and what they say is another question: this is about how long it can be verified.
Source: ETSI EN 319 142-1, 5.4 (level B-LT).
"""

from collections.abc import Sequence
from datetime import datetime

from asn1crypto import cms, x509
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import ValidationContext

from counter.esign.chains_pyhanko import context_of, path_of
from counter.esign.revocation import Proof
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
)
from counter.esign.validation import SignatureFound
from counter.esign.verify_pyhanko import LEAKS


def proof_of(kept: DocumentSecurityStore) -> Proof:
    """The proofs in a file, of all revisions."""
    return Proof(
        ocsps=tuple(one.get_object().data for one in kept.ocsps),
        crls=tuple(one.get_object().data for one in kept.crls),
    )


async def proved(
    signers: Sequence[tuple[SignatureFound, EmbeddedPdfSignature]],
    kept: DocumentSecurityStore,
    roots: Sequence[x509.Certificate],
    moment: datetime,
) -> bool:
    """Whether there is one about each certificate above each signature and its timestamp.

    It holds at `moment`, or was made when its signature was, or later; that something was revoked
    is a proof too.
    """
    try:
        proof, trusted = proof_of(kept), [one.dump() for one in roots]
        then = context_of(trusted, moment, proof)
        for found, signature in signers:
            at = found.stamped_at
            if at is None:
                return False
            stamps = extract_tst_data_iter(signature.signer_info, signed=False)
            for one in (signature.signed_data, *stamps):
                if await _known(one, then, trusted, proof, moment):
                    continue
                late = context_of(trusted, at, proof, late=True)
                if not await _known(one, late, trusted, proof, at):
                    return False
    except LEAKS:
        return False
    return True


async def _known(
    signed: cms.SignedData,
    context: ValidationContext,
    roots: Sequence[bytes],
    proof: Proof,
    moment: datetime,
) -> bool:
    try:
        await path_of(signed, context, roots, proof, moment)
    except CertificateRevoked:
        return True
    except (CertificateExpired, RevocationUnknown):
        return False
    return True
