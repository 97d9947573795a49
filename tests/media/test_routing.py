"""Numbers on an output: continuous, never repeated, whatever feeds it."""

import struct

import pytest

from counter.media.routing import (
    DROP,
    Hop,
    Output,
    Route,
    Source,
    link,
    payload_offset,
    payload_table,
    shift_original,
    unlink,
)
from counter.media.sdp import OPUS, new_output

VP8, VP8_RTX = 97, 98


def packet(
    *,
    sequence: int,
    timestamp: int = 0,
    ssrc: int = 7,
    payload_type: int = VP8,
    payload: bytes = b"payload",
    extension: bytes = b"",
    marker: bool = False,
) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    first = 0x80 | (0x10 if extension else 0)
    header = struct.pack("!BBHII", first, second, sequence, timestamp, ssrc)
    if extension:
        header += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return header + payload


def video(start: int = 100) -> Output:
    return new_output("video", ssrc=1000, rtx_ssrc=2000, start=start, rtx_start=50)


def hop(base: int, *, camera: bool = True) -> Hop:
    """A leg whose sound, picture and RTX are `base` + 1, 2, 3; ours to it are + 11, 12, 13."""
    return Hop(
        sources=(
            Source(kind="audio", ssrc=base + 1, rtx_ssrc=None, accepted=frozenset({OPUS})),
            Source(
                kind="video",
                ssrc=base + 2 if camera else None,
                rtx_ssrc=base + 3 if camera else None,
                accepted=frozenset({VP8, VP8_RTX}),
            ),
        ),
        outputs=(
            new_output("audio", ssrc=base + 11, rtx_ssrc=0, start=0, rtx_start=0),
            new_output("video", ssrc=base + 12, rtx_ssrc=base + 13, start=0, rtx_start=0),
        ),
    )


def test_linked_legs_hear_and_see_each_other() -> None:
    terminal, agent = hop(100), hop(200)
    link(terminal, agent)
    link(agent, terminal)
    assert {ssrc: route.out_ssrc for ssrc, route in terminal.routes.items()} == {
        101: 211,
        102: 212,
        103: 213,
    }
    assert {ssrc: route.source_ssrc for ssrc, route in terminal.fed_by.items()} == {
        111: 201,
        112: 202,
        113: 203,
    }
    assert terminal.peer is agent and agent.peer is terminal


def test_a_leg_without_a_camera_is_heard_and_still_sees() -> None:
    terminal, agent = hop(100, camera=False), hop(200)
    link(terminal, agent)
    link(agent, terminal)
    assert list(terminal.routes) == [101]
    assert set(terminal.fed_by) == {111, 112, 113}


def test_unlinking_leaves_nothing_between_two_legs() -> None:
    terminal, agent = hop(100), hop(200)
    link(terminal, agent)
    link(agent, terminal)
    unlink(agent, terminal)
    for leg in (terminal, agent):
        assert (leg.routes, leg.fed_by, leg.peer) == ({}, {}, None)


def test_a_new_source_continues_the_numbers_of_the_one_before() -> None:
    output = video()
    first = Route(source_ssrc=1, sink=Hop(), output=output, out_ssrc=1000, payload_types=bytes(256))
    start = output.highest
    first.rebase(60_000, 5_000, now=10.0)
    assert (60_000 + first.shift) & 0xFFFF == start + 1
    assert first.timestamp_shift == 0
    output.highest, output.timestamp, output.sent_at = start + 500, 95_000, 12.0
    second = Route(
        source_ssrc=2, sink=Hop(), output=output, out_ssrc=1000, payload_types=bytes(256)
    )
    second.rebase(17, 4_000_000_000, now=14.0)
    assert 17 + second.shift == start + 501
    assert (4_000_000_000 + second.timestamp_shift) & 0xFFFFFFFF == 95_000 + 2 * 90_000


def test_two_sources_never_share_a_time_stamp() -> None:
    output = video()
    output.timestamp, output.sent_at = 0xFFFFFFF0, 5.0
    route = Route(source_ssrc=2, sink=Hop(), output=output, out_ssrc=1000, payload_types=bytes(256))
    route.rebase(1, 0, now=5.0)
    assert route.timestamp_shift == (0xFFFFFFF0 + 1800) & 0xFFFFFFFF


def test_an_output_begins_below_half_of_the_sequence_numbers() -> None:
    for start in (0, 16_383, 16_384, 0xFFFFFFFF):
        assert 0 < video(start).highest + 1 < 0x8000


def test_a_retransmission_carries_no_header_extension() -> None:
    output = video()
    sent = packet(sequence=300, timestamp=9, extension=b"\x40\x01\x02\x00", marker=True)
    output.cache[300] = sent
    made = output.retransmission(300)
    assert made is not None
    assert made[0] == 0x80
    assert made[1] == 0x80 | VP8_RTX
    assert made[4:8] == sent[4:8]
    assert int.from_bytes(made[8:12], "big") == 2000
    assert made[12:] == (300).to_bytes(2, "big") + b"payload"


def test_all_retransmissions_count_with_one_counter() -> None:
    output = video()
    output.cache[1], output.cache[2] = packet(sequence=1), packet(sequence=2)
    before = output.rtx_sequence
    ours = output.retransmission(1)
    theirs = output.next_rtx_sequence()  # what the packet loop takes for the sender's own
    again = output.retransmission(2)
    assert ours is not None and again is not None
    numbers = [int.from_bytes(ours[2:4], "big"), theirs, int.from_bytes(again[2:4], "big")]
    assert numbers == [before + 1, before + 2, before + 3]


@pytest.mark.parametrize("asked", [300 + 1024, 301])
def test_what_is_not_in_the_cache_is_not_made_up(asked: int) -> None:
    output = video()
    output.cache[300] = packet(sequence=300)
    before = output.rtx_sequence
    assert output.retransmission(asked) is None
    assert output.rtx_sequence == before


def test_sound_is_not_kept_for_retransmission() -> None:
    output = new_output("audio", ssrc=1, rtx_ssrc=2, start=0, rtx_start=0)
    assert output.cache == []
    assert output.rtx_ssrc is None
    assert output.retransmission(5) is None


@pytest.mark.parametrize(
    "highest, sequence, extended",
    [(70_000, 70_000 & 0xFFFF, 70_000), (70_000, 65_535, 65_535), (70_000, 4_465, 4_465)],
)
def test_a_short_number_is_the_newest_that_was_sent(
    highest: int, sequence: int, extended: int
) -> None:
    output = video()
    output.highest = highest
    assert output.extended(sequence) == extended


def test_the_original_number_inside_a_retransmission_is_shifted() -> None:
    inner = packet(
        sequence=1, payload_type=VP8_RTX, payload=b"\xff\xfe" + b"rest", extension=bytes(4)
    )
    buffer = bytearray(b"xx" + inner)
    shift_original(buffer, 2, len(inner), 5)
    at = payload_offset(buffer, 2)
    assert buffer[at : at + 6] == b"\x00\x03rest"


def test_a_probe_of_padding_only_is_left_alone() -> None:
    probe = bytearray(packet(sequence=1, payload_type=VP8_RTX, payload=bytes(9) + b"\x0a"))
    probe[0] |= 0x20
    before = bytes(probe)
    shift_original(probe, 0, len(probe), 5)
    assert bytes(probe) == before


def test_only_types_that_the_receiver_agreed_to_pass_and_keep_their_number() -> None:
    table = payload_table({96, 97, 127})
    assert table[97] == 97 and table[97 | 0x80] == 97 | 0x80
    assert table[98] == table[98 | 0x80] == DROP
    assert table[127] == 127 and table[0xFF] == DROP
    assert len(table) == 256
