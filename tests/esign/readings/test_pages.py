"""Reading before signing, on both engines: which pages, how long, and how it was read."""

import hashlib
from datetime import datetime, timedelta

import pytest

from counter.errors import BadInput
from counter.esign.attendance import MOMENT, STINT, Turned
from counter.esign.refusals import PagesUnseen, PageTooShort
from counter.esign.store_attendance_tables import ceremony_page_time
from tests.esign.paper import CASE
from tests.esign.readings.reading_counter import Counter, S


async def test_each_page_is_kept_with_when_and_how_long_it_was_on_the_screen(
    counter: Counter, now: datetime
) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += 10 * S
    await counter.shown(1, still=True)
    counter.time += 5 * S
    assert await counter.reading.page_read(CASE, counter.id, 1) == (2,)
    await counter.shown(2)
    counter.time += 3 * S
    await counter.shown(1)
    counter.time += 2 * S
    await counter.shown(None)
    first, second = sorted(await counter.rows(ceremony_page_time), key=lambda one: one.page)
    assert (first.first_at, first.last_at) == (now, now + 20 * S)
    assert (first.total_ms, second.total_ms) == (17_000, 3_000)
    assert (first.seen_at, second.seen_at) == (now + 15 * S, None)


async def test_a_page_counts_only_after_a_moment_on_the_screen(counter: Counter) -> None:
    await counter.present()
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    await counter.shown(1)
    counter.time += MOMENT / 2
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    await counter.shown(2)  # away in between: it begins anew
    await counter.shown(1)
    counter.time += MOMENT * 0.9
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 2)
    counter.time += MOMENT
    assert await counter.reading.page_read(CASE, counter.id, 1) == (2,)
    with pytest.raises(PagesUnseen):
        await counter.consent()


async def test_a_browser_that_fell_silent_is_not_counted_as_reading(
    counter: Counter, now: datetime
) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += timedelta(minutes=1)
    await counter.shown(None)
    (row,) = await counter.rows(ceremony_page_time)
    assert (row.total_ms, row.last_at) == (STINT / timedelta(milliseconds=1), now + STINT)


@pytest.mark.parametrize("page", [0, 3])
async def test_a_page_there_is_not_is_not_shown(counter: Counter, page: int) -> None:
    await counter.present()
    with pytest.raises(BadInput):
        await counter.shown(page)


async def test_the_journal_keeps_what_was_read_and_which_sentence_was_agreed_to(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.reading.read_aloud(CASE, counter.id, "machine", "pt")
    counter.time += 4 * S
    await counter.consent()
    assert [one["facts"]["page"] for one in await counter.journal("ceremony.page_seen")] == [1, 2]
    (said,) = await counter.journal("ceremony.consented")
    facts = said["facts"]
    assert (facts["language"], facts["sentence"]) == ("pt", "Li tudo e concordo.")
    assert facts["text_sha256"] == hashlib.sha256(facts["sentence"].encode()).hexdigest()
    assert (facts["text"], facts["sha256"]) == ("handwritten-1", await counter.sha256())
    assert [(one["page"], one["seconds"]) for one in facts["pages"]] == [(1, 1), (2, 5)]
    assert facts["read_aloud"] == "machine"
    (aloud,) = await counter.journal("ceremony.read_aloud")
    assert aloud["actor"] == f"citizen:{CASE}"
    assert "陳大文" not in str(said) + str(aloud)


async def test_the_journal_says_who_turned_each_page(counter: Counter) -> None:
    await counter.present()
    await counter.read(1)  # it appeared: nobody turned to it
    await counter.turn(2, "agent")
    await counter.shown(2, still=True)
    counter.time += MOMENT
    await counter.reading.page_read(CASE, counter.id, 2)
    await counter.turn(1, "citizen")
    await counter.turn(2, "agent")
    await counter.consent()
    seen = [one["facts"] for one in await counter.journal("ceremony.page_seen")]
    assert [(one["page"], one.get("turned_by")) for one in seen] == [(1, None), (2, "agent")]
    (said,) = await counter.journal("ceremony.consented")
    assert [one["turned_by"] for one in said["facts"]["pages"]] == [["citizen"], ["agent"]]


async def test_another_document_s_page_that_was_turned_is_not_this_one_s(counter: Counter) -> None:
    await counter.present()
    counter.turned = Turned(ceremony_id="another", page=1, by="agent")
    await counter.read(1, 2)
    await counter.consent()
    (said,) = await counter.journal("ceremony.consented")
    turns = [one["turned_by"] for one in said["facts"]["pages"]]
    assert turns == [[], []]


async def test_reading_aloud_is_told_once_per_voice_and_language(counter: Counter) -> None:
    await counter.present()
    for by in ("machine", "machine", "agent"):
        await counter.reading.read_aloud(CASE, counter.id, by, "pt")
    assert (await counter.told()).count("ceremony.read_aloud") == 2
