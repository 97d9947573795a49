"""What one end says about a stream reaches the other end in that end's own numbers."""

import struct

import pytest

from counter.media.routing import Hop, link
from counter.media.rtcp import key_frame_request, translate
from tests.media.test_routing import hop, packet

TWCC = bytes(range(8))


def linked(*, source_start: int = 60_000, sent: int = 10) -> tuple[Hop, Hop]:
    """Terminal (SSRCs 101…) and agent (201…) after `sent` pictures' packets each way.

    The sources begin at `source_start`, the outputs elsewhere; time stamps are shifted by 1000.
    """
    terminal, agent = hop(100), hop(200)
    link(terminal, agent)
    link(agent, terminal)
    for leg in (terminal, agent):
        for route in leg.routes.values():
            if route.main is None:
                route.rebase(source_start, 0, now=0.0)
                route.timestamp_shift = 1000
                route.output.highest = route.base + sent - 1
    return terminal, agent


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
    forward = translate(agent, feedback(206, 1, 212, b"")).forward
    assert forward == struct.pack("!BBHII", 0x81, 206, 2, 111, 102)


def test_a_full_intra_request_names_the_source_and_keeps_its_count() -> None:
    _, agent = linked()
    entries = struct.pack("!IBxxx", 212, 9) + struct.pack("!IBxxx", 999, 1)
    forward = translate(agent, feedback(206, 4, 0, entries)).forward
    assert forward[12:] == struct.pack("!IBxxx", 102, 9)
    assert len(forward) == 20 and forward[2:4] == b"\x00\x04"


def test_a_nack_is_answered_from_the_cache_and_only_the_rest_is_passed_on() -> None:
    _, agent = linked()
    route, base = agent.fed_by[212], video_base(agent)
    held = base + 2
    route.output.cache[held % 1024] = packet(sequence=held & 0xFFFF, payload=b"held")
    done = translate(agent, nack(212, base + 1, 0b1 | 0b10))  # base + 1, + 2 and + 3
    assert [answer[14:] for answer in done.resend] == [b"held"]
    assert done.forward[8:12] == (102).to_bytes(4, "big")
    assert struct.unpack("!HH", done.forward[12:]) == ((60_000 + 1) & 0xFFFF, 0b10)


def test_a_nack_that_the_cache_answers_goes_no_further() -> None:
    _, agent = linked()
    base = video_base(agent)
    agent.fed_by[212].output.cache[base % 1024] = packet(sequence=base & 0xFFFF)
    done = translate(agent, nack(212, base))
    assert len(done.resend) == 1
    assert done.forward == b""


def test_packets_of_an_earlier_source_are_not_asked_of_the_present_one() -> None:
    _, agent = linked()
    assert translate(agent, nack(212, video_base(agent) - 1)).forward == b""


def test_packets_that_were_never_sent_are_not_asked_for() -> None:
    _, agent = linked(sent=10)
    assert translate(agent, nack(212, video_base(agent) + 10)).forward == b""


def reception(ssrc: int, highest: int, lost: int = 0) -> bytes:
    return struct.pack("!IIIIII", ssrc, lost, highest, 5, 0x11112222, 0x33334444)


def receiver_report(*blocks: bytes, sender: int = 201) -> bytes:
    words = 1 + 6 * len(blocks)
    return struct.pack("!BBHI", 0x80 | len(blocks), 201, words, sender) + b"".join(blocks)


def test_a_reception_report_is_in_the_sources_numbers() -> None:
    _, agent = linked()
    agent.fed_by[212].report_seen = True
    base = video_base(agent)
    forward = translate(agent, receiver_report(reception(212, 3 << 16 | (base + 4) & 0xFFFF, 77)))
    ssrc, lost, highest, jitter, echo, delay = struct.unpack("!IIIIII", forward.forward[8:])
    assert (ssrc, lost, highest, jitter) == (102, 77, 60_004, 5)
    assert (echo, delay) == (0x11112222, 0x33334444)


def test_the_sources_cycles_are_counted_from_its_first_packet() -> None:
    _, agent = linked(sent=20_000)
    base = video_base(agent)
    report = receiver_report(reception(212, (base + 10_000) & 0xFFFF))
    (highest,) = struct.unpack_from("!I", translate(agent, report).forward, 16)
    assert highest == 70_000


def test_the_echo_of_another_sources_report_is_blanked() -> None:
    _, agent = linked()
    report = receiver_report(reception(212, video_base(agent) & 0xFFFF))
    assert translate(agent, report).forward[24:] == bytes(8)


def test_reports_about_an_earlier_source_or_an_unknown_stream_are_left_out() -> None:
    _, agent = linked()
    earlier = reception(212, (video_base(agent) - 1) & 0xFFFF)
    assert translate(agent, receiver_report(earlier, reception(999, 5))).forward == b""
    sound = reception(211, agent.fed_by[211].base & 0xFFFF)
    forward = translate(agent, receiver_report(earlier, sound)).forward
    assert forward[0] == 0x81 and len(forward) == 32
    assert forward[8:12] == (101).to_bytes(4, "big")


def sender_report(ssrc: int, timestamp: int, *blocks: bytes) -> bytes:
    words = 6 + 6 * len(blocks)
    head = struct.pack("!BBHI", 0x80 | len(blocks), 200, words, ssrc)
    return head + struct.pack("!QIII", 42, timestamp, 10, 1000) + b"".join(blocks)


def test_a_sender_report_gets_our_ssrc_and_our_time_stamp() -> None:
    terminal, agent = linked()
    forward = translate(terminal, sender_report(102, 0xFFFFFFFF)).forward
    assert forward == sender_report(212, 999)
    assert agent.fed_by[212].report_seen


def test_a_sender_report_of_an_unknown_stream_keeps_only_what_it_says_of_others() -> None:
    terminal, _ = linked()
    about = reception(112, terminal.fed_by[112].base & 0xFFFF)
    forward = translate(terminal, sender_report(555, 0, about)).forward
    assert forward[1] == 201 and forward[0] == 0x81
    assert forward[8:12] == (202).to_bytes(4, "big")


def test_transport_wide_feedback_passes_with_nothing_but_ssrcs_changed() -> None:
    _, agent = linked()
    forward = translate(agent, feedback(205, 15, 212, TWCC)).forward
    assert forward == feedback(205, 15, 102, TWCC, sender=111)


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
    assert translate(agent, unwanted).forward == b""
    beside = unwanted + feedback(206, 1, 212, b"")
    assert len(translate(agent, beside).forward) == 12


def test_a_source_description_gets_our_ssrc() -> None:
    terminal, _ = linked()
    items = b"\x01\x02ab\x00\x00\x00\x00"
    forward = translate(terminal, struct.pack("!BBHI", 0x81, 202, 3, 102) + items).forward
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
        assert translate(agent, bad).forward == b""
    assert translate(agent, good + b"\x81").forward != b""


def test_a_request_for_a_key_frame_is_a_picture_loss_indication() -> None:
    assert key_frame_request(sender_ssrc=1, media_ssrc=2) == struct.pack(
        "!BBHII", 0x81, 206, 2, 1, 2
    )
