"""A leg finds a new path while media goes on over the old one."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from counter.errors import BadInput, NotAllowedNow
from counter.media.leg_aiortc import AiortcLeg
from counter.media.udp_port import UdpPort
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.legs import Legs, NewNetwork, link_both


@dataclass
class Call:
    """A terminal and an agent in a call; the terminal is the one whose network changes."""

    legs: Legs
    terminal: Endpoint
    agent: Endpoint
    leg: AiortcLeg
    answer: str
    "What the terminal answered first."

    @property
    def port(self) -> UdpPort:
        return self.legs.port


@pytest.fixture
async def call(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Call]:
    only_loopback(monkeypatch)
    port = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    legs, terminal, agent = Legs(port), Endpoint(), Endpoint(grey=200)
    leg, other = await legs.connected(terminal), await legs.connected(agent)
    link_both(leg, other)
    yield Call(legs, terminal, agent, leg, terminal.peer.localDescription.sdp)
    await asyncio.gather(leg.close(), other.close(), terminal.close(), agent.close())
    assert port.counts() == (0, 0, 0)
    port.close()


async def test_media_goes_on_while_a_restart_is_offered(call: Call) -> None:
    await call.agent.sees(3)
    old = call.leg.ufrag
    offer = await call.leg.restart()
    assert f"a=ice-ufrag:{old}" not in offer
    assert call.port.counts()[0] == 3, "both names of the leg, and the agent's"
    await asyncio.gather(call.agent.sees(10), call.terminal.sees(10))


async def test_a_restart_leads_to_the_new_path_and_forgets_the_old_name(call: Call) -> None:
    network = NewNetwork()
    old = call.leg.ufrag
    await call.leg.answer(await network.take(await call.leg.restart(), call.answer))
    await network.ice.connect()
    network.use(call.terminal)
    await call.legs.until(lambda: call.port.door_of(old) is None)
    assert call.port.door_of(call.leg.ufrag) is not None
    await asyncio.gather(call.agent.sees(10), call.terminal.sees(10))
    assert network.received > 10, "what we send comes to the new network"
    await network.close()


async def test_checks_that_come_before_the_answer_are_held_and_then_looked_at(call: Call) -> None:
    """A browser checks as soon as it has answered; our check with old credentials would fail."""
    network = NewNetwork()
    answer = await network.take(await call.leg.restart(), call.answer)
    checking = asyncio.create_task(network.ice.connect())
    await call.legs.until(lambda: bool(call.leg.connection._early_checks))
    await call.agent.sees(5)
    await call.leg.answer(answer)
    await asyncio.wait_for(checking, 30)
    network.use(call.terminal)
    await asyncio.gather(call.agent.sees(10), call.terminal.sees(10))
    await network.close()


async def test_the_old_path_is_answered_until_the_new_one_is_there(call: Call) -> None:
    """Or the browser would give the old path up, with no other in hand."""
    network = NewNetwork()
    far = call.terminal.peer.getTransceivers()[0].sender.transport.transport._connection
    pair = far._nominated[1]

    async def consent() -> None:
        assert far.remote_password is not None
        await pair.protocol.request(
            far.build_request(pair, nominate=False),
            pair.remote_addr,
            integrity_key=far.remote_password.encode(),
            retransmissions=3,
        )

    answer = await network.take(await call.leg.restart(), call.answer)
    await consent()
    await call.leg.answer(answer)
    await consent()
    await asyncio.gather(call.agent.sees(5), call.terminal.sees(5))
    await network.close()


async def test_a_restart_that_is_not_answered_can_be_offered_again(call: Call) -> None:
    offers = [await call.leg.restart() for _ in range(5)]
    assert len(set(offers)) == 5
    assert [f" {number} IN IP4" in offer for number, offer in enumerate(offers, 2)] == [True] * 5
    assert call.port.counts()[0] == 3, "offers that nobody answered leave no names"
    network = NewNetwork()
    await call.leg.answer(await network.take(offers[-1], call.answer))
    await network.ice.connect()
    network.use(call.terminal)
    await asyncio.gather(call.agent.sees(10), call.terminal.sees(10))
    await network.close()


async def test_a_leg_can_restart_over_and_over(call: Call) -> None:
    networks = []
    for _ in range(3):
        networks.append(NewNetwork())
        await call.leg.answer(await networks[-1].take(await call.leg.restart(), call.answer))
        await networks[-1].ice.connect()
        networks[-1].use(call.terminal)
        await asyncio.gather(call.agent.sees(5), call.terminal.sees(5))
    assert call.port.counts()[0] == 2
    await asyncio.gather(*(network.close() for network in networks))


async def test_a_restart_cannot_bring_somebody_else_in(call: Call) -> None:
    network, stranger, third = NewNetwork(), Endpoint(), call.legs.make()
    answer = await network.take(await call.leg.restart(), call.answer)
    foreign = await stranger.answer(await third.offer())
    with pytest.raises(BadInput):
        await call.leg.answer(foreign)
    with pytest.raises(BadInput):
        await call.leg.answer(call.answer)
    await call.leg.answer(answer)
    with pytest.raises(NotAllowedNow):
        await call.leg.answer(answer)
    await call.agent.sees(5)
    await asyncio.gather(network.close(), stranger.close(), third.close())


async def test_a_leg_that_is_not_connected_has_no_path_to_change(call: Call) -> None:
    fresh = call.legs.make()
    await fresh.offer()
    with pytest.raises(NotAllowedNow):
        await fresh.restart()
    await fresh.close()
    with pytest.raises(NotAllowedNow):
        await fresh.restart()
