"""What was signed and counts no more: given out to nobody, kept for a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from counter.errors import NotAllowedNow
from counter.esign.attendance import EVIDENCE_KEPT
from counter.esign.forms import Forms
from counter.esign.ink import Ink
from counter.esign.reading_service import ReadingService
from counter.esign.refusals import DocumentUnknown
from counter.esign.signing_refusals import TimestampUnavailable
from counter.esign.store_tables import (
    ceremony_ink,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from tests.esign.paper import CASE
from tests.esign.readings.reading_counter import Counter


async def test_what_was_signed_can_be_voided_and_is_given_out_no_more(counter: Counter) -> None:
    await counter.present()
    with pytest.raises(NotAllowedNow):
        await counter.reading.void(CASE, counter.id, "wrong_person", by="agent:a")
    await counter.read(1, 2)
    await counter.consent()
    sealed = await counter.sign()
    minded: list[Any] = []
    minds = replace(counter.parts["readings"], on_voided=lambda conn, *said: minded.append(said))
    reading = ReadingService(**{**counter.parts, "readings": minds})
    for _ in range(2):
        await reading.void(CASE, counter.id, "wrong_person", by="agent:a")
    assert minded == [(CASE, counter.id, sealed, "agent:a", counter.time)]
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.sealed_sha256) == ("voided", sealed)
    with pytest.raises(DocumentUnknown):
        await counter.esign.pdf(CASE, sealed)
    await counter.esign.resume()
    assert sealed in counter.blobs.kept, "nothing is erased"
    (said,) = await counter.journal("ceremony.voided")
    assert (said["actor"], said["facts"]["reason"]) == ("agent:a", "wrong_person")


async def test_what_was_signed_is_sealed_also_when_its_form_has_gone(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    counter.studio.refusal = None
    counter.drawing["forms"] = Forms([])
    newer = counter.node()  # of a version of the product that has this form no more
    assert await newer.resume() == 1
    assert await counter.state() == "sealed"


async def test_what_waits_for_its_seal_can_be_voided_and_is_never_sealed(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    await counter.reading.void(CASE, counter.id, "citizen_asked", by="agent:a")
    counter.studio.refusal = None
    assert await counter.esign.resume() == 0
    assert await counter.state() == "voided"
    await keeps_for_a_time_what_was_signed(counter)


async def test_what_waits_for_its_seal_and_is_withdrawn_does_not_vanish_at_once(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    await counter.esign.withdraw(CASE, counter.id, by="agent:a", now=counter.time)
    assert await counter.state() == "withdrawn"
    await keeps_for_a_time_what_was_signed(counter)


async def keeps_for_a_time_what_was_signed(counter: Counter) -> None:
    """For as long as recordings, and no second longer; and gives it to nobody."""
    (shown,) = await counter.esign.ceremonies(CASE)
    assert shown.sheets == ()
    files = {one.sha256 for one in await counter.rows(esign_revision)}
    assert shown.sha256 in files
    for sha256 in files:
        with pytest.raises(DocumentUnknown):
            await counter.esign.pdf(CASE, sha256)
    images = {one.sha256 for one in await counter.rows(esign_page_image)}
    assert images
    for sha256 in images:
        with pytest.raises(DocumentUnknown):
            await counter.esign.page_image(CASE, sha256)
    (signed,) = await counter.journal("ceremony.signed")
    before = await counter.kept_and_named()
    counter.time += EVIDENCE_KEPT - timedelta(seconds=1)
    await counter.reading.expire()
    await counter.esign.signing.clear(counter.time)
    (ink,) = await counter.rows(ceremony_ink)
    (document,) = await counter.rows(esign_document)
    assert Ink.load(ink.strokes).sha256 == signed["facts"]["ink_sha256"]
    assert document.data and await counter.kept_and_named() == before
    assert {one.hole_sha256 for one in await counter.rows(esign_ticket)} & before
    counter.time += timedelta(seconds=1)
    await counter.reading.expire()
    (ink,) = await counter.rows(ceremony_ink)
    (document,) = await counter.rows(esign_document)
    assert (ink.strokes, document.data) == (None, {})
    assert ink.sha256 == signed["facts"]["ink_sha256"], "that something was signed stays"
    assert await counter.rows(esign_ticket) == []
    assert await counter.kept_and_named() == set()
    (said,) = await counter.journal("ceremony.forgotten")
    assert said["facts"]["days"] == EVIDENCE_KEPT.days
    await counter.reading.expire()
    assert len(await counter.journal("ceremony.forgotten")) == 1
