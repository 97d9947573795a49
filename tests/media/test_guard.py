"""Forged datagrams cannot end a leg's handshake, and strangers leave no trace."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from aioice import stun

from counter.errors import BadInput, NotAllowedNow
from counter.media.aiortc_private import MAX_CANDIDATES, check_libraries
from counter.media.leg_aiortc import AiortcLeg
from counter.media.udp_port import STRANGERS_PER_SECOND, UdpPort
from tests.media.endpoint import Endpoint, only_loopback

ALERT = bytes([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40])
"A plaintext fatal DTLS alert: handshake_failure, epoch 0."
JUNK = bytes([22, 254, 253]) + bytes(8) + b"\0\x10\x01" + b"\xff" * 15
"A handshake record that is none."
MEDIA = b"\x80\x60" + b"\xab" * 1000
"What looks like SRTP."


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[UdpPort]:
    only_loopback(monkeypatch)
    made = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    yield made
    made.close()


class Legs:
    def __init__(self, port: UdpPort) -> None:
        self.port = port
        self.changed = asyncio.Event()

    def make(self) -> AiortcLeg:
        return AiortcLeg(
            port=self.port,
            announced_ip="127.0.0.1",
            random32=lambda: secrets.randbits(32),
            start_kbps=1500,
            on_change=self.changed.set,
        )


async def flood(port: UdpPort, forged: bytes, until: Callable[[], bool]) -> int:
    """Send `forged` from a socket of its own, over and over; how many were sent."""
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        while not until():
            for _ in range(20):
                stranger.sendto(forged, ("127.0.0.1", port.number))
                sent += 1
            await asyncio.sleep(0.001)
    return sent


@pytest.mark.parametrize("forged", [ALERT, JUNK, MEDIA], ids=["alert", "junk", "media"])
async def test_forged_packets_before_the_handshake_do_not_end_a_leg(
    port: UdpPort, forged: bytes
) -> None:
    legs, far = Legs(port), Endpoint()
    leg = legs.make()
    answer = await far.answer(await leg.offer())
    attack = asyncio.create_task(flood(port, forged, legs.changed.is_set))
    async with asyncio.timeout(20):
        await leg.answer(answer)
        await legs.changed.wait()
    assert await attack > 20
    assert leg.state == "connected"
    await asyncio.gather(leg.close(), far.close())


async def test_a_datagram_of_a_bound_address_is_heard_so_the_guard_is_what_protects(
    port: UdpPort,
) -> None:
    """The same alert ends the handshake when it comes from an address that was let in."""
    legs, far = Legs(port), Endpoint()
    leg = legs.make()
    answer = await far.answer(await leg.offer())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as let_in:
        let_in.bind(("127.0.0.1", 0))
        door = port.door_of(leg.ufrag)
        assert door is not None
        door.admit(let_in.getsockname())
        let_in.sendto(ALERT, ("127.0.0.1", port.number))
        async with asyncio.timeout(20):
            await leg.answer(answer)
            await legs.changed.wait()
    assert leg.state == "gone"
    await asyncio.gather(leg.close(), far.close())


async def test_a_leg_learns_only_so_many_addresses(port: UdpPort) -> None:
    """Each new address is sent checks of ours, so a hostile far end must not name thousands."""
    leg = Legs(port).make()
    await leg.offer()
    ice = leg.connection
    ice.remote_username, ice.remote_password = "far", "p" * 22
    ice._early_checks_done = True
    for number in range(MAX_CANDIDATES + 5):
        check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        check.attributes["USERNAME"] = f"{leg.ufrag}:far"
        check.attributes["PRIORITY"] = 1
        check.add_message_integrity(ice.local_password.encode())
        door = port.door_of(leg.ufrag)
        assert door is not None
        door.on_stun(bytes(check), ("127.0.0.1", 20_000 + number))
    assert port.counts()[1] == MAX_CANDIDATES
    await leg.close()


async def test_nothing_is_kept_of_a_leg_that_is_closed(port: UdpPort) -> None:
    legs, far = Legs(port), Endpoint()
    leg = legs.make()
    async with asyncio.timeout(20):
        await leg.answer(await far.answer(await leg.offer()))
        await legs.changed.wait()
    assert port.counts() != (0, 0, 0)
    await asyncio.gather(leg.close(), far.close())
    await leg.close()
    assert port.counts() == (0, 0, 0)


async def test_a_leg_whose_far_end_hangs_up_says_so(port: UdpPort) -> None:
    legs, far = Legs(port), Endpoint()
    leg = legs.make()
    async with asyncio.timeout(20):
        await leg.answer(await far.answer(await leg.offer()))
        await asyncio.gather(legs.changed.wait(), far.up.wait())
        legs.changed.clear()
        await far.close()
        await legs.changed.wait()
    assert leg.state == "gone"
    await leg.close()


async def test_an_answer_is_taken_once(port: UdpPort) -> None:
    legs, far = Legs(port), Endpoint()
    leg = legs.make()
    answer = await far.answer(await leg.offer())
    with pytest.raises(BadInput):
        await leg.answer("v=0\r\n")
    with pytest.raises(BadInput):
        await leg.answer(answer.replace("a=ice-pwd", "a=ice-nothing"))
    await leg.answer(answer)
    with pytest.raises(NotAllowedNow):
        await leg.answer(answer)
    await asyncio.gather(leg.close(), far.close())


async def test_a_leg_can_be_closed_before_it_was_answered(port: UdpPort) -> None:
    leg = Legs(port).make()
    await leg.offer()
    await leg.close()
    assert port.counts() == (0, 0, 0)
    with pytest.raises(NotAllowedNow):
        await leg.answer("v=0\r\n")


async def test_a_flood_of_unknown_checks_is_dropped_unread_after_a_while(port: UdpPort) -> None:
    """A check that names no leg of ours costs parsing, so a stranger gets only so many."""
    check = bytes.fromhex("000100002112a442") + bytes(12)
    before = port.strangers_left
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, done.set)
    sent = await flood(port, check, done.is_set)
    assert before == STRANGERS_PER_SECOND
    assert port.strangers_left < before
    assert sent > 0 and port.counts() == (0, 0, 0)


async def test_the_installed_libraries_are_the_ones_we_wrote_for() -> None:
    check_libraries()
