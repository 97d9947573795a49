"""A far end whose outer address changes in the middle of a call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from aioice import ice

from counter.media.aioice_private import AWAY_SECONDS
from counter.media.batch import address_key
from counter.media.ports import Address
from counter.media.routing import Hop
from counter.media.udp_port import Door, UdpPort
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.legs import AddressTranslation, Legs, link_both

CHECK_EVERY = 0.4
"Seconds: as often as Chromium checks a path on which nothing comes."


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[UdpPort]:
    only_loopback(monkeypatch)
    monkeypatch.setattr(ice, "CONSENT_INTERVAL", CHECK_EVERY)
    made = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    yield made
    made.close()


@pytest.fixture
def nominates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The far end says at each check that this is the path to use, as Chromium does."""
    build = ice.Connection.build_request

    def always(self: ice.Connection, pair: Any, nominate: bool) -> Any:
        return build(self, pair, nominate=nominate or self.ice_controlling)

    monkeypatch.setattr(ice.Connection, "build_request", always)


async def media_after_rebinding(port: UdpPort) -> float:
    """Seconds until media passes both ways again; a decoder may take its time after that."""
    legs, terminal, agent = Legs(port), Endpoint(), Endpoint(grey=200)
    router = AddressTranslation(port.number)
    leg = await legs.connected(
        terminal, lambda offer: offer.replace(str(port.number), str(router.number))
    )
    other = await legs.connected(agent)
    link_both(leg, other)
    await asyncio.gather(terminal.sees(5), agent.sees(5))
    loop = asyncio.get_running_loop()
    before, began = router.outside, loop.time()
    router.rebind()
    heard, shown = leg.hop.received + 20, router.media_inward + 20
    await legs.until(lambda: leg.hop.received >= heard and router.media_inward >= shown)
    took = loop.time() - began
    assert not before & router.outside
    await asyncio.gather(leg.close(), other.close(), terminal.close(), agent.close())
    router.close()
    return took


async def test_media_follows_a_far_end_that_nominates_its_new_address(
    port: UdpPort, nominates: None
) -> None:
    assert await media_after_rebinding(port) < 10 * CHECK_EVERY


async def test_media_is_sent_where_it_comes_from_before_anybody_says_so(
    port: UdpPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that lost its line sends by another one seconds before it nominates that."""
    monkeypatch.setattr("counter.media.aioice_private.AWAY_SECONDS", 3600.0)

    async def tick() -> None:
        while True:
            port.tick()
            await asyncio.sleep(0.05)

    ticking = asyncio.create_task(tick())
    assert await media_after_rebinding(port) < 10 * CHECK_EVERY
    ticking.cancel()


def test_media_is_not_sent_to_an_address_that_never_answered_us() -> None:
    """Its packets bear it, but anybody can write the address of a third party on theirs."""
    aimed: list[int] = []

    class Port:
        def moved(self, hop: Hop) -> None:
            aimed.append(hop.address)

        def admit(self, door: Door, address: Address) -> bool:
            door.keys[address_key(*address)] = 0.0
            return True

        def opened(self, door: Door) -> None:
            """Nothing."""

    door = Door(cast(UdpPort, Port()), "ufrag", lambda *_: None, lambda _: None)
    door.open(Hop())
    assert door.hop is not None
    here, there = ("192.0.2.1", 5000), ("192.0.2.2", 5000)
    for address in (here, there):
        door.admit(address)
    door.prove(here)
    door.aim(here)
    door.hop.heard_from = address_key(*there)
    door.follow()
    assert len(aimed) == 1
    door.prove(there)
    door.follow()
    assert len(aimed) == 2


async def test_media_follows_a_far_end_that_does_not_know_that_its_address_changed(
    port: UdpPort,
) -> None:
    """Firefox only refreshes its consent, which nominates nothing."""
    assert await media_after_rebinding(port) < AWAY_SECONDS + 10 * CHECK_EVERY
