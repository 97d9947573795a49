from datetime import datetime

import pytest

from counter.errors import BadInput
from counter.esign.ceremony import (
    Abandoned,
    Consented,
    Declined,
    Expired,
    Prepared,
    Presented,
    Sealed,
    Signed,
    Voided,
    Withdrawn,
)
from counter.esign.ink import ink
from counter.esign.refusals import DigestMismatch, PagesUnseen
from counter.ids import CaseId, Digest
from tests.esign.conftest import STROKES

SHOWN, OTHER = Digest("01" * 32), Digest("02" * 32)

STEPS = {
    Prepared: {"presented", "withdrawn"},
    Presented: {"page_seen", "consented", "declined", "withdrawn", "abandoned", "expired"},
    Consented: {"signed", "declined", "withdrawn", "abandoned", "expired"},
    Signed: {"sealed", "withdrawn", "voided"},
    Sealed: {"voided"},
    Declined: set(),
    Withdrawn: set(),
    Abandoned: set(),
    Expired: set(),
    Voided: set(),
}


def presented(*seen: int) -> Presented:
    shown = Prepared(case_id=CaseId("c"), sha256=OTHER).presented(SHOWN, 3)
    for page in seen:
        shown = shown.page_seen(page)
    return shown


@pytest.mark.parametrize("stage", STEPS)
def test_each_stage_leads_where_the_table_says_and_nowhere_else(stage: type) -> None:
    steps = {step for steps in STEPS.values() for step in steps}
    assert {step for step in steps if callable(getattr(stage, step, None))} == STEPS[stage]


@pytest.mark.parametrize("seen", [(), (1,), (2,), (3,), (1, 2), (1, 3), (2, 3)])
def test_unseen_pages_refuse_consent(seen: tuple[int, ...], now: datetime) -> None:
    stage = presented(*seen)
    assert stage.unseen == tuple(page for page in (1, 2, 3) if page not in seen)
    with pytest.raises(PagesUnseen):
        stage.consented(SHOWN, now)


def test_consent_after_every_page_in_any_order(now: datetime) -> None:
    agreed = presented(3, 1, 1, 2).consented(SHOWN, now)
    assert agreed == Consented(case_id=CaseId("c"), sha256=SHOWN, consented_at=now)


def test_consent_to_another_document_is_refused_and_named_by_six_digits(now: datetime) -> None:
    with pytest.raises(DigestMismatch, match="020202 was meant, but 010101 is on the screen"):
        presented(1, 2, 3).consented(OTHER, now)


@pytest.mark.parametrize("page", [0, -1, 4])
def test_a_page_there_is_not_cannot_be_seen(page: int) -> None:
    with pytest.raises(BadInput):
        presented().page_seen(page)


def test_ink_on_another_document_is_refused(now: datetime) -> None:
    agreed = presented(1, 2, 3).consented(SHOWN, now)
    with pytest.raises(DigestMismatch):
        agreed.signed(OTHER, ink(STROKES), now)


def test_the_whole_way(now: datetime) -> None:
    signed = presented(1, 2, 3).consented(SHOWN, now).signed(SHOWN, ink(STROKES), now)
    done = signed.sealed(signed_sha256=Digest("a" * 64), sealed_sha256=Digest("b" * 64))
    assert done.sealed_sha256 == "b" * 64
