"""From RTP payloads back to the frames that a browser encoded, one format per class.

A format is told the payloads of one frame in order and gives the frame as a decoder wants it, with
whether it can be decoded without another one before it.  Nothing is decoded.  Payload formats: VP8
RFC 7741, VP9 RFC 9628, H.264 RFC 6184, Opus RFC 7587, AV1 as published by the Alliance for Open
Media (version 1.0).
"""

from collections.abc import Sequence
from typing import Final, Protocol

from counter.media.rtp import Kind


class NotAFrame(ValueError):
    """These payloads are no whole frame of this format."""


class Format(Protocol):
    """How frames of one encoding lie in RTP payloads."""

    @property
    def name(self) -> str:
        """As FFmpeg calls the codec."""

    @property
    def kind(self) -> Kind: ...

    @property
    def clock_hz(self) -> int: ...

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        """The frame, and whether it stands alone.  Raises `NotAFrame`."""


class Vp8:
    name: Final = "vp8"
    kind: Final[Kind] = "video"
    clock_hz: Final = 90_000

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        parts = []
        for number, payload in enumerate(payloads):
            start = _vp8_descriptor(payload)
            if number == 0 and payload[0] & 0x1F != 0x10:  # S set, partition 0
                raise NotAFrame("the beginning of the frame is missing")
            parts.append(payload[start:])
        data = b"".join(parts)
        if len(data) < 3:
            raise NotAFrame("a frame without its header")
        return data, not data[0] & 1


def _vp8_descriptor(payload: bytes) -> int:
    """Octets of the payload descriptor (RFC 7741, section 4.2)."""
    size = 1
    if payload[0] & 0x80:
        flags = _at(payload, 1)
        size = 2
        if flags & 0x80:
            size += 2 if _at(payload, 2) & 0x80 else 1
        size += bool(flags & 0x40)
        size += bool(flags & 0x30)
    if size >= len(payload):
        raise NotAFrame("a payload that is all descriptor")
    return size


class Vp9:
    name: Final = "vp9"
    kind: Final[Kind] = "video"
    clock_hz: Final = 90_000

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        first = payloads[0]
        if not first[0] & 0x08:  # B
            raise NotAFrame("the beginning of the frame is missing")
        data = b"".join(payload[_vp9_descriptor(payload) :] for payload in payloads)
        return data, not first[0] & 0x40  # P: predicted from another picture


def _vp9_descriptor(payload: bytes) -> int:
    """Octets of the payload descriptor (RFC 9628, section 4.2)."""
    flags, size = payload[0], 1
    if flags & 0x80:  # I: picture ID
        size += 2 if _at(payload, size) & 0x80 else 1
    if flags & 0x20:  # L: layer indices
        size += 1 if flags & 0x10 else 2
    if flags & 0x40 and flags & 0x10:  # P and F: reference indices
        while _at(payload, size) & 1:
            size += 1
        size += 1
    if flags & 0x02:  # V: scalability structure
        structure = _at(payload, size)
        size += 1
        if structure & 0x10:
            size += 4 * ((structure >> 5) + 1)
        if structure & 0x08:
            pictures = _at(payload, size)
            size += 1
            for _ in range(pictures):
                size += 1 + ((_at(payload, size) >> 2) & 3)
    if size >= len(payload):
        raise NotAFrame("a payload that is all descriptor")
    return size


class H264:
    """Annex B, with the parameter sets that came in band."""

    name: Final = "h264"
    kind: Final[Kind] = "video"
    clock_hz: Final = 90_000

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        units: list[bytearray] = []
        for payload in payloads:
            _h264_units(payload, units)
        if not units:
            raise NotAFrame("a frame without a unit")
        # In WebRTC the parameter sets come first; without them the beginning may be missing.
        key = units[0][0] & 31 in (7, 9) and any(unit[0] & 31 == 5 for unit in units)
        return b"".join(b"\0\0\0\1" + unit for unit in units), key


def _h264_units(payload: bytes, units: list[bytearray]) -> None:
    """Add the units of a payload, or the next part of the last one (RFC 6184, section 5)."""
    kind = payload[0] & 31
    if 1 <= kind <= 23:
        units.append(bytearray(payload))
    elif kind == 24:  # STAP-A
        at = 1
        while at < len(payload):
            size = int.from_bytes(payload[at : at + 2], "big")
            unit = payload[at + 2 : at + 2 + size]
            if not unit or len(unit) < size:
                raise NotAFrame("an aggregate that is cut")
            units.append(bytearray(unit))
            at += 2 + size
    elif kind == 28 and len(payload) > 2:  # FU-A
        if payload[1] & 0x80:
            units.append(bytearray([payload[0] & 0xE0 | payload[1] & 31]))
        elif not units:
            raise NotAFrame("the beginning of a unit is missing")
        units[-1] += payload[2:]
    else:
        raise NotAFrame(f"a unit of type {kind}")


class Av1:
    """Low-overhead format: every unit with its size, without temporal delimiters."""

    name: Final = "av1"
    kind: Final[Kind] = "video"
    clock_hz: Final = 90_000

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        units: list[bytearray] = []
        if payloads[0][0] & 0x80:  # Z
            raise NotAFrame("the beginning of the frame is missing")
        for payload in payloads:
            elements = _av1_elements(payload)
            if payload[0] & 0x80 and units and elements:
                units[-1] += elements.pop(0)
            units += map(bytearray, elements)
        data = b"".join(map(_av1_sized, (unit for unit in units if (unit[0] >> 3) & 15 != 2)))
        if not data:
            raise NotAFrame("a frame without a unit")
        return data, bool(payloads[0][0] & 0x08)  # N: a new coded video sequence


def _av1_elements(payload: bytes) -> list[bytes]:
    """The elements of a payload (section 4.3); the last may go without its size."""
    count, at = (payload[0] >> 4) & 3, 1
    found: list[bytes] = []
    while at < len(payload):
        if count and len(found) == count - 1:
            size = len(payload) - at
        else:
            size, at = _leb128(payload, at)
        element = payload[at : at + size]
        if not element or len(element) < size:
            raise NotAFrame("an element that is cut")
        found.append(element)
        at += size
    return found


def _av1_sized(unit: bytearray) -> bytes:
    """The unit with its size field (AV1 specification, section 5.3)."""
    if unit[0] & 2:
        return bytes(unit)
    header = 2 if unit[0] & 4 else 1
    body = unit[header:]
    size, sizes = len(body), bytearray()
    while True:
        sizes.append(size & 0x7F | (0x80 if size > 0x7F else 0))
        size >>= 7
        if not size:
            return bytes([unit[0] | 2]) + bytes(unit[1:header]) + bytes(sizes) + bytes(body)


def _leb128(payload: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends."""
    number = shift = 0
    while shift <= 28:
        octet = _at(payload, at)
        at += 1
        number |= (octet & 0x7F) << shift
        if not octet & 0x80:
            return number, at
        shift += 7
    raise NotAFrame("a size of more than 32 bits")


class Opus:
    name: Final = "opus"
    kind: Final[Kind] = "audio"
    clock_hz: Final = 48_000

    def frame(self, payloads: Sequence[bytes]) -> tuple[bytes, bool]:
        return payloads[0], True


FORMATS: Final[dict[str, Format]] = {
    "vp8": Vp8(),
    "vp9": Vp9(),
    "h264": H264(),
    "av1": Av1(),
    "opus": Opus(),
}
"By the name of the encoding in SDP, in small letters."


def _at(payload: bytes, index: int) -> int:
    if index >= len(payload):
        raise NotAFrame("a payload that is cut")
    return payload[index]
