"""Where a whole picture begins, told from the first octets of a payload."""

from fractions import Fraction

import numpy as np
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder
from av import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from counter.media.key_frame import begins_picture

VP8, H264, VP9, AV1, OPUS = 97, 99, 103, 105, 96


@pytest.mark.parametrize(
    ("payload_type", "payload", "begins"),
    [
        (VP8, "10 00", True),
        (VP8, "10 01", False),
        (VP8, "00 00", False),  # not the beginning of a frame
        (VP8, "11 00", False),  # another partition
        (VP8, "90 80 05 00", True),  # picture id of 7 bits
        (VP8, "90 80 85 05 01", False),  # of 15 bits
        (VP8, "90 e0 85 05 01 20 00", True),  # with TL0PICIDX and TID
        (VP9, "8c 00", True),
        (VP9, "cc 00", False),  # P
        (VP9, "84 00", False),  # not B
        (H264, "67 42", True),
        (H264, "65 88", True),
        (H264, "61 88", False),
        (H264, "78 00 0f 67 42", True),
        (H264, "78 00 0f 61 42", False),
        (H264, "7c 85", True),
        (H264, "7c 05", False),  # a later fragment
        (H264, "7c 81", False),
        (AV1, "18 0a", True),
        (AV1, "10 32", False),
        (VP8, "", False),
        (VP8, "90 e0 85", False),
        (OPUS, "", True),
        (55, "00", True),
    ],
)
def test_a_whole_picture_begins_where_the_format_says(
    payload_type: int, payload: str, begins: bool
) -> None:
    assert begins_picture(payload_type, bytes.fromhex(payload)) is begins


@pytest.mark.parametrize(
    ("encoder", "payload_type"), [(Vp8Encoder, VP8), (H264Encoder, H264)], ids=["VP8", "H264"]
)
def test_what_encoders_make_is_told_apart(
    encoder: type[Vp8Encoder] | type[H264Encoder], payload_type: int
) -> None:
    made, random = encoder(), np.random.default_rng(1)
    begun = []
    for number in range(8):
        pixels = random.integers(0, 255, (240, 320, 3), np.uint8)
        frame = VideoFrame.from_ndarray(pixels, format="bgr24")
        frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
        payloads, _ = made.encode(frame, force_keyframe=number == 5)
        first = next(n for n, payload in enumerate(payloads) if payload)
        if any(begins_picture(payload_type, payload) for payload in payloads):
            begun.append(number)
            assert begins_picture(payload_type, payloads[first])
    assert begun == [0, 5]


@given(st.sampled_from([VP8, H264, VP9, AV1, OPUS, 0, 127]), st.binary(max_size=20))
def test_no_payload_is_too_strange(payload_type: int, payload: bytes) -> None:
    assert begins_picture(payload_type, payload) in (True, False)
