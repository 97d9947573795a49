"""Another program that is told over webhooks: it checks what it gets, as the standard says."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(slots=True)
class Receiver:
    """What it took, and how it answers."""

    secret: str = ""
    address: str = ""
    answers: list[int] = field(default_factory=list)
    "What to say to the next requests; 204 when there is none."
    took: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    elsewhere: int = 0
    hang: asyncio.Event = field(default_factory=asyncio.Event)

    async def hook(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        message, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        expected = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
        said = request.headers["webhook-signature"]
        if said != f"v1,{base64.b64encode(expected).decode()}":
            self.wrong.append(message)
        self.ids.append(message)
        self.took.append(json.loads(body))
        status = self.answers.pop(0) if self.answers else 204
        headers = {"Location": "/elsewhere"} if 300 <= status < 400 else {}
        return web.Response(status=status, headers=headers)

    async def other(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()

    async def slow(self, request: web.Request) -> web.Response:
        await self.hang.wait()
        return web.Response()

    async def endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(bytes(8192))
                self.elsewhere += 8192
        finally:
            self.hang.set()


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """Serve one on loopback until the end of the block."""
    one = Receiver()
    app = web.Application()
    for path, handler in (
        ("/hook", one.hook),
        ("/elsewhere", one.other),
        ("/slow", one.slow),
        ("/endless", one.endless),
    ):
        app.router.add_route("*", path, handler)
    async with TestServer(app) as server:
        one.address = f"http://127.0.0.1:{server.port}"
        yield one
        one.hang.set()
