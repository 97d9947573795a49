"""Janus with its VideoCall plugin under measurement: a configuration of its own, and a client.

Janus refuses loopback interfaces.  So its media sockets, and the far ends that speak with it, are
on this machine's own address in its network; the packets take the loopback all the same.
"""

import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.bench.engine import Wire
from tests.bench.far_end import FarEnd
from tests.bench.peers import NotStarted, Process
from tests.bench.programs import program
from tests.servers import free_port

LIBRARIES: Final = Path("/usr/lib/x86_64-linux-gnu/janus")
POLLS: Final = 60
CONFIGURATION: Final[dict[str, str]] = {
    "janus.jcfg": """
        general: {{
            configs_folder = "{configs}"
            plugins_folder = "{libraries}/plugins"
            transports_folder = "{libraries}/transports"
            debug_level = 3
            session_timeout = 0
        }}
        nat: {{ ice_enforce_list = "{ip}" }}
        plugins: {{ disable = "{plugins}" }}
        transports: {{ disable = "{transports}" }}
    """,
    "janus.transport.http.jcfg": """
        general: {{ base_path = "/janus", http = true, port = {port}, ip = "127.0.0.1" }}
        admin: {{ admin_http = false }}
    """,
}
"As packaged, but only what carries a video call; its HTTP is on the loopback."

Body = dict[str, Any]


class _Handle:
    """One client's session with the plugin."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._path = ""
        self._session_path = ""

    async def start(self) -> None:
        made = await self._post(self._url, {"janus": "create"})
        self._session_path = f"{self._url}/{made['data']['id']}"
        attach = {"janus": "attach", "plugin": "janus.plugin.videocall"}
        made = await self._post(self._session_path, attach)
        self._path = f"{self._session_path}/{made['data']['id']}"

    async def ask(self, body: Body, sdp: Body | None = None) -> None:
        await self._post(self._path, {"janus": "message", "body": body, "jsep": sdp})

    async def event(self, wanted: Callable[[Body], bool]) -> Body:
        """The next event like `wanted`.  Raises `NotStarted` when none comes."""
        for _ in range(POLLS):
            async with self._session.get(self._session_path, params={"maxev": "1"}) as answer:
                heard = await answer.json()
            for event in heard if isinstance(heard, list) else [heard]:
                if event.get("janus") == "event" and wanted(event):
                    return dict(event)
        raise NotStarted("Janus did not say what was expected")

    async def destroy(self) -> None:
        await self._post(self._session_path, {"janus": "destroy"})

    async def _post(self, url: str, body: Body) -> Body:
        full = {name: value for name, value in body.items() if value is not None}
        full["transaction"] = secrets.token_hex(6)
        async with self._session.post(url, json=full) as answer:
            return dict(await answer.json())


def _result(name: str) -> Callable[[Body], bool]:
    return lambda event: (event["plugindata"]["data"].get("result") or {}).get("event") == name


class Janus:
    """Implements `peers.Peer`."""

    def __init__(self, directory: Path, *, core: int, realtime: bool = False) -> None:
        self._directory = directory
        self._core = core
        self._realtime = realtime
        self._process: Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._url = ""
        self._calls: dict[int, tuple[tuple[_Handle, FarEnd], ...]] = {}

    @property
    def processes(self) -> list[int]:
        return [self._process.number] if self._process else []

    async def start(self, calls: int) -> None:
        configs, port = self._directory / "janus", free_port()
        configs.mkdir(parents=True, exist_ok=True)
        for name, text in CONFIGURATION.items():
            filled = text.format(
                configs=configs,
                libraries=LIBRARIES,
                ip=own_address(),
                port=port,
                plugins=_others("plugins", "videocall"),
                transports=_others("transports", "http"),
            )
            (configs / name).write_text(filled)
        self._process = Process(
            [program("janus"), "-F", str(configs), "-o"],
            core=self._core,
            log=self._directory / "janus.log",
            realtime=self._realtime,
        )
        await self._process.listens(port)
        self._url = f"http://127.0.0.1:{port}/janus"
        self._session = aiohttp.ClientSession()

    async def call(self, number: int) -> tuple[Wire, Wire]:
        assert self._session is not None
        caller, callee = _Handle(self._session, self._url), _Handle(self._session, self._url)
        names = f"{number}a", f"{number}b"
        for handle, name in zip((caller, callee), names, strict=True):
            await handle.start()
            await handle.ask({"request": "register", "username": name})
            await handle.event(_result("registered"))
        ends = FarEnd(own_address()), FarEnd(own_address())
        self._calls[number] = (caller, ends[0]), (callee, ends[1])
        offer = {"type": "offer", "sdp": ends[0].offer()}
        await caller.ask({"request": "call", "username": names[1]}, offer)
        rung = await callee.event(_result("incomingcall"))
        answer = {"type": "answer", "sdp": ends[1].answer(rung["jsep"]["sdp"])}
        await callee.ask({"request": "accept"}, answer)
        accepted = await caller.event(lambda event: "jsep" in event)
        ends[0].accept(accepted["jsep"]["sdp"])
        return ends[0].connect(), ends[1].connect()

    async def end(self, number: int) -> None:
        for handle, end in self._calls.pop(number):
            await handle.destroy()
            end.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
        if self._process is not None:
            self._process.end()


def own_address() -> str:
    """This machine's IPv4 address in its network.  Raises `NotStarted` when it is in none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # asks the routing table; nothing is sent
        except OSError as error:
            raise NotStarted("Janus needs a network interface beside the loopback") from error
        return str(probe.getsockname()[0])


def _others(folder: str, kept: str) -> str:
    """What Janus would load from `folder` beside what is kept."""
    names = (path.name for path in (LIBRARIES / folder).glob("*.so"))
    return ",".join(sorted(name for name in names if kept not in name))
