"""Visits to several departments: looked for, held, confirmed, moved and cancelled as one."""

from datetime import datetime, timedelta
from typing import Any

from tests.web.api.conftest import NewProgram
from tests.web.api.programs import DAY, DETAILS, PERSON, SERVICE, SITE, Program

SECOND = "dsf-salaries-tax-certificate"
TIMES = f"/sitting/times?service={SERVICE}&second={SECOND}&site={SITE}&day={DAY}"


async def starts(program: Program) -> list[str]:
    told = await program.get(TIMES)
    assert told.status == 200, told.text
    return [one["start"] for one in told.json["times"]]


async def test_a_visit_is_held_confirmed_moved_and_cancelled_as_one(program: Program) -> None:
    first, *_, last = await starts(program)
    body: dict[str, Any] = {
        "services": [SERVICE, SECOND],
        "site": SITE,
        "start": first,
        "person": PERSON,
    }
    held = await program.post("/hold/sitting", "the-same-key", **body)
    assert held.status == 201, held.text
    again = await program.post("/hold/sitting", "the-same-key", **body)
    assert (again.status, again.json) == (201, held.json)
    one, other = held.json["parts"]
    assert (one["service"], other["service"]) == (SERVICE, SECOND)
    assert (one["start"], one["end"]) == (first, other["start"])
    assert first not in await starts(program)
    reference = held.json["reference"]

    booked = await program.post("/appointment/confirm", reference=reference, **DETAILS)
    assert [part["state"] for part in booked.json["parts"]] == ["booked", "booked"]
    moved = await program.post("/appointment/change", reference=reference, site=SITE, start=last)
    assert moved.json["parts"][0]["start"] == last
    assert moved.json["parts"][0]["end"] == moved.json["parts"][1]["start"]
    gone = await program.post("/appointment/cancel", reference=reference)
    assert [part["state"] for part in gone.json["parts"]] == ["cancelled", "cancelled"]
    seen = await program.get("/appointment", Reference=reference)
    assert seen.json["parts"] == gone.json["parts"]


async def test_of_one_service_there_are_no_parts(program: Program) -> None:
    reference = await program.book()
    seen = await program.get("/appointment", Reference=reference)
    assert seen.json["parts"] == []


async def test_a_time_at_which_it_does_not_fit_is_refused_and_nothing_is_held(
    program: Program,
) -> None:
    start = (await starts(program))[0]
    odd = (datetime.fromisoformat(start) + timedelta(minutes=5)).isoformat()
    body: dict[str, Any] = {"services": [SERVICE, SECOND], "site": SITE, "person": PERSON}
    refused = await program.post("/hold/sitting", start=odd, **body)
    assert (refused.status, refused.code) == (409, "slot_taken")
    assert (await starts(program))[0] == start


async def test_a_key_of_one_department_keeps_no_visit_to_another(new_program: NewProgram) -> None:
    own = await new_program(department="dsi")
    assert (await own.get(TIMES)).code == "not_in_catalogue"
    body: dict[str, Any] = {"services": [SERVICE, SECOND], "site": SITE, "person": PERSON}
    refused = await own.post("/hold/sitting", start=f"{DAY}T09:00:00+08:00", **body)
    assert refused.code == "not_in_catalogue"


async def test_a_visit_is_of_two_or_three(program: Program) -> None:
    for services in ([SERVICE], [SERVICE, SECOND] * 2):
        body: dict[str, Any] = {"services": services, "site": SITE, "person": PERSON}
        refused = await program.post("/hold/sitting", start=f"{DAY}T09:00:00+08:00", **body)
        assert (refused.status, refused.json["fields"]) == (422, ["services"])


async def test_a_closed_day_is_said(program: Program) -> None:
    told = await program.get(TIMES.replace(DAY, "2026-11-28"))
    assert (told.status, told.code) == (409, "closed_day")
