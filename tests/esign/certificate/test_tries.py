"""Three wrong codes lock the certificate for this document."""

import pytest

from counter.esign.certificate import TRIES, Activating
from counter.esign.certificate_refusals import (
    ActivationLocked,
    ActivationRefused,
    MeansNotOpen,
)
from counter.esign.forms import Forms
from counter.esign.store_tables import ceremony_certificate
from tests.esign.certificate.certified_citizens import CASE, USER, CertifiedCounter, rows
from tests.esign.conftest import STROKES


async def test_three_wrong_codes_lock_it_and_ink_is_another_means(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES - 1):
        with pytest.raises(ActivationRefused):
            await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
        counter.restart()  # what is counted outlives the process
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    asked = len(counter.fake.seen)
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    with pytest.raises(ActivationLocked):
        await counter.certificates.send_again(CASE, ceremony_id)
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.seen) == asked, "the service is not asked again"
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed"
    assert counter.holes() == 0, "the hole for the certificate is gone as well"
    assert len(counter.keys["witness"].asked) == 1


async def test_a_locked_citizen_may_decline_where_ink_is_not_allowed(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="certificate")
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES):
        with pytest.raises((ActivationRefused, ActivationLocked)):
            await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    with pytest.raises(MeansNotOpen):
        await counter.certificates.leave(CASE, ceremony_id)
    await counter.esign.decline(CASE, ceremony_id, counter.now)
    assert await counter.esign.resume() == 0
    assert counter.holes() == 0
    (row,) = await rows(counter, ceremony_certificate)
    assert row.credential_id is None


async def test_a_used_or_older_code_is_worth_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.send_again(CASE, ceremony_id)
    older, newest = counter.fake.codes
    with pytest.raises(ActivationRefused):
        await counter.certificates.sign(CASE, ceremony_id, sha256, older)
    await counter.certificates.sign(CASE, ceremony_id, sha256, newest)


def test_the_third_wrong_code_locks() -> None:
    one = Activating(credential_id="c", state="coded", wrong=0)
    seen = []
    for _ in range(4):
        one = one.refused()
        seen.append((one.state, one.left))
    assert seen == [("coded", 2), ("coded", 1), ("locked", 0), ("locked", 0)]
    assert "credential_id" not in repr(one)
