"""Links for papers after the visit at a running counter: hostile files and forms, strangers."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from counter.documents.later import UPLOADS_MAX
from tests.attack.conftest import Attacker
from tests.attack.test_files_and_races import Visit, kept_files
from tests.documents.hostile import everything, paper, written
from tests.web.citizen.walk import Citizen

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

SLOW = {
    "pdf: bomb of drawing",
    "pdf: form that draws itself",
    "pdf: object stream that is a bomb",
    "pdf: image of 40,000 pixels a side",
}
"tests/documents/test_admit.py sends them to the decoder itself, as it does all the others."
TOKEN = re.compile(r"/papers/([A-Za-z0-9_-]{43})")


@asynccontextmanager
async def console(attacker: Attacker, agent: str) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {await attacker.token('agent', agent)}"}
    async with aiohttp.ClientSession(attacker.target.address, headers=headers) as session:
        yield session


@asynccontextmanager
async def stranger(attacker: Attacker) -> AsyncIterator[Citizen]:
    jar = aiohttp.CookieJar(unsafe=True)
    headers = {"Accept-Language": "en"}
    async with aiohttp.ClientSession(
        attacker.target.address, cookie_jar=jar, headers=headers
    ) as session:
        yield Citizen(cast(Any, session))


async def send(person: Citizen, path: str, content: bytes) -> None:
    form = aiohttp.FormData({"csrf": person.value("csrf")})
    form.add_field("picture", content, filename="../../../etc/x.pdf", content_type="image/svg+xml")
    await person._take(await person.client.post(path, data=form, headers=person.headers))


def strange_files(attacker: Attacker, before: set[Path]) -> set[Path]:
    """Files that are new, and not those which the archive makes of documents signed before."""
    made = "select sha256 from esign_revision union select sha256 from esign_pack"
    archived = {sha256 for (sha256,) in attacker.target.facts(made)}
    return {file for file in kept_files(attacker) - before if file.name not in archived}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.deep)])
async def test_over_a_link_hostile_files_become_nothing_and_a_paper_becomes_pages(
    attacker: Attacker, every: int
) -> None:
    visit = await Visit.begun(attacker)
    case = visit.desk.screen["case"]
    assert case["papers_later"] == f"/console/later/{case['case_id']}"
    form = {"item": "other", "days": "7"}
    files = list(everything().items())[::every]
    async with console(attacker, "lei") as mine, console(attacker, "ana") as foreign:
        async with foreign.post(case["papers_later"], data=form) as answer:
            assert answer.status == 404
        before = kept_files(attacker)
        path = ""
        async with stranger(attacker) as person:
            for number, (name, (content, allowed)) in enumerate(files):
                if number % UPLOADS_MAX == 0:  # a link takes no more than so many
                    path = await linked(mine, case["papers_later"])
                    await person.get(path)
                    assert person.status == 200 and case["number"] not in person.body
                if name in SLOW:
                    continue
                await send(person, path, content)
                if person.status == 200:
                    assert "taken" in allowed, name
                    await person.post(person.action("/remove"))
                else:
                    assert person.status in (413, 422, 429, 503), name
                await person.get(path)
            assert not strange_files(attacker, before)
            path = await linked(mine, case["papers_later"])
            await person.get(path)
            await odd_forms(person, path)
            await send(person, path, written(paper(2)))
            assert person.text.count("Delete page") == 2
            sealed = strange_files(attacker, before)
            assert len(sealed) == 4
            assert not any(file.read_bytes()[:2] == b"\xff\xd8" for file in sealed)
            await person.post(f"{path}/send")
            assert "The paper was handed in" in person.title
            for asked in (path, f"{path}/send", f"{path}/x/thumb"):
                await person.get(asked)
                assert person.status in (405, 410), asked
        pages = "select item from page where case_id = ?"
        assert attacker.target.facts(pages, case["case_id"]) == [("other",), ("other",)]
    await visit.over()
    token = path.rsplit("/", 1)[1]
    assert token not in (attacker.target.data / "serve.log").read_text()
    stored = str(attacker.target.facts("select * from paper_link"))
    assert token not in stored and case["case_id"] in stored


async def linked(agent: aiohttp.ClientSession, papers_later: str) -> str:
    """Make a link; the path that the citizen opens."""
    async with agent.post(papers_later, data={"item": "other", "days": "7"}) as answer:
        found = TOKEN.search(await answer.text())
    assert found is not None, answer.status
    return found[0]


async def odd_forms(person: Citizen, path: str) -> None:
    """Bodies that are almost forms: answered, never a fault of ours."""
    csrf = person.value("csrf")
    part = f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf}\r\n'.encode()
    file = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n'
    bodies = {
        "multipart/form-data": part,
        "multipart/form-data; boundary=b": part + file + b"\r\nno end",
        "multipart/form-data; boundary=b; x=1": part + file + b"Content-Type: x\r\n\r\n\r\n--b--",
        "multipart/form-data; boundary=b; x=2": part * 200 + b"--b--\r\n",
        "multipart/form-data; boundary=b; x=3": part
        + file.replace(b'"a"', b'"\xff\xfe\x00"')
        + b"\r\nx\r\n--b--\r\n",
        "multipart/form-data; boundary=b; x=4": part
        + file
        + b"Content-Transfer-Encoding: base64\r\nContent-Encoding: gzip\r\n\r\nx\r\n--b--\r\n",
        "multipart/mixed; boundary=b": part + b"--b--\r\n",
        "application/x-www-form-urlencoded": f"csrf={csrf}&picture=x".encode(),
    }
    for kind, body in bodies.items():
        headers = person.headers | {"Content-Type": kind}
        answer = await person.client.post(path, data=body, headers=headers)
        assert 400 <= answer.status < 500, kind
    await person.get(path)
    assert person.status == 200 and "Delete page" not in person.text
