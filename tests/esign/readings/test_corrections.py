"""A form that is corrected while it is read: certified, read and agreed to anew."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from counter.errors import NotAllowedNow
from counter.esign.form_refusals import DataMissing, FieldUnknown
from counter.esign.reading_service import ReadingService
from counter.esign.refusals import DigestMismatch, PagesUnseen
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_tables import ceremony, esign_document, esign_ticket
from tests.esign.conftest import FILLED, STROKES
from tests.esign.paper import CASE
from tests.esign.readings.reading_counter import Counter


async def test_a_corrected_form_is_read_and_agreed_to_anew(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    old = await counter.sha256()
    await counter.consent()
    changed = await counter.reading.correct(
        CASE, counter.id, {"purpose": "申請入學", "applicant_name": "陳大文"}, by="agent:a"
    )
    assert changed == ("purpose",)
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.ceremony_id) == ("presented", counter.id)
    assert shown.sha256 != old
    assert not any(sheet.seen for sheet in shown.sheets)
    for doing in (
        counter.consent(old),
        counter.esign.sign(CASE, counter.id, old, STROKES, counter.time),
    ):
        with pytest.raises((DigestMismatch, NotAllowedNow)):
            await doing
    with pytest.raises(PagesUnseen):
        await counter.consent()
    await counter.read(1, 2)
    with pytest.raises(DigestMismatch):
        await counter.consent(old)
    await counter.consent()
    with pytest.raises(DigestMismatch):
        await counter.esign.sign(CASE, counter.id, old, STROKES, counter.time)
    await counter.sign()
    (said,) = await counter.journal("document.corrected")
    assert said["facts"]["fields"] == ["purpose"]
    assert "入學" not in str(said)
    (here,) = await counter.rows(ceremony_attendance)
    assert (here.corrected, here.revision) == (["purpose"], 2)


async def test_a_corrected_form_is_certified_before_anybody_reads_it(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    certify = counter.parts["certify"]

    async def looks_first(ceremony_id: str) -> None:
        assert await counter.esign.ceremonies(CASE) == () or await counter.state() == "prepared"
        with pytest.raises(NotAllowedNow):
            await counter.consent(old)
        await certify(ceremony_id)

    old = await counter.sha256()
    slow = ReadingService(**{**counter.parts, "certify": looks_first})
    await slow.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")
    assert counter.studio.begun == ["Origin", "Origin"]
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    assert counter.studio.begun[2:] == ["Citizen", "Agent", "Seal"]


async def test_a_node_that_dies_between_correcting_and_certifying_is_made_up_for(
    counter: Counter,
) -> None:
    await counter.present()

    async def dies(ceremony_id: str) -> None:
        raise OSError(ceremony_id)

    half = ReadingService(**{**counter.parts, "certify": dies})
    with pytest.raises(OSError):
        await half.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")
    counter.time += timedelta(minutes=2)
    await counter.esign.resume()
    assert await counter.state() == "presented"
    await counter.read(1, 2)
    await counter.consent()


async def test_a_slow_node_certifies_nothing_that_was_corrected_since(counter: Counter) -> None:
    finish, slow_asks, slow_goes_on = counter.studio.finish, asyncio.Event(), asyncio.Event()

    async def slowly(*words: Any, **named: Any) -> Any:
        if not slow_asks.is_set():
            slow_asks.set()
            await slow_goes_on.wait()
        return await finish(*words, **named)

    counter.studio.finish = slowly  # type: ignore[method-assign]
    presenting = asyncio.create_task(counter.present())
    await slow_asks.wait()
    other = counter.node()
    counter.time += timedelta(minutes=2)
    assert await other.resume() == 1
    (shown,) = await other.ceremonies(CASE)

    async def dies(ceremony_id: str) -> None:
        raise OSError(ceremony_id)

    half = ReadingService(**{**counter.parts, "certify": dies})
    with pytest.raises(OSError):
        await half.correct(CASE, shown.ceremony_id, {"purpose": "other"}, by="agent:a")
    (drawn,) = [row for row in await counter.rows(ceremony) if row.state == "prepared"]
    assert await other.resume() == 0, "somebody may be at it still"
    counter.studio.refusal = OSError("disk")
    counter.time += timedelta(minutes=2)
    with pytest.raises(OSError, match="disk"):
        await other.resume()  # so that the new ticket stands: it is tried again for a while
    counter.studio.refusal = None
    slow_goes_on.set()
    with pytest.raises(NotAllowedNow):
        await presenting
    (ticket,) = await counter.rows(esign_ticket)
    assert (ticket.parent_sha256, ticket.revision_sha256) == (drawn.sha256, None)
    assert await other.resume() == 1
    (shown,) = await other.ceremonies(CASE)
    (ticket,) = await counter.rows(esign_ticket)
    assert (shown.state, shown.sha256) == ("presented", ticket.revision_sha256)
    assert (ticket.parent_sha256, ticket.cleared_at) == (drawn.sha256, counter.time)


async def test_a_correction_that_changes_nothing_leaves_what_was_read(counter: Counter) -> None:
    await counter.present()
    await counter.read(1)
    same = {"purpose": FILLED["purpose"]}
    assert await counter.reading.correct(CASE, counter.id, same, by="agent:a") == ()
    (shown,) = await counter.esign.ceremonies(CASE)
    assert [sheet.seen for sheet in shown.sheets] == [True, False]


@pytest.mark.parametrize(
    "fields, refusal",
    [
        ({"case_number": "B-1"}, FieldUnknown),
        ({"colour": "red"}, FieldUnknown),
        ({"applicant_name": " "}, DataMissing),
    ],
)
async def test_a_correction_is_checked_like_a_form(
    counter: Counter, fields: dict[str, str], refusal: type[Exception]
) -> None:
    await counter.present()
    old = await counter.sha256()
    with pytest.raises(refusal):
        await counter.reading.correct(CASE, counter.id, fields, by="agent:a")
    assert await counter.sha256() == old


async def test_of_two_corrections_at_once_one_has_to_look_again(counter: Counter) -> None:
    await counter.present()
    draw, reading = counter.parts["draw"], counter.reading

    async def draws_slowly(*about: Any) -> Any:
        await reading.correct(CASE, counter.id, {"remarks": "first"}, by="agent:a")
        return await draw(*about)

    slow = ReadingService(**{**counter.parts, "draw": draws_slowly})
    with pytest.raises(DigestMismatch):
        await slow.correct(CASE, counter.id, {"purpose": "second"}, by="agent:a")
    (document,) = await counter.rows(esign_document)
    assert (document.data["remarks"], document.data["purpose"]) == ("first", FILLED["purpose"])


async def test_after_the_ink_nothing_is_corrected(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    with pytest.raises(NotAllowedNow):
        await counter.reading.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")
