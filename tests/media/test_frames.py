import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counter.media.depacketize import FORMATS, NotAFrame
from counter.media.frames import PATIENCE_SECONDS, Assembler, Frame
from tests.media.camera import Sent, encoded, lossy, payloads, shuffled, spoken, stream

SECONDS = 2
VIDEO = ["vp8", "vp9", "h264", "av1"]


def frames_of(codec: str) -> tuple[bytes, ...]:
    return spoken(SECONDS) if codec == "opus" else encoded(codec, SECONDS)


def assembled(codec: str, sent: list[Sent]) -> tuple[list[Frame], Assembler]:
    """What comes out of the media packets of one stream, without repairs."""
    assembler = Assembler(FORMATS[codec])
    found: list[Frame] = []
    for packet in sent:
        if packet.is_media:
            entry = packet.entry
            found += assembler.push(
                packet.at,
                int.from_bytes(entry[2:4], "big"),
                int.from_bytes(entry[4:8], "big"),
                entry[1] > 127,
                entry[12:],
            )
    return found + assembler.finish(), assembler


def same(codec: str, made: bytes, sent: bytes) -> bool:
    if codec == "av1":  # a temporal delimiter is left out, as files want it
        return sent.endswith(made) and len(sent) - len(made) in (0, 2)
    if codec == "h264":  # start codes have three or four octets
        return made.replace(b"\0\0\0\1", b"\0\0\1") == sent.replace(b"\0\0\0\1", b"\0\0\1")
    return made == sent


@pytest.mark.parametrize("codec", [*VIDEO, "opus"])
def test_every_frame_comes_out_as_it_was_encoded(codec: str) -> None:
    frames = frames_of(codec)
    found, assembler = assembled(codec, stream(codec, frames, ssrc=7, began=5.0))
    assert len(found) == len(frames)
    assert all(same(codec, one.data, sent) for one, sent in zip(found, frames, strict=True))
    assert found[0].alone
    assert assembler.losses.packets == assembler.losses.frames == 0


@pytest.mark.parametrize("codec", [*VIDEO, "opus"])
def test_packets_that_overtake_each_other_make_the_same_frames(codec: str) -> None:
    sent = stream(codec, frames_of(codec), ssrc=7, began=5.0)
    first, rest = sent[:2], sent[2:]
    found, assembler = assembled(codec, first + shuffled(rest, random.Random(4)))
    assert len(found) == len(frames_of(codec))
    assert assembler.losses.packets == 0
    stamps = [one.timestamp for one in found if one.timestamp < 1 << 31]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize("codec", VIDEO)
def test_after_a_loss_the_next_frame_stands_alone(codec: str) -> None:
    sent = stream(codec, frames_of(codec), ssrc=7, began=5.0)
    left = lossy(sent, 0.02, random.Random(3))
    found, assembler = assembled(codec, left)
    whole = {one.data for one in assembled(codec, sent)[0]}
    order = [one.data for one in assembled(codec, sent)[0]]
    assert 0 < len(found) < len(order)
    assert all(one.data in whole for one in found), "a frame with a hole was passed on"
    for before, after in pairwise(found):
        if order.index(after.data) != order.index(before.data) + 1:
            assert after.alone, "something was left out before a frame that needs it"
    assert assembler.losses.packets > 0


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 0.5), seed=st.integers(0, 1000), codec=st.sampled_from([*VIDEO, "opus"]))
def test_whatever_is_lost_only_whole_frames_come_out_and_in_order(
    share: float, seed: int, codec: str
) -> None:
    sent = stream(codec, frames_of(codec), ssrc=7, began=5.0, timestamp=0)
    chance = random.Random(seed)
    found, _ = assembled(codec, shuffled(lossy(sent, share, chance), chance))
    order = [one.data for one in assembled(codec, sent)[0]]
    places = [order.index(one.data) for one in found]  # raises for a frame that never was
    if codec != "opus":  # a tone repeats itself
        assert places == sorted(set(places))
    assert [one.timestamp for one in found] == sorted({one.timestamp for one in found})


@settings(max_examples=300, deadline=None)
@given(codec=st.sampled_from([*VIDEO, "opus"]), junk=st.lists(st.binary(min_size=1, max_size=40)))
def test_junk_is_no_frame_and_does_no_harm(codec: str, junk: list[bytes]) -> None:
    assembler = Assembler(FORMATS[codec])
    for number, payload in enumerate(junk):
        assembler.push(float(number), number, number, True, payload)
    assembler.finish()


def test_a_hole_is_waited_for_and_then_given_up() -> None:
    assembler = Assembler(FORMATS["opus"])
    assert len(assembler.push(0.0, 10, 0, True, b"a")) == 1
    assert assembler.push(0.04, 12, 1920, True, b"c") == []
    assert [one.data for one in assembler.push(0.1, 11, 960, True, b"b")] == [b"b", b"c"]
    assert assembler.push(0.2, 14, 3840, True, b"e") == []
    late = assembler.push(0.2 + PATIENCE_SECONDS + 0.1, 15, 4800, True, b"f")
    assert [one.data for one in late] == [b"e", b"f"]
    assert assembler.push(3.0, 13, 2880, True, b"d") == [], "too late"
    assert assembler.losses.packets == 1


def test_after_a_pause_numbers_begin_anew_and_a_frame_must_stand_alone() -> None:
    frames = frames_of("vp8")
    assembler = Assembler(FORMATS["vp8"])
    for part in payloads("vp8", frames[0], 0)[:-1]:
        assembler.push(0.0, 1, 0, False, part)
    assert assembler.finish() == [], "a frame whose end was not heard is not passed on"
    (inter,) = payloads("vp8", frames[1], 1)[:1]
    assert assembler.push(9.0, 40_000, 90_000, True, inter) == []
    found: list[Frame] = []
    parts = payloads("vp8", frames[0], 2)
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        found += assembler.push(9.1, 40_001 + number, 99_000, last, part)
    assert [one.alone for one in found] == [True]


def test_a_frame_of_h264_without_its_parameter_sets_does_not_stand_alone() -> None:
    whole = FORMATS["h264"].frame(payloads("h264", frames_of("h264")[0], 0))
    assert whole[1]
    assert not FORMATS["h264"].frame([b"\x65 a picture whose beginning may be missing"])[1]
    with pytest.raises(NotAFrame):
        FORMATS["h264"].frame([b"\x7c\x05 the middle of a unit"])
