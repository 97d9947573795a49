"""A call that breaks while a document is read: it waits, and goes on with whom it was begun."""

from typing import Any

import pytest

from counter.errors import NotAllowedNow
from counter.esign.attendance import KEPT
from counter.esign.refusals import CeremonyPaused, IdentityFirst
from tests.esign.paper import CASE
from tests.esign.readings.reading_counter import Counter, S


async def test_an_interrupted_call_keeps_the_document_for_a_quarter_of_an_hour(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1)
    await counter.hang_up()
    counter.time += KEPT - S
    await counter.reading.expire()
    assert await counter.state() == "presented"
    counter.time += S
    await counter.reading.expire()
    await counter.reading.expire()
    assert await counter.state() == "expired"
    (said,) = await counter.journal("ceremony.expired")
    assert said["facts"]["reason"] == "line"
    assert await counter.kept_and_named() == set()


async def test_while_it_is_interrupted_nothing_is_read_agreed_to_or_signed(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.hang_up()
    counter.call = "call-2"  # a new call, in which nobody knows yet who sits there
    for doing in (
        lambda: counter.shown(1),
        lambda: counter.shown(1, still=True),
        lambda: counter.reading.page_read(CASE, counter.id, 1),
        lambda: counter.reading.here(CASE, counter.id),
        lambda: counter.reading.read_aloud(CASE, counter.id, "machine", "pt"),
        counter.consent,
    ):
        with pytest.raises(CeremonyPaused):
            await doing()
    assert await counter.state() == "presented"


async def test_it_goes_on_in_a_new_call_after_the_citizen_was_identified_in_it(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.hang_up()
    with pytest.raises(NotAllowedNow):
        await counter.reading.resume(CASE, counter.id, by="agent:a")  # nobody is spoken with
    counter.time += KEPT - S
    counter.call = "call-2"
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")
    with pytest.raises(CeremonyPaused):
        await counter.sign()
    counter.known.add("call-2")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "consented"
    await counter.sign()
    (said,) = await counter.journal("ceremony.resumed")
    assert said["facts"]["call"] == "call-2"


async def test_taken_back_and_presented_again_it_still_waits_for_the_identification(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.hang_up()
    counter.call = "call-2"
    await counter.esign.withdraw(CASE, counter.id, by="agent:a", now=counter.time)
    with pytest.raises(IdentityFirst):
        await counter.present()
    assert await counter.state() == "withdrawn", "nothing new is on the screen"
    counter.known.add("call-2")
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    assert await counter.state() == "sealed"


async def test_corrected_in_a_new_call_it_still_waits_for_the_identification(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.hang_up()
    counter.call = "call-2"
    await counter.reading.correct(CASE, counter.id, {"purpose": "申請入學"}, by="agent:a")
    assert await counter.state() == "presented"
    with pytest.raises(CeremonyPaused):
        await counter.shown(1)
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")


@pytest.mark.parametrize("next_call", [None, "call-2"])
async def test_a_form_that_was_being_drawn_while_the_call_broke_waits(
    counter: Counter, next_call: str | None
) -> None:
    photograph = counter.studio.photograph

    async def slowly(pdf: bytes) -> Any:
        await counter.hang_up()
        counter.call = next_call
        return await photograph(pdf)

    counter.studio.photograph = slowly  # type: ignore[method-assign]
    await counter.present()
    assert await counter.state() == "presented"
    with pytest.raises(CeremonyPaused):
        await counter.shown(1)
    counter.call = "call-2"
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")
    counter.known.add("call-2")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    await counter.read(1, 2)
    await counter.consent()
