"""Numbers on an output: continuous, never repeated, whatever feeds it."""

import struct

import pytest

from counter.media.arrangement import Link
from counter.media.output import CACHE_PACKETS, Kept, Output
from counter.media.routing import (
    DROP,
    Hop,
    Inbound,
    Route,
    Source,
    connect,
    disconnect,
    payload_table,
)
from counter.media.rtp import Kind, blank_extension, payload_offset, shift_original
from counter.media.sdp import OPUS, SECTIONS, new_output

VP8, VP8_RTX = 97, 98
WHOLE = b"\x10\x00payload"
"Where a picture in VP8 begins that needs no other."


def packet(
    *,
    sequence: int,
    timestamp: int = 0,
    ssrc: int = 7,
    payload_type: int = VP8,
    payload: bytes = WHOLE,
    extension: bytes = b"",
    marker: bool = False,
) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    first = 0x80 | (0x10 if extension else 0)
    header = struct.pack("!BBHII", first, second, sequence, timestamp, ssrc)
    if extension:
        header += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
    return header + payload


def sent_as(plain: bytes) -> Kept:
    """What an output keeps of a packet whose numbers needed no change."""
    return int.from_bytes(plain[2:4], "big"), int.from_bytes(plain[4:8], "big"), plain


def video(start: int = 100) -> Output:
    return new_output("video", 0, ssrc=1000, rtx_ssrc=2000, start=start, rtx_start=50)


def hop(base: int, *, camera: bool = True) -> Hop:
    """A leg whose sound, picture and RTX are `base` + 1, 2, 3; ours to it are + 11, 12, 13 in the
    first slot, + 21, 22, 23 in the second, and so on."""
    made = Hop(
        outputs=tuple(
            new_output(
                kind,
                slot,
                ssrc=base + 10 * (slot + 1) + (1 if kind == "audio" else 2),
                rtx_ssrc=base + 10 * (slot + 1) + 3,
                start=0,
                rtx_start=0,
            )
            for kind, slot in SECTIONS
        ),
    )
    made.accept(
        (
            Source(kind="audio", ssrc=base + 1, rtx_ssrc=None, accepted=frozenset({OPUS})),
            Source(
                kind="video",
                ssrc=base + 2 if camera else None,
                rtx_ssrc=base + 3 if camera else None,
                accepted=frozenset({VP8, VP8_RTX}),
            ),
        )
    )
    return made


def join(source: Hop, sink: Hop, *, slot: int = 0, feedback: bool = True, **kinds: bool) -> bool:
    """Connect one direction, sound and picture unless told otherwise."""
    wanted = {"sound": True, "picture": True} | kinds
    return connect(source, sink, Link(source="a", sink="b", slot=slot, feedback=feedback, **wanted))


def reached(source: Hop) -> dict[int, list[int]]:
    """Source SSRC -> SSRCs under which it leaves."""
    return {
        ssrc: [route.output.ssrc for route in stream.routes]
        for ssrc, stream in source.inbound.items()
        if stream.routes
    }


def test_connected_legs_hear_and_see_each_other() -> None:
    terminal, agent = hop(100), hop(200)
    assert join(terminal, agent) and join(agent, terminal)
    assert reached(terminal) == {101: [211], 102: [212]}
    assert {ssrc: route.inbound.ssrc for ssrc, route in terminal.fed_by.items()} == {
        111: 201,
        112: 202,
        113: 202,
    }
    assert terminal.inbound[102].route is terminal.inbound[102].routes[0]


def test_a_leg_without_a_camera_is_heard_and_still_sees() -> None:
    terminal, agent = hop(100, camera=False), hop(200)
    assert not join(terminal, agent) and join(agent, terminal)
    assert reached(terminal) == {101: [211]}
    assert set(terminal.fed_by) == {111, 112, 113}


def test_disconnecting_leaves_nothing_between_two_legs_and_touches_no_third() -> None:
    terminal, agent, third = hop(100), hop(200), hop(300)
    for source, sink, slot in ((terminal, agent, 0), (agent, terminal, 0), (third, agent, 1)):
        join(source, sink, slot=slot)
    disconnect(terminal, agent)
    disconnect(agent, terminal)
    assert reached(terminal) == reached(agent) == {} and terminal.fed_by == {}
    assert reached(third) == {301: [221], 302: [222]}


def test_connecting_again_changes_nothing_and_needs_no_key_frame() -> None:
    terminal, agent = hop(100), hop(200)
    join(terminal, agent)
    route = agent.fed_by[212]
    route.rebase(5, 0, 1.0)
    assert not join(terminal, agent)
    assert agent.fed_by[212] is route and not route.fresh
    assert terminal.inbound[102].routes == [route]


def test_muting_cuts_the_sound_and_nothing_else() -> None:
    terminal, agent = hop(100), hop(200)
    join(terminal, agent)
    assert not join(terminal, agent, sound=False)
    assert reached(terminal) == {102: [212]}
    assert not join(terminal, agent, sound=True)
    assert reached(terminal) == {101: [211], 102: [212]}


def test_a_slot_has_one_source_at_a_time() -> None:
    before, after, terminal = hop(200), hop(300), hop(100)
    join(before, terminal)
    assert join(after, terminal)
    assert reached(before) == {} and reached(after) == {301: [111], 302: [112]}


def test_the_short_way_is_for_one_receiver_whose_feedback_counts() -> None:
    terminal, agent, listener = hop(100), hop(200), hop(300)
    join(terminal, agent)
    stream = terminal.inbound[102]
    assert stream.route is agent.fed_by[212]
    join(terminal, listener, feedback=False)
    assert stream.route is None and len(stream.routes) == 2
    disconnect(terminal, agent)
    assert stream.route is None, "a listener's feedback is not passed on"
    join(terminal, listener, feedback=True)
    assert stream.route is listener.fed_by[312]


def fed(output: Output, ssrc: int) -> Route:
    """A route into `output` from a stream of `ssrc`."""
    stream = Inbound(kind=output.kind, ssrc=ssrc, hop=Hop())
    return Route(inbound=stream, sink=Hop(), output=output, payload_types=bytes(256))


def test_a_new_source_continues_the_numbers_of_the_one_before() -> None:
    output = video()
    first = fed(output, 1)
    start = output.highest
    first.rebase(60_000, 5_000, now=10.0)
    assert (60_000 + first.shift) & 0xFFFF == start + 1
    assert first.timestamp_shift == 0
    output.highest, output.timestamp, output.sent_at = start + 500, 95_000, 12.0
    second = fed(output, 2)
    second.rebase(17, 4_000_000_000, now=14.0)
    assert 17 + second.shift == start + 501
    assert (4_000_000_000 + second.timestamp_shift) & 0xFFFFFFFF == 95_000 + 2 * 90_000


def test_two_sources_never_share_a_time_stamp() -> None:
    output = video()
    output.timestamp, output.sent_at = 0xFFFFFFF0, 5.0
    route = fed(output, 2)
    route.rebase(1, 0, now=5.0)
    assert route.timestamp_shift == (0xFFFFFFF0 + 1800) & 0xFFFFFFFF


def test_an_output_begins_below_half_of_the_sequence_numbers() -> None:
    for start in (0, 16_383, 16_384, 0xFFFFFFFF):
        assert 0 < video(start).highest + 1 < 0x8000


def kept(output: Output) -> Output:
    """As after its first route."""
    output.cache = [None] * CACHE_PACKETS[output.kind]
    return output


def test_a_retransmission_carries_no_header_extension() -> None:
    output = kept(video())
    output.highest = 310
    sent = packet(sequence=300, timestamp=9, extension=b"\x40\x01\x02\x00", marker=True)
    output.cache[300 % CACHE_PACKETS["video"]] = sent_as(sent)
    made = output.retransmission(300)
    assert made is not None
    assert made[0] == 0x80
    assert made[1] == 0x80 | VP8_RTX
    assert made[4:8] == sent[4:8]
    assert int.from_bytes(made[8:12], "big") == 2000
    assert made[12:] == (300).to_bytes(2, "big") + WHOLE


def test_all_retransmissions_count_with_one_counter() -> None:
    output = kept(video())
    output.highest = 2
    output.cache[1:3] = [sent_as(packet(sequence=number)) for number in (1, 2)]
    before = output.rtx_sequence
    ours = output.retransmission(1)
    theirs = output.next_rtx_sequence()  # what the packet loop takes for the sender's own
    again = output.retransmission(2)
    assert ours is not None and again is not None
    numbers = [int.from_bytes(ours[2:4], "big"), theirs, int.from_bytes(again[2:4], "big")]
    assert numbers == [before + 1, before + 2, before + 3]


@pytest.mark.parametrize("asked", [300 + CACHE_PACKETS["video"], 301])
def test_what_is_not_in_the_cache_is_not_made_up(asked: int) -> None:
    output = kept(video())
    output.highest = 300
    output.cache[300 % CACHE_PACKETS["video"]] = sent_as(packet(sequence=300))
    before = output.rtx_sequence
    assert output.retransmission(asked) is None
    assert output.rtx_sequence == before


def test_sound_is_repeated_as_the_very_same_packet() -> None:
    """Two packets under one number would give the key away; the same one twice does not."""
    output = kept(new_output("audio", 0, ssrc=1, rtx_ssrc=2, start=0, rtx_start=0))
    sent = packet(sequence=5, timestamp=960, payload_type=OPUS, ssrc=1)
    came = packet(sequence=70, timestamp=1920, payload_type=OPUS, ssrc=9)
    output.highest = 6
    output.cache[5] = 5, 960, came
    assert output.rtx_ssrc is None
    assert output.retransmission(5) == sent
    assert output.retransmission(6) is None


@pytest.mark.parametrize("kind", ["audio", "video"])
@pytest.mark.parametrize("since", [-1, 0, 10, 64, 300, 0x8000, 0xFFFF])
def test_what_was_kept_a_cycle_ago_is_not_repeated_under_a_number_of_today(
    kind: Kind, since: int
) -> None:
    """Numbers that were left out leave old packets in their places."""
    output = kept(new_output(kind, 0, ssrc=1, rtx_ssrc=2, start=0, rtx_start=0))
    payload_type = OPUS if kind == "audio" else VP8
    output.cache[5] = sent_as(packet(sequence=5, payload_type=payload_type, ssrc=1))
    output.highest = (1 << 16) + 5 + since
    assert output.retransmission(5) is None
    output.highest = 5
    assert output.retransmission(5) is not None


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


@pytest.mark.parametrize(
    "elements, value, left",
    [
        (b"\x10\x31\x41\x01\x02\x00\x00\x00", 0x0102, b"\x10\x31" + bytes(6)),
        (b"\x41\x01\x02\x00", 0x0102, bytes(4)),
        (b"\x10\x31\x00\x00", None, b"\x10\x31\x00\x00"),
        (b"\x40\x07\x00\x00", None, bytes(4)),
        (b"\xf0\x41\x01\x02", None, b"\xf0\x41\x01\x02"),
        (b"\x4f\x01\x02\x03", None, b"\x4f\x01\x02\x03"),
    ],
)
def test_a_header_extension_becomes_padding(
    elements: bytes, value: int | None, left: bytes
) -> None:
    buffer = bytearray(b"xx" + packet(sequence=1, extension=elements, payload=b"rest"))
    assert blank_extension(buffer, 2, len(buffer) - 2, 4) == value
    assert buffer[18:] == left + b"rest"
    plain = bytearray(packet(sequence=1))
    assert blank_extension(plain, 0, len(plain), 4) is None
