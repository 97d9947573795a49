"""Who goes away, or whose call is interrupted, before the ink; and what remains of it."""

import pytest

from counter.esign.attendance import IDLE, KEPT, MOMENT, Turner
from counter.esign.reading_service import ReadingService
from counter.esign.store_attendance_tables import ceremony_attendance
from counter.esign.store_remains import remains
from counter.esign.store_tables import ceremony_ink, esign_document, esign_page_image
from tests.esign.paper import CASE
from tests.esign.readings.reading_counter import Counter, S


async def test_who_does_not_touch_the_screen_is_asked_and_then_has_gone(counter: Counter) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += IDLE - S
    await counter.shown(1, still=True)  # the page says so by itself: nobody touched it
    await counter.reading.expire()
    assert await counter.state() == "presented"
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "abandoned"
    (said,) = await counter.journal("ceremony.abandoned")
    assert (said["actor"], said["facts"]["reason"]) == ("counter:esign", "idle")


@pytest.mark.parametrize("what", ["here", "aloud", "consent"])
async def test_whatever_the_citizen_does_begins_the_two_minutes_anew(
    counter: Counter, what: str
) -> None:
    await counter.present()
    await counter.read(1, 2)
    counter.time += IDLE - S
    match what:
        case "here":
            await counter.reading.here(CASE, counter.id)
        case "aloud":
            await counter.reading.read_aloud(CASE, counter.id, "machine", "pt")
        case "consent":
            await counter.consent()
    state = await counter.state()
    counter.time += IDLE - S
    await counter.reading.expire()
    assert await counter.state() == state
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "abandoned"


@pytest.mark.parametrize("by", ["agent", "citizen", None])
async def test_who_sits_there_is_not_told_by_a_page_that_is_turned(
    counter: Counter, by: Turner | None
) -> None:
    """The agent turns too, and a page that fits on the screen is seen as soon as it is there."""
    await counter.present()
    counter.time += IDLE - 2 * S
    if by is None:
        await counter.shown(2)
    else:
        await counter.turn(2, by)
    counter.time += MOMENT
    assert await counter.reading.page_read(CASE, counter.id, 2) == (1,)
    await counter.reading.expire()
    assert await counter.state() == "presented"
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "abandoned"


async def test_of_an_abandoned_document_only_the_event_remains(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    assert counter.blobs.kept
    counter.time += IDLE
    await counter.reading.expire()
    assert await counter.kept_and_named() == set()
    assert await counter.rows(esign_page_image) == []
    (document,) = await counter.rows(esign_document)
    assert document.data == {}
    (here,) = await counter.rows(ceremony_attendance)
    assert here.forgotten_at == counter.time
    assert await counter.rows(ceremony_ink) == []
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.sheets) == ("abandoned", ())


@pytest.mark.parametrize("ended", ["declined", "withdrawn"])
async def test_of_a_document_that_nobody_signed_only_the_event_remains(
    counter: Counter, ended: str
) -> None:
    await counter.present()
    (shown,) = await counter.esign.ceremonies(CASE)
    if ended == "declined":
        await counter.esign.decline(CASE, shown.ceremony_id, counter.time, "think")
    else:
        await counter.esign.withdraw(CASE, shown.ceremony_id, by="agent:a-1", now=counter.time)
    await counter.reading.expire()
    assert (await counter.state(), await counter.kept_and_named()) == (ended, set())
    (document,) = await counter.rows(esign_document)
    assert document.data == {}


async def test_what_an_older_version_took_back_before_it_was_read_is_let_go_too(
    counter: Counter,
) -> None:
    """It wrote no row about the reading of what was never presented."""
    await counter.present()
    await counter.esign.withdraw(CASE, counter.id, by="agent:a-1", now=counter.time)
    await counter.executor.write(lambda conn: conn.execute(ceremony_attendance.delete()))
    await counter.reading.expire()
    (document,) = await counter.rows(esign_document)
    assert (await counter.kept_and_named(), document.data) == (set(), {})
    (here,) = await counter.rows(ceremony_attendance)
    assert here.forgotten_at == counter.time
    assert await counter.executor.read(remains, counter.time) == ()


async def test_what_was_not_let_go_before_a_crash_is_let_go_after_it(counter: Counter) -> None:
    await counter.present()
    counter.time += IDLE
    kept = dict(counter.blobs.kept)

    async def dies(sha256: str) -> None:
        raise OSError(sha256)

    counter.blobs.remove = dies  # type: ignore[method-assign]
    await counter.reading.expire()
    assert (await counter.state(), counter.blobs.kept) == ("abandoned", kept)
    del counter.blobs.remove
    await ReadingService(**counter.parts).expire()  # as another node has it
    assert await counter.kept_and_named() == set()


async def test_after_the_ink_nobody_goes_away(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    sealed = await counter.sign()
    counter.time += KEPT
    await counter.reading.expire()
    assert await counter.state() == "sealed"
    assert await counter.esign.pdf(CASE, sealed)


async def test_declining_says_why(counter: Counter) -> None:
    await counter.present()
    await counter.esign.decline(CASE, counter.id, counter.time, "cannot_write")
    (here,) = await counter.rows(ceremony_attendance)
    assert here.reason == "cannot_write"
    (said,) = await counter.journal("ceremony.declined")
    assert said["facts"]["reason"] == "cannot_write"
