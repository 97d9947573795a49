"""Whom the form demands: levels and classes, before and after the consent."""

from dataclasses import replace
from datetime import datetime

import pytest

from counter.esign.forms import Forms
from counter.esign.refusals import ClassOutOfReach, IdentityTooLow
from tests.esign.conftest import STROKES
from tests.esign.paper import CASE
from tests.esign.service.paper_counter import Counter


def demanding(counter: Counter, **demands: str) -> None:
    """Let the form demand something."""
    forms = [form.model_copy(update=demands) for form in counter.drawing["forms"].all()]
    counter.drawing["forms"] = Forms(forms)
    counter.service = counter.started()


async def test_a_level_that_is_too_low_is_refused_before_anything_is_drawn(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_level="L3")
    with pytest.raises(IdentityTooLow):
        await counter.present(now)
    assert not counter.blobs.kept and await counter.actions() == []
    counter.witness = replace(counter.witness, level="L3")
    await counter.present(now)


async def test_a_level_that_was_taken_back_is_refused_before_consent(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_class="advanced")
    ceremony_id, sha256 = await counter.present(now)
    for page in (1, 2):
        await counter.service.page_seen(CASE, ceremony_id, page, now)
    counter.witness = replace(counter.witness, level="L0")
    with pytest.raises(IdentityTooLow):
        await counter.service.consent(CASE, ceremony_id, sha256, now)
    assert await counter.state() == "presented"


async def test_a_level_that_was_taken_back_after_consent_keeps_the_pen_from_writing(
    counter: Counter, now: datetime
) -> None:
    """Also where the ink would be enough for the class that the form demands."""
    demanding(counter, minimum_level="L2")
    counter.witness = replace(counter.witness, level="L2")
    ceremony_id, sha256 = await counter.to_state("consented", now)
    counter.witness = replace(counter.witness, level="L0")
    with pytest.raises(IdentityTooLow):
        await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert await counter.state() == "consented"
    counter.witness = replace(counter.witness, level="L2")
    await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert await counter.state() == "sealed"


async def test_a_class_that_nothing_here_gives_is_refused_before_anything_is_drawn(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_class="qualified")
    with pytest.raises(ClassOutOfReach):
        await counter.present(now)
    assert not counter.blobs.kept and await counter.actions() == []
