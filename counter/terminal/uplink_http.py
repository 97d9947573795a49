"""The `Uplink` port over HTTP: `/terminal/captures`, after the manner of tus 1.0."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, cast

import aiohttp

from counter.terminal.journal import Entry
from counter.terminal.ports import Denied, LineLost
from counter.terminal.upload import Denial, Progress, State

PART = "application/offset+octet-stream"
PATIENCE = aiohttp.ClientTimeout(total=90, sock_connect=5, sock_read=75)
"The last part is answered after the page was looked at."


class HttpUplink:
    """See `counter.terminal.ports.Uplink`.  `http` is the caller's, who closes it."""

    def __init__(self, http: aiohttp.ClientSession, server: str, token: str) -> None:
        """server: such as `https://counter.example`.  token: the program's bearer secret."""
        self._http = http
        self._server = server.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    async def announce(self, entry: Entry, thumbnail: bytes) -> Progress:
        said = {
            "request_id": entry.request_id,
            "sha256": entry.sha256,
            "length": entry.length,
            "seq": entry.name.seq,
            "thumbnail": base64.b64encode(thumbnail).decode() or None,
        }
        return await self._ask("POST", "/terminal/captures", json=said)

    async def where(self, location: str) -> Progress:
        return await self._ask("HEAD", location)

    async def append(self, location: str, offset: int, chunk: bytes) -> Progress:
        checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        headers = {
            "Content-Type": PART,
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {checksum}",
        }
        return await self._ask("PATCH", location, headers=headers, data=chunk)

    async def preview(self, location: str, page: bytes) -> None:
        await self._call("PUT", f"{location}/preview", data=page)

    async def _ask(self, method: str, path: str, **more: Any) -> Progress:
        headers = await self._call(method, path, **more)
        try:
            return Progress(
                location=headers.get("Location", path),
                offset=int(headers["Upload-Offset"]),
                state=cast(State, headers["Capture-State"]),
                code=headers.get("Capture-Code"),
            )
        except (KeyError, ValueError) as strange:
            raise LineLost("something that is no counter answered") from strange

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Mapping[str, str]:
        try:
            async with self._http.request(
                method,
                f"{self._server}{path}",
                headers={**self._headers, **(headers or {})},
                timeout=PATIENCE,
                allow_redirects=False,
                **more,
            ) as answer:
                if answer.status < 300:
                    return answer.headers  # found however a proxy spells them
                raise Denied(Denial(code=await _code(answer), status=answer.status))
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise LineLost(f"{method} was not answered: {type(lost).__name__}") from lost


async def _code(answer: aiohttp.ClientResponse) -> str:
    try:
        said = await answer.json()
    except ValueError:
        return "unknown"
    return str(said.get("code", "unknown")) if isinstance(said, dict) else "unknown"
