"""RTP packets as they lie in memory (RFC 3550): fields that we read, and some that we write."""

import struct
from typing import Final, Literal

Kind = Literal["audio", "video"]
CLOCK_HZ: Final[dict[Kind, int]] = {"audio": 48_000, "video": 90_000}
NUMBERS: Final = struct.Struct("!HII")
"Sequence number, time stamp and SSRC, from octet 2 of an RTP header (RFC 3550, section 5.1)."


def payload_offset(packet: bytes | bytearray | memoryview, start: int) -> int:
    """Index of the payload of the RTP packet that begins at `start` (RFC 3550, section 5.1)."""
    offset = start + 12 + 4 * (packet[start] & 0x0F)
    if packet[start] & 0x10:
        offset += 4 + 4 * ((packet[offset + 2] << 8) | packet[offset + 3])
    return offset


def shift_original(packet: bytearray | memoryview, start: int, length: int, shift: int) -> None:
    """Shift the original sequence number inside an RTX packet, in place.

    A packet that is padding only (a bandwidth probe) holds none and is left alone.
    """
    offset = original_offset(packet, start, length)
    if offset is None:
        return
    original = (((packet[offset] << 8) | packet[offset + 1]) + shift) & 0xFFFF
    packet[offset], packet[offset + 1] = original >> 8, original & 0xFF


def original_offset(packet: bytes | bytearray | memoryview, start: int, length: int) -> int | None:
    """Index of the original sequence number inside an RTX packet; None when there is none."""
    try:
        offset, end = payload_offset(packet, start), start + length
    except IndexError:
        return None
    padding = packet[end - 1] if packet[start] & 0x20 else 0
    return None if offset + 2 > end - padding else offset


def blank_extension(
    packet: bytearray | memoryview, start: int, length: int, wanted_id: int
) -> int | None:
    """Turn one header extension into padding, in place; its value if it had two octets.

    Only the one-byte form (RFC 8285, section 4.2) is looked at: we offer no other.
    """
    offset = start + 12 + 4 * (packet[start] & 0x0F)
    if not packet[start] & 0x10 or offset + 4 > start + length:
        return None
    if packet[offset] != 0xBE or packet[offset + 1] != 0xDE:
        return None
    end = min(offset + 4 + 4 * ((packet[offset + 2] << 8) | packet[offset + 3]), start + length)
    offset += 4
    while offset < end:
        identifier, size = packet[offset] >> 4, (packet[offset] & 0x0F) + 1
        if identifier == 0:
            offset += 1
            continue
        if identifier == 15 or offset + 1 + size > end:
            return None
        if identifier == wanted_id:
            value = (packet[offset + 1] << 8) | packet[offset + 2] if size == 2 else None
            packet[offset : offset + 1 + size] = bytes(1 + size)
            return value
        offset += 1 + size
    return None
