"""The header is read before anything is decoded, and any bytes at all are answered by a code."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.documents.refusals import ImageDamaged, ImageTooLarge, NotAnImage
from counter.documents.sniff import MOST_STEPS, FileLimits, sniff

LIMITS = FileLimits()


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_kind_and_size_are_those_of_the_decoder(kind: str) -> None:
    _, content = cv2.imencode(f".{kind}", np.zeros((37, 53, 3), np.uint8))
    header = sniff(content.tobytes(), LIMITS)
    assert (header.kind, header.width_px, header.height_px) == (kind, 53, 37)


def test_a_jpeg_that_claims_more_pixels_than_it_holds_is_refused_unread() -> None:
    _, encoded = cv2.imencode(".jpg", np.zeros((37, 53, 3), np.uint8))
    content = encoded.tobytes()
    at = content.index(b"\xff\xc0") + 5
    lying = content[:at] + struct.pack(">HH", 65_500, 65_500) + content[at + 4 :]
    with pytest.raises(ImageTooLarge):
        sniff(lying, LIMITS)


def test_limits_are_inclusive() -> None:
    _, encoded = cv2.imencode(".png", np.zeros((10, 20, 3), np.uint8))
    content = encoded.tobytes()
    sniff(content, FileLimits(pixels_max=200, bytes_max=len(content)))
    with pytest.raises(ImageTooLarge):
        sniff(content, FileLimits(pixels_max=199))
    with pytest.raises(ImageTooLarge):
        sniff(content, FileLimits(bytes_max=len(content) - 1))
    with pytest.raises(ImageTooLarge):
        sniff(content, FileLimits(side_max_px=19))


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]), st.binary(max_size=200))
def test_any_bytes_are_answered_by_a_header_or_a_code(magic: bytes, rest: bytes) -> None:
    try:
        header = sniff(magic + rest, LIMITS)
    except (NotAnImage, ImageDamaged, ImageTooLarge):
        return
    assert 0 < header.width_px * header.height_px <= LIMITS.pixels_max


@pytest.mark.parametrize("piece", [b"\xff", b"\xff\xd0", b"\xff\xe0\x00\x02"])
def test_a_header_that_never_comes_is_not_looked_for_for_ever(piece: bytes) -> None:
    """The walk is on the event loop: what follows `MOST_STEPS` pieces is not read."""
    frame = b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10"
    assert sniff(b"\xff\xd8\xff\xe0\x00\x02" + piece * 50 + frame, LIMITS).width_px == 16
    with pytest.raises(ImageDamaged):
        sniff(b"\xff\xd8\xff\xe0\x00\x02" + piece * MOST_STEPS + frame, LIMITS)
