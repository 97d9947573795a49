"""What the door reads of a STUN request before anybody is trusted (RFC 8489, sections 5 and 14).

Only whom it is for.  The rest is read by the ICE agent of that leg, which also checks the request's
integrity; a request that names no leg of ours has then cost us next to nothing.
"""

from typing import Final

HEADER_BYTES: Final = 20
BINDING_REQUEST: Final = b"\x00\x01"
COOKIE: Final = b"\x21\x12\xa4\x42"
USERNAME: Final = 6
MAX_ATTRIBUTES: Final = 16
"Browsers send about seven; a datagram could hold hundreds of empty ones."


def leg_named(datagram: bytes) -> str | None:
    """The ICE user name fragment of the leg that a binding request is for.

    None when it names none, or is no binding request.  Raises nothing, whatever the bytes.
    """
    size = len(datagram)
    if datagram[:2] != BINDING_REQUEST or datagram[4:8] != COOKIE:
        return None
    if size < HEADER_BYTES or int.from_bytes(datagram[2:4], "big") != size - HEADER_BYTES:
        return None
    start = HEADER_BYTES
    for _ in range(MAX_ATTRIBUTES):
        if start + 4 > size:
            return None
        length = int.from_bytes(datagram[start + 2 : start + 4], "big")
        if int.from_bytes(datagram[start : start + 2], "big") == USERNAME:
            name = datagram[start + 4 : start + 4 + length].partition(b":")[0]
            return name.decode("ascii") if name.isascii() else None
        start += 4 + length + -length % 4
    return None
