"""Legs over IPv4 and over IPv6, also in one call."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator

import pytest

from counter.media.udp_port import UdpPort
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.legs import Legs, NewNetwork, link_both


@pytest.fixture
async def port() -> AsyncIterator[UdpPort]:
    made = UdpPort(ip="127.0.0.1", ip6="::1", udp_port=0, clock=asyncio.get_running_loop().time)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("terminal_ip", "agent_ip"),
    [("::1", "127.0.0.1"), ("127.0.0.1", "::1"), ("::1", "::1"), ("127.0.0.1", "127.0.0.1")],
)
async def test_the_two_of_a_call_see_and_hear_each_other(
    port: UdpPort, monkeypatch: pytest.MonkeyPatch, terminal_ip: str, agent_ip: str
) -> None:
    legs, terminal, agent = Legs(port), Endpoint(grey=60), Endpoint(grey=200)
    only_loopback(monkeypatch, terminal_ip)
    leg = await legs.connected(terminal)
    only_loopback(monkeypatch, agent_ip)
    other = await legs.connected(agent)
    assert (leg.hop.ip6, other.hop.ip6) == (":" in terminal_ip, ":" in agent_ip)
    link_both(leg, other)
    await asyncio.gather(
        terminal.sees_level(200), terminal.hears(), agent.sees_level(60), agent.hears()
    )
    await asyncio.gather(leg.close(), other.close(), terminal.close(), agent.close())
    assert port.counts() == (0, 0, 0)


async def test_a_leg_moves_from_one_family_to_the_other(
    port: UdpPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_loopback(monkeypatch)
    legs, terminal, agent = Legs(port), Endpoint(), Endpoint(grey=200)
    leg, other = await legs.connected(terminal), await legs.connected(agent)
    link_both(leg, other)
    await terminal.sees(3)
    only_loopback(monkeypatch, "::1")
    network = NewNetwork()
    answer = terminal.peer.localDescription.sdp
    await leg.answer(await network.take(await leg.restart(), answer))
    await network.ice.connect()
    network.use(terminal)
    await asyncio.gather(terminal.sees(10), agent.sees(10))
    assert leg.hop.ip6 and network.received > 10
    await asyncio.gather(
        network.close(), leg.close(), other.close(), terminal.close(), agent.close()
    )


async def test_both_families_have_one_port_number(port: UdpPort) -> None:
    for family, ip in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as other, pytest.raises(OSError) as taken:
            other.bind((ip, port.number))
        assert taken.value.errno == errno.EADDRINUSE


async def test_a_number_that_is_taken_on_ipv6_is_refused_and_nothing_stays_open() -> None:
    clock = asyncio.get_running_loop().time
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        other.bind(("::1", 0))
        number = other.getsockname()[1]
        with pytest.raises(OSError):
            UdpPort(ip="127.0.0.1", ip6="::1", udp_port=number, clock=clock)
    UdpPort(ip="127.0.0.1", ip6="::1", udp_port=number, clock=clock).close()


async def test_a_leg_without_ipv6_offers_none() -> None:
    port = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    leg = Legs(port).make()
    assert "candidate:2" not in await leg.offer()
    await leg.close()
    port.close()
