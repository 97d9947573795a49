"""What the operator's commands ask of the running counter, over its socket on this machine.

Apart from everything else: a command loads this and no more.
"""

import json
from pathlib import Path
from typing import Any

import aiohttp


class NotRunning(Exception):
    """No counter answers in this data directory."""


async def ask(data: Path, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """Ask the operator's socket of the counter that runs on `data`.  Raises `NotRunning`.

    body: None only to look.
    """
    socket = data / "admin.sock"
    if not socket.exists():
        raise NotRunning(f"no counter runs on {data}: start it with `make run`")
    try:
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(socket))) as admin,
            admin.request(
                "GET" if body is None else "POST", f"http://counter{path}", json=body
            ) as response,
        ):
            text, status = await response.text(), response.status
    except aiohttp.ClientConnectorError as gone:
        raise NotRunning("the counter does not answer: start it with `make run`") from gone
    if status != 200:
        raise NotRunning(f"the counter refused {path}: {text[:200]}")
    answer: dict[str, Any] = json.loads(text)
    return answer
