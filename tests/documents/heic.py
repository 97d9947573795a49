"""Makes a HEIC picture: one frame of HEVC in ISO base media boxes, as a telephone stores it."""

import struct
from fractions import Fraction

import av
import numpy as np


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def heic(
    picture: np.ndarray,
    *,
    says: tuple[int, int] | None = None,
    brands: tuple[bytes, ...] = (b"mif1", b"heic"),
    turned: int = 0,
) -> bytes:
    """The picture, (height, width, 3) uint8 RGB with even sides, as a HEIC file.

    says: width and height of the header, by default the truth.  turned: quarter turns, `irot`.
    """
    height, width = picture.shape[:2]
    codec = av.CodecContext.create("libx265", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base = Fraction(1, 25)
    codec.options = {"x265-params": "log-level=none:keyint=1:repeat-headers=1", "preset": "fast"}
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    coded = b"".join(bytes(one) for one in [*codec.encode(frame), *codec.encode(None)])
    units = [unit for unit in _units(coded) if unit[0] >> 1 & 63 not in (35, 39, 40)]
    heads = [unit for unit in units if unit[0] >> 1 & 63 in (32, 33, 34)]
    slices = [unit for unit in units if unit[0] >> 1 & 63 < 32]
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)
    ipco = box(b"ipco", _hvcc(heads), _ispe(says or (width, height)), box(b"irot", bytes([turned])))
    ipma = full(b"ipma", struct.pack(">IHB", 1, 1, 3), bytes([0x81, 0x02, 0x83]))

    def meta(at: int) -> bytes:
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(13)),
            full(b"pitm", struct.pack(">H", 1)),
            full(b"iloc", struct.pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, at, len(data))),
            full(
                b"iinf",
                struct.pack(">H", 1),
                full(b"infe", struct.pack(">HH", 1, 0), b"hvc1\0", version=2),
            ),
            box(b"iprp", ipco, ipma),
        )

    ftyp = box(b"ftyp", brands[-1], bytes(4), *brands)
    return ftyp + meta(len(ftyp) + len(meta(0)) + 8) + box(b"mdat", data)


def _ispe(size: tuple[int, int]) -> bytes:
    return full(b"ispe", struct.pack(">II", *size))


def _units(coded: bytes) -> list[bytes]:
    return [
        unit.rstrip(b"\0")
        for unit in coded.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
        if unit
    ]


def _hvcc(heads: list[bytes]) -> bytes:
    """HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1; 4:2:0 of 8 bits."""
    arrays = b"".join(
        bytes([0x80 | unit[0] >> 1 & 63]) + struct.pack(">HH", 1, len(unit)) + unit
        for unit in heads
    )
    general = bytes([1, 0x03]) + struct.pack(">I", 0x70000000) + bytes(6) + bytes([93])
    rest = struct.pack(">HBBBBHB", 0xF000, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0x0F)
    return box(b"hvcC", general, rest, bytes([len(heads)]), arrays)
