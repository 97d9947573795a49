"""Whose certificate it is: the agent is asked, another number is typed, one hole for each."""

import asyncio

import pytest

from counter.errors import NotAllowedNow
from counter.esign.certificate import TRIES
from counter.esign.certificate_refusals import (
    ActivationLocked,
)
from counter.esign.keys_files import load
from counter.esign.pki_development import DevelopmentPki
from counter.esign.refusals import CeremonyUnknown
from counter.esign.signing_refusals import (
    KeyMismatch,
)
from counter.esign.store_tables import ceremony_certificate, esign_ticket
from counter.ids import CaseId
from tests.esign.certificate.certified_citizens import (
    CASE,
    USER,
    CertifiedCounter,
    rows,
)
from tests.esign.conftest import STROKES
from tests.esign.csc_fake import CREDENTIAL
from tests.esign.key_rings import Ring


def digest(counter: CertifiedCounter) -> str:
    return counter.trust.asked[-1].sha256


async def test_of_a_name_that_nobody_made_sure_of_the_agent_is_asked_before_any_code(
    counter: CertifiedCounter,
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    assert counter.identity.asked == [("Test ec", "")]
    assert counter.fake.codes == []
    for ask in (
        counter.certificates.sign(CASE, ceremony_id, sha256, "424240"),
        counter.certificates.send_again(CASE, ceremony_id),
        counter.certificates.confirm(CASE, ceremony_id, "ab" * 32, by="agent:a"),
        counter.certificates.confirm(CaseId("case-2"), ceremony_id, digest(counter), by="agent:a"),
    ):
        with pytest.raises((NotAllowedNow, CeremonyUnknown)):
            await ask
    counter.restart()
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.codes == [], "asking again is no answer"
    for _ in range(2):  # said twice it is sent once
        await counter.certificates.confirm(CASE, ceremony_id, digest(counter), by="agent:a")
    assert len(counter.fake.codes) == 1
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.codes) == 2, "it is known whose it is"
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    written = await counter.written()
    assert "Test ec" not in written and "ceremony.certificate_confirmed" in written
    assert digest(counter) in written


async def test_a_certificate_that_the_agent_says_is_not_his_signs_nothing(
    counter: CertifiedCounter,
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.deny(CASE, ceremony_id, by="agent:a")
    assert counter.fake.codes == [] and counter.holes() == 0
    with pytest.raises(NotAllowedNow):
        await counter.certificates.deny(CASE, ceremony_id, by="agent:a")
    with pytest.raises(NotAllowedNow):
        await counter.certificates.confirm(CASE, ceremony_id, digest(counter), by="agent:a")
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("another", 1)
    assert "ceremony.certificate_denied" in await counter.written()
    await counter.certificates.leave(CASE, ceremony_id)
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed"


async def test_a_confirmation_is_for_the_certificate_that_was_seen(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    seen = digest(counter)
    counter.fake.key = load(pki.seal)
    counter.fake.users["+85366123457"] = ["stranger"]
    await counter.certificates.choose(CASE, ceremony_id, sha256, "+85366123457")
    with pytest.raises(NotAllowedNow):
        await counter.certificates.confirm(CASE, ceremony_id, seen, by="agent:a")
    records = counter.certificates._of.activations
    with pytest.raises(NotAllowedNow):  # sent for the first one, by whom this crossed
        await records.to_be_typed(CASE, ceremony_id, CREDENTIAL, ["code"], counter.now)
    assert counter.fake.codes == []
    (row,) = await rows(counter, ceremony_certificate)
    assert row.state == "asked"


async def test_the_hole_is_for_one_certificate_and_for_no_other(
    counter: CertifiedCounter, citizen: Ring, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.key = load(pki.seal)
    with pytest.raises(KeyMismatch):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


async def test_a_number_that_belongs_to_somebody_else_is_corrected(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.consented()
    own, counter.fake.key = counter.fake.key, load(pki.seal)
    counter.fake.users["+85366123457"] = ["stranger"]
    await counter.certificates.choose(CASE, ceremony_id, sha256, "+85366123457")
    for _ in range(2):  # pressed twice it is once
        await counter.certificates.another(CASE, ceremony_id)
    assert counter.holes() == 0, "the hole for the stranger's certificate is gone"
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong, row.credential_id) == ("another", 1, None)
    counter.fake.key = own
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    signed = await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.studio.begun.count("Citizen") == 2 and counter.holes() == 0
    assert " by certificate 2 Test ec " in counter.blobs.kept[signed.sha256].decode()


async def test_typing_another_number_after_going_back_is_the_same_and_costs_a_try(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.consented()
    both = [counter.fake.key, load(pki.seal)]
    for turn in range(TRIES):
        counter.fake.key = both[turn % 2]
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
        await counter.certificates.leave(CASE, ceremony_id)
    sent = len(counter.fake.codes)
    counter.fake.key = both[TRIES % 2]
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.codes) == sent == TRIES, "nobody is sent a fourth code"
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed" and counter.holes() == 0


async def test_a_value_for_a_hole_that_was_let_go_is_not_put_into_the_next_one(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.loses_answer = asyncio.Event()
    late = asyncio.create_task(
        counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    )
    await counter.fake.loses_answer.wait()
    counter.fake.key = load(pki.seal)
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    counter.fake.answers.set()
    with pytest.raises(NotAllowedNow):
        await late
    assert await counter.state() == "consented"
    (ticket,) = [row for row in await rows(counter, esign_ticket) if row.field == "Citizen"]
    assert ticket.value is None
