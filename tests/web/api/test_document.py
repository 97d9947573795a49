"""The document is the table of calls, and the table is what is served."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from booking.appointment import NEEDS
from booking.catalogue import SPEECH
from counter.identity.api_key_service import ApiKeyService
from tests.web.api.programs import DAY, SERVICE, SITE, Program
from tests.web.conftest import Client
from web.api.fields import Need, Reference, Speech
from web.api.openapi import described, document
from web.api.table import CALLS, DOCUMENT, ROOT
from web.shared.refusals import SENTENCES

TOLD: dict[str, Any] = json.loads(document())


def test_it_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(TOLD).validate()
    assert described(CALLS) == TOLD


async def test_what_is_served_is_in_it_and_nothing_else(client: Client) -> None:
    assert client.app is not None
    served = {
        (route.method, route.resource.canonical)
        for route in client.app.router.routes()
        if route.resource and route.resource.canonical.startswith("/api/")
    }
    documented = {
        (method.upper(), path) for path, calls in TOLD["paths"].items() for method in calls
    }
    assert {one for one in served if one[0] != "HEAD"} == documented
    assert len(documented) == len(CALLS) + 1


async def test_anybody_may_read_it_and_knows_it_by_its_tag(client: Client) -> None:
    answer = await client.get(DOCUMENT)
    assert (answer.status, await answer.json()) == (200, TOLD)
    again = await client.get(DOCUMENT, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status == 304


def test_all_but_the_document_itself_needs_a_key() -> None:
    assert TOLD["security"] == [{"key": []}]
    open_calls = [
        path
        for path, calls in TOLD["paths"].items()
        for call in calls.values()
        if call.get("security") == []
    ]
    assert open_calls == [DOCUMENT]


def test_every_code_that_it_names_has_a_sentence() -> None:
    named = set(re.findall(r"- `(\w+)`:", json.dumps(TOLD)))
    assert named <= set(SENTENCES)
    assert {"slot_taken", "idempotency_key_used", "api_key_unknown", "busy"} <= named


def test_the_words_of_booking_are_all_there() -> None:
    assert get_args(Need) == NEEDS
    assert get_args(Speech) == SPEECH


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_no_reference_and_no_name_stands_in_an_address(call: Any) -> None:
    told = TOLD["paths"][f"{ROOT}{call.path}"][call.method.lower()]
    in_address = {one["name"] for one in told["parameters"] if one["in"] in ("path", "query")}
    assert in_address <= {
        *("service", "second", "third", "department", "site", "from", "day", "speech", "q")
    }
    pattern = TypeAdapter(Reference).json_schema()["pattern"]
    of_references = [one for one in told["parameters"] if one["schema"].get("pattern") == pattern]
    assert {one["in"] for one in of_references} <= {"header"}


WORDS = {
    "searchServices": "?q=passport",
    "getSittingTimes": f"?service={SERVICE}&second=dsf-property-tax-m10&site={SITE}&day={DAY}",
}


async def test_the_models_say_what_is_there(client: Client, keys: ApiKeyService) -> None:
    """Answers of the real catalogue fit their schemas: extra words are refused by the models."""
    _, key = await keys.make("One app", ["read"], None, "operator:socket", 1000)
    program = Program(client, key)
    for call in CALLS:
        if call.method == "GET" and call.scope == "read" and "{" not in call.path:
            path = call.path + WORDS.get(call.name, "")
            told = await program.get(path)
            assert call.gives is not None
            call.gives.model_validate_json(told.text)


def test_the_page_for_authors_names_every_call() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/api.md").read_text()
    named = set(re.findall(r"^\| `(GET|POST) (/[^`]*)` \|", page, re.M))
    assert named == {(call.method, call.path) for call in CALLS}
