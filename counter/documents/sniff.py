"""What a file is and how large, from its first bytes, without decoding it.

A decoder believes the header and allocates: a picture of 1 MB can claim 900 million pixels.  So
nothing is decoded before it passed here.  JPEG (ITU-T T.81, B.2.2) and PNG (W3C PNG 3, 11.2.1)
only.
"""

import struct
from dataclasses import dataclass
from typing import Literal

from counter.documents.refusals import ImageDamaged, ImageTooLarge, NotAnImage

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_JPEG_MAGIC = b"\xff\xd8\xff"
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"SOF0 to SOF15 without DHT, JPG and DAC, which share the range."
_MARKERS_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
MOST_STEPS = 4096
"Segments and fill bytes before the frame header; a camera writes some tens, a liar ten million."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """What is let through to the decoder."""

    bytes_max: int = 10 * 1024 * 1024
    pixels_max: int = 40_000_000
    side_max_px: int = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the file says of itself."""

    kind: Literal["jpeg", "png"]
    width_px: int
    height_px: int


def sniff(content: bytes, limits: FileLimits) -> Header:
    """Read the header.  Raises `NotAnImage`, `ImageTooLarge`, `ImageDamaged`."""
    if len(content) > limits.bytes_max:
        raise ImageTooLarge(f"{len(content)} bytes, at most {limits.bytes_max} are taken")
    if content.startswith(_PNG_MAGIC):
        header = _png(content)
    elif content.startswith(_JPEG_MAGIC):
        header = _jpeg(content)
    else:
        raise NotAnImage("begins like neither JPEG nor PNG")
    width, height = header.width_px, header.height_px
    if width == 0 or height == 0:
        raise ImageDamaged("the header says that a side has no pixels")
    if width * height > limits.pixels_max or max(width, height) > limits.side_max_px:
        raise ImageTooLarge(f"{width} x {height} pixels, at most {limits.pixels_max} are taken")
    return header


def _png(content: bytes) -> Header:
    if len(content) < 33 or content[12:16] != b"IHDR":
        raise ImageDamaged("a PNG whose first chunk is not IHDR")
    width, height = struct.unpack(">II", content[16:24])
    return Header(kind="png", width_px=width, height_px=height)


def _jpeg(content: bytes) -> Header:
    at = 2
    for _ in range(MOST_STEPS):
        if at + 4 > len(content):
            break
        if content[at] != 0xFF:
            raise ImageDamaged("a JPEG with a segment that begins with no marker")
        marker = content[at + 1]
        if marker == 0xFF:  # fill bytes may stand before any marker
            at += 1
            continue
        if marker in _MARKERS_WITHOUT_LENGTH:
            at += 2
            continue
        if marker in _FRAME_MARKERS and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return Header(kind="jpeg", width_px=width, height_px=height)
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if length < 2:
            raise ImageDamaged("a JPEG segment shorter than its own length field")
        at += 2 + length
    raise ImageDamaged("a JPEG that ends before its frame header")
