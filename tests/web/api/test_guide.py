"""The commands of docs/api.md, run as they stand there."""

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

from counter.identity.api_key_service import ApiKeyService
from tests.web.conftest import Client

PAGE = Path(__file__).resolve().parents[3] / "docs/api.md"


def commands() -> list[str]:
    return re.findall(r"^```sh\n(curl .*?)```$", PAGE.read_text(), re.M | re.S)


def request_of(command: str, words: dict[str, str]) -> tuple[str, str, dict[str, str], str | None]:
    """Return method, path, headers and body of a curl command."""
    filled = Template(command.replace("\\\n", "")).substitute(words)
    _, *said = shlex.split(filled)
    headers: dict[str, str] = {}
    path, body = "", None
    while said:
        match said.pop(0):
            case "-H":
                name, _, value = said.pop(0).partition(": ")
                headers[name] = value
            case "--json":
                body = said.pop(0)
                headers |= {"Content-Type": "application/json", "Accept": "application/json"}
            case other:
                path = other
    return "GET" if body is None else "POST", path, headers, body


async def test_the_commands_of_the_guide_work_in_their_order(
    client: Client, keys: ApiKeyService
) -> None:
    _, key = await keys.make("One app", ["read", "book", "webhooks"], None, "operator:socket")
    words: dict[str, str] = {"KEY": key, "COUNTER": "", "REFERENCE": ""}
    seen: list[Any] = []
    for command in commands():
        method, path, headers, body = request_of(command, words)
        async with client.request(method, path, headers=headers, data=body) as answer:
            assert answer.status in (200, 201), f"{command}\n{await answer.text()}"
            if answer.content_type == "application/json":
                told = await answer.json()
                words["REFERENCE"] = told.get("reference", words["REFERENCE"])
        seen.append(path)
    assert len(seen) >= 8
