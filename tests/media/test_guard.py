"""Forged datagrams cannot end a leg's handshake, and strangers leave no trace."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pylibsrtp
import pytest
from aioice import Connection, stun
from aioice.ice import CandidatePair
from aiortc import RTCCertificate, RTCDtlsTransport

from counter.errors import BadInput, NotAllowedNow
from counter.media.aioice_private import MAX_CANDIDATES, MAX_QUEUE, MediaLibraryChanged
from counter.media.aiortc_private import check_libraries
from counter.media.batch import address_key
from counter.media.leg_aiortc import AiortcLeg
from counter.media.source_rate import SourceRate
from counter.media.udp_port import ADDRESSES_PER_LEG, Door, UdpPort
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.legs import Legs

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


def check(leg: AiortcLeg) -> bytes:
    """An authentic check for `leg`."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{leg.ufrag}:far"
    message.attributes["PRIORITY"] = 1
    message.add_message_integrity(leg.connection.local_password.encode())
    return bytes(message)


async def answered(legs: Legs) -> tuple[AiortcLeg, Door]:
    """A leg that has its answer and looks for its far end."""
    leg = legs.make()
    await leg.offer()
    ice = leg.connection
    ice.remote_username, ice.remote_password = "far", "p" * 22
    ice._early_checks_done = True
    door = legs.port.door_of(leg.ufrag)
    assert door is not None
    return leg, door


async def test_where_all_comes_from_relays_a_check_from_elsewhere_is_not_heard() -> None:
    port = UdpPort(
        ip="127.0.0.1",
        udp_port=0,
        only_from=["127.0.0.2"],
        clock=asyncio.get_running_loop().time,
    )
    leg, _ = await answered(Legs(port))
    authentic = check(leg)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay,
    ):
        elsewhere.bind(("127.0.0.1", 0))
        relay.bind(("127.0.0.2", 0))
        relay.setblocking(False)
        elsewhere.setblocking(False)
        for one in (elsewhere, relay):  # in this order: whoever is heard first is answered first
            one.sendto(authentic, ("127.0.0.1", port.number))
        async with asyncio.timeout(20):
            assert await asyncio.get_running_loop().sock_recv(relay, 1500)
        with pytest.raises(BlockingIOError):
            elsewhere.recv(1500)
    await leg.close()
    port.close()


async def test_a_check_from_where_another_leg_is_leads_to_no_check_of_ours(port: UdpPort) -> None:
    legs = Legs(port)
    leg, door = await answered(legs)
    thief, thiefs_door = await answered(legs)
    here = ("127.0.0.1", 20_000)
    door.on_stun(check(leg), here)
    door.prove(here)
    thiefs_door.on_stun(check(thief), here)
    assert (list(door.keys), list(thiefs_door.keys)) == ([address_key(*here)], [])
    assert thief.connection._check_list == []
    await asyncio.gather(leg.close(), thief.close())


async def test_a_leg_learns_only_so_many_addresses(port: UdpPort) -> None:
    """Each new address is sent checks of ours, so a hostile far end must not name thousands."""
    leg, door = await answered(Legs(port))
    for number in range(MAX_CANDIDATES + 5):
        door.on_stun(check(leg), ("127.0.0.1", 20_000 + number))
    assert port.counts()[1] == MAX_CANDIDATES
    await asyncio.sleep(0)
    assert len(leg.connection._protocols[0].transactions) == MAX_CANDIDATES
    await leg.close()


async def test_a_leg_that_is_carried_around_for_days_is_still_followed(port: UdpPort) -> None:
    """Forgetting nothing, it would be deaf after its twelfth network."""
    leg, door = await answered(Legs(port))
    ice = leg.connection
    ice._newcomers = SourceRate(per_second=1e9, burst=1, sources=1)
    for number in range(100):
        door.on_stun(check(leg), ("127.0.0.1", 20_000 + number))
        await asyncio.sleep(0)
    assert port.door_of(leg.ufrag) is door
    assert len(ice._remote_candidates) == len(ice._check_list) == MAX_CANDIDATES
    assert ice._remote_candidates[-1].port == 20_099
    assert len(ice._protocols[0].transactions) <= MAX_CANDIDATES
    assert port.counts()[1] == ADDRESSES_PER_LEG
    await leg.close()


async def test_what_waits_for_a_handshake_is_bounded(port: UdpPort) -> None:
    leg, door = await answered(Legs(port))
    for _ in range(MAX_QUEUE + 100):
        door.on_dtls(JUNK)
        door.on_stun(b"\x01\x01 is no STUN", ("127.0.0.1", 20_000))
    assert leg.connection._queue.qsize() == MAX_QUEUE
    await leg.close()


async def test_checks_that_come_before_the_answer_are_kept_up_to_a_hundred(port: UdpPort) -> None:
    leg = Legs(port).make()
    await leg.offer()
    door = port.door_of(leg.ufrag)
    assert door is not None
    for number in range(300):
        door.on_stun(check(leg), ("127.0.0.1", 20_000 + number))
    assert len(leg.connection._early_checks) == 100
    assert port.counts()[1] == ADDRESSES_PER_LEG
    await leg.close()


async def test_a_check_without_its_priority_is_no_check(port: UdpPort) -> None:
    leg, door = await answered(Legs(port))
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{leg.ufrag}:far"
    message.add_message_integrity(leg.connection.local_password.encode())
    door.on_stun(bytes(message), ("127.0.0.1", 20_000))
    assert port.counts()[1] == 0
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


async def test_no_stun_or_turn_server_is_ever_asked(port: UdpPort) -> None:
    """aiortc asks a public one unless it is told otherwise."""
    leg = Legs(port).make()
    await leg.offer()
    ice = leg.connection
    assert (ice.stun_server, ice.turn_server) == (None, None)
    assert [candidate.type for candidate in ice.local_candidates] == ["host"]
    await leg.close()


@pytest.mark.parametrize("room", ["counter", "web", "booking"])
def test_no_line_of_ours_names_a_stun_server(room: str) -> None:
    root = Path(__file__).parents[2] / room
    named = [
        str(file.relative_to(root))
        for file in root.rglob("*")
        if file.suffix in {".py", ".ts", ".html", ".toml"}
        and "static" not in file.parts
        and re.search(r"[\"'`]stuns?:", file.read_text())
    ]
    assert named == []


async def test_the_installed_libraries_are_the_ones_we_wrote_for() -> None:
    check_libraries()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Connection, "check_complete"),
        (CandidatePair, "State"),
        (CandidatePair, "remote_addr"),
        (RTCDtlsTransport, "_set_role"),
        (RTCCertificate, "_create_ssl_context"),
        (pylibsrtp, "ffi"),
        (pylibsrtp, "lib"),
    ],
)
async def test_a_library_without_a_name_that_we_touch_is_refused_by_that_name(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    monkeypatch.delattr(owner, name)
    with pytest.raises(MediaLibraryChanged, match=rf"^the installed media .* have no \w+\.{name}$"):
        check_libraries()


async def test_a_pair_without_its_task_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CandidatePair, "__init__", lambda *_: None)
    with pytest.raises(MediaLibraryChanged, match=r"CandidatePair\.task, CandidatePair\.state, "):
        check_libraries()
