"""The offer is the same for every leg; an answer is believed only where we know its words."""

import re
from collections.abc import Callable

import pytest
from aiortc.sdp import SessionDescription

from counter.errors import BadInput
from counter.media.sdp import (
    ENCODINGS,
    KINDS,
    MAX_ANSWER_BYTES,
    OPUS,
    Transport,
    new_output,
    read_answer,
    write_offer,
)

FINGERPRINT = ":".join(["AB"] * 32)
OUTPUTS = tuple(
    new_output(kind, ssrc=n, rtx_ssrc=n + 1, start=0, rtx_start=0)
    for n, kind in zip((10, 20), KINDS, strict=True)
)


def offer() -> str:
    transport = Transport(
        ip="192.0.2.7",
        udp_port=9100,
        ufrag="local",
        password="p" * 22,
        fingerprint=FINGERPRINT,
    )
    return write_offer(transport, OUTPUTS, session=5, start_kbps=1500)


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
        "a=rtpmap:96 opus/48000/2\r\na=ssrc:111 cname:x\r\n"
    )
    video = (
        f"m=video 9 UDP/TLS/RTP/SAVPF 97 98\r\n{common}a=mid:1\r\na=sendrecv\r\n"
        "a=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\n"
        "a=ssrc-group:FID 222 333\r\na=ssrc:222 cname:x\r\na=ssrc:333 cname:x\r\n"
        "a=end-of-candidates\r\n"
    )
    return change(head + audio + video)


def test_the_offer_prefers_vp8_and_asks_for_no_other_address() -> None:
    text = offer()
    assert "m=video 9100 UDP/TLS/RTP/SAVPF 97 98 99 100 101 102\r\n" in text
    assert "a=ice-lite\r\n" in text
    assert set(re.findall(r"a=candidate:.*", text)) == {
        "a=candidate:1 1 udp 2130706431 192.0.2.7 9100 typ host\r"
    }
    assert "useinbandfec=1" in text
    assert text.count("transport-wide-cc-extensions-01") == 2
    assert "abs-send-time" not in text and "goog-remb" not in text
    assert "a=ssrc-group:FID 20 21\r\n" in text


def test_the_library_reads_the_offer_as_we_mean_it() -> None:
    read = SessionDescription.parse(offer())
    assert [media.kind for media in read.media] == ["audio", "video"]
    assert [media.direction for media in read.media] == ["sendrecv", "sendrecv"]
    assert [ssrc.ssrc for ssrc in read.media[1].ssrc] == [20, 21]
    ice = read.media[0].ice
    assert ice is not None and ice.iceLite


def test_an_answer_tells_the_streams_and_the_codecs() -> None:
    sound, picture = read_answer(answer()).sources
    assert (sound.ssrc, sound.rtx_ssrc, sound.accepted) == (111, None, frozenset({OPUS}))
    assert (picture.ssrc, picture.rtx_ssrc, picture.accepted) == (222, 333, frozenset({97, 98}))


def test_candidates_and_unknown_lines_do_not_reach_the_library() -> None:
    text = read_answer(
        answer(lambda t: t + "a=x-unknown:1\r\na=candidate:2 1 udp 1 a.local 1\r\n")
    ).text
    assert "candidate" not in text
    assert "x-unknown" not in text and "ice-options" not in text
    assert "a=ice-ufrag:abcd\r\n" in text


def test_a_side_that_only_receives_has_no_stream() -> None:
    text = answer(lambda t: t.replace("a=sendrecv", "a=recvonly"))
    assert [source.ssrc for source in read_answer(text).sources] == [None, None]


def test_a_stream_without_retransmission_is_taken() -> None:
    text = answer(lambda t: t.replace("a=ssrc-group:FID 222 333\r\n", ""))
    assert read_answer(text).sources[1].ssrc == 222
    assert read_answer(text).sources[1].rtx_ssrc is None


def test_a_payload_type_under_another_encoding_is_not_ours() -> None:
    text = answer(lambda t: t.replace("97 98\r\n", "97 98 99\r\n") + "a=rtpmap:99 VP9/90000\r\n")
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
        lambda t: t.replace("sha-256", "sha-1"),
        lambda t: t.replace(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", ""),
        lambda t: t.replace(FINGERPRINT, "AB:CD"),
        lambda t: t.replace("VP8/90000", "VP9/90000"),
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
    assert sorted(ENCODINGS) == [96, 97, 98, 99, 100, 101, 102]
