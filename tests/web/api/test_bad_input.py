"""Whatever is sent, it is refused in words that programs and people can use, and never repeated."""

from datetime import date
from typing import Any

import pytest

from booking.service import BookingService
from tests.web.api.programs import DAY, DETAILS, PERSON, SERVICE, SITE, Program
from tests.web.conftest import Client, Clock
from web.api.reading import MOST_BYTES
from web.citizen.availability_feed import body_of

pytestmark = pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
"What is refused before the store is asked needs no second engine."

START = "2026-11-25T01:00:00+00:00"
HOLD = {"service": SERVICE, "site": SITE, "start": START, "person": PERSON}
REFERENCE = "00000-00000-00000-00000"
FIRST = {"service": SERVICE, "site": SITE, "day": DAY, "person": PERSON}
CONFIRM = {"reference": REFERENCE, **DETAILS}
SECRET = "Somebody's name 1234567(8)"


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/hold", {}, ["service", "site", "start", "person"]),
        ("/hold", {**HOLD, "start": "2026-11-25T01:00:00"}, ["start"]),
        ("/hold", {**HOLD, "start": "2026-02-30T01:00:00Z"}, ["start"]),
        ("/hold", {**HOLD, "start": "1999-11-25T01:00:00Z"}, ["start"]),
        ("/hold", {**HOLD, "start": 1764032400}, ["start"]),
        ("/hold", {**HOLD, "start": None}, ["start"]),
        ("/hold", {**HOLD, "person": SECRET}, ["person"]),
        ("/hold", {**HOLD, "person": "short"}, ["person"]),
        ("/hold", {**HOLD, "service": "x" * 41}, ["service"]),
        ("/hold", {**HOLD, "service": "../x"}, ["service"]),
        ("/hold", {**HOLD, "speech": "fr"}, ["speech"]),
        ("/hold", {**HOLD, "step_free": "yes"}, ["step_free"]),
        ("/hold", {**HOLD, SECRET: 1}, None),
        ("/hold/first", {**FIRST, "day": "soon"}, ["day"]),
        ("/hold/first", {**FIRST, "day": "2026-13-01"}, ["day"]),
        ("/hold/first", {**FIRST, "part": "night"}, ["part"]),
        ("/appointment/confirm", {**CONFIRM, "reference": "no"}, ["reference"]),
        ("/appointment/confirm", {**CONFIRM, "name": ""}, ["name"]),
        ("/appointment/confirm", {**CONFIRM, "name": "a\u0000b"}, ["name"]),
        ("/appointment/confirm", {**CONFIRM, "name": "x" * 81}, ["name"]),
        ("/appointment/confirm", {**CONFIRM, "language": "zh_Hant"}, ["language"]),
        ("/appointment/confirm", {**CONFIRM, "acting": "friend"}, ["acting"]),
        ("/appointment/confirm", {**CONFIRM, "parties": [{"name": SECRET}]}, ["parties"]),
        ("/appointment/cancel", {"reference": REFERENCE.lower() + "!"}, ["reference"]),
        ("/appointment/cancel", [], None),
        ("/appointment/cancel", "x", None),
        ("/waiting", {}, [
            "service", "site", "from_at", "until_at", "contact", "language", "person",
        ]),
    ],
)  # fmt: skip
async def test_what_does_not_fit_the_model_is_named_by_its_field(
    program: Program, path: str, body: Any, fields: list[str] | None
) -> None:
    told = await program.ask("POST", path, headers={"Idempotency-Key": "request-1"}, json=body)
    assert (told.status, told.code) == (422, "bad_details"), told.text
    assert told.json.get("fields") == fields
    assert SECRET not in told.text


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "bad_input"),
        (b"{", "application/json", 400, "bad_input"),
        (b"\xff\xfe", "application/json", 400, "bad_input"),
        (b'{"reference": "\\ud800"}', "application/json", 400, "bad_input"),
        (b"[" * 5000, "application/json", 400, "bad_input"),
        (b'{"a":' * 1500 + b"1" + b"}" * 1500, "application/json", 400, "bad_input"),
        (b'{"reference": NaN}', "application/json", 422, "bad_details"),
        (b" " * (MOST_BYTES + 1), "application/json", 413, "too_large"),
        (b"{}", "text/plain", 415, "bad_input"),
        (b"reference=1", "application/x-www-form-urlencoded", 415, "bad_input"),
        (b"a=1&" * 50_000, "application/x-www-form-urlencoded", 415, "bad_input"),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415, "bad_input"),
    ],
    ids=[
        *("empty", "half", "bytes", "surrogate", "deep list", "deep", "nan", "long"),
        *("text", "form", "long form", "broken parts"),
    ],
)
async def test_a_body_that_is_none(
    program: Program, body: bytes, kind: str, status: int, code: str
) -> None:
    headers = {"Idempotency-Key": "request-1", "Content-Type": kind}
    told = await program.ask("POST", "/appointment/cancel", headers=headers, data=body)
    assert (told.status, told.code) == (status, code), told.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/departments?x=1", None),
        ("/services?department=", ["department"]),
        ("/services?department=a&department=b", ["department"]),
        ("/search", ["q"]),
        ("/search?q=", ["q"]),
        (f"/search?q={'x' * 81}", ["q"]),
        ("/services/%00", ["service"]),
        ("/services/..%2fx", ["service"]),
        (f"/services/{SERVICE}?service=x", None),
        (f"/services/{SERVICE}/availability", ["site"]),
        (f"/services/{SERVICE}/availability?site={SITE}&from=soon", ["from"]),
        (f"/services/{SERVICE}/availability?site={SITE}&from=0001-01-01", ["from"]),
        ("/appointment", ["reference"]),
        (f"/appointment?reference={REFERENCE}", None),
    ],
)
async def test_an_address_with_wrong_words(
    program: Program, path: str, fields: list[str] | None
) -> None:
    told = await program.get(path)
    assert (told.status, told.code) == (422, "bad_details"), told.text
    assert told.json.get("fields") == fields


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "no_such_call"),
        ("/services/nothing", 404, "not_in_catalogue"),
        ("/services?department=nothing", 404, "not_in_catalogue"),
        (f"/services/{SERVICE}/availability?site=nothing", 404, "not_in_catalogue"),
        ("/hold", 405, "no_such_call"),
    ],
)
async def test_what_is_not_there(program: Program, path: str, status: int, code: str) -> None:
    told = await program.get(path)
    assert (told.status, told.code) == (status, code)
    assert told.headers["Content-Type"] == "application/problem+json"
    if status == 405:
        assert told.headers["Allow"] == "POST"


async def test_a_refusal_of_booking_comes_with_its_facts(program: Program) -> None:
    taken = await program.hold("2026-11-25T01:07:00+00:00")
    assert (taken.status, taken.code) == (409, "slot_taken")
    closed = await program.hold("2026-12-08T02:00:00+00:00")
    assert (closed.code, closed.json["reason"]) == ("closed_day", "public_holiday")
    name = {**DETAILS, "contact": SECRET}
    held = await program.hold((await program.starts())[0])
    refused = await program.post("/appointment/confirm", reference=held.json["reference"], **name)
    assert (refused.status, refused.json["fields"]) == (422, ["contact"])
    assert SECRET not in refused.text


@pytest.mark.parametrize(
    ("accept", "language", "title"),
    [
        ("zh-HK", "zh-Hant", "找不到這個預約編號"),
        ("zh-CN", "zh-Hans", None),
        ("pt-PT", "pt", None),
        ("en", "en", "We do not know this appointment number"),
        ("fr", "zh-Hant", "找不到這個預約編號"),
    ],
)
async def test_a_refusal_is_said_in_the_readers_language(
    program: Program, accept: str, language: str, title: str | None
) -> None:
    told = await program.get("/appointment", Reference=REFERENCE, **{"Accept-Language": accept})
    assert told.headers["Content-Language"] == language
    assert told.json["type"] == "urn:problem-type:counter:unknown_reference"
    assert told.json["status"] == 404
    if title:
        assert told.json["title"] == title


async def test_a_faulty_counter_says_so_in_the_same_form(
    client: Client, program: Program, booking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(booking, "search", broken)
    told = await program.get("/search?q=x")
    assert (told.status, told.code) == (500, "server_fault")
    assert SECRET not in told.text


async def test_what_was_read_is_known_by_its_tag(program: Program) -> None:
    for path in (
        "/departments",
        "/services",
        f"/services/{SERVICE}",
        "/sites",
        "/search?q=pension",
        f"/services/{SERVICE}/availability?site={SITE}&from={DAY}",
    ):
        first = await program.get(path)
        tag = first.headers["ETag"]
        assert first.headers["Cache-Control"].startswith("private, ")
        again = await program.get(path, **{"If-None-Match": f'"x", W/{tag}'})
        assert (again.status, again.text) == (304, "")
        assert (await program.get(path, **{"If-None-Match": '"x"'})).status == 200


async def test_what_is_free_is_told_as_to_the_pages(
    program: Program, booking: BookingService, clock: Clock
) -> None:
    told = await program.get(f"/services/{SERVICE}/availability?site={SITE}&from={DAY}")
    body = await body_of(booking, SERVICE, SITE, date.fromisoformat(DAY), clock())
    assert (told.text.encode(), told.headers["ETag"]) == (body.content, body.etag)
