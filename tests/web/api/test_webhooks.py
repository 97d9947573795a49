"""Webhooks over the API: of the own department only, with a scope of their own, made once."""

from typing import get_args

from counter.notify.webhook import KINDS
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.web.api.conftest import NewProgram
from web.api.webhook_models import Kind

URL = "https://receiver.example/counter"


def test_the_kinds_are_those_that_there_are() -> None:
    assert get_args(Kind) == KINDS


async def test_an_address_is_added_listed_and_removed(
    new_program: NewProgram, executor: Executor
) -> None:
    program = await new_program("webhooks", department="dsi")
    made = await program.post("/webhooks", url=URL, kinds=["appointment.booked"])
    assert made.status == 201, made.text
    assert made.json["secret"].startswith("whsec_") and made.json["department"] == "dsi"
    assert made.headers["Cache-Control"] == "no-store"
    (listed,) = (await program.get("/webhooks")).json["webhooks"]
    assert "secret" not in listed and listed["kinds"] == ["appointment.booked"]
    entries = [entry.body for entry in await executor.read(read_all)]
    assert any("webhook.added" in one and "program:" in one for one in entries)
    for _ in range(2):
        left = await program.post("/webhooks/remove", webhook=made.json["id"])
        assert (left.status, left.json) == (200, {"webhooks": []})


async def test_asked_twice_it_is_made_once_and_its_secret_is_the_same(
    new_program: NewProgram,
) -> None:
    program = await new_program("webhooks")
    one, again = [await program.post("/webhooks", "same-key", url=URL) for _ in range(2)]
    assert one.json == again.json and one.json["kinds"] == list(KINDS)
    other = await program.post("/webhooks", url=URL)
    assert other.json["id"] != one.json["id"] and other.json["secret"] != one.json["secret"]
    assert len((await program.get("/webhooks")).json["webhooks"]) == 2
    another = await new_program("webhooks")
    theirs = await another.post("/webhooks", "same-key", url=URL)
    assert theirs.json["id"] != one.json["id"], "keys of two programs have nothing in common"


async def test_those_of_other_departments_are_not_there(new_program: NewProgram) -> None:
    own = await new_program("webhooks", department="dsi")
    other = await new_program("webhooks", department="dsf")
    made = await other.post("/webhooks", url=URL)
    assert (await own.get("/webhooks")).json == {"webhooks": []}
    await own.post("/webhooks/remove", webhook=made.json["id"])
    assert len((await other.get("/webhooks")).json["webhooks"]) == 1


async def test_it_takes_a_scope_of_its_own(new_program: NewProgram) -> None:
    program = await new_program("read", "book")
    for refused in (
        await program.get("/webhooks"),
        await program.post("/webhooks", url=URL),
        await program.post("/webhooks/remove", webhook="w"),
    ):
        assert (refused.status, refused.code) == (403, "api_key_scope")
    only = await new_program("webhooks")
    assert (await only.get("/departments")).code == "api_key_scope"


async def test_an_address_that_cannot_be_told_is_refused(new_program: NewProgram) -> None:
    program = await new_program("webhooks")
    for url in ("http://receiver.example/", "https://user@receiver.example/", "https://h/#part"):
        refused = await program.post("/webhooks", url=url)
        assert refused.status in (400, 422), url
    unknown = await program.post("/webhooks", url=URL, kinds=["appointment.dreamt"])
    assert (unknown.status, unknown.json["fields"]) == (422, ["kinds"])
    assert (await program.get("/webhooks")).json == {"webhooks": []}
