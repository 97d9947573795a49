"""Answers that come too late, or never: the same hash again, and no try is lost."""

import asyncio

import pytest

from counter.esign.certificate import TRIES
from counter.esign.certificate_refusals import (
    ActivationLapsed,
    ActivationRefused,
    ActivationUnanswered,
)
from counter.esign.signing_refusals import (
    KeyUnavailable,
    TimestampUnavailable,
)
from counter.esign.store_tables import ceremony_certificate
from tests.esign.certificate.certified_citizens import (
    CASE,
    USER,
    CertifiedCounter,
    both_versions,
    rows,
)


async def test_an_activation_that_became_too_old_is_no_wrong_code_and_signs_the_same_hash(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.fault = "expire"
    for _ in range(TRIES + 1):
        for _ in range(2):  # the second time it is used up, and no wrong one either
            with pytest.raises(ActivationLapsed):
                await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
        await counter.certificates.send_again(CASE, ceremony_id)
    counter.fake.fault = None
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    hashes = {
        str(asked.get("hashes")) for call, asked in counter.fake.seen if call.endswith("authorize")
    }
    assert len(hashes) == 1
    assert counter.studio.begun.count("Citizen") == 1


async def test_a_value_whose_answer_was_lost_is_asked_for_again_with_the_same_hash(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.loses_answer = asyncio.Event()
    dying = asyncio.create_task(
        counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    )
    await counter.fake.loses_answer.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    counter.fake.loses_answer = None
    counter.restart()
    assert await counter.esign.resume() == 0, "the value is unknown: nobody can go on alone"
    assert counter.holes() == 1, "and the hole waits"
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert len(counter.fake.signed) == 2 and len(set(counter.fake.signed)) == 1
    assert counter.studio.begun.count("Citizen") == 1, "never a second hole"


async def test_a_value_that_is_kept_is_finished_without_the_citizen(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert await counter.state() == "signing"
    counter.studio.refusal = None
    counter.restart()
    asked = len(counter.fake.seen)
    assert await counter.esign.resume() == 1
    assert await counter.state() == "sealed"
    assert len(counter.fake.seen) == asked and counter.studio.begun.count("Citizen") == 1


async def test_a_service_that_does_not_answer_costs_no_try(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.fault = "credentials/authorize:500"
    for _ in range(TRIES + 1):
        with pytest.raises(KeyUnavailable):
            await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.fake.fault = None
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])


@both_versions
@pytest.mark.parametrize("call", ["credentials/authorize", "signatures/signHash"])
async def test_a_code_that_a_lost_answer_used_up_is_no_wrong_one(
    counter: CertifiedCounter, call: str
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES + 1):
        code = counter.fake.codes[-1]
        counter.fake.cuts = call
        with pytest.raises(ActivationUnanswered):
            await counter.certificates.sign(CASE, ceremony_id, sha256, code)
        counter.fake.cuts = None
        counter.restart()
        with pytest.raises(ActivationLapsed):
            await counter.certificates.sign(CASE, ceremony_id, sha256, code)
        await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("signed", 0)
    hashes = {
        str(asked.get("hashes", asked.get("hash")))
        for called, asked in counter.fake.seen
        if called in ("credentials/authorize", "signatures/signHash")
    }
    assert len(hashes) == 1 and counter.studio.begun.count("Citizen") == 1
    assert len(counter.fake.signed) == (1 if call == "credentials/authorize" else TRIES + 2)
    assert await counter.state() == "sealed" and counter.holes() == 0


async def test_a_lost_answer_lets_one_code_be_tried_and_no_more(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.cuts = "signatures/signHash"
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.fake.cuts = None
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    asked = len(counter.fake.seen)
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000001")
    assert len(counter.fake.seen) == asked, "without a new code the service is not asked"
    # Chosen again, a new code is sent: from here on each wrong one counts.
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    with pytest.raises(ActivationRefused) as wrong:
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    assert wrong.type is ActivationRefused
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("coded", 1)


async def test_that_an_answer_was_lost_is_known_until_a_new_code_is_there(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    counter.fake.cuts = "signatures/signHash"
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    counter.fake.cuts, counter.fake.fault = None, "credentials/getChallenge:500"
    for ask in (
        counter.certificates.choose(CASE, ceremony_id, sha256, USER),
        counter.certificates.send_again(CASE, ceremony_id),
    ):
        with pytest.raises(KeyUnavailable):
            await ask
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
