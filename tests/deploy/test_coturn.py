"""The relay, run as it is shipped but for its addresses: for whom, and to where."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aioice import stun, turn

from counter.identity.tls_development import ensure_tls
from tests.servers import NotInstalled, free_port, wait_for_port

CONFIG = Path(__file__).resolve().parents[2] / "deploy" / "coturn" / "turnserver.conf"
SECRET = "only-for-this-test"
LIFE_S = 600


class Echo(asyncio.DatagramProtocol):
    """Sends back what comes."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._transport.sendto(data, addr)


class Heard(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.queue.put_nowait(data)


@pytest.fixture
def relay(tmp_path: Path, now: datetime) -> Iterator[int]:
    """Yield the port of a running relay on the loopback, which may reach 127.0.0.1 only."""
    program = shutil.which("turnserver")
    if program is None:
        raise NotInstalled("coturn is not installed: apt-get install coturn")
    tls = ensure_tls(tmp_path / "tls", now)
    certificate = str(tmp_path / "tls" / f"{tls.address}.pem")
    port = free_port()
    text = CONFIG.read_text()
    for before, after in {
        "listening-port=3478\n": f"listening-port={port}\n",
        "tls-listening-port=5349": f"tls-listening-port={free_port()}",
        "/etc/turnserver/counter.example.crt": certificate,
        "/etc/turnserver/counter.example.key": certificate,
        "allowed-peer-ip=198.51.100.11": "allowed-peer-ip=127.0.0.1",
    }.items():
        assert text.count(f"\n{before}" if "=" in before else before) == 1, before
        text = text.replace(before, after)
    here = f"""
listening-ip=127.0.0.1
relay-ip=127.0.0.1
allow-loopback-peers
static-auth-secret={SECRET}
pidfile={tmp_path}/pid
userdb={tmp_path}/turndb
"""
    path = tmp_path / "turnserver.conf"
    path.write_text(text + here)
    log = tmp_path / "log"
    with log.open("wb") as said:
        process = subprocess.Popen([program, "-c", str(path)], stdout=said, stderr=said)
    try:
        wait_for_port(port, process, "coturn")
        yield port
    finally:
        process.terminate()
        process.wait(20)
    # A line that it does not know is said and otherwise let pass.
    assert "unknown" not in log.read_text().lower()
    assert "bad configuration" not in log.read_text().lower()


@pytest.fixture
async def media() -> AsyncIterator[int]:
    """Yield the port of something that answers, in a media process's place."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


def credential(until_s: float, *, secret: str = SECRET) -> tuple[str, str]:
    """Name and password as the counter would make them; draft-uberti-behave-turn-rest-00."""
    name = f"{int(until_s)}:terminal-1"
    mac = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return name, base64.b64encode(mac).decode()


@asynccontextmanager
async def relayed(port: int, name: str, password: str) -> AsyncIterator[tuple[Any, Heard]]:
    """An address on the relay.  Raises `stun.TransactionFailed`."""
    transport, heard = await turn.create_turn_endpoint(
        Heard, server_addr=("127.0.0.1", port), username=name, password=password
    )
    try:
        yield transport, heard
    finally:
        transport.close()
        await asyncio.sleep(0.1)


async def test_a_fresh_credential_reaches_media_and_back(relay: int, media: int) -> None:
    async with relayed(relay, *credential(time.time() + LIFE_S)) as (transport, heard):
        transport.sendto(b"hello", ("127.0.0.1", media))
        async with asyncio.timeout(20):
            assert await heard.queue.get() == b"hello"


@pytest.mark.parametrize(
    ("life_s", "secret"), [(-60, SECRET), (LIFE_S, "another")], ids=["expired", "foreign"]
)
async def test_an_old_or_a_foreign_credential_is_refused(
    relay: int, life_s: int, secret: str
) -> None:
    name, password = credential(time.time() + life_s, secret=secret)
    with pytest.raises(stun.TransactionFailed) as refused:
        async with relayed(relay, name, password):
            pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


@pytest.mark.parametrize("peer", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "192.0.2.11"])
async def test_the_relay_leads_to_media_only(relay: int, peer: str) -> None:
    async with relayed(relay, *credential(time.time() + LIFE_S)) as (transport, _):
        protocol = transport._TurnTransport__inner_protocol
        with pytest.raises(stun.TransactionFailed) as refused:
            await protocol.send_data(b"hello", (peer, 8080))
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403
