"""Numbers across their wrap-arounds, whatever a sender does to its own.

A number of ours that two packets bear is more than a fault: AES-GCM repeats a nonce then (RFC 7714,
section 10).
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counter.media.output import Output
from counter.media.routing import MAX_JUMP, Inbound
from counter.media.rtcp import translate
from counter.media.rtp import shift_original
from counter.media.sdp import new_output
from tests.media.test_forwarder import Wire, numbers
from tests.media.test_routing import hop, packet

TIMESTAMP = st.integers(0, 0xFFFFFFFF)
EXTENDED = st.integers(0x10000, 1 << 40)
FOREIGN_TYPE = 120
"A payload type that nobody agreed to."


@contextmanager
def carried() -> Iterator[Wire]:
    wire = Wire()
    for end in (wire.terminal, wire.agent):
        end.socket.setblocking(False)
    try:
        yield wire
    finally:
        for each in (wire.socket, wire.terminal.socket, wire.agent.socket):
            each.close()


def got(wire: Wire) -> list[bytes]:
    """Every RTP packet that the agent has been sent."""
    found: list[bytes] = []
    while True:
        try:
            sealed = wire.agent.socket.recv(2048)
        except BlockingIOError:
            return found
        if not 192 <= sealed[1] <= 223:
            found.append(wire.agent.rx.unprotect(sealed))


def test_a_sender_that_leaves_out_half_a_cycle_does_not_get_a_number_twice() -> None:
    """For SRTP its numbers begin again, so what it sends is neither old nor a repetition."""
    with carried() as wire:
        wire.carry(wire.terminal, packet(sequence=1, ssrc=102, payload=b"\x10\x00one"))
        wire.carry(wire.terminal, packet(sequence=65_500, ssrc=102))
        wire.carry(wire.terminal, packet(sequence=1, ssrc=102, payload=b"\x10\x00another"))
        assert [plain[14:] for plain in got(wire)] == [b"one"]
        wire.carry(wire.terminal, packet(sequence=2, ssrc=102, payload=b"\x10\x00two"))
        assert [plain[14:] for plain in got(wire)] == [b"two"]


def test_a_late_packet_passes_once() -> None:
    with carried() as wire:
        for sequence in (10, 12, 11):
            wire.carry(wire.terminal, packet(sequence=sequence, ssrc=102))
        passed = [numbers(plain)[0] for plain in got(wire)]
        output = wire.agent.hop.outputs[1]
        assert passed == [output.highest - 2, output.highest, output.highest - 1]
        assert all(output.sent_before(number) for number in passed)


def test_what_is_older_than_we_remember_is_not_sent() -> None:
    with carried() as wire:
        wire.carry(wire.terminal, packet(sequence=10, ssrc=102))
        kept = len(wire.agent.hop.outputs[1].cache)
        wire.carry(wire.terminal, packet(sequence=12 + kept, ssrc=102))
        assert len(got(wire)) == 2
        wire.carry(wire.terminal, packet(sequence=12, ssrc=102))
        wire.carry(wire.terminal, packet(sequence=13, ssrc=102))
        assert len(got(wire)) == 1


def test_after_very_many_packets_that_nobody_takes_an_output_goes_on_where_it_was() -> None:
    """A jump of half a cycle would be a step back to the receiver's SRTP."""
    with carried() as wire:
        wire.carry(wire.terminal, packet(sequence=1, ssrc=102))
        first, sequence = numbers(got(wire)[0])[0], 1
        for _ in range(12):
            sequence = (sequence + MAX_JUMP - 1) & 0xFFFF
            wire.carry(
                wire.terminal, packet(sequence=sequence, ssrc=102, payload_type=FOREIGN_TYPE)
            )
        wire.carry(wire.terminal, packet(sequence=sequence + 1, ssrc=102))
        assert [numbers(plain)[0] for plain in got(wire)] == [first + 1]


@pytest.mark.parametrize(("jump", "ours"), [(MAX_JUMP, MAX_JUMP), (MAX_JUMP + 1, 1), (0x7FFF, 1)])
def test_of_a_long_loss_an_output_knows_nothing(jump: int, ours: int) -> None:
    with carried() as wire:
        wire.carry(wire.terminal, packet(sequence=1, ssrc=102))
        first = numbers(got(wire)[0])[0]
        wire.carry(wire.terminal, packet(sequence=1 + jump, ssrc=102))
        assert [numbers(plain)[0] - first for plain in got(wire)] == [ours]


@given(highest=EXTENDED, back=st.integers(0, 0xFFFF))
def test_a_number_that_was_sent_is_found_again(highest: int, back: int) -> None:
    output = new_output("video", 0, ssrc=1, rtx_ssrc=2, start=0, rtx_start=0)
    output.highest = highest
    assert output.extended((highest - back) & 0xFFFF) == highest - back


@given(highest=EXTENDED, step=st.integers(-0x8000, 0x7FFF))
def test_a_number_that_comes_is_the_nearest_to_the_highest(highest: int, step: int) -> None:
    stream = Inbound(kind="video", ssrc=1, hop=hop(1), highest=highest)
    assert stream.extended((highest + step) & 0xFFFF) == highest + step


@given(
    payload=st.binary(min_size=2, max_size=60),
    extension=st.binary(max_size=40),
    shift=st.integers(-(1 << 40), 1 << 40),
)
def test_a_shift_and_its_inverse_leave_a_retransmission_as_it_was(
    payload: bytes, extension: bytes, shift: int
) -> None:
    plain = packet(sequence=1, payload=payload, extension=extension + bytes(-len(extension) % 4))
    there = bytearray(plain)
    shift_original(there, 0, len(there), shift)
    assert [index for index, octet in enumerate(plain) if there[index] != octet] == [
        index
        for index in (len(plain) - len(payload), len(plain) - len(payload) + 1)
        if there[index] != plain[index]
    ], "nothing but the number changes"
    shift_original(there, 0, len(there), -shift)
    assert bytes(there) == plain


def _near(cycle: int) -> st.SearchStrategy[int]:
    """Numbers just before a cycle ends, and others."""
    return st.one_of(st.integers(cycle - 40, cycle - 1), st.integers(0, cycle - 1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    first=_near(1 << 16),
    timestamp=_near(1 << 32),
    ours=st.one_of(_near(1 << 16), _near(1 << 32)).map(lambda number: number + (1 << 16)),
    before=TIMESTAMP,
    steps=st.lists(st.integers(1, 5), min_size=3, max_size=25),
)
def test_what_is_said_of_our_numbers_reaches_the_sender_in_its_own(
    first: int, timestamp: int, ours: int, before: int, steps: list[int]
) -> None:
    """Forwarding and translating are inverse to each other, also where either number wraps."""
    with carried() as wire:
        output = wire.agent.hop.outputs[1]
        output.highest, output.timestamp, output.sent_at = ours, before, 0.5
        here: dict[int, int] = {}
        times: dict[int, int] = {}
        place = 0
        for step in [0, *steps]:
            place += step
            sequence, moment = (first + place) & 0xFFFF, (timestamp + 3000 * place) & 0xFFFFFFFF
            wire.carry(wire.terminal, packet(sequence=sequence, timestamp=moment, ssrc=102))
            here[output.highest & 0xFFFF] = sequence
            times[moment] = output.timestamp
        assert output.highest == ours + 1 + place
        _nacks_are_inverse(wire, output, here)
        _reports_are_inverse(wire, output, (first + place) & 0xFFFF)
        for moment, shown in times.items():
            assert _sender_report(wire, moment) == shown


def _nacks_are_inverse(wire: Wire, output: Output, here: dict[int, int]) -> None:
    output.cache = [None] * len(output.cache)  # so that each request is passed on
    wire.terminal.hop.inbound[102].gaps.missing.clear()
    ask = b"".join(struct.pack("!HH", number, 0) for number in here)
    head = struct.pack("!BBHII", 0x81, 205, 2 + len(here), 201, 212)
    said = translate(wire.agent.hop, head + ask, 50.0).forward[wire.terminal.hop]
    asked = set()
    for offset in range(12, len(said), 4):
        sequence, mask = struct.unpack_from("!HH", said, offset)
        asked |= {sequence} | {
            (sequence + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1
        }
    assert asked == set(here.values())


def _reports_are_inverse(wire: Wire, output: Output, sequence: int) -> None:
    block = struct.pack("!IIIIII", 212, 0, output.highest & 0xFFFFFFFF, 7, 0, 0)
    report = struct.pack("!BBHI", 0x81, 201, 7, 201) + block
    said = translate(wire.agent.hop, report, 50.0).forward[wire.terminal.hop]
    assert int.from_bytes(said[18:20], "big") == sequence
    assert int.from_bytes(said[8:12], "big") == 102


def _sender_report(wire: Wire, moment: int) -> int:
    """The time stamp that the agent is told for the terminal's `moment`."""
    report = struct.pack("!BBHIQIII", 0x80, 200, 6, 102, 1 << 40, moment, 1, 9)
    said = translate(wire.terminal.hop, report, 50.0).forward[wire.agent.hop]
    return int.from_bytes(said[16:20], "big")
