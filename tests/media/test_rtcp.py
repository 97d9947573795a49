"""What one end says about a stream reaches the other end in that end's own numbers."""

import struct

import pytest

from counter.media.output import CACHE_PACKETS
from counter.media.repair import RETRY_S
from counter.media.routing import Hop
from counter.media.rtcp import Translation, key_frame_request, repeat_request
from counter.media.rtcp import translate as translate_at
from tests.media.test_routing import hop, join, packet, sent_as

TWCC = bytes(range(8))
NTP = 0x12345678_9ABCDEF0


def linked(*, source_start: int = 60_000, sent: int = 10) -> tuple[Hop, Hop]:
    """Terminal (SSRCs 101…) and agent (201…) after `sent` pictures' packets each way.

    The sources begin at `source_start`, the outputs elsewhere; time stamps are shifted by 1000.
    """
    terminal, agent = hop(100), hop(200)
    join(terminal, agent)
    join(agent, terminal)
    for leg in (terminal, agent):
        for stream in leg.inbound.values():
            for route in stream.routes:
                route.rebase(source_start, 0, now=0.0)
                route.timestamp_shift = 1000
                route.output.highest = route.base + sent - 1
    return terminal, agent


def translate(leg: Hop, compound: bytes, now: float = 50.0) -> Translation:
    return translate_at(leg, compound, now)


def said(leg: Hop, compound: bytes, now: float = 50.0) -> bytes:
    """What the only other leg is told."""
    forward = translate(leg, compound, now).forward
    assert len(forward) <= 1
    return b"".join(bytes(packet) for packet in forward.values())


def feedback(kind: int, fmt: int, media: int, entries: bytes, sender: int = 201) -> bytes:
    length = (12 + len(entries)) // 4 - 1
    return struct.pack("!BBHII", 0x80 | fmt, kind, length, sender, media) + entries


def nack(media: int, first: int, mask: int = 0) -> bytes:
    return feedback(205, 1, media, struct.pack("!HH", first & 0xFFFF, mask))


def video_base(agent: Hop) -> int:
    """Number of the first video packet that the agent was sent."""
    return agent.fed_by[212].base


def test_a_picture_loss_reaches_the_source_under_its_own_ssrc() -> None:
    _, agent = linked()
    forward = said(agent, feedback(206, 1, 212, b""))
    assert forward == struct.pack("!BBHII", 0x81, 206, 2, 111, 102)


def test_a_full_intra_request_becomes_a_picture_loss_of_the_source() -> None:
    """Requests are numbered per asker; of two askers the source would take one for a repeat."""
    _, agent = linked()
    entries = struct.pack("!IBxxx", 212, 9) + struct.pack("!IBxxx", 999, 1)
    assert said(agent, feedback(206, 4, 0, entries)) == struct.pack(
        "!BBHII", 0x81, 206, 2, 111, 102
    )


def test_key_frames_are_asked_for_at_most_twice_a_second_and_none_is_forgotten() -> None:
    terminal, agent = linked()
    ask = feedback(206, 1, 212, b"")
    stream = terminal.inbound[102]
    assert said(agent, ask, 50.0) and not said(agent, ask, 50.1) and not said(agent, ask, 50.2)
    assert not stream.key_frames.due(50.4)
    assert stream.key_frames.due(50.5)
    assert not stream.key_frames.due(51.5), "one request waits, not three"


def test_a_listeners_wish_for_a_key_frame_waits_longer() -> None:
    terminal, agent = linked()
    listener = hop(300)
    join(terminal, listener, feedback=False)
    ask = feedback(206, 1, 312, b"", sender=301)
    assert said(listener, ask, 50.0)
    assert not said(listener, ask, 52.9)
    assert said(agent, feedback(206, 1, 212, b""), 52.9), "who is obeyed is not kept waiting"
    assert said(listener, ask, 56.0)


def test_a_nack_is_answered_from_the_cache_and_only_the_rest_is_passed_on() -> None:
    _, agent = linked()
    route, base = agent.fed_by[212], video_base(agent)
    held = base + 2
    route.output.cache[held % CACHE_PACKETS["video"]] = sent_as(
        packet(sequence=held & 0xFFFF, payload=b"held")
    )
    done = translate(agent, nack(212, base + 1, 0b1 | 0b10))  # base + 1, + 2 and + 3
    assert [answer[14:] for answer in done.resend] == [b"held"]
    (forward,) = done.forward.values()
    assert forward[8:12] == (102).to_bytes(4, "big")
    assert struct.unpack("!HH", forward[12:]) == ((60_000 + 1) & 0xFFFF, 0b10)


def test_what_was_asked_for_a_moment_ago_is_not_asked_for_again() -> None:
    terminal, agent = linked()
    base = video_base(agent)
    assert said(agent, nack(212, base + 1), 50.0)
    assert not said(agent, nack(212, base + 1), 50.0 + RETRY_S / 2)
    assert said(agent, nack(212, base + 1), 50.01 + RETRY_S)
    terminal.inbound[102].nack = False
    assert not said(agent, nack(212, base + 5), 60.0), "who does not repeat is not asked"


def test_a_nack_that_the_cache_answers_goes_no_further() -> None:
    _, agent = linked()
    base = video_base(agent)
    agent.fed_by[212].output.cache[base % CACHE_PACKETS["video"]] = sent_as(
        packet(sequence=base & 0xFFFF)
    )
    done = translate(agent, nack(212, base))
    assert len(done.resend) == 1
    assert done.forward == {}


def test_packets_of_an_earlier_source_are_not_asked_of_the_present_one() -> None:
    _, agent = linked()
    assert said(agent, nack(212, video_base(agent) - 1)) == b""


def test_packets_that_were_never_sent_are_not_asked_for() -> None:
    _, agent = linked(sent=10)
    assert said(agent, nack(212, video_base(agent) + 10)) == b""


def reception(ssrc: int, highest: int, lost: int = 0) -> bytes:
    return struct.pack("!IIIIII", ssrc, lost, highest, 5, 0x11112222, 0x33334444)


def receiver_report(*blocks: bytes, sender: int = 201) -> bytes:
    words = 1 + 6 * len(blocks)
    return struct.pack("!BBHI", 0x80 | len(blocks), 201, words, sender) + b"".join(blocks)


def test_a_reception_report_is_in_the_sources_numbers() -> None:
    _, agent = linked()
    agent.fed_by[212].report_mark = 0x11112222
    base = video_base(agent)
    forward = said(agent, receiver_report(reception(212, 3 << 16 | (base + 4) & 0xFFFF, 77)))
    assert forward[4:8] == (111).to_bytes(4, "big")
    ssrc, lost, highest, jitter, echo, delay = struct.unpack("!IIIIII", forward[8:])
    assert (ssrc, lost, highest, jitter) == (102, 77, 60_004, 5)
    assert (echo, delay) == (0x11112222, 0x33334444)


def test_the_sources_cycles_are_counted_from_its_first_packet() -> None:
    _, agent = linked(sent=20_000)
    base = video_base(agent)
    report = receiver_report(reception(212, (base + 10_000) & 0xFFFF))
    (highest,) = struct.unpack_from("!I", said(agent, report), 16)
    assert highest == 70_000


def test_the_echo_of_another_sources_report_is_blanked() -> None:
    """It would be taken for a round trip of any length."""
    terminal, agent = linked()
    report = receiver_report(reception(212, video_base(agent) & 0xFFFF))
    assert said(agent, report)[24:] == bytes(8)
    assert said(terminal, sender_report(102, 5)), "one of this source has passed, too"
    assert said(agent, report)[24:] == bytes(8)


def reported_loss(leg: Hop, ssrc: int, lost: int) -> int | None:
    """What the source is told is lost when the leg says that `lost` is; None: it is told nothing.

    24 bits with a sign, as in a report.
    """
    highest = leg.fed_by[ssrc].output.highest & 0xFFFF
    told = said(leg, receiver_report(reception(ssrc, highest, 7 << 24 | lost & 0xFFFFFF)))
    if not told:
        return None
    assert told[12] == 7, "the fraction is of the last interval"
    return int.from_bytes(told[13:16], "big", signed=True)


def test_a_source_is_told_of_its_own_losses_only() -> None:
    terminal, _ = linked()
    assert [reported_loss(terminal, 112, lost) for lost in (0, 20, -3)] == [0, 20, 0]
    assert reported_loss(terminal, 112, 20) == 20
    after = hop(300)
    join(after, terminal)
    assert reported_loss(terminal, 112, 21) is None, "nothing of the new source has come"
    route = terminal.fed_by[112]
    route.rebase(500, 0, now=60.0)
    assert reported_loss(terminal, 112, 23) is None, "still of the source before"
    route.output.highest = route.base + 5
    assert [reported_loss(terminal, 112, lost) for lost in (23, 26, 22)] == [0, 3, 0]


def test_reports_about_an_earlier_source_or_an_unknown_stream_are_left_out() -> None:
    _, agent = linked()
    earlier = reception(212, (video_base(agent) - 1) & 0xFFFF)
    assert said(agent, receiver_report(earlier, reception(999, 5))) == b""
    sound = reception(211, agent.fed_by[211].base & 0xFFFF)
    forward = said(agent, receiver_report(earlier, sound))
    assert forward[0] == 0x81 and len(forward) == 32
    assert forward[8:12] == (101).to_bytes(4, "big")


def sender_report(ssrc: int, timestamp: int, *blocks: bytes) -> bytes:
    words = 6 + 6 * len(blocks)
    head = struct.pack("!BBHI", 0x80 | len(blocks), 200, words, ssrc)
    return head + struct.pack("!QIII", NTP, timestamp, 10, 1000) + b"".join(blocks)


def test_a_sender_report_gets_our_ssrc_and_our_time_stamp() -> None:
    terminal, agent = linked()
    forward = said(terminal, sender_report(102, 0xFFFFFFFF))
    assert forward == sender_report(212, 999)
    assert agent.fed_by[212].report_mark == NTP >> 16 & 0xFFFFFFFF


def test_a_sender_report_of_an_unknown_stream_keeps_only_what_it_says_of_others() -> None:
    terminal, _ = linked()
    about = reception(112, terminal.fed_by[112].base & 0xFFFF)
    forward = said(terminal, sender_report(555, 0, about))
    assert forward[1] == 201 and forward[0] == 0x81
    assert forward[8:12] == (202).to_bytes(4, "big")


def test_transport_wide_feedback_passes_with_nothing_but_ssrcs_changed() -> None:
    _, agent = linked()
    forward = said(agent, feedback(205, 15, 212, TWCC))
    assert forward == feedback(205, 15, 102, TWCC, sender=111)


def test_transport_wide_feedback_on_the_source_before_does_not_reach_the_new_one() -> None:
    """Both count from anywhere; the new one would take it for packets of its own."""
    terminal, _ = linked()
    after = hop(300)
    join(after, terminal)
    terminal.fed_by[111].rebase(7, 0, now=60.0)  # its sound has begun, its picture has not
    for media in (112, 111, 999):
        assert said(terminal, feedback(205, 15, media, TWCC, sender=101)) == b""
    terminal.fed_by[112].rebase(500, 0, now=60.0)
    assert said(terminal, feedback(205, 15, 112, TWCC, sender=101))[8:12] == struct.pack("!I", 302)


@pytest.mark.parametrize("padding", [1, 2, 3])
def test_transport_wide_feedback_that_a_browser_filled_up_passes_too(padding: int) -> None:
    """Most of it is: without it the sender's estimate starves and collapses at the first loss."""
    _, agent = linked()
    packet = bytearray(feedback(205, 15, 212, TWCC + bytes(8)))
    packet[0] |= 0x20
    packet[-1] = padding
    forward = said(agent, bytes(packet))
    assert forward[0] == packet[0] and forward[12:] == packet[12:]
    assert forward[4:12] == struct.pack("!II", 111, 102)


@pytest.mark.parametrize(
    "unwanted",
    [
        feedback(206, 15, 0, b"REMB" + struct.pack("!II", 0x01000000, 212)),  # bandwidth estimate
        struct.pack("!BBHI", 0x81, 203, 1, 201),  # BYE
        struct.pack("!BBHI4s", 0x80, 204, 2, 201, b"name"),  # APP
        struct.pack("!BBHIII", 0x80, 207, 3, 201, 0x04000000, 0),  # XR
        feedback(206, 1, 999, b""),  # about a stream that is not ours
        feedback(205, 7, 212, bytes(4)),  # unknown feedback
    ],
)
def test_what_must_not_pass_does_not_pass(unwanted: bytes) -> None:
    _, agent = linked()
    assert translate(agent, unwanted).forward == {}
    beside = unwanted + feedback(206, 1, 212, b"")
    assert len(said(agent, beside)) == 12


def test_a_source_description_gets_our_ssrc() -> None:
    terminal, _ = linked()
    items = b"\x01\x02ab\x00\x00\x00\x00"
    forward = said(terminal, struct.pack("!BBHI", 0x81, 202, 3, 102) + items)
    assert forward == struct.pack("!BBHI", 0x81, 202, 3, 212) + items


def test_malformed_packets_are_left_out_without_a_word() -> None:
    _, agent = linked()
    good = feedback(206, 1, 212, b"")
    for bad in (
        b"",
        b"\x81",
        good[:-1],
        b"\x00" * 12,
        struct.pack("!BBHI", 0x81, 206, 9000, 201),
        struct.pack("!BBHI", 0x9F, 201, 1, 201),
        struct.pack("!BBHI", 0x80, 200, 1, 201),
        struct.pack("!BBHI", 0x81, 205, 1, 201),
        struct.pack("!BBHII", 0xA1, 206, 2, 201, 0xFFFFFFFF),
    ):
        assert translate(agent, bad).forward == {}
    assert said(agent, good + b"\x81") != b""


def test_our_own_requests_name_a_stream_of_ours_and_one_of_theirs() -> None:
    stream = hop(100).inbound[102]
    assert key_frame_request(stream) == struct.pack("!BBHII", 0x81, 206, 2, 111, 102)
    asked = repeat_request(stream, [65_534, 65_536, 65_600])
    assert asked == struct.pack("!BBHIIHHHH", 0x81, 205, 4, 111, 102, 65_534, 0b10, 64, 0)


def test_a_sender_report_reaches_everyone_who_receives_the_stream() -> None:
    terminal, agent = linked()
    third = hop(300)
    join(terminal, third, feedback=False)
    third.fed_by[312].rebase(60_000, 0, now=0.0)
    forward = translate(terminal, sender_report(102, 5)).forward
    assert {leg: bytes(packet)[4:8] for leg, packet in forward.items()} == {
        agent: (212).to_bytes(4, "big"),
        third: (312).to_bytes(4, "big"),
    }


def test_what_a_listener_says_of_congestion_reaches_nobody() -> None:
    terminal, _ = linked()
    listener = hop(300)
    join(terminal, listener, feedback=False)
    listener.fed_by[312].rebase(60_000, 0, now=0.0)
    base = listener.fed_by[312].base
    for word in (
        receiver_report(reception(312, base & 0xFFFF), sender=301),
        feedback(205, 15, 312, TWCC, sender=301),
    ):
        assert translate(listener, word).forward == {}


def test_one_compound_reaches_each_leg_that_it_concerns() -> None:
    terminal, agent = linked()
    third = hop(300)
    join(third, agent, slot=1, feedback=True)
    route = agent.fed_by[222]
    route.rebase(5, 0, now=0.0)
    route.output.highest = route.base + 5
    report = receiver_report(
        reception(212, video_base(agent) & 0xFFFF), reception(222, route.base & 0xFFFF)
    )
    forward = translate(agent, report + feedback(206, 1, 222, b"")).forward
    assert [len(forward[leg]) for leg in (terminal, third)] == [32, 44]
    assert forward[third][8:12] == (302).to_bytes(4, "big")


def test_a_bandwidth_estimate_passes_where_the_leg_has_nothing_better() -> None:
    _, agent = linked()
    estimate = feedback(206, 15, 0, b"REMB" + struct.pack("!III", 0x02012345, 212, 999))
    assert said(agent, estimate) == b""
    agent.transport_wide = False
    assert said(agent, estimate) == feedback(
        206, 15, 0, b"REMB" + struct.pack("!II", 0x01012345, 102), sender=111
    )
