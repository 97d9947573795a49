"""Firefox as Debian packages it, driven by WebDriver BiDi (playwright drives only its own build).

Each has a profile of its own, fake camera and microphone, and asks nobody outside for anything.
Source: https://www.w3.org/TR/webdriver-bidi/
"""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.servers import NotInstalled

START_TIMEOUT_S = 90
LISTENING = "WebDriver BiDi listening on "

PREFERENCES: dict[str, bool | int | str] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    # What the machine has, and nothing that would be fetched.
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.topsites.contile.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-manager.url": "",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "services.settings.server": "",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
}


class ScriptFailed(Exception):
    """A script in the page threw; the text is its error."""


class FirefoxPage:
    """The one tab of a Firefox."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._context = ""

    async def open(self, url: str) -> None:
        """Begin a session and load `url`."""
        await self._ask("session.new", {"capabilities": {}})
        tree = await self._ask("browsingContext.getTree", {})
        self._context = tree["contexts"][0]["context"]
        await self._ask(
            "browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"}
        )

    async def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression gives, awaited, as JSON.  Raises `ScriptFailed`."""
        result = await self._ask(
            "script.evaluate",
            {
                # JSON on both sides: what BiDi makes of objects is not needed.
                "expression": f"Promise.resolve({expression}).then(x => JSON.stringify(x ?? null))",
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": True,
            },
        )
        if result["type"] == "exception":
            raise ScriptFailed(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    async def read_for_ever(self) -> None:
        """Give the answers to those who wait; until the socket is closed."""
        async for message in self._socket:
            told = json.loads(message.data)
            waiting = self._answers.pop(told.get("id", -1), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(told)

    async def _ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        waiting = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._asked, "method": method, "params": params})
        told = await waiting
        if told["type"] == "error":
            raise ScriptFailed(f"{method}: {told['error']}: {told['message']}")
        result: dict[str, Any] = told["result"]
        return result


@asynccontextmanager
async def firefox(url: str, **preferences: bool | int | str) -> AsyncIterator[FirefoxPage]:
    """A headless Firefox that shows `url`; ended with everything that it has started."""
    program = shutil.which("firefox-esr")
    if program is None:
        raise NotInstalled("Firefox ESR is not installed: apt-get install firefox-esr")
    home = Path(tempfile.mkdtemp(prefix="firefox-"))
    lines = [
        f'user_pref("{name}", {json.dumps(value)});'
        for name, value in (PREFERENCES | preferences).items()
    ]
    (home / "user.js").write_text("\n".join(lines))
    process = await asyncio.create_subprocess_exec(
        program,
        *("--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(home)),
        env={
            **os.environ,
            "HOME": str(home),
            "MOZ_HEADLESS": "1",
            "MOZ_CRASHREPORTER_DISABLE": "1",
        },
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=1 << 20,
    )
    draining: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(START_TIMEOUT_S):
            address = await _address(process)
        draining = asyncio.create_task(_drain(process))
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{address}/session", max_msg_size=0) as socket,
        ):
            page = FirefoxPage(socket)
            reading = asyncio.create_task(page.read_for_ever())
            try:
                await page.open(url)
                yield page
            finally:
                reading.cancel()
    finally:
        # Its content processes are in its group; its profile lives as long as they do.
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if draining is not None:
            draining.cancel()
        shutil.rmtree(home, ignore_errors=True)


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens, as it says when it has started."""
    assert process.stderr is not None
    async for line in process.stderr:
        text = line.decode(errors="replace").strip()
        if text.startswith(LISTENING):
            return text.removeprefix(LISTENING)
    raise RuntimeError(f"Firefox ended with {await process.wait()} before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while await process.stderr.read(1 << 16):
        pass
