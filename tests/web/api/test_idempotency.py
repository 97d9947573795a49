"""A request that is sent twice is done once; its key is good for no other."""

import asyncio
from datetime import timedelta

import pytest

from booking.service import BookingService
from counter.store.executor import Executor
from counter.store.housekeeping import KEYS_FOR, tidy
from tests.web.api.conftest import NewProgram
from tests.web.api.programs import DETAILS, PERSON, SERVICE, SITE, Program
from tests.web.conftest import Clock

KEY = "request-0815"


async def test_the_same_hold_again_is_the_same_hold(program: Program) -> None:
    start = (await program.starts())[0]
    body = {"service": SERVICE, "site": SITE, "start": start, "person": PERSON}
    first, *rest = await asyncio.gather(*(program.post("/hold", key=KEY, **body) for _ in range(4)))
    assert first.status == 201
    assert {one.text for one in rest} == {first.text}


@pytest.mark.parametrize(
    "other", [{"person": "person-0002"}, {"speech": "pt"}, {"step_free": True}, {"site": "x"}]
)
async def test_a_key_is_not_good_for_another_body(
    program: Program, other: dict[str, object]
) -> None:
    start = (await program.starts())[0]
    body = {"service": SERVICE, "site": SITE, "start": start, "person": PERSON}
    held = await program.post("/hold", key=KEY, **body)
    refused = await program.post("/hold", key=KEY, **{**body, **other})
    assert (refused.status, refused.code) == (422, "idempotency_key_used")
    again = await program.post("/hold", key=KEY, **body)
    assert again.text == held.text


async def test_a_key_is_not_good_for_another_call(program: Program) -> None:
    start = (await program.starts())[0]
    body = {"service": SERVICE, "site": SITE, "start": start, "person": PERSON}
    reference = (await program.post("/hold", key=KEY, **body)).json["reference"]
    refused = await program.post("/appointment/cancel", key=KEY, reference=reference)
    assert (refused.status, refused.code) == (422, "idempotency_key_used")
    told = await program.get("/appointment", Reference=reference)
    assert told.json["state"] == "held"


async def test_two_programs_may_use_the_same_key(program: Program, new_program: NewProgram) -> None:
    other = await new_program()
    first, second, *_ = await program.starts()
    body = {"service": SERVICE, "site": SITE, "person": PERSON}
    mine = await program.post("/hold", key=KEY, start=first, **body)
    theirs = await other.post("/hold", key=KEY, start=second, **body)
    assert (mine.status, theirs.status) == (201, 201)
    assert mine.json["reference"] != theirs.json["reference"]


async def test_confirming_again_answers_the_same(program: Program) -> None:
    held = await program.hold((await program.starts())[0])
    body = {"reference": held.json["reference"], **DETAILS}
    first = await program.post("/appointment/confirm", key=KEY, **body)
    again = await program.post("/appointment/confirm", key=KEY, **body)
    assert (first.status, first.text) == (200, again.text)


async def test_moving_again_answers_the_same(program: Program) -> None:
    reference = await program.book()
    start = (await program.starts())[2]
    body = {"reference": reference, "site": SITE, "start": start}
    first = await program.post("/appointment/change", key=KEY, **body)
    again = await program.post("/appointment/change", key=KEY, **body)
    assert (first.status, first.text) == (200, again.text)


async def test_a_late_repeat_of_a_move_does_not_undo_a_newer_one(program: Program) -> None:
    reference = await program.book()
    older, newer = (await program.starts())[2], (await program.starts())[4]
    body = {"reference": reference, "site": SITE}
    assert (await program.post("/appointment/change", key=KEY, start=older, **body)).status == 200
    moved = await program.post("/appointment/change", key=f"{KEY}-2", start=newer, **body)
    again = await program.post("/appointment/change", key=KEY, start=older, **body)
    assert (again.status, again.text) == (200, moved.text)
    assert again.json["start"] == newer


async def test_a_move_that_was_refused_is_tried_again_when_repeated(program: Program) -> None:
    reference = await program.book()
    body = {"reference": reference, "site": SITE, "start": "2026-11-25T02:01:00Z"}
    refused = await program.post("/appointment/change", key=KEY, **body)
    again = await program.post("/appointment/change", key=KEY, **body)
    assert refused.status >= 400 and (again.status, again.code) == (refused.status, refused.code)


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with blank", "nicht-äöü"])
async def test_a_change_needs_a_key_of_its_own(program: Program, key: str) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    told = await program.ask("POST", "/hold", headers=headers, json={})
    assert (told.status, told.code) == (400, "idempotency_key_missing")


async def test_a_key_is_remembered_for_some_days(
    program: Program, executor: Executor, booking: BookingService, clock: Clock
) -> None:
    reference = await program.book()
    await program.post("/appointment/cancel", key=KEY, reference=reference)
    clock.advance(days=1)
    await executor.write(tidy, clock())
    other = await program.book("2026-11-26")
    refused = await program.post("/appointment/cancel", key=KEY, reference=other)
    assert refused.code == "idempotency_key_used"
    clock.advance(seconds=(KEYS_FOR - timedelta(days=1)).total_seconds() + 1)
    await executor.write(tidy, clock())
    told = await program.post("/appointment/cancel", key=KEY, reference=reference)
    assert told.status == 200
