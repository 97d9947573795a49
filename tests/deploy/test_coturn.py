"""The relay, run as it is shipped but for its addresses: for whom, and to where."""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aioice import stun, turn

from counter.media.turn import LIFE, credential
from tests.relay import CONFIG, Relay

SECRET = "only-for-this-test"


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
def relay(tmp_path: Path, now: datetime) -> Iterator[Relay]:
    """Yield a running relay on the loopback, which may reach 127.0.0.1 only."""
    with Relay(tmp_path, now, secret=SECRET) as relay:
        yield relay


@pytest.fixture
async def media() -> AsyncIterator[int]:
    """Yield the port of something that answers, in a media process's place."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


def name(*, life: timedelta = LIFE, secret: str = SECRET) -> tuple[str, str]:
    """Name and password as the counter makes them."""
    return credential(secret, "opaque", datetime.now(UTC) + life)


@asynccontextmanager
async def relayed(
    relay: Relay, way: str, given: tuple[str, str]
) -> AsyncIterator[tuple[Any, Heard]]:
    """An address on the relay.  Raises `stun.TransactionFailed`."""
    username, password = given
    trust = ssl.create_default_context(cafile=str(relay.authority))
    transport, heard = await turn.create_turn_endpoint(
        Heard,
        server_addr=("127.0.0.1", relay.tls_port if way == "tls" else relay.port),
        username=username,
        password=password,
        transport="udp" if way == "udp" else "tcp",
        ssl=trust if way == "tls" else False,
    )
    try:
        yield transport, heard
    finally:
        transport.close()
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
async def test_a_fresh_name_reaches_media_and_back(relay: Relay, media: int, way: str) -> None:
    async with relayed(relay, way, name()) as (transport, heard):
        transport.sendto(b"hello", ("127.0.0.1", media))
        async with asyncio.timeout(20):
            assert await heard.queue.get() == b"hello"


@pytest.mark.parametrize(
    "given",
    [{"life": timedelta(minutes=-1)}, {"secret": "another"}],
    ids=["expired", "foreign"],
)
async def test_an_old_or_a_foreign_name_is_refused(relay: Relay, given: dict[str, Any]) -> None:
    with pytest.raises(stun.TransactionFailed) as refused:
        async with relayed(relay, "udp", name(**given)):
            pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


async def test_the_secret_is_changed_while_the_relay_runs_and_a_relayed_call_goes_on(
    relay: Relay, media: int
) -> None:
    async with relayed(relay, "udp", name()) as (transport, heard):
        relay.take("the next one")
        async with relayed(relay, "udp", name(secret="the next one")):
            pass
        async with relayed(relay, "udp", name()):
            pass
        relay.refuse(SECRET)
        with pytest.raises(stun.TransactionFailed):
            async with relayed(relay, "udp", name()):
                pass
        transport.sendto(b"still here", ("127.0.0.1", media))
        async with asyncio.timeout(20):
            assert await heard.queue.get() == b"still here"


async def test_one_name_has_six_relays_and_no_seventh(relay: Relay) -> None:
    given = name()
    async with AsyncExitStack() as open_now:
        for _ in range(6):
            await open_now.enter_async_context(relayed(relay, "udp", given))
        with pytest.raises(stun.TransactionFailed) as refused:
            async with relayed(relay, "udp", given):
                pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 486


async def test_what_all_names_have_together_is_bounded(tmp_path: Path, now: datetime) -> None:
    until = datetime.now(UTC) + LIFE
    with Relay(tmp_path, now, secret=SECRET, quota=2) as relay:
        async with AsyncExitStack() as open_now:
            for one in ("a", "b"):
                await open_now.enter_async_context(
                    relayed(relay, "udp", credential(SECRET, one, until))
                )
            with pytest.raises(stun.TransactionFailed) as refused:
                async with relayed(relay, "udp", credential(SECRET, "c", until)):
                    pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 486


def test_more_than_a_leg_needs_in_a_second_is_not_granted() -> None:
    """What coturn is told; how it holds somebody to it is coturn's."""
    [rate] = re.findall(r"^max-bps=(\d+)$", CONFIG.read_text(), re.M)
    two_pictures_and_a_voice = (2 * 2_500_000 + 64_000) // 8
    assert two_pictures_and_a_voice < int(rate) < 1.5 * two_pictures_and_a_voice


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        pytest.param(ssl.TLSVersion.TLSv1, "ALL:@SECLEVEL=0", marks=pytest.mark.deep),
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE+AES:!AESGCM:!AESCCM"),
    ],
    ids=["1.0", "1.1", "1.2 with open seams"],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(relay: Relay, version: ssl.TLSVersion, ciphers: str) -> None:
    # coturn hangs up on old versions by saying nothing.
    with pytest.raises((ssl.SSLError, TimeoutError)):
        shake_hands(relay, version, ciphers, within_s=5)


def test_tls_1_2_is_spoken_with_forward_secrecy_and_sealed_records(relay: Relay) -> None:
    """Not 1.3: coturn 4.6.1 of Debian, given a list of ciphers, cannot."""
    cipher = shake_hands(relay, ssl.TLSVersion.TLSv1_2, "DEFAULT", within_s=30)
    assert re.fullmatch("ECDHE-.*(GCM-SHA|CHACHA20).*", cipher)


def shake_hands(relay: Relay, version: ssl.TLSVersion, ciphers: str, *, within_s: float) -> str:
    """What is agreed on when a browser speaks only this.  Raises `ssl.SSLError`, `TimeoutError`."""
    context = ssl.create_default_context(cafile=str(relay.authority))
    context.set_ciphers(ciphers)
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", relay.tls_port), timeout=within_s) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped,
    ):
        agreed = wrapped.cipher()
    assert agreed is not None
    return agreed[0]


@pytest.mark.parametrize("peer", ["127.0.0.2", "10.0.0.1", "169.254.169.254", "192.0.2.11"])
async def test_the_relay_leads_to_media_only(relay: Relay, peer: str) -> None:
    async with relayed(relay, "udp", name()) as (transport, _):
        protocol = transport._TurnTransport__inner_protocol
        with pytest.raises(stun.TransactionFailed) as refused:
            await protocol.send_data(b"hello", (peer, 8080))
        assert refused.value.response.attributes["ERROR-CODE"][0] == 403


def test_the_relay_has_no_door_for_operators(relay: Relay) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 5766), timeout=5)
