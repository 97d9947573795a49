"""The proxy as it is shipped but for addresses and pace, in front of nodes that only say who."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from counter.identity.tls_development import ensure_tls
from tests.servers import NotInstalled, free_port, wait_for_port

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "haproxy" / "haproxy.cfg"
NODES = {
    "one-a": "192.0.2.11:8080",
    "one-b": "192.0.2.11:8081",
    "two-a": "192.0.2.12:8080",
    "two-b": "192.0.2.12:8081",
}
NOTICED_WITHIN_S = 20


class FakeNode:
    """Answers as a node does, with its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready = False
        self.port = 0

    async def open(self) -> web.AppRunner:
        app = web.Application()
        app.add_routes(
            [
                web.get("/readyz", self._readyz),
                web.get("/socket.io/", self._echo),
                web.get("/{path:.*}", self._who),
                web.post("/terminal/previews/{request}", self._who),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _readyz(self, request: web.Request) -> web.Response:
        return web.Response(status=200 if self.ready else 503)

    async def _who(self, request: web.Request) -> web.Response:
        said = request.headers.getall("X-Forwarded-For")
        if request.path == "/from":
            return web.Response(text=", ".join(said))
        return web.Response(text=f"{self.name} {request.headers['X-Forwarded-Proto']}")

    async def _echo(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{self.name} {message.data}")
        return socket


def program() -> str:
    """HAProxy, or what to install."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None:
        raise NotInstalled("HAProxy is not installed: apt-get install haproxy")
    return found


@pytest.fixture
def adapted(tmp_path: Path, now: datetime) -> Callable[..., Path]:
    """Return `(ports by node, http=, https=) -> path` of the configuration for this machine."""

    def write(ports: dict[str, int], *, http: int, https: int) -> Path:
        tls = ensure_tls(tmp_path / "tls", now)
        text = CONFIG.read_text()
        once = {
            "/etc/haproxy/certs/counter.example.pem": str(tmp_path / "tls" / f"{tls.address}.pem"),
            "bind :80\n": f"bind 127.0.0.1:{http}\n",
            "bind :443 ": f"bind 127.0.0.1:{https} ",
            "check inter 2s ": "check inter 300ms ",
        }
        twice = {address: f"127.0.0.1:{ports[name]}" for name, address in NODES.items()}
        for before, after in (once | twice).items():
            assert text.count(before) == (2 if before in twice else 1), before
            text = text.replace(before, after)
        path = tmp_path / "haproxy.cfg"
        path.write_text(text)
        return path

    return write


@pytest.fixture
async def nodes() -> AsyncIterator[dict[str, FakeNode]]:
    """Yield the four nodes of the configuration; none is ready yet."""
    made = {name: FakeNode(name) for name in NODES}
    runners = [await node.open() for node in made.values()]
    yield made
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def proxy(nodes: dict[str, FakeNode], adapted: Callable[..., Path]) -> Iterator[tuple[int, int]]:
    """Yield the proxy's ports, for http and https."""
    http, https = free_port(), free_port()
    path = adapted({name: node.port for name, node in nodes.items()}, http=http, https=https)
    log = path.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen([program(), "-f", str(path)], stdout=said, stderr=said)
    try:
        wait_for_port(https, process, "HAProxy")
        yield http, https
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Yield a client that takes any certificate."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting)) as client:
        yield client


def test_haproxy_understands_the_file_and_warns_of_nothing(adapted: Callable[..., Path]) -> None:
    path = adapted(dict.fromkeys(NODES, 9), http=80, https=443)
    done = subprocess.run(
        [program(), "-c", "-f", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


async def until(client: aiohttp.ClientSession, url: str, wanted: str) -> None:
    """Ask until this is the answer."""
    answer = ""
    try:
        async with asyncio.timeout(NOTICED_WITHIN_S):
            while answer != wanted:
                async with client.get(url) as response:
                    answer = "503" if response.status == 503 else await response.text()
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{wanted!r} did not come, but {answer!r}") from None


async def test_visitors_reach_what_is_ready_and_sockets_stay(
    proxy: tuple[int, int], nodes: dict[str, FakeNode], browser: aiohttp.ClientSession
) -> None:
    _, https = proxy
    address = f"https://127.0.0.1:{https}"
    # It trusts every node until the first looks at them are over.
    await until(browser, f"{address}/", "503")
    nodes["one-a"].ready = nodes["two-a"].ready = nodes["two-b"].ready = True
    await until(browser, f"{address}/", "one-a https")

    async with browser.ws_connect(f"{address}/socket.io/") as socket:
        await socket.send_str("here")
        assert await socket.receive_str(timeout=20) == "one-a here"
        # It leaves: newcomers go to the second machine, to all of its nodes, and who is in stays.
        nodes["one-a"].ready = False
        await until(browser, f"{address}/", "two-a https")
        await until(browser, f"{address}/", "two-b https")
        await socket.send_str("still here")
        assert await socket.receive_str(timeout=20) == "one-a still here"
    nodes["one-b"].ready = True
    await until(browser, f"{address}/", "one-b https")


async def test_plain_http_is_sent_to_https_and_health_is_not_for_the_world(
    proxy: tuple[int, int], browser: aiohttp.ClientSession
) -> None:
    http, https = proxy
    async with browser.get(f"http://127.0.0.1:{http}/book", allow_redirects=False) as response:
        assert response.status == 301
        assert response.headers["Location"].startswith("https://127.0.0.1")
        assert response.headers["Location"].endswith("/book")
    for path in ("/readyz", "/livez"):
        async with browser.get(f"https://127.0.0.1:{https}{path}") as response:
            assert response.status == 404


async def test_nodes_are_told_the_address_and_not_what_a_visitor_says(
    proxy: tuple[int, int], nodes: dict[str, FakeNode], browser: aiohttp.ClientSession
) -> None:
    _, https = proxy
    nodes["one-a"].ready = True
    await until(browser, f"https://127.0.0.1:{https}/", "one-a https")
    asked = browser.get(
        f"https://127.0.0.1:{https}/from", headers={"X-Forwarded-For": "198.51.100.7"}
    )
    async with asked as response:
        assert await response.text() == "127.0.0.1"


async def test_all_previews_of_one_paper_go_to_one_node_and_papers_to_all(
    proxy: tuple[int, int], nodes: dict[str, FakeNode], browser: aiohttp.ClientSession
) -> None:
    _, https = proxy
    address = f"https://127.0.0.1:{https}"
    nodes["one-a"].ready = nodes["one-b"].ready = True
    await until(browser, f"{address}/", "one-a https")
    await until(browser, f"{address}/", "one-b https")

    async def looks(paper: str) -> set[str]:
        found = set()
        for _ in range(4):
            async with browser.post(f"{address}/terminal/previews/{paper}") as response:
                found.add(await response.text())
        return found

    by_paper = {f"r-{number}": await looks(f"r-{number}") for number in range(12)}
    assert all(len(found) == 1 for found in by_paper.values()), by_paper
    assert set().union(*by_paper.values()) == {"one-a https", "one-b https"}
    # One leaves: its papers go to the other, who keeps his own.
    nodes["one-a"].ready = False
    moved = next(paper for paper, found in by_paper.items() if found == {"one-a https"})
    await until(browser, f"{address}/terminal/previews/{moved}", "one-b https")
    for paper in by_paper:
        assert await looks(paper) == {"one-b https"}
