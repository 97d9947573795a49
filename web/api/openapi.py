"""The OpenAPI 3.1 document, made from the table of calls and the models: it cannot say otherwise.

What every call may refuse is added here, as the doors do it (`web.api.routes`).
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from booking.errors import BookingRefused
from counter.errors import BadInput, Crowded, Refusal, StoreUnavailable
from counter.protocol.message import Model
from web.api.call import Call
from web.api.fields import Key
from web.api.reading import places
from web.api.refusals import (
    BodyTooLarge,
    IdempotencyKeyUsed,
    KeyScope,
    NoIdempotencyKey,
    NotJson,
    TooMany,
)
from web.api.table import CALLS, DOCUMENT, KEY_HEADER, ROOT
from web.shared.problem import CONTENT_TYPE, Problem
from web.shared.refusals import SENTENCES

SCHEMAS = "#/components/schemas/"
_OF_ALL = ((401, "api_key_unknown"),)
_REFUSALS_OF_ALL: tuple[type[Refusal], ...] = (
    BadInput,
    KeyScope,
    TooMany,
    Crowded,
    StoreUnavailable,
)
_REFUSALS_OF_CHANGES: tuple[type[Refusal], ...] = (
    NoIdempotencyKey,
    IdempotencyKeyUsed,
    NotJson,
    BodyTooLarge,
)
_UNREADABLE = (422, "bad_details")
"Also of a question without words, to which some were added."
_WAIT = {
    "Retry-After": {
        "description": "After how many seconds to ask again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_ETAG = {"ETag": {"description": "What the answer is known by.", "schema": {"type": "string"}}}
_SAYS = (
    "What the citizen's pages do, for programs: see what can be booked, keep a time, confirm it, "
    "change it, cancel it, wait for one. A refusal is `application/problem+json`; its `code` is "
    "stable. Every POST carries an Idempotency-Key: repeated with the same body it does the same "
    "once. What became of an appointment later is told by webhook."
)


def document() -> bytes:
    """The document, encoded."""
    return json.dumps(described(CALLS), ensure_ascii=False, separators=(",", ":")).encode()


def described(calls: Iterable[Call[Any]]) -> dict[str, Any]:
    """The document of these calls."""
    calls = list(calls)
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for call in calls:
        paths[f"{ROOT}{call.path}"][call.method.lower()] = _operation(call)
    paths[DOCUMENT] = {"get": _this_document()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Remote Video Counter: booking",
            "version": "1",
            "description": _SAYS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "read", "description": "For keys with the scope `read`."},
            {"name": "book", "description": "For keys with the scope `book`."},
            {"name": "webhooks", "description": "For keys with the scope `webhooks`."},
        ],
        "security": [{"key": []}],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas(calls),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`rvc_…`, from whoever runs the counter.",
                }
            },
        },
    }


def _operation(call: Call[Any]) -> dict[str, Any]:
    changes = call.method == "POST"
    told: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.does,
        "tags": [str(call.scope)],
        "parameters": [_LANGUAGE, *([_KEY] if changes else _parameters(call))],
        "responses": {str(call.status): _good(call), **_refused(call)},
    }
    if changes:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(call.takes)}},
        }
    if call.kept:
        told["parameters"].append(_IF_NONE_MATCH)
        told["responses"]["304"] = {
            "description": "It is as it was.",
            "headers": _ETAG,
        }
    return told


def _good(call: Call[Any]) -> dict[str, Any]:
    if call.gives is None:
        content: dict[str, Any] = {"text/calendar": {"schema": {"type": "string"}}}
        said = "A calendar entry."
    else:
        content = {"application/json": {"schema": _ref(call.gives)}}
        said = (call.gives.__doc__ or "").strip()
    good: dict[str, Any] = {"description": said, "content": content}
    if call.kept:
        good["headers"] = _ETAG
    return good


def _refused(call: Call[Any]) -> dict[str, Any]:
    """By status: the codes that it comes with, and what they mean."""
    some: list[type[Refusal] | type[BookingRefused]] = [*_REFUSALS_OF_ALL, *call.refuses]
    if call.method == "POST":
        some += _REFUSALS_OF_CHANGES
    found = [*_OF_ALL, _UNREADABLE, *((one.status, one.code) for one in some)]
    codes: dict[int, list[str]] = defaultdict(list)
    for status, code in found:
        if code not in codes[status]:
            codes[status].append(code)
    return {str(status): _problem(status, codes[status]) for status in sorted(codes)}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    said = "\n".join(f"- `{code}`: {SENTENCES[code][0]}." for code in codes)
    refused: dict[str, Any] = {
        "description": said,
        "content": {CONTENT_TYPE: {"schema": _ref(Problem)}},
    }
    if status == 429:
        refused["headers"] = _WAIT
    return refused


def _parameters(call: Call[Any]) -> list[dict[str, Any]]:
    schema = call.takes.model_json_schema(by_alias=True)
    return [
        {
            "name": name.title() if place == "header" else name,
            "in": place,
            "required": name in schema.get("required", ()),
            "schema": _without_none(schema["properties"][name]),
        }
        for name, place in places(call.takes).items()
    ]


def _without_none(schema: dict[str, Any]) -> dict[str, Any]:
    """A word of an address is there or it is not; it is never null."""
    kept = {name: part for name, part in schema.items() if name not in ("anyOf", "default", "in")}
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            kept.update(option)
    return kept


def _schemas(calls: list[Call[Any]]) -> dict[str, Any]:
    models: list[type[Any]] = [call.takes for call in calls if call.method == "POST"]
    given = [call.gives for call in calls if call.gives is not None]
    wanted = [
        *((model, "validation") for model in dict.fromkeys(models)),
        *((model, "serialization") for model in dict.fromkeys([*given, Problem])),
    ]
    _, told = models_json_schema(
        wanted,  # type: ignore[arg-type]
        by_alias=True,
        ref_template=SCHEMAS + "{model}",
    )
    found: dict[str, Any] = told["$defs"]
    return found


def _ref(model: type[Model] | type[Problem]) -> dict[str, str]:
    return {"$ref": f"{SCHEMAS}{model.__name__}"}


def _this_document() -> dict[str, Any]:
    return {
        "operationId": "getDocument",
        "summary": "This document.",
        "security": [],
        "parameters": [_IF_NONE_MATCH],
        "responses": {
            "200": {
                "description": "OpenAPI 3.1.",
                "headers": _ETAG,
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "304": {"description": "It is as it was.", "headers": _ETAG},
            "400": _problem(400, [BadInput.code]),
        },
    }


_LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "description": "Of sentences: zh-Hant, zh-Hans, pt or en.",
    "schema": {"type": "string"},
}
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": True,
    "description": "Of this request: new for each, the same when it is repeated.",
    "schema": TypeAdapter(Key).json_schema(),
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an answer that is known.",
    "schema": {"type": "string"},
}
