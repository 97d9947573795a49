"""The control socket as it is, without our client: what is not one of its words is refused."""

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from counter.media.control_answers import READ_SECONDS
from counter.media.control_server import MAX_BODY_BYTES
from counter.media.pool import WorkerPool

WORDS = ["/open", "/answer", "/restart", "/close", "/arrange", "/end", "/legs", "/record", "/drain"]


@pytest.fixture
async def socket() -> AsyncIterator[Path]:
    """The control socket of a media process."""
    directory = Path(tempfile.mkdtemp(prefix="media"))
    pool = WorkerPool(directory, 1, "127.0.0.1", 0, (sys.executable, "-m", "counter", "media"))
    await pool.start()
    yield directory / "media-0.sock"
    await pool.stop()
    shutil.rmtree(directory)


async def ask(socket: Path, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    connector = aiohttp.UnixConnector(str(socket))
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.request(method, f"http://media{path}", data=body) as answer,
    ):
        text = await answer.text()
        return answer.status, json.loads(text) if answer.content_type.endswith("json") else text


async def test_only_words_that_are_known_are_taken(socket: Path) -> None:
    wrong = [
        b"",
        b"[]",
        b"\xff",
        b'{"owner": "terminal", "mood": "good"}',
        b'{"owner": ""}',
        b'{"owner": 4}',
        b'{"call_id": null}',
        b'{"limit_s": "60"}',
        b'{"limit_s": -1}',
    ]
    for path in WORDS:
        for body in wrong:
            status, answer = await ask(socket, "POST", path, body)
            assert (status, answer["code"]) == (400, "bad_input"), (path, body)
            assert "good" not in answer["message"], "what was sent is not repeated"
    status, health = await ask(socket, "GET", "/health")
    assert (status, health["legs"], health["calls"], health["draining"]) == (200, 0, 0, False)


async def test_what_is_no_path_or_too_much_is_refused(socket: Path) -> None:
    assert (await ask(socket, "GET", "/open"))[0] == 405
    assert (await ask(socket, "POST", "/shell", b"{}"))[0] == 404
    longer = b'{"owner": "' + b"a" * MAX_BODY_BYTES + b'"}'
    assert (await ask(socket, "POST", "/open", longer))[0] == 413
    assert (await ask(socket, "GET", "/calls")) == (200, [])


async def test_an_ask_that_does_not_come_is_not_waited_for(socket: Path) -> None:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    writer.write(b"POST /open HTTP/1.1\r\nHost: media\r\nContent-Length: 20\r\n\r\n{")
    await writer.drain()
    async with asyncio.timeout(30):
        assert b" 400 " in await reader.readline()
    writer.close()
    assert READ_SECONDS < 30
