"""Certificate or ink: what the form and the consent leave open, and going from one to the other."""

import pytest

from counter.errors import NotAllowedNow
from counter.esign.certificate_refusals import (
    ActivationRefused,
    MeansNotOpen,
)
from counter.esign.forms import Forms
from counter.esign.refusals import ClassOutOfReach, DigestMismatch
from counter.esign.signing_refusals import (
    TimestampUnavailable,
)
from counter.esign.store_tables import ceremony_certificate
from tests.esign.certificate.certified_citizens import CASE, USER, CertifiedCounter, rows
from tests.esign.conftest import STROKES


async def test_ink_is_refused_where_only_the_certificate_reaches_the_class(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="both", minimum_class="qualified")
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "consented"


async def test_a_provider_that_gives_too_little_is_said_before_anybody_reads(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.gives = "advanced"
    counter.start(forms, acts="certificate", minimum_class="qualified")
    with pytest.raises(ClassOutOfReach):
        await counter.consented()


async def test_ink_that_opens_after_the_consent_was_not_agreed_to(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="both", minimum_class="advanced")
    counter.level_now = "L1"
    ceremony_id, sha256 = await counter.consented()
    counter.level_now = "L2"
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.esign.to_agree_to(CASE, ceremony_id) == "certificate"
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert '"text":"certificate-1"' in await counter.written()


async def test_a_form_for_the_hand_alone_is_not_signed_with_a_certificate(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="handwritten")
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(MeansNotOpen):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.seen == []


async def test_nothing_is_chosen_before_consent_nor_for_another_document(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(DigestMismatch):
        await counter.certificates.choose(CASE, ceremony_id, "0" * 64, USER)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "123456")
    await counter.esign.withdraw(CASE, ceremony_id, by="agent:a", now=counter.now)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.seen == []


async def test_a_code_after_the_ink_signs_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.leave(CASE, ceremony_id)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


async def test_who_goes_back_to_the_pen_may_choose_his_certificate_again(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    with pytest.raises(ActivationRefused):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    await counter.certificates.leave(CASE, ceremony_id)
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("coded", 1), "wrong codes are not forgotten"
    assert counter.studio.begun.count("Citizen") == 1
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
