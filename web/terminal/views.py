"""The kiosk over HTTP: its one document, its enrolment, its goodbye, and photographs going up.

Promise: without the device's cookie nothing of a visit is shown; a photograph is taken in only up
to its limit and only when it is what it was announced to be.
"""

import asyncio
import hashlib
import hmac

from aiohttp import web

from counter.documents.refusals import DigestMismatch
from counter.errors import BadInput
from web.shared.access import allow, principal_of
from web.shared.assets import ASSETS
from web.shared.csrf import token
from web.shared.live_page import set_cookie, words_of
from web.shared.pages import render
from web.terminal.ports import TerminalDeps
from web.terminal.reading import read_body

PREVIEW_BYTES = 128 * 1024


def routes(deps: TerminalDeps) -> list[web.RouteDef]:
    """`/terminal` and what belongs to it."""

    @allow("anyone")
    async def terminal(request: web.Request) -> web.Response:
        principal = principal_of(request)
        if principal.kind != "terminal":
            return render(request, "terminal/enrol.html", status=403)
        screen = await deps.counter.screen(principal.subject)
        return render(
            request,
            "terminal/terminal.html",
            screen=screen.model_dump(mode="json"),
            words=words_of("terminal"),
            config={
                "csrf": token(request),
                "document_camera": deps.document_camera,
                "printing": deps.printing,
                "qr_wasm": request.config_dict[ASSETS].url("zxing_reader.wasm"),
            },
        )

    @allow("anyone")
    async def start(request: web.Request) -> web.Response:
        return render(request, "terminal/start.html")

    @allow("anyone")
    async def enrol(request: web.Request) -> web.Response:
        try:
            given = await request.json()
        except ValueError:
            given = None
        proof = given.get("token") if isinstance(given, dict) else None
        if not isinstance(proof, str) or not 1 <= len(proof) <= 500:
            raise BadInput("terminal enrolment: no token")
        if given.get("as") == "device":
            return web.json_response({"ok": True, "token": await deps.counter.enrol_device(proof)})
        response = web.json_response({"ok": True})
        set_cookie(request, response, await deps.counter.enrol(proof))
        return response

    @allow("anyone")
    async def goodbye(request: web.Request) -> web.Response:
        response = render(request, "terminal/goodbye.html")
        # The device's own cookie stays: the machine is still enrolled.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        response.headers["Refresh"] = "0; url=/terminal"
        return response

    @allow("terminal")
    async def receive_page(request: web.Request) -> web.Response:
        announced = request.headers.get("X-Digest-SHA256", "").lower()
        photograph = await read_body(request, deps.photograph_limit_bytes)
        digest = (await asyncio.to_thread(hashlib.sha256, photograph)).hexdigest()
        if not hmac.compare_digest(announced.encode(), digest.encode()):
            raise DigestMismatch(f"{len(photograph)} bytes arrived with another digest")
        await deps.counter.receive_page(
            principal_of(request).subject, request.match_info["request_id"], photograph, digest
        )
        return web.json_response({"ok": True})

    @allow("terminal")
    async def preview(request: web.Request) -> web.Response:
        picture = await read_body(request, PREVIEW_BYTES)
        seen = await deps.counter.preview(
            principal_of(request).subject,
            request.match_info["request_id"],
            picture,
            _finer(request.headers.get("X-Finer", "1")),
        )
        return web.json_response(seen)

    return [
        web.get("/terminal", terminal),
        web.get("/terminal/start", start),
        web.post("/terminal/enrol", enrol),
        web.get("/terminal/goodbye", goodbye),
        web.put("/terminal/pages/{request_id:[A-Za-z0-9_:-]{1,40}}", receive_page),
        web.post("/terminal/previews/{request_id:[A-Za-z0-9_:-]{1,40}}", preview),
    ]


def _finer(said: str) -> float:
    """How many times as wide the camera's own picture is.  Raises `BadInput`."""
    try:
        finer = float(said)
    except ValueError:
        finer = 0.0
    if not 1 <= finer <= 100:
        raise BadInput("preview: X-Finer is no number from 1 to 100")
    return finer
