"""The doors of the API: each call of the table behind key, scope, rate and idempotency, in order.

Promise: what is not in the table is not there; who has no key, or not the scope, learns nothing.
"""

import hashlib
import hmac
from typing import Any

from aiohttp import web

from counter.protocol.message import Model
from web.api.call import Asked, Call, Told, tagged
from web.api.callers import CALLER
from web.api.openapi import document
from web.api.ports import ApiDeps
from web.api.reading import from_address, from_body, key_of
from web.api.refusals import KeyScope
from web.api.table import CALLS, DOCUMENT, ROOT
from web.shared.access import Handler, allow
from web.shared.language import language_of


def routes(deps: ApiDeps) -> list[web.RouteDef]:
    """`/api/v1/…`, and the document that says what there is."""
    return [
        *(_route(call, _door(call, deps)) for call in CALLS),
        web.get(DOCUMENT, _document()),
    ]


def _route(call: Call[Any], door: Handler) -> web.RouteDef:
    add = web.get if call.method == "GET" else web.post
    return add(f"{ROOT}{call.path}", door)


def _door(call: Call[Any], deps: ApiDeps) -> Handler:
    @allow("program")
    async def door(request: web.Request) -> web.StreamResponse:
        caller = request[CALLER]
        deps.limits.take(caller.id, caller.per_s)
        if call.scope not in caller.scopes:
            raise KeyScope(f"{request.path}: key {caller.id} has not the scope {call.scope}")
        now, key = deps.now(), ""
        if call.method == "POST":
            key = key_of(request)
            said = await from_body(request, call.takes)
            who = f"program:{caller.id}"
            await deps.once.claim(who, key, _fingerprint(call, said, deps.secret), now)
        else:
            said = from_address(request, call.takes)
        asked = Asked(
            said=said,
            caller=caller,
            deps=deps,
            now=now,
            language=language_of(request),
            key=key,
        )
        return _answered(request, await call.answer(asked), call.status)

    return door


def _fingerprint(call: Call[Any], said: Model, secret: bytes) -> str:
    """Of what was asked, in one order.  With a secret: names and numbers could be guessed."""
    whole = f"request:{call.name}\n{said.model_dump_json(by_alias=True)}".encode()
    return hmac.new(secret, whole, hashlib.sha256).hexdigest()


def _answered(request: web.Request, told: Told, status: int) -> web.Response:
    headers = dict(told.headers)
    if told.etag:
        headers["ETag"] = told.etag
        given = request.headers.get("If-None-Match", "")
        if told.etag in [one.strip().removeprefix("W/") for one in given.split(",")]:
            return web.Response(status=304, headers=headers)
    headers["Content-Type"] = told.content_type
    return web.Response(body=told.body, status=status, headers=headers)


def _document() -> Handler:
    content = document()
    told = tagged(content, "public, max-age=300")

    @allow("anyone")
    async def openapi(request: web.Request) -> web.StreamResponse:
        return _answered(request, told, 200)

    return openapi
