"""What the counter's end of a leg knows, from counters alone and from a process that forwards."""

import asyncio
import shutil
import struct
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.media.pool import WorkerPool
from counter.media.routing import Hop
from counter.media.tally import Jitter, counted
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.pools import a_pool, connect
from tests.media.test_rtcp import linked, receiver_report, reception, sender_report, translate

NTP = 0x11112222_33334444
MARK = 0x2222_3333
"The middle of it."


def sound(hop: Hop, at: float, timestamp: int) -> None:
    """The packet loop forwards a packet of the leg's sound."""
    output = hop.inbound[101].routes[0].output
    output.sent_at, output.timestamp = at, timestamp & 0xFFFFFFFF


def heard_at(*arrivals_ms: float) -> float | None:
    """Jitter of packets that were sent every 20 ms and arrived so."""
    terminal, _ = linked()
    jitter = Jitter()
    for number, at in enumerate(arrivals_ms):
        sound(terminal, at / 1000, 0xFFFFFF00 + 960 * number)  # the time stamps wrap
        jitter.look(terminal)
    return jitter.ms


def test_sound_that_arrives_evenly_has_no_jitter() -> None:
    assert heard_at(*range(0, 2000, 20)) == pytest.approx(0, abs=1e-9)


def test_sound_that_arrives_unevenly_has_the_jitter_of_rfc_3550() -> None:
    arrivals = [20 * number + (8 if number % 2 else 0) for number in range(400)]
    assert heard_at(*arrivals) == pytest.approx(8)


@given(st.lists(st.floats(0, 200), min_size=3, max_size=50))
def test_jitter_stays_between_the_least_and_the_largest_difference(late: list[float]) -> None:
    measured = heard_at(*(20 * number + ms for number, ms in enumerate(late)))
    differences = [abs(after - before) for before, after in pairwise(late)]
    assert measured is not None
    assert min(differences) - 1e-6 <= measured <= max(differences) + 1e-6


def test_a_look_at_the_same_packet_changes_nothing() -> None:
    terminal, _ = linked()
    jitter = Jitter()
    for at, timestamp in [(0.0, 0), (0.030, 960), (0.030, 960), (0.030, 960)]:
        sound(terminal, at, timestamp)
        jitter.look(terminal)
    assert jitter.ms == pytest.approx(10)


def test_another_receiver_has_times_of_its_own() -> None:
    terminal, _ = linked()
    jitter = Jitter()
    sound(terminal, 0.0, 0)
    jitter.look(terminal)
    routes = terminal.inbound[101].routes
    route = routes.pop()
    jitter.look(terminal)
    routes.append(route)
    sound(terminal, 90.0, 123_456_789)
    jitter.look(terminal)
    assert jitter.ms is None


def test_the_trip_to_a_leg_is_timed_by_its_echo_of_a_report() -> None:
    terminal, agent = linked()
    report = bytearray(sender_report(102, 0))
    report[8:16] = struct.pack("!Q", NTP)
    translate(terminal, bytes(report), now=10.0)
    assert agent.round_trip_s is None

    block = bytearray(reception(212, agent.fed_by[212].output.highest))
    block[16:24] = struct.pack("!II", MARK, 0x10000 // 2)  # it waited half a second
    translate(agent, receiver_report(bytes(block)), now=10.53)

    assert agent.round_trip_s == pytest.approx(0.03)
    assert terminal.round_trip_s is None


def test_an_echo_of_something_else_times_nothing() -> None:
    _, agent = linked()
    block = bytearray(reception(212, agent.fed_by[212].output.highest))
    block[16:24] = struct.pack("!II", MARK, 0)
    translate(agent, receiver_report(bytes(block)), now=10.0)
    assert agent.round_trip_s is None


def test_counters_tell_what_was_lost_before_us_and_on_the_way_to_a_leg() -> None:
    terminal, agent = linked()
    terminal.inbound[101].packets, terminal.inbound[102].packets = 500, 1500
    terminal.inbound[102].octets, terminal.inbound[103].octets = 1_000_000, 5000
    terminal.inbound[102].gaps.lost = 40
    terminal.heard_at = 9.75

    of_terminal = counted(terminal, "l-1", 1.5, now=10.0)
    of_agent = counted(agent, "l-2", None, now=10.0)

    assert (of_terminal.audio_packets, of_terminal.video_packets, of_terminal.lost) == (
        500,
        1500,
        40,
    )
    assert (of_terminal.octets, of_terminal.silent_ms, of_terminal.jitter_ms) == (
        1_005_000,
        250,
        1.5,
    )
    assert (of_agent.passed, of_agent.passed_gaps, of_agent.lost) == (2000, 40, 0)
    assert of_agent.silent_ms is None


async def test_a_process_tells_what_it_counted_of_every_leg(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_loopback(monkeypatch)
    directory = Path(tempfile.mkdtemp(prefix="media"))
    pool: WorkerPool = a_pool(directory)
    await pool.start()
    terminal, agent = Endpoint(40), Endpoint(200, camera=False)
    try:
        await connect(pool, "terminal", terminal)
        await connect(pool, "agent", agent)
        await asyncio.gather(agent.sees(30, within=60), terminal.hears(within=60))
        first = await pool.counted()
        await asyncio.gather(agent.sees(30, within=60), terminal.hears(within=60))
        second = await pool.counted()
    finally:
        await asyncio.gather(terminal.close(), agent.close())
        await pool.stop()
        shutil.rmtree(directory)

    assert set(first) == set(second) == {"terminal", "agent"}
    assert second["terminal"].leg_id == first["terminal"].leg_id
    assert second["terminal"].video_packets >= first["terminal"].video_packets + 25
    assert second["terminal"].audio_packets > first["terminal"].audio_packets
    assert second["terminal"].octets > first["terminal"].octets
    assert second["terminal"].jitter_ms is not None
    assert second["agent"].video_packets == 0
    assert second["agent"].passed == pytest.approx(
        second["terminal"].audio_packets + second["terminal"].video_packets, abs=50
    )
