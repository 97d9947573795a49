"""Who may ask what: keys, scopes, departments, other programs, and how often."""

import json
from typing import Any

import pytest
from aiohttp import web

from booking.service import BookingService
from counter.identity.api_key_service import ApiKeyService
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.web.api.conftest import NewProgram
from tests.web.api.programs import BY, DAY, DETAILS, PERSON, SERVICE, SITE, Program, api_app
from tests.web.conftest import Client, Clock, Serve
from web.api.table import CALLS, ROOT
from web.shared.access import NOBODY, Principal, allow

one_engine = pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
"For what is refused before the store is asked."

ELSEWHERE = "fss-old-age-pension"
REFERENCE = "00000-00000-00000-00000"


def address(path: str) -> str:
    return path.replace("{service}", SERVICE)


@one_engine
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
async def test_nobody_without_a_key_learns_anything(client: Client, call: Any) -> None:
    url = f"{ROOT}{address(call.path)}"
    for authorization in ("", "Bearer rvc_x_y", "Bearer ", "Basic eDp5", "rvc_x"):
        headers = {"Authorization": authorization} if authorization else {}
        async with client.request(call.method, url, headers=headers, json={}) as answer:
            told = await answer.json(content_type=None)
            assert (answer.status, told["code"]) == (401, "api_key_unknown"), authorization
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.content_type == "application/problem+json"


async def test_a_key_that_was_revoked_or_renewed_opens_nothing(
    client: Client, keys: ApiKeyService
) -> None:
    made, key = await keys.make("One app", ["read"], None, BY)
    assert (await Program(client, key).get("/departments")).status == 200
    assert (await Program(client, key + "x").get("/departments")).status == 401
    renewed = await keys.renew(made.id, BY)
    assert (await Program(client, key).get("/departments")).status == 401
    assert (await Program(client, renewed).get("/departments")).status == 200
    await keys.revoke(made.id, BY)
    assert (await Program(client, renewed).get("/departments")).status == 401


@one_engine
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
async def test_a_key_without_the_scope_is_refused(new_program: NewProgram, call: Any) -> None:
    program = await new_program("book" if call.scope == "read" else "read")
    told = await program.ask(call.method, address(call.path), json={})
    assert (told.status, told.code) == (403, "api_key_scope")


async def test_a_cookie_opens_nothing_and_none_is_given(client: Client, program: Program) -> None:
    cookies = {"Cookie": "staff=x; terminal=x; visitor=x; language=pt"}
    assert (await client.get(f"{ROOT}/departments", headers=cookies)).status == 401
    for path in ("/departments", "/departments?lang=pt"):
        told = await client.get(
            f"{ROOT}{path}", headers={**program.headers, **cookies}, allow_redirects=False
        )
        assert told.status == (422 if "lang" in path else 200)
        assert told.headers.get("Content-Language") in (None, "en")
        assert "Set-Cookie" not in told.headers


async def test_pages_of_other_origins_cannot_ask(client: Client, program: Program) -> None:
    asks = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    preflight = await client.options(f"{ROOT}/departments", headers=asks)
    assert preflight.status == 405
    told = await client.get(f"{ROOT}/departments", headers={**program.headers, **asks})
    for answer in (preflight, told):
        assert not [name for name in answer.headers if name.startswith("Access-Control")]


class Staff:
    """Sessions that believe a header; for tests only."""

    async def principal(self, request: web.Request) -> Principal:
        return Principal(kind="agent", subject="a") if "X-Agent" in request.headers else NOBODY


async def test_a_key_opens_no_page_and_a_session_no_call(
    serve: Serve, executor: Executor, booking: BookingService, keys: ApiKeyService, clock: Clock
) -> None:
    @allow("agent")
    async def page(request: web.Request) -> web.Response:
        return web.Response()

    app = api_app(executor, booking, keys, clock, Staff())
    app.add_routes([web.get("/page", page)])
    client = await serve(app)
    _, key = await keys.make("One app", ["read", "book"], None, BY)
    with_key, with_session = {"Authorization": f"Bearer {key}"}, {"X-Agent": "1"}
    assert (await client.get("/page", headers=with_session)).status == 200
    assert (await client.get("/page", headers=with_key)).status == 401
    assert (await client.get(f"{ROOT}/departments", headers=with_key)).status == 200
    assert (await client.get(f"{ROOT}/departments", headers=with_session)).status == 401


async def test_an_appointment_of_another_program_is_unknown(
    program: Program, new_program: NewProgram
) -> None:
    reference = await program.book()
    other = await new_program()
    start = (await other.starts())[3]
    tries = [
        await other.get("/appointment", Reference=reference),
        await other.get("/appointment/calendar", Reference=reference),
        await other.post("/appointment/confirm", reference=reference, **DETAILS),
        await other.post("/appointment/change", reference=reference, site=SITE, start=start),
        await other.post("/appointment/cancel", reference=reference),
    ]
    none = await other.get("/appointment", Reference=REFERENCE)
    assert {(one.status, one.code) for one in tries} == {(404, "unknown_reference")}
    assert {one.text for one in tries} == {none.text}, "as one that does not exist"
    assert (await program.get("/appointment", Reference=reference)).json["state"] == "booked"


async def test_an_appointment_of_the_pages_is_unknown_to_programs(
    program: Program, booking: Any, clock: Clock
) -> None:
    (slot, *_) = await booking.slots(SERVICE, SITE, clock().date(), clock())
    held = await booking.hold("key-0001", SERVICE, SITE, slot.start, "f" * 64, clock())
    assert (await program.get("/appointment", Reference=held.reference)).status == 404
    gone = await program.post("/appointment/cancel", reference=held.reference)
    assert (gone.status, gone.code) == (404, "unknown_reference")


async def test_an_entry_of_another_program_is_unknown(
    program: Program, new_program: NewProgram, clock: Clock
) -> None:
    start = (await program.starts())[0]
    await program.take_all(start, clock)
    joined = await program.post("/waiting", **await program.wish(start))
    reference = joined.json["reference"]
    other = await new_program()
    assert (await other.get("/waiting", Reference=reference)).status == 404
    assert (await other.post("/waiting/leave", reference=reference)).status == 404
    assert (await program.get("/waiting", Reference=reference)).json["state"] == "waiting"


async def test_the_same_person_of_two_programs_is_two(
    program: Program, new_program: NewProgram
) -> None:
    for day in (DAY, "2026-11-26", "2026-11-27"):
        await program.book(day)
    start = (await program.starts("2026-11-30"))[0]
    refused = await program.hold(start)
    assert (refused.status, refused.code) == (409, "too_many_appointments")
    assert (await (await new_program()).hold(start)).status == 201


async def test_a_key_of_one_department_knows_its_services_only(new_program: NewProgram) -> None:
    program = await new_program(department="dsi")
    everything = await new_program()
    assert [one["id"] for one in (await program.get("/departments")).json["departments"]] == ["dsi"]
    known = (await program.get("/services")).json["services"]
    assert {one["department"] for one in known} == {"dsi"}
    assert len((await everything.get("/services")).json["services"]) > len(known)
    assert (await program.get("/services?department=dsi")).json["services"] == known
    found = (await program.get("/search?q=pension")).json["found"]
    assert ELSEWHERE not in [one["service"] for one in found]
    found = (await everything.get("/search?q=pension")).json["found"]
    assert ELSEWHERE in [one["service"] for one in found]
    start = (await program.starts())[0]
    wish = {**await program.wish(start), "service": ELSEWHERE}
    for told in (
        await program.get("/services?department=fss"),
        await program.get(f"/services/{ELSEWHERE}"),
        await program.get(f"/services/{ELSEWHERE}/availability?site={SITE}"),
        await program.get(f"/sites?service={ELSEWHERE}"),
        await program.hold(start, service=ELSEWHERE),
        await program.post("/hold/first", service=ELSEWHERE, site=SITE, day=DAY, person=PERSON),
        await program.post("/waiting", **wish),
    ):
        assert (told.status, told.code) == (404, "not_in_catalogue")


async def test_who_asks_too_often_is_told_when_to_ask_again(
    new_program: NewProgram, clock: Clock
) -> None:
    program, other = await new_program(per_s=2), await new_program(per_s=2)
    answers = [(await program.get("/departments")).status for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    refused = await program.get("/departments")
    assert (refused.code, refused.headers["Retry-After"]) == ("too_many_requests", "1")
    assert (await other.get("/departments")).status == 200, "each key by itself"
    clock.advance(seconds=1)
    answers = [(await program.get("/departments")).status for _ in range(3)]
    assert answers == [200, 200, 429]


async def test_the_journal_and_the_store_hold_no_token_of_a_person(
    program: Program, executor: Executor
) -> None:
    await program.book(person="a-token-of-somebody")
    entries = [json.loads(entry.body) for entry in await executor.read(read_all)]
    assert "a-token-of-somebody" not in repr(entries)
    assert {"appointment.held", "appointment.booked", "api_key.made"} <= {
        entry["action"] for entry in entries
    }
