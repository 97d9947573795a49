"""Legs that come, are replaced and go; calls that are arranged and arranged again."""

from collections.abc import Callable, Iterable
from itertools import count

import pytest

from counter.errors import BadInput, Busy, NotFound
from counter.media.arrangement import Arrangement, Party, Role
from counter.media.routing import Hop
from counter.media.service import Bridge, Limits
from counter.media.taping import TapedLeg, TapeReport, Taping
from tests.media.test_routing import hop, reached


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

    async def restart(self) -> str:
        return "offer again"

    async def answer(self, text: str) -> None:
        self.answers.append(text)

    async def close(self) -> None:
        self.state = "gone"
        self.closed = True

    def becomes(self, state: str) -> None:
        self.state = state
        self._on_change()


class NotedRecorder:
    """Notes what is to be taped, and shows it to the hops as the real one does."""

    def __init__(self) -> None:
        self.taped: dict[str, dict[str, TapedLeg]] = {}
        "Recording -> owner -> leg."
        self.ended: list[str] = []

    def tape(self, taping: Taping, legs: Iterable[TapedLeg]) -> None:
        self.taped[taping.recording_id] = {leg.owner: leg for leg in legs}
        for leg in self.taped[taping.recording_id].values():
            leg.hop.tap = object() if leg.on else None

    def end(self, recording_id: str) -> None:
        if self.taped.pop(recording_id, None) is not None:
            self.ended.append(recording_id)

    def report(self, recording_id: str) -> TapeReport:
        legs = self.taped.get(recording_id, {})
        return TapeReport(legs=len(legs), written_bytes=0, trouble=None)

    async def settle(self) -> None:
        """Nothing is on its way."""


class House:
    """A bridge with fake legs, its own time, and a note of every key-frame request."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.legs: list[FakeLeg] = []
        self.asked: list[Hop] = []
        self.recorder = NotedRecorder()
        self.now = 100.0
        self.next_base = 1000
        numbers = count(1)
        self.bridge = Bridge(
            make_leg=self._make,
            ask_key_frame=self.asked.append,
            recorder=self.recorder,
            new_id=lambda: f"leg-{next(numbers)}",
            clock=lambda: self.now,
            limits=limits,
        )

    def _make(self, on_change: Callable[[], None]) -> FakeLeg:
        self.legs.append(FakeLeg(self.next_base, on_change))
        self.next_base += 1000
        return self.legs[-1]

    async def connected(self, *owners: str) -> list[FakeLeg]:
        """Connected legs of these owners."""
        for owner in owners:
            await self.bridge.open(owner)
            self.legs[-1].becomes("connected")
        return self.legs[-len(owners) :]


def two(agent: str = "agent", *, held: bool = False, **rest: Role) -> Arrangement:
    """The terminal and an agent, and others by their role."""
    return Arrangement(
        parties=(
            Party(owner="terminal", role="citizen"),
            Party(owner=agent, role="agent"),
            *(Party(owner=owner, role=role) for owner, role in rest.items()),
        ),
        held=held,
    )


def sees(leg: FakeLeg, slot: int = 0) -> Hop | None:
    """Whose picture reaches the leg in a slot."""
    output = leg.hop.output("video", slot)
    route = leg.hop.fed_by.get(output.ssrc) if output else None
    return route.inbound.hop if route else None


async def test_legs_are_linked_as_soon_as_they_are_there_and_arranged() -> None:
    house = House()
    (terminal,) = await house.connected("terminal")
    await house.bridge.arrange("c-1", two())
    assert sees(terminal) is None and house.asked == []
    (agent,) = await house.connected("agent")
    assert sees(terminal) is agent.hop and sees(agent) is terminal.hop
    assert set(house.asked) == {terminal.hop, agent.hop}


async def test_warm_legs_are_linked_by_the_arrangement_alone() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    assert sees(terminal) is None
    await house.bridge.arrange("c-1", two())
    assert sees(terminal) is agent.hop and sees(agent) is terminal.hop


async def test_a_leg_that_is_not_connected_is_not_linked() -> None:
    house = House()
    await house.bridge.arrange("c-1", two())
    await house.bridge.open("terminal")
    (agent,) = await house.connected("agent")
    assert sees(agent) is None and house.asked == []


async def test_arranging_the_same_again_changes_nothing() -> None:
    house = House()
    terminal, _ = await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    routes, asked = dict(terminal.hop.fed_by), list(house.asked)
    await house.bridge.arrange("c-1", two())
    assert (terminal.hop.fed_by, house.asked) == (routes, asked)


async def test_a_transfer_leaves_the_terminals_leg_alone() -> None:
    house = House()
    terminal, before, after = await house.connected("terminal", "agent", "other")
    await house.bridge.arrange("c-1", two())
    outputs = terminal.hop.outputs
    await house.bridge.arrange("c-1", two("other"))
    assert sees(terminal) is after.hop and sees(after) is terminal.hop
    assert sees(before) is None and reached(before.hop) == {}
    assert terminal.hop.outputs is outputs and not terminal.closed


async def test_a_third_party_is_seen_in_a_slot_of_its_own() -> None:
    house = House()
    terminal, agent, third = await house.connected("terminal", "agent", "third")
    await house.bridge.arrange("c-1", two(third="colleague"))
    assert (sees(terminal, 0), sees(terminal, 1)) == (agent.hop, third.hop)
    assert (sees(agent, 0), sees(agent, 1)) == (terminal.hop, third.hop)
    assert (sees(third, 0), sees(third, 1)) == (terminal.hop, agent.hop)


async def test_on_hold_the_citizen_is_cut_off_and_the_others_talk() -> None:
    house = House()
    terminal, agent, third = await house.connected("terminal", "agent", "third")
    await house.bridge.arrange("c-1", two(third="colleague"))
    await house.bridge.arrange("c-1", two(third="colleague", held=True))
    assert reached(terminal.hop) == {} and terminal.hop.fed_by == {}
    assert sees(agent, 1) is third.hop and sees(third, 1) is agent.hop
    await house.bridge.arrange("c-1", two(third="colleague"))
    assert sees(terminal) is agent.hop


async def test_opening_again_replaces_one_leg_and_leaves_the_other_alone() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    await house.bridge.open("agent")
    assert sees(terminal) is None and reached(agent.hop) == {}
    house.legs[-1].becomes("connected")
    assert sees(terminal) is house.legs[-1].hop
    await house.bridge.shut()
    assert agent.closed


async def test_a_replaced_leg_cannot_be_answered_or_restarted_any_more() -> None:
    house = House()
    old = await house.bridge.open("agent")
    new = await house.bridge.open("agent")
    with pytest.raises(NotFound):
        await house.bridge.answer("agent", old.leg_id, "sdp")
    with pytest.raises(NotFound):
        await house.bridge.restart("agent", old.leg_id)
    await house.bridge.answer("agent", new.leg_id, "sdp")
    assert [leg.answers for leg in house.legs] == [[], ["sdp"]]
    again = await house.bridge.restart("agent", new.leg_id)
    assert (again.leg_id, again.sdp) == (new.leg_id, "offer again")


async def test_a_late_word_of_a_replaced_leg_changes_nothing() -> None:
    house = House()
    terminal, old = await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    (new,) = await house.connected("agent")
    old.becomes("gone")
    assert sees(terminal) is new.hop


async def test_an_owner_who_is_arranged_elsewhere_leaves_the_call_before() -> None:
    house = House()
    terminal, agent, kiosk = await house.connected("terminal", "agent", "kiosk")
    await house.bridge.arrange("c-1", two())
    other = Arrangement(
        parties=(Party(owner="kiosk", role="citizen"), Party(owner="agent", role="agent"))
    )
    await house.bridge.arrange("c-2", other)
    assert sees(terminal) is None and sees(kiosk) is agent.hop
    await house.bridge.end("c-1")
    assert sees(kiosk) is agent.hop


async def test_a_full_process_says_so_and_keeps_no_trace() -> None:
    house = House(Limits(legs=1, calls=1))
    await house.bridge.open("terminal")
    with pytest.raises(Busy):
        await house.bridge.open("agent")
    assert house.bridge.owners() == ["terminal"]
    await house.bridge.open("terminal")
    await house.bridge.arrange("c-1", two())
    with pytest.raises(Busy):
        await house.bridge.arrange("c-2", two())
    assert house.bridge.calls() == ["c-1"]


async def test_a_leg_that_cannot_be_offered_leaves_no_trace() -> None:
    house = House()
    house.next_base = 666_000
    with pytest.raises(OSError):
        await house.bridge.open("terminal")
    with pytest.raises(NotFound):
        await house.bridge.answer("terminal", "leg-1", "sdp")
    await house.bridge.shut()
    assert house.legs[0].closed


async def test_a_leg_that_goes_is_cut_off_and_no_longer_reported() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    agent.becomes("gone")
    assert sees(terminal) is None
    assert [(r.owner, r.connected) for r in house.bridge.legs("c-1")] == [("terminal", True)]


async def test_a_report_counts_packets_and_silence() -> None:
    house = House()
    (terminal,) = await house.connected("terminal")
    await house.bridge.arrange("c-1", two())
    assert house.bridge.legs("c-1")[0].silent_ms is None
    terminal.hop.received, terminal.hop.sent, terminal.hop.heard_at = 5, 7, 98.75
    report = house.bridge.legs("c-1")[0]
    assert (report.received_packets, report.sent_packets, report.silent_ms) == (5, 7, 1250)


async def test_an_ended_call_is_unknown_and_its_legs_stay_warm() -> None:
    house = House()
    terminal, agent = await house.connected("terminal", "agent")
    await house.bridge.arrange("c-1", two())
    await house.bridge.end("c-1")
    await house.bridge.end("c-1")
    with pytest.raises(NotFound):
        house.bridge.legs("c-1")
    assert sees(terminal) is None and not terminal.closed
    await house.bridge.arrange("c-2", two())
    assert sees(terminal) is agent.hop
    await house.bridge.close("agent")
    await house.bridge.close("agent")
    await house.bridge.shut()
    assert terminal.closed and agent.closed


async def test_a_leg_that_does_not_connect_in_time_is_given_up() -> None:
    house = House(Limits(connect_within=30))
    await house.bridge.open("terminal")
    house.now += 29
    house.bridge.sweep()
    assert house.bridge.owners() == ["terminal"]
    house.now += 2
    house.bridge.sweep()
    await house.bridge.shut()
    assert house.legs[0].closed and house.bridge.owners() == []


@pytest.mark.parametrize("count", ["received", "refused"])
async def test_a_leg_that_floods_for_seconds_is_hung_up_and_no_other(count: str) -> None:
    house = House(Limits(packets_per_second=3000))
    hostile, honest, stalled = await house.connected("hostile", "honest", "stalled")
    stalled.hop.received += 20_000  # had waited while the process stood still
    for _ in range(10):
        house.now += 1
        setattr(hostile.hop, count, getattr(hostile.hop, count) + 3001)
        honest.hop.received += 2999
        house.bridge.sweep()
        if "hostile" not in house.bridge.owners():
            break
    assert house.bridge.owners() == ["honest", "stalled"]
    await house.bridge.shut()


async def test_a_call_that_nobody_ended_is_forgotten_after_its_legs_are_long_gone() -> None:
    house = House(Limits(abandon_after=600))
    (terminal,) = await house.connected("terminal")
    await house.bridge.arrange("c-1", two())
    house.now += 1000
    house.bridge.sweep()
    terminal.becomes("gone")
    house.now += 599
    house.bridge.sweep()
    assert house.bridge.calls() == ["c-1"]
    house.now += 2
    house.bridge.sweep()
    assert house.bridge.calls() == []


@pytest.mark.parametrize(
    "parties",
    [
        [Party(owner="a", role="citizen"), Party(owner="b", role="citizen")],
        [Party(owner="a", role="agent"), Party(owner="b", role="agent")],
        [Party(owner="a", role="agent"), Party(owner="a", role="colleague")],
        [Party(owner=str(n), role="colleague") for n in range(5)],
    ],
)
def test_an_arrangement_that_makes_no_sense_is_refused(parties: list[Party]) -> None:
    with pytest.raises(BadInput):
        Arrangement(parties=tuple(parties))
