"""The offer is the same for every leg; an answer is believed only where we know its words."""

import re
from collections.abc import Callable

import pytest
from aiortc.sdp import SessionDescription

from counter.errors import BadInput
from counter.media.sdp import (
    ENCODINGS,
    MAX_ANSWER_BYTES,
    OPUS,
    SECTIONS,
    Transport,
    new_output,
    read_answer,
    write_offer,
)

FINGERPRINT = ":".join(["AB"] * 32)
OUTPUTS = tuple(
    new_output(kind, slot, ssrc=10 * n, rtx_ssrc=10 * n + 1, start=0, rtx_start=0)
    for n, (kind, slot) in enumerate(SECTIONS, start=1)
)


def offer() -> str:
    transport = Transport(
        ip="192.0.2.7",
        udp_port=9100,
        ufrag="local",
        password="p" * 22,
        fingerprint=FINGERPRINT,
    )
    return write_offer(transport, OUTPUTS, session=5, version=1, start_kbps=1500)


def test_ipv6_is_offered_as_a_second_way_to_the_same_port() -> None:
    transport = Transport(
        ip="192.0.2.7",
        ip6="2001:db8::7",
        udp_port=9100,
        ufrag="local",
        password="p" * 22,
        fingerprint=FINGERPRINT,
    )
    text = write_offer(transport, OUTPUTS, session=5, version=1, start_kbps=1500)
    assert set(re.findall(r"a=candidate:.*", text)) == {
        "a=candidate:1 1 udp 2130706431 192.0.2.7 9100 typ host\r",
        "a=candidate:2 1 udp 2130706175 2001:db8::7 9100 typ host\r",
    }
    SessionDescription.parse(text)


def answer(change: Callable[[str], str] = lambda text: text) -> str:
    """Like what Chromium answers, shortened."""
    head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
    common = (
        "c=IN IP4 0.0.0.0\r\na=candidate:1 1 udp 2 10.0.0.9 5000 typ host\r\na=ice-ufrag:abcd\r\n"
        f"a=ice-pwd:{'q' * 24}\r\na=ice-options:trickle\r\na=fingerprint:sha-256 {FINGERPRINT}\r\n"
        "a=setup:active\r\na=rtcp-mux\r\n"
    )
    audio = (
        f"m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n{common}a=mid:0\r\na=sendrecv\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=rtcp-fb:96 nack\r\na=ssrc:111 cname:x\r\n"
    )
    video = (
        f"m=video 9 UDP/TLS/RTP/SAVPF 97 98\r\n{common}a=mid:1\r\na=sendrecv\r\n"
        "a=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
        "a=rtcp-fb:97 transport-cc\r\na=rtcp-fb:97 nack\r\na=rtcp-fb:97 nack pli\r\n"
        "a=ssrc-group:FID 222 333\r\na=ssrc:222 cname:x\r\na=ssrc:333 cname:x\r\n"
        "a=end-of-candidates\r\n"
    )
    spare = "".join(
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {number}\r\n{common}a=mid:{mid}\r\na=recvonly\r\n"
        f"a=rtpmap:{number} {encoding}\r\n"
        for mid, kind, number, encoding in (
            (2, "audio", 96, "opus/48000/2"),
            (3, "video", 97, "VP8/90000"),
            (4, "audio", 96, "opus/48000/2"),
            (5, "video", 97, "VP8/90000"),
        )
    )
    return change(head + audio + video + spare)


def test_the_offer_prefers_vp8_and_asks_for_no_other_address() -> None:
    text = offer()
    assert "m=video 9100 UDP/TLS/RTP/SAVPF 97 98 99 100 101 102 103 104 105 106\r\n" in text
    assert "a=ice-lite\r\n" in text
    assert set(re.findall(r"a=candidate:.*", text)) == {
        "a=candidate:1 1 udp 2130706431 192.0.2.7 9100 typ host\r"
    }
    assert "useinbandfec=1" in text
    assert text.count("transport-wide-cc-extensions-01") == 3
    assert "abs-send-time" not in text and "goog-remb" not in text
    assert "a=ssrc-group:FID 20 21\r\n" in text
    assert "a=rtpmap:103 VP9/90000\r\n" in text and "a=rtpmap:105 AV1/90000\r\n" in text


def test_every_slot_is_offered_at_once_and_only_the_first_is_sent_to_us() -> None:
    sections = offer().split("m=")[1:]
    assert [section.split()[0] for section in sections] == ["audio", "video"] * 3
    directions = [re.findall(r"a=(sendrecv|sendonly)\r", section) for section in sections]
    assert directions == [["sendrecv"]] * 2 + [["sendonly"]] * 4
    assert "a=group:BUNDLE 0 1 2 3 4 5\r\n" in offer()
    assert re.findall(r"a=msid:(\S+)", offer()) == [f"counter-{n // 2}" for n in range(6)]


def test_no_packet_shall_name_the_section_that_its_sender_sends_it_in() -> None:
    """A receiver would take one of another slot for its own first one's."""
    text = offer()
    assert "sdes:" not in text and "repaired-rtp-stream-id" not in text
    assert [section.count("a=ssrc:") for section in text.split("m=")[1:]] == [1, 2] * 3


def test_the_library_reads_the_offer_as_we_mean_it() -> None:
    read = SessionDescription.parse(offer())
    assert [media.kind for media in read.media] == ["audio", "video"] * 3
    assert [media.direction for media in read.media] == ["sendrecv"] * 2 + ["sendonly"] * 4
    assert [ssrc.ssrc for ssrc in read.media[1].ssrc] == [20, 21]
    ice = read.media[0].ice
    assert ice is not None and ice.iceLite


def test_an_answer_tells_the_streams_and_the_codecs() -> None:
    sound, picture = read_answer(answer()).sources
    assert (sound.ssrc, sound.rtx_ssrc, sound.accepted) == (111, None, frozenset({OPUS}))
    assert (picture.ssrc, picture.rtx_ssrc, picture.accepted) == (222, 333, frozenset({97, 98}))


def test_an_answer_tells_how_to_shake_hands_and_what_to_ask_for() -> None:
    read = read_answer(answer())
    assert (read.ufrag, read.password, read.setup) == ("abcd", "q" * 24, "active")
    assert read.fingerprints == (("sha-256", FINGERPRINT),)
    assert [source.nack for source in read.sources] == [True, True] and read.transport_wide
    silent = read_answer(answer(lambda t: re.sub(r"a=rtcp-fb:\d+ [^\r]*\r\n", "", t)))
    assert [source.nack for source in silent.sources] == [True, False]
    assert not silent.transport_wide


def test_a_side_that_only_receives_has_no_stream() -> None:
    text = answer(lambda t: t.replace("a=sendrecv", "a=recvonly"))
    assert [source.ssrc for source in read_answer(text).sources] == [None, None]


def test_a_stream_without_retransmission_is_taken() -> None:
    text = answer(lambda t: t.replace("a=ssrc-group:FID 222 333\r\n", ""))
    assert read_answer(text).sources[1].ssrc == 222
    assert read_answer(text).sources[1].rtx_ssrc is None


def test_a_payload_type_under_another_encoding_is_not_ours() -> None:
    text = answer(lambda t: t.replace("97 98\r\n", "97 98 99\r\na=rtpmap:99 VP9/90000\r\n"))
    assert read_answer(text).sources[1].accepted == {97, 98}


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t + "a=fmtp:97 " + "x" * MAX_ANSWER_BYTES,
        lambda t: t + "a=fmtp:97 " + "x" * 2000,
        lambda t: t + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        lambda t: t[: t.index("m=video")],
        lambda t: t.replace("m=video 9 ", "m=video 0 "),
        lambda t: t.replace("m=audio", "m=video"),
        lambda t: t.replace("a=mid:1", "a=mid:7"),
        lambda t: t.replace("a=setup:active", "a=setup:actpass"),
        lambda t: t.replace("a=ice-ufrag:abcd", "a=ice-ufrag:a b c d"),
        lambda t: t.replace("q" * 24, "q" * 21),
        lambda t: t.replace("sha-256", "sha-1"),
        lambda t: t[:-200] + t[-200:].replace(FINGERPRINT, ":".join(["CD"] * 32)),
        lambda t: t.replace(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", ""),
        lambda t: t.replace(FINGERPRINT, "AB:CD"),
        lambda t: t.replace("97 VP8/90000", "97 VP9/90000"),
        lambda t: t.replace("a=ssrc-group:FID 222 333", "a=ssrc-group:FID 111 333"),
        lambda t: t.replace("222", "99999999999"),
        lambda t: t.replace("a=ssrc:111", "a=ssrc:none"),
        lambda t: "",
        lambda t: "\x00\xff\ud800",
    ],
)
def test_a_wrong_answer_is_refused_and_not_quoted(change: Callable[[str], str]) -> None:
    with pytest.raises(BadInput) as refusal:
        read_answer(answer(change))
    assert "abcd" not in str(refusal.value) and "10.0.0.9" not in str(refusal.value)


def test_every_offered_type_has_one_encoding() -> None:
    assert sorted(ENCODINGS) == list(range(96, 107))
