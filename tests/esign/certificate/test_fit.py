"""Which key is taken: bound to the hash, trusted, for signing, of the class that is asked for."""

from typing import Any

import pytest

from counter.errors import Refusal
from counter.esign.certificate_refusals import (
    CredentialUnfit,
    CredentialUnknown,
)
from counter.esign.keys_files import load
from counter.esign.pki_development import DevelopmentPki
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    KeyUnavailable,
    KeyUnusable,
)
from counter.esign.store_tables import ceremony_certificate
from counter.esign.ticket import CertificateChain
from tests.esign.certificate.certified_citizens import (
    CASE,
    USER,
    CertifiedCounter,
    both_versions,
    calls,
    rows,
)
from tests.esign.certified_names import certified
from tests.esign.csc_fake import CREDENTIAL


@both_versions
async def test_scal1_is_refused_before_any_code_is_sent(counter: CertifiedCounter) -> None:
    counter.fake.scal = "1"
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit, match="SCAL1"):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert calls(counter) == ["list", "info"]
    assert counter.studio.begun == ["Origin"]


@pytest.mark.parametrize(
    "why", [CertificateExpired("over"), CertificateRevoked("revoked"), KeyUnusable("no root")]
)
async def test_a_certificate_that_does_not_hold_is_refused_before_the_hole(
    counter: CertifiedCounter, why: Refusal
) -> None:
    counter.trust.refusal = why
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.codes == [] and counter.studio.begun == ["Origin"]
    assert await rows(counter, ceremony_certificate) == []


async def test_a_certificate_that_was_revoked_meanwhile_signs_nothing(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.trust.refusal = CertificateRevoked("since")
    with pytest.raises(CredentialUnfit):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == [] and await counter.state() == "consented"


async def test_who_is_unknown_at_the_provider_may_type_it_again(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnknown):
        await counter.certificates.choose(CASE, ceremony_id, sha256, "nobody")
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)


async def test_a_list_that_is_none_is_an_outage(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.consented()
    counter.fake.fault = "credentials/list:list"
    with pytest.raises(KeyUnavailable):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)


async def test_of_several_credentials_the_first_that_is_for_signing_signs(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    counter.fake.users = {USER: ["login", CREDENTIAL]}
    counter.fake.others = {"login": load(pki.tsa)}
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    asked = {said["credentialID"] for call, said in counter.fake.seen if "authorize" in call}
    assert asked == {CREDENTIAL}
    counter.fake.users = {USER: ["login"]}
    with pytest.raises(CredentialUnfit, match="not for signing"):
        await counter.certificates.citizens.find(USER)


@pytest.mark.parametrize("asked", [{"policies": ("1.2.3.4",)}, {"statements": ("0.4.0.1862.1.1",)}])
async def test_a_certificate_that_does_not_say_what_is_asked_for_signs_nothing(
    counter: CertifiedCounter, asked: dict[str, Any]
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    vars(counter).update(asked)
    counter.restart()
    with pytest.raises(CredentialUnfit, match="qualified"):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    with pytest.raises(CredentialUnfit, match="qualified"):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


QUALIFIED = bytes.fromhex("3016300a06082b06010505070b023008060604008e460101")
"id-qcs-pkixQCSyntax-v2 and QcCompliance."


@pytest.mark.parametrize(
    ("policies", "statements", "carries", "reached"),
    [
        ((), (), {}, True),
        (("1.2.3",), (), {}, False),
        (("1.2.3", "1.2.4"), (), {"policies": ["1.2.9", "1.2.4"]}, True),
        (("1.2.3",), (), {"policies": ["1.2.3.1"]}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": QUALIFIED}, True),
        ((), ("0.4.0.1862.1.1", "0.4.0.1862.1.4"), {"statements": QUALIFIED}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": QUALIFIED[:-2]}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": b"junk"}, False),
        (("1.2.3",), ("0.4.0.1862.1.1",), {"statements": QUALIFIED}, False),
    ],
)
def test_the_class_is_read_in_the_certificate_where_that_is_asked_for(
    counter: CertifiedCounter,
    policies: tuple[str, ...],
    statements: tuple[str, ...],
    carries: dict[str, Any],
    reached: bool,
) -> None:
    counter.policies, counter.statements = policies, statements
    counter.restart()
    certificate = certified({"common_name": "X"}, **carries)
    chain = CertificateChain(certificate=certificate, issuers=())
    assert counter.certificates.citizens.reaches(chain) is reached
