"""The index is made once for each version of the catalogue, and holds from the next question on."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from booking import store_catalogue
from booking.script_opencc import simplified
from booking.search_service import SearchService
from booking.seed_toml import seed
from booking.service import BookingService
from booking.store_catalogue_tables import service
from booking.store_sql import booking_service
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe

CATALOGUE = seed([2026]).catalogue


async def test_a_crowd_that_asks_at_once_shares_one_index() -> None:
    finder = SearchService(simplified)
    answers = await asyncio.gather(*(finder.search(CATALOGUE, "dog") for _ in range(50)))
    assert finder.made == 1
    assert {tuple(one.service.id for one in answer) for answer in answers} == {("iam-dog-licence",)}


async def test_a_change_of_the_catalogue_holds_from_the_next_question_on(
    executor: Executor, booking: BookingService, now: datetime
) -> None:
    def rename(conn: Connection) -> None:
        words = {"en": ["whippersnapper"]}
        changed = service.update().where(service.c.id == "iam-dog-licence")
        conn.execute(changed.values(synonyms=words))
        store_catalogue.touch(conn)

    assert await booking.search("whippersnapper") == []
    await executor.write(rename)
    await booking.sweep(now)
    (found,) = await booking.search("whippersnapper")
    assert found.service.id == "iam-dog-licence"
    assert found.reason.texts == {"en": "whippersnapper"}


async def test_scripts_are_folded_by_what_the_service_is_given(
    executor: Executor,
    booking: BookingService,
    new_id: Callable[[], str],
    random_bytes: Callable[[int], bytes],
) -> None:
    folding = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=new_id,
        random_bytes=random_bytes,
        simplify=simplified,
    )
    # Both scripts in one word: nobody wrote it so, people type it so.
    first = (await folding.search("护照續期"))[0]
    assert first.service.id == "dsi-passport"
    traditional = await folding.search("補領")
    assert traditional == await folding.search("补领")
    assert await booking.search("補領") != await booking.search("补领")
