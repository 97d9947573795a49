"""The validation report of ETSI TS 119 102-2: what a machine elsewhere reads about our finding.

One element per signature, in one document; it names the policy.  Proofs of revocation are taken
from the PDF only: without them the standard's answer is "indeterminate", and so is ours.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from asn1crypto import x509
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.report.tools import NAMESPACES, generate_report
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import (
    CertRevTrustPolicy,
    RevocationCheckingPolicy,
    RevocationCheckingRule,
)
from pyhanko_certvalidator.registry import SimpleTrustManager

from counter.esign.admission_pyhanko import opened
from counter.esign.changes_pyhanko import OneDocument
from counter.esign.validation import POLICY
from counter.esign.verify_pyhanko import LEAKS

VR = "{" + NAMESPACES["vr"] + "}"
SIGNED = (
    f"{VR}SignatureValidationReport/{VR}SignatureIdentifier/{VR}DigestAlgAndValue/"
    "{" + NAMESPACES["ds"] + "}DigestValue"
)


async def report(pdf: bytes, roots: Sequence[x509.Certificate], now: datetime) -> bytes:
    """The report as XML, UTF-8; empty when there is nothing to report on.

    Raises what `admission_pyhanko.opened` raises.
    """
    parts: list[ET.Element] = []
    reader, rules = opened(pdf), OneDocument()
    try:
        signatures = list(reader.embedded_regular_signatures)
    except LEAKS:
        return b""
    for signature in signatures:
        try:
            status = await ades_lta_validation(
                signature, _spec(roots, rules), timing_info=ValidationTimingInfo(now, now, False)
            )
            # Made by the library from what it parsed itself: no XML of a stranger.
            made = ET.fromstring(generate_report(signature, status))
            _name_signed(made, signature)
            parts.append(made)
        except LEAKS:
            continue  # what is so broken has no place in this form; the verdict says it
    return _together(parts) if parts else b""


def _name_signed(made: ET.Element, signature: EmbeddedPdfSignature) -> None:
    """The digest of what the key signed: the attributes as a SET OF (RFC 5652, 5.4).

    pyHanko 0.38 takes that of their bytes in the file, whose first one is another tag.
    """
    info = signature.signer_info
    signed = info["signed_attrs"].untag().dump()
    digest = hashlib.new(info["digest_algorithm"]["algorithm"].native, signed).digest()
    for said in made.iterfind(SIGNED):
        said.text = base64.b64encode(digest).decode()


def _spec(roots: Sequence[x509.Certificate], rules: OneDocument) -> PdfSignatureValidationSpec:
    rule = RevocationCheckingRule.CHECK_IF_DECLARED
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(list(roots)),
                revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rule, rule)),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY
            ),
            local_knowledge=LocalKnowledge(),
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
        ),
        diff_policy=rules,
    )


def _together(parts: Sequence[ET.Element]) -> bytes:
    """One report out of those of single signatures; each thing they are proved by stands once."""
    for prefix, uri in NAMESPACES.items():
        ET.register_namespace(prefix, uri)
    whole = ET.Element(f"{VR}ValidationReport")
    known: set[str] = set()
    objects = ET.Element(f"{VR}SignatureValidationObjects")
    for part in parts:
        for single in part.findall(f"{VR}SignatureValidationReport"):
            _name_policy(single)
            whole.append(single)
        for proof in part.findall(f"{VR}SignatureValidationObjects/{VR}ValidationObject"):
            name = proof.get("id", "")
            if name not in known:
                known.add(name)
                objects.append(proof)
    whole.append(objects)
    written: bytes = ET.tostring(whole, encoding="UTF-8", xml_declaration=True)
    return written


def _name_policy(single: ET.Element) -> None:
    constraints = ET.Element(f"{VR}ValidationConstraintsEvaluationReport")
    policy = ET.SubElement(constraints, f"{VR}SignatureValidationPolicy")
    identifier = ET.SubElement(policy, f"{VR}SignaturePolicyIdentifier")
    xades = "{" + NAMESPACES["XAdES"] + "}"
    ET.SubElement(identifier, f"{xades}SignaturePolicyImplied")
    ET.SubElement(policy, f"{VR}PolicyName").text = POLICY
    # The scheme wants it right behind the identifier of the signature.
    single.insert(1, constraints)
