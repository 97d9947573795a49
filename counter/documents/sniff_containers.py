"""How large WebP and HEIC pictures say they are, read from their boxes without decoding.

WebP: RFC 9649.  HEIC: ISO/IEC 23008-12 in ISO base media boxes (14496-12).  One still picture only:
what moves is no photograph of a paper, and has another decoder with faults of its own.
"""

import struct
from collections.abc import Iterator
from typing import Final

from counter.documents.refusals import FileNotTaken, ImageDamaged

Size = tuple[int, int]
"Width and height in pixels."

MOST_BOXES: Final = 512
"On one level; a telephone writes some dozens, a liar a million."
HEIC_BRANDS: Final = frozenset({b"heic", b"heix"})
"Still pictures coded as HEVC.  AVIF, sequences and multi-layer pictures are not taken."
MOVING_BRANDS: Final = frozenset({b"hevc", b"hevx", b"msf1", b"avis"})
_ANIMATED: Final = 0x02
"Flag of VP8X."


def is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def is_heif(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


def webp_size(content: bytes) -> Size:
    """Raises `ImageDamaged`; `FileNotTaken` for an animation."""
    if len(content) < 30:
        raise ImageDamaged("a WebP that ends before its first chunk")
    kind, body = content[12:16], content[20:]
    if kind == b"VP8X":
        if body[0] & _ANIMATED:
            raise FileNotTaken("a WebP that moves")
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8 ":
        if body[3:6] != b"\x9d\x01\x2a":
            raise ImageDamaged("a WebP without the start code of its frame")
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        if body[0] != 0x2F:
            raise ImageDamaged("a WebP without the signature of its lossless frame")
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise ImageDamaged("a WebP whose first chunk is no picture")


def heif_size(content: bytes) -> Size:
    """The largest picture in the file.  Raises `ImageDamaged`; `FileNotTaken` for what moves."""
    length = int.from_bytes(content[:4], "big")
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, min(length, 256), 4))}
    if not brands & HEIC_BRANDS or brands & MOVING_BRANDS:
        raise FileNotTaken("a file of boxes that is no still HEIC picture")
    meta = _only(_boxes(content, 0, len(content)), b"meta")
    # `meta` is a full box: four bytes of version and flags come before what it holds.
    iprp = _only(_boxes(content, meta[0] + 4, meta[1]), b"iprp")
    ipco = _only(_boxes(content, iprp[0], iprp[1]), b"ipco")
    sizes: list[Size] = [
        struct.unpack(">II", content[start + 4 : start + 12])
        for kind, start, end in _boxes(content, ipco[0], ipco[1])
        if kind == b"ispe" and end - start >= 12
    ]
    if not sizes:
        raise ImageDamaged("a HEIC that does not say how large it is")
    return max(width for width, _ in sizes), max(height for _, height in sizes)


Box = tuple[bytes, int, int]
"Its kind, and where its content begins and ends."


def _boxes(content: bytes, at: int, end: int) -> Iterator[Box]:
    for _ in range(MOST_BOXES):
        if at + 8 > end:
            return
        length, kind, head = (
            int.from_bytes(content[at : at + 4], "big"),
            content[at + 4 : at + 8],
            8,
        )
        if length == 1 and at + 16 <= end:
            length, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        elif length == 0:  # to the end of the file
            length = end - at
        if length < head or at + length > end:
            raise ImageDamaged("a HEIC with a box that does not fit into its parent")
        yield kind, at + head, at + length
        at += length
    raise ImageDamaged("a HEIC of too many boxes")


def _only(boxes: Iterator[Box], kind: bytes) -> tuple[int, int]:
    """Where the content of the first box of this kind lies."""
    for found, start, end in boxes:
        if found == kind:
            return start, end
    raise ImageDamaged(f"a HEIC without its box {kind.decode()}")
