"""Requests and frames that no page of ours sends, at the doors of a running counter.

Whatever comes, it is refused in plain words: no fault, no stack in the log, no open connection.
"""

import asyncio
import re
import time
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.attack.conftest import Attacker
from tests.e2e.running import RunningCounter

pytestmark = [pytest.mark.pairs, pytest.mark.timeout(600)]

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
OURS = {"Sec-Fetch-Site": "same-origin"}
DIGEST = "a" * 64


def faults(target: RunningCounter) -> list[str]:
    """Lines of the log that speak of a fault."""
    return re.findall(r"^.*(?:Traceback|ERROR).*$", target.log(), re.M)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=none", b"csrf=1"),
        (f"{FORM}; charset=utf-16", b"csr"),
        (FORM, b"\xff\xfe=1"),
        ("multipart/form-data", b"x"),
        (MULTIPART, b"x"),
        (MULTIPART, b"--x\r\n"),
        (
            MULTIPART,
            (
                b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n'
                b"Content-Transfer-Encoding: none\r\n\r\nx\r\n--x--\r\n"
            ),
        ),
    ],
)
async def test_a_form_that_is_none_is_refused_in_words(
    target: RunningCounter, kind: str, body: bytes
) -> None:
    headers = {**OURS, "Content-Type": kind}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{target.address}/console/sign-in", data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
    assert not faults(target)


@pytest.mark.parametrize(
    "line",
    [
        b"GET /console HTTP/1.1\r\nAuthorization: Bearer \xff\xfe",
        b"GET /console HTTP/1.1\r\nCookie: staff=\xff\xfe",
        b"GET /console/sign-in HTTP/1.1\r\nCookie: visitor=" + b"\xff" * 22,
        b"POST /console/sign-in HTTP/1.1\r\nSec-Fetch-Site: same-origin\r\nX-CSRF: \xff",
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nAuthorization: Bearer \xff",
    ],
)
async def test_headers_that_are_no_text_are_refused_in_words(
    target: RunningCounter, line: bytes
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    writer.write(line + b"\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:80]
    assert not faults(target)


@pytest.mark.parametrize(
    "path",
    [
        "/departments/%00",
        "/services/%0d%0aX-Made:1",
        "/services/x/time?site=x&day=0001-01-01",
        "/static/dist/..%2f..%2fshared%2fsetup.py",
        "/terminal/pages/..%2f..%2fx",
        f"/pages/{DIGEST}",
        f"/sheets/{DIGEST}",
        f"/documents/{DIGEST}",
        "/wall",
    ],
)
async def test_strange_paths_and_closed_doors_answer_in_the_four_hundreds(
    target: RunningCounter, path: str
) -> None:
    url = URL(f"{target.address}{path}", encoded=True)
    async with aiohttp.ClientSession() as http, http.get(url, allow_redirects=False) as answer:
        assert 400 <= answer.status < 500
        assert "X-Made" not in answer.headers
        assert "Server" not in answer.headers
    assert not faults(target)


async def frames(target: RunningCounter, *sent: str | bytes) -> bool:
    """Send frames on a socket of our own origin that is nobody's; whether it was closed."""
    url = f"{target.address}/socket.io/?EIO=4&transport=websocket"
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(url, headers={"Origin": target.address}) as socket,
    ):
        began = time.monotonic()
        for one in sent:
            if isinstance(one, bytes):
                await socket.send_bytes(one)
            else:
                await socket.send_str(one)
        while time.monotonic() - began < 60:
            try:
                heard = await socket.receive(timeout=1)
            except TimeoutError:
                continue
            if heard.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                return True
    return False


@pytest.mark.parametrize(
    "sent",
    [("",), ("9",), ("2",), ("5",), ("6",), ("4",), ("40/agent,", ""), ("3",) * 100, (b"x",)],
    ids=lambda sent: f"{sent[-1]!r} x {len(sent)}",
)
async def test_frames_that_no_page_sends_close_the_connection(
    target: RunningCounter, sent: tuple[str | bytes, ...]
) -> None:
    assert await frames(target, *sent)
    assert not faults(target)


async def test_nobody_stays_connected_to_the_root_namespace(target: RunningCounter) -> None:
    assert await frames(target, "40")


async def signed_out(target: RunningCounter, token: str) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            f"{target.address}/console/sign-out",
            headers={"Authorization": f"Bearer {token}"},
            allow_redirects=False,
        ) as answer,
    ):
        assert answer.status == web.HTTPSeeOther.status_code


async def test_signing_out_ends_the_pages_of_that_session(attacker: Attacker) -> None:
    token = await attacker.token("agent", "zhao")
    desk = await attacker.page("agent", "zhao", token)
    assert (await desk.ask("desk.beat"))["ok"]
    other = await attacker.page("agent", "wang")
    await signed_out(attacker.target, token)
    await asyncio.wait_for(desk.displaced.wait(), 60)
    assert (await other.ask("desk.beat"))["ok"]


async def test_nobody_is_rung_who_has_signed_out_everywhere(attacker: Attacker) -> None:
    older = await attacker.token("agent", "zhao")
    token = await attacker.token("agent", "zhao")
    desk = await attacker.page("agent", "zhao", token)
    assert (await desk.ask("presence.choose", presence="ready"))["ok"]
    await desk.until(lambda screen: screen["presence"] == "ready")
    lease = "SELECT lease_until FROM agent WHERE id = 'zhao'"
    before = attacker.target.facts(lease)[0][0]
    await signed_out(attacker.target, older)
    assert attacker.target.facts(lease)[0][0] >= before, "she works at another place"
    await signed_out(attacker.target, token)
    async with asyncio.timeout(20):  # her lease would have held for longer
        while attacker.target.facts("SELECT state FROM agent WHERE id = 'zhao'") != [("offline",)]:
            await asyncio.sleep(0.1)


async def test_a_machine_that_was_replaced_is_cut_off(attacker: Attacker) -> None:
    """The old machine's page hears it before the new one has opened its own."""
    target, place = attacker.target, "macau-morais-3"
    old = await attacker.page("citizen", place)
    proof = (await target.enrolment(place)).partition("#")[2]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        async with http.get(f"{target.address}/terminal/start") as page:
            found = re.search(r'name="csrf" content="(\w+)"', await page.text())
        assert found
        headers = {**OURS, "X-CSRF": found[1]}
        url = f"{target.address}/terminal/enrol"
        async with http.post(url, json={"token": proof}, headers=headers) as answer:
            assert answer.status == 200
    await asyncio.wait_for(old.displaced.wait(), 60)


async def test_a_crowd_that_comes_at_one_instant_may_wait_to_be_let_in(
    target: RunningCounter,
) -> None:
    """Of a listening socket, `ss` shows under Send-Q how many connections may wait."""
    done = await asyncio.create_subprocess_exec(
        *("ss", "-Hltn", f"sport = :{target.port}"), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await done.communicate()
    room = [int(line.split()[2]) for line in told.decode().splitlines()]
    allowed = int(Path("/proc/sys/net/core/somaxconn").read_text())
    assert room == [min(4096, allowed)]
