"""Photographs coming up in parts from a terminal's program, after the manner of tus 1.0.

`POST /terminal/captures` announces one by its digest; `PATCH` brings the next part with its
checksum; `HEAD` says where it ends.  `Capture-State: stored` is said after COMMIT, and until then
the program keeps the photograph.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from pydantic import Field, ValidationError

from counter.documents.capture import CHUNK_MAX_BYTES, PREVIEW_MAX_BYTES, Announced, Capture
from counter.documents.capture_service import CaptureService
from counter.errors import BadInput
from counter.identity.service import IdentityService
from counter.ids import Digest, RequestId
from counter.protocol.message import Ident, Model, Sha256
from web.shared.access import allow, principal_of
from web.terminal.reading import read_body

TUS = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
PART = "application/offset+octet-stream"
ONE = "/terminal/captures/{capture_id:[A-Za-z0-9_-]{1,40}}"
ANNOUNCEMENT_MAX_BYTES = 128 * 1024


class Announcement(Model):
    """The body of `POST /terminal/captures`."""

    request_id: Ident
    sha256: Sha256
    length: int
    seq: int = Field(ge=0, le=2**31 - 1)
    thumbnail: str | None = None
    """A small JPEG, Base64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDeps:
    """What `routes` is given."""

    captures: CaptureService
    identity: IdentityService
    now: Callable[[], datetime]


def routes(deps: CaptureDeps) -> list[web.RouteDef]:
    """`/terminal/captures` and the ticket with which a program lets its browser in."""

    @allow("device")
    async def announce(request: web.Request) -> web.Response:
        said, thumbnail = _announcement(await read_body(request, ANNOUNCEMENT_MAX_BYTES))
        one, here = await deps.captures.announce(
            principal_of(request).subject,
            Announced(
                request_id=RequestId(said.request_id),
                sha256=Digest(said.sha256),
                length=said.length,
                seq=said.seq,
            ),
            thumbnail,
            deps.now(),
        )
        known = here > 0 or one.state != "captured"
        where = {"Location": f"/terminal/captures/{one.capture_id}"}
        return _answer(one, here, status=200 if known else 201, more=where)

    @allow("device")
    async def where(request: web.Request) -> web.Response:
        one, here = await deps.captures.where(
            principal_of(request).subject, request.match_info["capture_id"]
        )
        return _answer(one, here, status=200)

    @allow("device")
    async def append(request: web.Request) -> web.Response:
        if request.content_type != PART:
            raise BadInput(f"a part of a capture is {PART}")
        offset = request.headers.get("Upload-Offset", "")
        if not offset.isdecimal() or len(offset) > 10:
            raise BadInput("Upload-Offset is a number")
        one, here = await deps.captures.append(
            principal_of(request).subject,
            request.match_info["capture_id"],
            int(offset),
            await read_body(request, CHUNK_MAX_BYTES),
            request.headers.get("Upload-Checksum", ""),
            deps.now(),
        )
        return _answer(one, here, status=204)

    @allow("device")
    async def preview(request: web.Request) -> web.Response:
        await deps.captures.add_preview(
            principal_of(request).subject,
            request.match_info["capture_id"],
            await read_body(request, PREVIEW_MAX_BYTES),
            deps.now(),
        )
        return web.Response(status=204, headers=TUS)

    @allow("device")
    async def boot(request: web.Request) -> web.Response:
        ticket = await deps.identity.boot_ticket(principal_of(request).subject, deps.now())
        return web.json_response({"ok": True, "ticket": ticket})

    return [
        web.post("/terminal/captures", announce),
        web.head(ONE, where),
        web.patch(ONE, append),
        web.put(f"{ONE}/preview", preview),
        web.post("/terminal/boot", boot),
    ]


def _answer(
    one: Capture, here: int, *, status: int, more: dict[str, str] | None = None
) -> web.Response:
    headers = {
        **TUS,
        "Upload-Offset": str(here),
        "Upload-Length": str(one.length),
        "Capture-State": one.state.value,
        **({"Capture-Page": one.page_id} if one.page_id else {}),
        **({"Capture-Code": one.code} if one.code else {}),
        **(more or {}),
    }
    return web.Response(status=status, headers=headers)


def _announcement(body: bytes) -> tuple[Announcement, bytes | None]:
    try:
        said = Announcement.model_validate_json(body)
        thumbnail: Any = said.thumbnail and base64.b64decode(said.thumbnail, validate=True)
    except (ValidationError, binascii.Error, ValueError) as wrong:
        raise BadInput("a capture is announced otherwise") from wrong
    return said, thumbnail or None
