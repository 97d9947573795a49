"""The line that captures go up: what answers it, as proxies pass it on."""

import asyncio

import aiohttp

from counter.terminal.uplink_http import HttpUplink
from counter.terminal.upload import Progress

ANSWER = (
    b"HTTP/1.1 204 No Content\r\nupload-offset: 7\r\ncapture-state: refused\r\n"
    b"capture-code: page_blurred\r\nlocation: /terminal/captures/c-2\r\n\r\n"
)


async def test_headers_are_found_however_a_proxy_spells_them() -> None:
    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server, aiohttp.ClientSession() as http:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        found = await HttpUplink(http, address, "device:hq-1").where("/terminal/captures/c-1")
    assert found == Progress(
        location="/terminal/captures/c-2", offset=7, state="refused", code="page_blurred"
    )
