"""One look at the store for a crowd, and answers that are as old as they may be and no older."""

import asyncio
from datetime import datetime, timedelta

from booking.availability_service import MOST_KEPT, Freshness, KeptAnswers
from booking.errors import SlotTaken

FRESH = Freshness(changed=timedelta(milliseconds=200), unchanged=timedelta(seconds=1))
LATE = timedelta(milliseconds=201)


class Asked:
    """Counts how often an answer was made, and makes it when told to."""

    def __init__(self) -> None:
        self.times = 0
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def make(self) -> int:
        self.times += 1
        self.begun.set()
        await self.go.wait()
        return self.times


async def test_a_thousand_who_ask_at_once_are_answered_by_one_look(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    waiting = [asyncio.create_task(answers.get("q", now, asked.make)) for _ in range(1000)]
    await asyncio.sleep(0)
    asked.go.set()
    assert set(await asyncio.gather(*waiting)) == {1}
    assert (asked.times, answers.made) == (1, 1)


async def test_an_answer_is_kept_a_second_or_less_when_something_was_booked(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    asked.go.set()
    assert await answers.get("q", now, asked.make) == 1
    assert await answers.get("q", now + 4 * LATE, asked.make) == 1
    answers.changed()
    assert await answers.get("q", now + LATE / 2, asked.make) == 1, "not made for every booking"
    assert await answers.get("q", now + LATE, asked.make) == 2
    assert await answers.get("q", now + LATE + timedelta(seconds=1), asked.make) == 3
    assert await answers.get("q", now, asked.make) == 4, "a clock that was set back"
    assert await answers.get("another", now, asked.make) == 5


async def test_what_was_booked_while_an_answer_was_made_is_in_the_next_one(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    first = asyncio.create_task(answers.get("q", now, asked.make))
    await asked.begun.wait()
    answers.changed()
    asked.go.set()
    assert await first == 1
    assert await answers.get("q", now + LATE, asked.make) == 2


async def test_without_freshness_nothing_is_kept(now: datetime) -> None:
    answers, asked = KeptAnswers(Freshness()), Asked()
    asked.go.set()
    assert [await answers.get("q", now, asked.make) for _ in range(3)] == [1, 2, 3]


async def test_a_refusal_is_told_to_all_and_not_kept(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()

    async def refuse() -> int:
        await asked.go.wait()
        raise SlotTaken("no")

    waiting = [asyncio.create_task(answers.get("q", now, refuse)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    asked.go.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in told] == [asyncio.CancelledError, SlotTaken, SlotTaken]
    assert await answers.get("q", now, asked.make) == 1


async def test_answers_to_many_questions_are_let_go_in_time(now: datetime) -> None:
    answers = KeptAnswers(FRESH)

    async def make() -> int:
        return 7

    for number in range(MOST_KEPT + 1):
        await answers.get(number, now, make)
    assert answers.made == MOST_KEPT + 1
    await answers.get(0, now, make)
    assert answers.made == MOST_KEPT + 2


async def test_what_was_found_wrong_is_given_to_nobody_any_more(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    asked.go.set()
    assert await answers.get("q", now, asked.make) == 1
    answers.wrong()
    assert await answers.get("q", now, asked.make) == 2
    assert await answers.get("q", now, asked.make) == 2, "and then kept as before"


async def test_who_was_refused_shares_the_next_answer_not_the_one_being_made(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    first = asyncio.create_task(answers.get("q", now, asked.make))
    await asked.begun.wait()
    # It has looked already, perhaps before somebody took what it will offer.
    answers.wrong()
    refused = [asyncio.create_task(answers.get("q", now, asked.make)) for _ in range(100)]
    await asyncio.sleep(0)
    assert asked.times == 1, "one look at a time"
    asked.go.set()
    assert await first == 1
    assert set(await asyncio.gather(*refused)) == {2}
    assert await answers.get("q", now, asked.make) == 2


async def test_an_answer_that_was_being_made_when_it_was_found_wrong_is_not_kept(
    now: datetime,
) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    first = asyncio.create_task(answers.get("q", now, asked.make))
    await asked.begun.wait()
    answers.wrong()
    asked.go.set()
    assert await first == 1
    assert await answers.get("q", now, asked.make) == 2


async def test_who_waits_for_an_answer_that_is_refused_asks_anew(now: datetime) -> None:
    answers, asked = KeptAnswers(FRESH), Asked()
    begun = asyncio.Event()

    async def refuse() -> int:
        begun.set()
        await asked.go.wait()
        raise SlotTaken("no")

    first = asyncio.create_task(answers.get("q", now, refuse))
    await begun.wait()
    answers.wrong()
    second = asyncio.create_task(answers.get("q", now, asked.make))
    await asyncio.sleep(0)
    asked.go.set()
    told = await asyncio.gather(first, second, return_exceptions=True)
    assert isinstance(told[0], SlotTaken) and told[1] == 1
