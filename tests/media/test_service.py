"""Who hears whom: joining, joining again, leaving."""

from collections.abc import Callable
from itertools import count

import pytest

from counter.errors import Busy, NotAllowedNow, NotFound
from counter.media.routing import Hop
from counter.media.service import Bridge, Limits
from tests.media.test_routing import hop


class FakeLeg:
    """A leg that connects and goes when the test says so."""

    def __init__(self, base: int, on_change: Callable[[], None]) -> None:
        self.base = base
        self.hop = hop(base)
        self.state = "new"
        self.answers: list[str] = []
        self.closed = False
        self._on_change = on_change

    async def offer(self) -> str:
        if self.base == 666_000:
            raise OSError("no port")
        return "offer"

    async def answer(self, text: str) -> None:
        self.answers.append(text)

    async def close(self) -> None:
        self.state = "gone"
        self.closed = True

    def becomes(self, state: str) -> None:
        self.state = state
        self._on_change()


class House:
    """A bridge with fake legs, its own time, and a note of every key-frame request."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.legs: list[FakeLeg] = []
        self.asked: list[Hop] = []
        self.now = 100.0
        self.next_base = 1000
        numbers = count(1)
        self.bridge = Bridge(
            make_leg=self._make,
            send_rtcp=lambda hop, packet: self.asked.append(hop),
            new_id=lambda: f"leg-{next(numbers)}",
            clock=lambda: self.now,
            limits=limits,
        )

    def _make(self, on_change: Callable[[], None]) -> FakeLeg:
        self.legs.append(FakeLeg(self.next_base, on_change))
        self.next_base += 1000
        return self.legs[-1]

    async def connected(self, *names: str) -> list[FakeLeg]:
        """Call c-1 with connected legs of these names."""
        for name in names:
            await self.bridge.join("c-1", name)
            self.legs[-1].becomes("connected")
        return self.legs[-len(names) :]


async def test_two_connected_legs_are_linked_and_asked_for_key_frames() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    assert terminal.hop.peer is agent.hop and agent.hop.peer is terminal.hop
    assert house.asked == [agent.hop, terminal.hop]


async def test_a_leg_that_is_not_connected_is_not_linked() -> None:
    house = House()
    await house.bridge.join("c-1", "terminal")
    (agent,) = await house.connected("agent")
    assert agent.hop.peer is None and house.asked == []


async def test_joining_again_replaces_one_leg_and_leaves_the_other_alone() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    outputs = terminal.hop.outputs
    await house.bridge.join("c-1", "agent")
    assert terminal.hop.peer is None and agent.hop.routes == {}
    house.legs[-1].becomes("connected")
    assert terminal.hop.peer is house.legs[-1].hop
    assert terminal.hop.outputs is outputs
    await house.bridge.close()
    assert agent.closed


async def test_a_replaced_leg_cannot_be_answered_any_more() -> None:
    house = House()
    old = await house.bridge.join("c-1", "agent")
    new = await house.bridge.join("c-1", "agent")
    with pytest.raises(NotFound):
        await house.bridge.answer("c-1", "agent", old.leg_id, "sdp")
    await house.bridge.answer("c-1", "agent", new.leg_id, "sdp")
    assert [leg.answers for leg in house.legs] == [[], ["sdp"]]


async def test_a_late_word_of_a_replaced_leg_changes_nothing() -> None:
    house = House()
    _, old = await house.connected("terminal", "agent")
    (new,) = await house.connected("agent")
    old.becomes("gone")
    assert house.legs[0].hop.peer is new.hop


async def test_a_third_leg_is_refused() -> None:
    house = House()
    await house.connected("terminal", "agent")
    with pytest.raises(NotAllowedNow):
        await house.bridge.join("c-1", "stranger")
    assert len(house.legs) == 2


async def test_a_full_process_says_so_and_keeps_no_trace() -> None:
    house = House(Limits(legs=1))
    await house.bridge.join("c-1", "terminal")
    with pytest.raises(Busy):
        await house.bridge.join("c-2", "terminal")
    assert house.bridge.calls() == ["c-1"]


async def test_a_leg_that_cannot_be_offered_leaves_no_trace() -> None:
    house = House()
    house.next_base = 666_000
    with pytest.raises(OSError):
        await house.bridge.join("c-1", "terminal")
    with pytest.raises(NotFound):
        await house.bridge.answer("c-1", "terminal", "leg-1", "sdp")
    await house.bridge.close()
    assert house.legs[0].closed


async def test_a_leg_that_goes_is_cut_off_and_reported_until_it_is_replaced() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    agent.becomes("gone")
    assert terminal.hop.peer is None
    assert [(r.leg, r.connected) for r in house.bridge.legs("c-1")] == [
        ("terminal", True),
        ("agent", False),
    ]


async def test_a_report_counts_packets_and_silence() -> None:
    house = House()
    (terminal,) = await house.connected("terminal")
    assert house.bridge.legs("c-1")[0].silent_ms is None
    terminal.hop.received, terminal.hop.sent, terminal.hop.heard_at = 5, 7, 98.75
    report = house.bridge.legs("c-1")[0]
    assert (report.received_packets, report.sent_packets, report.silent_ms) == (5, 7, 1250)


async def test_an_ended_call_is_unknown_and_its_legs_are_closed() -> None:
    house = House()
    legs = await house.connected("terminal", "agent")
    await house.bridge.end("c-1")
    await house.bridge.end("c-1")
    with pytest.raises(NotFound):
        house.bridge.legs("c-1")
    with pytest.raises(NotFound):
        await house.bridge.answer("c-1", "agent", "leg-2", "sdp")
    await house.bridge.close()
    assert all(leg.closed for leg in legs)


async def test_a_leg_that_does_not_connect_in_time_is_given_up() -> None:
    house = House(Limits(connect_within=30))
    await house.bridge.join("c-1", "terminal")
    house.now += 29
    house.bridge.sweep()
    assert house.bridge.legs("c-1")[0].leg_id == "leg-1" and not house.legs[0].closed
    house.now += 2
    house.bridge.sweep()
    await house.bridge.close()
    assert house.legs[0].closed


async def test_a_call_that_nobody_ended_is_forgotten_after_its_legs_are_long_gone() -> None:
    house = House(Limits(abandon_after=600))
    (terminal,) = await house.connected("terminal")
    house.now += 1000
    house.bridge.sweep()
    terminal.becomes("gone")
    house.now += 599
    house.bridge.sweep()
    assert house.bridge.calls() == ["c-1"]
    house.now += 2
    house.bridge.sweep()
    assert house.bridge.calls() == []
