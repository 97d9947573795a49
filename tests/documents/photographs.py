"""Photographs without pictures: headers that pass the door, and someone who looks at them."""

import hashlib
from collections.abc import Callable
from itertools import count

from counter.documents.advance import Look
from counter.documents.page import Limits, ScanRefused


def photograph(number: int = 0) -> bytes:
    """Return the beginning of a JPEG of 100 x 100 pixels; each number is another file."""
    return b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x64\x00\x64" + number.to_bytes(4)


def chance() -> Callable[[int], bytes]:
    """Return a maker of octets that are never the same twice."""
    numbers = count(1)
    return lambda size: hashlib.shake_128(str(next(numbers)).encode()).digest(size)


class FakeLooker:
    """Finds in every photograph what it is told to."""

    def __init__(self, advice: str | None = None) -> None:
        self.advice = advice
        self.refusal: str | None = None
        self.looked_at: list[bytes] = []

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        self.looked_at.append(photograph)
        if self.refusal is not None:
            return ScanRefused(code=self.refusal, findings=None)
        return Look(
            page_jpeg=b"\xff\xd8\xff page of " + photograph,
            thumb_jpeg=b"\xff\xd8\xff thumb of " + photograph,
            width_px=1654,
            height_px=2339,
            light=210.0,
            findings=None,
            notes=(),
            advice=self.advice,
        )
