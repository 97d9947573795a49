"""What came with a request, as the model of its call: a body, or words of the address and headers.

Promise: no more bytes are read than any request needs, nothing is guessed, and of what was sent
nothing but the names of known fields is repeated in an error.
"""

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from booking.errors import BadDetails
from counter.errors import BadInput
from counter.protocol.message import Model
from web.api.fields import Key
from web.api.refusals import BodyTooLarge, NoIdempotencyKey, NotJson
from web.api.table import KEY_HEADER

M = TypeVar("M", bound=Model)

MOST_BYTES = 16 * 1024
_KEY: TypeAdapter[str] = TypeAdapter(Key)


async def from_body(request: web.Request, model: type[M]) -> M:
    """Raises `BadInput`, `NotJson`, `BodyTooLarge`, `BadDetails`."""
    if request.content_type != "application/json":
        raise NotJson("a body that does not say it is JSON")
    sent = await _bytes(request)
    try:
        return model.model_validate_json(sent)
    except ValidationError as wrong:
        # Also what is nested too deeply: the reader of JSON stops at a depth.
        if any(one["type"] == "json_invalid" for one in wrong.errors(include_input=False)):
            raise BadInput("a body that is no JSON") from None
        raise BadDetails(_fields(wrong, model)) from None


def from_address(request: web.Request, model: type[M]) -> M:
    """Raises `BadDetails`, also for words that the call does not know."""
    known = places(model)
    said: dict[str, str] = dict(request.match_info)
    unknown = [name for name in request.query if known.get(name) != "query"]
    twice = [name for name in known if len(request.query.getall(name, [])) > 1]
    if unknown or twice:
        raise BadDetails(tuple(twice))
    said.update(request.query)
    for name, place in known.items():
        if place == "header" and name in request.headers:
            said[name] = request.headers[name]
    try:
        return model.model_validate_json(json.dumps(said))
    except ValidationError as wrong:
        raise BadDetails(_fields(wrong, model)) from None


def key_of(request: web.Request) -> str:
    """The key of this request.  Raises `NoIdempotencyKey`."""
    try:
        return _KEY.validate_python(request.headers.get(KEY_HEADER, ""))
    except ValidationError:
        raise NoIdempotencyKey("no Idempotency-Key, or one that is none") from None


def places(model: type[Model]) -> dict[str, str]:
    """Where each word of a question stands: "path", "query" or "header"."""
    found = {}
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        place = extra.get("in") if isinstance(extra, dict) else None
        found[field.alias or name] = str(place or "query")
    return found


async def _bytes(request: web.Request) -> bytes:
    sent = bytearray()
    async for some in request.content.iter_any():
        sent += some
        if len(sent) > MOST_BYTES:
            raise BodyTooLarge(f"more than {MOST_BYTES} bytes")
    return bytes(sent)


def _fields(wrong: ValidationError, model: type[Model]) -> tuple[str, ...]:
    """Names of the model's own fields that cannot be taken; what else was sent is not named."""
    known = [field.alias or name for name, field in model.model_fields.items()]
    named: set[Any] = {one["loc"][0] for one in wrong.errors(include_input=False) if one["loc"]}
    return tuple(name for name in known if name in named)
