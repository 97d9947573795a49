"""Our own feedback says what arrived, in the words that browsers read."""

import struct

from aiortc.rtp import RtcpPacket, RtcpRrPacket
from hypothesis import given
from hypothesis import strategies as st

from counter.media.feedback import EVERY_S, IDLE_S, MAX_SPAN, TICK_S, Arrivals
from tests.media.test_routing import hop


def read(packet: bytes) -> dict[int, float | None]:
    """Transport-wide number -> seconds of arrival, or None for what is said to be missing.

    A reader of draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1, of its own.
    """
    length = 4 + 4 * int.from_bytes(packet[2:4], "big")
    assert len(packet) == length and packet[0] & 31 == 15 and packet[1] == 205
    first, count, rest = struct.unpack_from("!HHI", packet, 12)
    symbols: list[int] = []
    offset = 20
    while len(symbols) < count:
        (word,) = struct.unpack_from("!H", packet, offset)
        assert word >> 14 == 0b11
        symbols += [word >> (12 - 2 * place) & 3 for place in range(7)]
        offset += 2
    at = (rest >> 8) * 0.064
    found: dict[int, float | None] = {}
    for place, symbol in enumerate(symbols[:count]):
        number = (first + place) & 0xFFFF
        if symbol == 0:
            found[number] = None
            continue
        form = "!B" if symbol == 1 else "!h"
        (delta,) = struct.unpack_from(form, packet, offset)
        offset += struct.calcsize(form)
        at += delta * TICK_S
        found[number] = at
    padding = packet[-1] if packet[0] & 0x20 else 0
    assert offset + padding == length
    return found


def told(arrivals: Arrivals, now: float) -> tuple[list[RtcpRrPacket], bytes]:
    """The reception reports, and the transport-wide packet."""
    packet = arrivals.report(now)
    reports = []
    if packet and packet[1] == 201:
        length = 4 + 4 * int.from_bytes(packet[2:4], "big")
        (report,) = RtcpPacket.parse(packet[:length])
        assert isinstance(report, RtcpRrPacket)
        reports, packet = [report], packet[length:]
    return reports, packet


@given(
    st.integers(0, 0xFFFF),
    st.lists(
        st.tuples(st.booleans(), st.floats(0, 0.3, allow_subnormal=False)),
        min_size=1,
        max_size=60,
    ),
)
def test_every_arrival_is_told_within_its_tick(
    start: int, packets: list[tuple[bool, float]]
) -> None:
    leg = hop(100)
    stream, now = leg.inbound[102], 1000.0
    arrivals = Arrivals(leg, now)
    came: dict[int, float] = {}
    for place, (lost, later) in enumerate(packets):
        now += later
        if not lost:
            came[(start + place) & 0xFFFF] = now
            arrivals.arrived(stream, place, (start + place) & 0xFFFF, now)
    _, packet = told(arrivals, now + EVERY_S)
    if not came:
        assert packet == b""
        return
    found = read(packet)
    assert {number for number, at in found.items() if at is not None} == set(came)
    for number, at in came.items():
        said = found[number]
        assert said is not None and abs(said - at) <= 2 * TICK_S
    assert told(arrivals, now + 2 * EVERY_S)[1] == b"", "nothing is told twice"


def test_reports_count_what_was_lost_since_the_last_one() -> None:
    leg = hop(100)
    stream = leg.inbound[102]
    arrivals = Arrivals(leg, 0.0)
    for number in (10, 11, 13):
        arrivals.arrived(stream, number, number, 0.5)
    stream.gaps.lost = 1
    reports, _ = told(arrivals, 1.0)
    (block,) = reports[0].reports
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (102, 64, 1)
    assert block.highest_sequence == 13
    arrivals.arrived(stream, 14, 14, 1.5)
    (block,) = told(arrivals, 2.0)[0][0].reports
    assert block.fraction_lost == 0


def test_a_flood_of_numbers_makes_no_flood_of_feedback() -> None:
    leg = hop(100)
    arrivals = Arrivals(leg, 0.0)
    for number in (0, 30_000, 60_000 & 0xFFFF, 5000):
        arrivals.arrived(leg.inbound[102], number, number, 0.05)
    _, packet = told(arrivals, 0.2)
    assert len(read(packet)) <= MAX_SPAN


def test_what_nobody_sends_to_any_more_is_forgotten() -> None:
    arrivals = Arrivals(hop(100), 0.0)
    arrivals.came(5, 1.0)
    assert not arrivals.idle(IDLE_S - 0.1)
    assert arrivals.idle(IDLE_S + 1.1)
