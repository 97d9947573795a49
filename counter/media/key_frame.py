"""Whether an RTP payload is where a whole picture begins.

A receiver that is switched to another source can show nothing before such a packet; what comes
earlier would be decoded onto the other source's last picture.  Payload formats: VP8 RFC 7741, VP9
RFC 9628, H.264 RFC 6184, AV1 as published by the Alliance for Open Media (version 1.0).
"""

from typing import Final

from counter.media.sdp import ENCODINGS

_SPS: Final = 7
_IDR: Final = 5
_STAP_A: Final = 24
_FU_A: Final = 28


def begins_picture(payload_type: int, payload: bytes) -> bool:
    """True also for a payload that we cannot judge: better a broken picture than none."""
    encoding = ENCODINGS.get(payload_type, "").partition("/")[0]
    try:
        match encoding:
            case "VP8":
                return _vp8(payload)
            case "VP9":
                # B: begins a frame; P: predicted from another one; F: may refer to any.
                return payload[0] & 0x48 == 0x08
            case "H264":
                return _h264(payload)
            case "AV1":
                return bool(payload[0] & 0x08)  # N: a new coded video sequence
    except IndexError:
        return False
    return True


def _vp8(payload: bytes) -> bool:
    if payload[0] & 0x1F != 0x10:  # S set, partition 0
        return False
    at = 1
    if payload[0] & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            at += 2 if payload[2] & 0x80 else 1
        at += bool(flags & 0x40)
        at += bool(flags & 0x30)
    return not payload[at] & 1


def _h264(payload: bytes) -> bool:
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return payload[3] & 0x1F == _SPS
    if kind == _FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F == _IDR
    return kind in (_SPS, _IDR)
