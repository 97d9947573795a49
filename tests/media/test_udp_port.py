"""The door: who is heard, how often, and what is kept of whom."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from counter.media.batch import address_key
from counter.media.ports import Address
from counter.media.routing import Hop
from counter.media.udp_port import (
    ADDRESSES_PER_LEG,
    CHECKS_AT_ONCE,
    CHECKS_PER_SECOND,
    HELD_SECONDS,
    REPORTS_PER_SECOND,
    STRANGERS_PER_SECOND,
    Door,
    UdpPort,
)


class Clock:
    """Stands still until it is told otherwise."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Heard:
    """What one leg's door let through."""

    def __init__(self, port: UdpPort, ufrag: str, *, authentic: bool) -> None:
        self.checks: list[Address] = []
        self.dtls: list[bytes] = []
        self._authentic = authentic
        self.door: Door = port.door(ufrag, on_stun=self._on_stun, on_dtls=self.dtls.append)

    def _on_stun(self, data: bytes, address: Address) -> None:
        self.checks.append(address)
        if self._authentic:
            self.door.admit(address)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def port(clock: Clock) -> AsyncIterator[UdpPort]:
    made = UdpPort(ip="127.0.0.1", udp_port=0, clock=clock)
    yield made
    made.close()


def check_for(ufrag: str) -> bytes:
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes["USERNAME"] = f"{ufrag}:far"
    return bytes(check)


async def send(port: UdpPort, datagram: bytes, *, times: int = 1, ip: str = "127.0.0.1") -> Address:
    """Send it so often from one new socket, and wait until the port has seen all; the source."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.bind((ip, 0))
        for number in range(times):
            source.sendto(datagram, ("127.0.0.1", port.number))
            if number % 50 == 49:
                await seen(port)
        await seen(port)
        address: Address = source.getsockname()
        return address


async def seen(port: UdpPort) -> None:
    """Wait until the port has read what was sent before."""
    mark = asyncio.Event()
    end = port.door("mark", on_stun=lambda data, address: mark.set(), on_dtls=lambda data: None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
        source.bind(("127.0.0.1", 0))
        end.admit(source.getsockname())  # so that it takes nobody's turn
        source.sendto(check_for("mark"), ("127.0.0.1", port.number))
        async with asyncio.timeout(20):
            await mark.wait()
    end.close()


async def test_a_source_whose_checks_are_false_is_soon_not_heard(
    port: UdpPort, clock: Clock
) -> None:
    leg = Heard(port, "leg1", authentic=False)
    await send(port, check_for("leg1"), times=300)
    assert len(leg.checks) == CHECKS_AT_ONCE
    await send(port, check_for("leg1"), times=50)  # another port of the same machine
    assert len(leg.checks) == CHECKS_AT_ONCE
    clock.now += 1
    await send(port, check_for("leg1"), times=300)
    assert len(leg.checks) == CHECKS_AT_ONCE + CHECKS_PER_SECOND


async def test_a_newcomer_is_heard_while_another_source_floods(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=False)
    await send(port, check_for("leg1"), times=1000, ip="127.0.0.66")
    newcomer = await send(port, check_for("leg1"), ip="127.0.0.67")
    assert leg.checks[-1] == newcomer


async def test_all_strangers_together_are_heard_only_so_often(port: UdpPort) -> None:
    """Sources are easily forged, so there is a limit for all of them."""
    leg = Heard(port, "leg1", authentic=False)
    for number in range(10):
        await send(port, check_for("leg1"), times=90, ip=f"127.0.1.{number}")
    assert len(leg.checks) == STRANGERS_PER_SECOND


async def test_an_office_behind_one_address_connects_all_its_counters_at_once(
    port: UdpPort,
) -> None:
    legs = [Heard(port, f"leg{number}", authentic=True) for number in range(2 * CHECKS_AT_ONCE)]
    for number in range(len(legs)):
        await send(port, check_for(f"leg{number}"), ip="127.0.0.66")
    assert all(leg.checks for leg in legs)


async def test_an_address_that_was_let_in_cannot_flood_either(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=True)
    await send(port, check_for("leg1"), times=300)
    assert len(leg.checks) == 1 + CHECKS_AT_ONCE
    newcomer = await send(port, check_for("leg1"))
    assert leg.checks[-1] == newcomer


async def test_checks_that_name_no_leg_take_nobodys_turn(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=False)
    await send(port, check_for("unknown"), times=1000)
    await send(port, b"\x00\x01" + bytes(18), times=1000)
    await send(port, check_for("leg1"))
    assert len(leg.checks) == 1
    assert port.counts() == (1, 0, 0)


async def test_a_check_that_is_false_binds_no_address(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=False)
    await send(port, check_for("leg1"), times=5)
    assert leg.checks
    assert port.counts() == (1, 0, 0)


async def test_only_the_newest_addresses_of_a_leg_are_kept(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=True)
    leg.door.open(Hop())
    for number in range(3 * ADDRESSES_PER_LEG):
        leg.door.admit(("127.0.0.9", 5000 + number))
    assert port.counts() == (1, ADDRESSES_PER_LEG, ADDRESSES_PER_LEG)
    leg.door.close()
    assert port.counts() == (0, 0, 0)


async def test_an_address_that_another_leg_is_proven_to_be_at_is_not_taken_from_it(
    port: UdpPort, clock: Clock
) -> None:
    """Whoever can write a false source on his checks would cut that leg off."""
    leg, thief = (Heard(port, name, authentic=True) for name in ("leg1", "thief"))
    leg.door.open(Hop())
    here = ("127.0.0.9", 5000)
    assert leg.door.admit(here)
    leg.door.prove(here)
    for _ in range(20):
        clock.now += HELD_SECONDS - 0.1
        assert not thief.door.admit(here)
        assert leg.door.admit(here), "its browser goes on checking"
    assert port.forwarder.open[address_key(*here)] is leg.door.hop


async def test_an_address_goes_to_its_new_owner_once_the_old_one_is_silent(
    port: UdpPort, clock: Clock
) -> None:
    """A router gives an outer port that is free to somebody else."""
    before, after = (Heard(port, name, authentic=True) for name in ("leg1", "leg2"))
    before.door.open(Hop())
    after.door.open(Hop())
    here = ("127.0.0.9", 5000)
    before.door.admit(here)
    before.door.prove(here)
    assert not after.door.admit(here)
    clock.now += HELD_SECONDS
    assert after.door.admit(here)
    assert port.forwarder.open[address_key(*here)] is after.door.hop
    before.door.close()
    assert port.counts() == (1, 1, 1)


async def test_an_address_goes_to_its_new_owner_at_once_when_the_old_one_closed(
    port: UdpPort,
) -> None:
    before, after = (Heard(port, name, authentic=True) for name in ("leg1", "leg2"))
    here = ("127.0.0.9", 5000)
    before.door.admit(here)
    before.door.prove(here)
    before.door.close()
    assert after.door.admit(here)


async def test_who_only_claims_an_address_keeps_nobody_from_it(port: UdpPort) -> None:
    """A check bears its source as it was written; an answer to ours shows who is there."""
    squatter, leg = (Heard(port, name, authentic=True) for name in ("squatter", "leg1"))
    here = ("127.0.0.9", 5000)
    assert squatter.door.admit(here)
    assert leg.door.admit(here)
    leg.door.prove(here)
    assert not squatter.door.admit(here)


async def test_media_from_the_old_address_of_a_leg_that_moved_is_still_taken(
    port: UdpPort,
) -> None:
    leg = Heard(port, "leg1", authentic=True)
    hop = Hop()
    leg.door.open(hop)
    old, new = ("127.0.0.9", 5000), ("127.0.0.9", 5001)
    for address in (old, new):
        leg.door.admit(address)
        leg.door.aim(address)
    assert {port.forwarder.open[address_key(*address)] for address in (old, new)} == {hop}


async def test_reports_of_one_leg_are_looked_at_only_so_often(
    port: UdpPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs more than a packet of media, and tells less."""
    leg = Heard(port, "leg1", authentic=True)
    leg.door.open(Hop())
    looked_at: list[bytes] = []
    monkeypatch.setattr(port.forwarder.rtcp, "came", lambda data, hop, now: looked_at.append(data))
    report = b"\x80\xc9" + bytes(30)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.sendto(check_for("leg1"), ("127.0.0.1", port.number))
        for number in range(2 * REPORTS_PER_SECOND):
            far.sendto(report, ("127.0.0.1", port.number))
            if number % 50 == 49:
                await seen(port)
    assert len(looked_at) == REPORTS_PER_SECOND


async def test_handshake_records_are_taken_from_let_in_addresses_only(port: UdpPort) -> None:
    leg = Heard(port, "leg1", authentic=True)
    record = bytes([22, 254, 253]) + bytes(20)
    await send(port, record, times=20)
    assert leg.dtls == []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.sendto(check_for("leg1"), ("127.0.0.1", port.number))
        far.sendto(record, ("127.0.0.1", port.number))
        await seen(port)
    assert leg.dtls == [record]
