"""The citizen signs with his own certificate at a remote service: once, and he alone."""

import asyncio

import pytest

from counter.esign.certificate_refusals import (
    ActivationRefused,
)
from counter.esign.refusals import CeremonyUnknown
from counter.esign.store_tables import ceremony_certificate, esign_ticket
from counter.ids import CaseId
from tests.esign.certificate.certified_citizens import (
    CASE,
    USER,
    CertifiedCounter,
    both_versions,
    rows,
)
from tests.esign.csc_fake import CREDENTIAL


@both_versions
async def test_a_citizen_signs_with_his_own_certificate_and_the_chain_is_as_with_ink(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    assert counter.studio.begun == ["Origin", "Citizen"], "the hole is there before any code"
    assert await counter.state() == "consented"
    signed = await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.studio.begun == ["Origin", "Citizen", "Agent", "Seal"]
    assert await counter.state() == "sealed"
    assert not counter.keys["witness"].asked, "no key of ours signs for him"
    content = counter.blobs.kept[signed.sha256].decode()
    assert f" by certificate 1 Test ec {counter.now} witnessed" in content
    again = await counter.certificates.sign(CASE, ceremony_id, sha256, "")
    assert again == signed and len(counter.fake.signed) == 1
    assert counter.holes() == 0
    assert '"act":"certificate"' in await counter.written()


async def test_codes_and_who_he_is_at_the_provider_are_nowhere_when_it_is_done(
    counter: CertifiedCounter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    with pytest.raises(ActivationRefused) as refused:
        await counter.certificates.sign(CASE, ceremony_id, sha256, "999999")
    await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    kept = str(await rows(counter, ceremony_certificate)) + str(await rows(counter, esign_ticket))
    told = await counter.written() + kept + str(refused.value) + repr(refused.value)
    for secret in (code, "999999", USER, CREDENTIAL):
        assert secret not in told
    logged = [one for one in caplog.records if one.name.startswith("counter")]
    for secret in (code, "999999", USER, CREDENTIAL):
        assert not any(secret in one.getMessage() for one in logged)


async def test_two_taps_at_once_are_one_signature(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    done = await asyncio.gather(
        *(counter.certificates.sign(CASE, ceremony_id, sha256, code) for _ in range(2))
    )
    assert done[0] == done[1] and len(counter.fake.signed) == 1


async def test_another_case_s_citizen_activates_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    other = CaseId("case-2")
    for ask in (
        counter.certificates.choose(other, ceremony_id, sha256, USER),
        counter.certificates.sign(other, ceremony_id, sha256, counter.fake.codes[-1]),
        counter.certificates.send_again(other, ceremony_id),
        counter.certificates.leave(other, ceremony_id),
    ):
        with pytest.raises(CeremonyUnknown):
            await ask
    assert len(counter.fake.codes) == 1
