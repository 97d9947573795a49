"""Captures over HTTP, as a terminal's program sends them: the real routes and their guards."""

import base64
import hashlib
import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from counter.documents.capture_service import checksum_of
from counter.identity.refusals import EnrolmentUsed
from counter.store.sqlite_lane import SqliteLane
from tests.documents.capture_house import (
    CASE,
    NOW,
    House,
    application,
    ask_for,
    build,
    photograph,
    seat,
)

PROGRAM = {"Authorization": "Bearer device:hq-1", "Accept": "application/json"}
ONE = photograph(1, 5000)


@pytest.fixture
async def house(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[House]:
    path = tmp_path / "counter.sqlite"
    shutil.copyfile(sqlite_template, path)
    lane = SqliteLane(path)
    await lane.write(seat)
    await lane.write(ask_for, 1)
    numbers = count(1)
    yield build(lane, tmp_path, lambda: f"id-{next(numbers)}")
    await lane.close()


@pytest.fixture
async def http(house: House) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(application(house))) as client:
        yield client


def announcement(content: bytes = ONE, **more: Any) -> dict[str, Any]:
    return {
        "request_id": "r-1",
        "sha256": hashlib.sha256(content).hexdigest(),
        "length": len(content),
        "seq": 1,
    } | more


def part(content: bytes, at: int) -> dict[str, Any]:
    return {
        "data": content,
        "headers": {
            **PROGRAM,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(at),
            "Upload-Checksum": checksum_of(content),
        },
    }


async def test_a_photograph_comes_up_as_tus_would_send_it(http: TestClient, house: House) -> None:
    thumb = base64.b64encode(b"\xff\xd8 small").decode()
    said = await http.post(
        "/terminal/captures", json=announcement(thumbnail=thumb), headers=PROGRAM
    )
    assert (said.status, said.headers["Upload-Offset"]) == (201, "0")
    where = said.headers["Location"]
    half = await http.patch(where, **part(ONE[:2000], 0))
    assert (half.status, half.headers["Upload-Offset"]) == (204, "2000")
    asked = await http.head(where, headers=PROGRAM)
    assert (asked.status, asked.headers["Upload-Offset"]) == (200, "2000")
    assert (asked.headers["Upload-Length"], asked.headers["Capture-State"]) == ("5000", "uploading")
    wrong = await http.patch(where, **part(ONE[:2000], 0))
    assert (wrong.status, await wrong.json()) == (409, {"ok": False, "code": "capture_offset"})
    done = await http.patch(where, **part(ONE[2000:], 2000))
    assert (done.status, done.headers["Capture-State"]) == (204, "stored")
    again = await http.post("/terminal/captures", json=announcement(), headers=PROGRAM)
    assert (again.status, again.headers["Capture-Page"]) == (200, done.headers["Capture-Page"])
    assert again.headers["Location"] == where
    [page] = (await house.documents.documents_of(CASE)).pages
    assert page.page_id == done.headers["Capture-Page"]


async def test_a_damaged_part_is_told_from_a_wrong_place(http: TestClient) -> None:
    said = await http.post("/terminal/captures", json=announcement(), headers=PROGRAM)
    request = part(ONE[:2000], 0)
    request["data"] = ONE[1:2001]
    damaged = await http.patch(said.headers["Location"], **request)
    assert (damaged.status, await damaged.json()) == (460, {"ok": False, "code": "chunk_damaged"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": "5000"},
        {"sha256": "x" * 64},
        {"thumbnail": "not base64!"},
        {"name": "an unknown field"},
        {"seq": -1},
        {"request_id": "../../etc"},
    ],
)
async def test_an_announcement_is_closed(http: TestClient, wrong: dict[str, Any]) -> None:
    said = await http.post("/terminal/captures", json=announcement(**wrong), headers=PROGRAM)
    assert (said.status, await said.json()) == (400, {"ok": False, "code": "bad_input"})


async def test_more_than_is_taken_is_not_read(http: TestClient, house: House) -> None:
    large = announcement(thumbnail=base64.b64encode(b"\xff\xd8" + b"x" * 120_000).decode())
    refused = await http.post("/terminal/captures", json=large, headers=PROGRAM)
    assert refused.status == 413
    said = await http.post("/terminal/captures", json=announcement(), headers=PROGRAM)
    where = said.headers["Location"]
    refused = await http.patch(where, **part(bytes(1024 * 1024 + 1), 0))
    assert refused.status == 413
    refused = await http.put(
        f"{where}/preview", data=b"\xff\xd8" + bytes(1024 * 1024), headers=PROGRAM
    )
    assert refused.status == 413
    assert await house.files.names() == []


@pytest.mark.parametrize("who", [None, "terminal:hq-1", "agent:a-1"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/terminal/captures"),
        ("HEAD", "/terminal/captures/id-1"),
        ("PATCH", "/terminal/captures/id-1"),
        ("PUT", "/terminal/captures/id-1/preview"),
        ("POST", "/terminal/boot"),
    ],
)
async def test_only_a_terminals_program_may(
    http: TestClient, who: str | None, method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {who}"} if who else {}
    answer = await http.request(method, path, headers=headers | {"Accept": "application/json"})
    assert answer.status in (401, 403)


async def test_another_terminals_program_finds_nothing(http: TestClient) -> None:
    said = await http.post("/terminal/captures", json=announcement(), headers=PROGRAM)
    other = PROGRAM | {"Authorization": "Bearer device:hq-2"}
    assert (await http.head(said.headers["Location"], headers=other)).status == 404
    assert (await http.head("/terminal/captures/none", headers=PROGRAM)).status == 404


async def test_a_ticket_lets_one_browser_in_and_the_program_stays(
    http: TestClient, house: House
) -> None:
    program = await house.identity.enrol(
        await house.identity.enrolment("hq-1", NOW), NOW, kind="device"
    )
    given = await (await http.post("/terminal/boot", headers=PROGRAM)).json()
    page = await house.identity.enrol(given["ticket"], NOW)
    assert page.session.kind == "terminal"
    assert await house.identity.session(program.token, NOW) is not None
    with pytest.raises(EnrolmentUsed):
        await house.identity.enrol(given["ticket"], NOW)
