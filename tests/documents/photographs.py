"""Photographs without pictures: headers that pass the door, and someone who looks at them."""

import hashlib
from collections.abc import Callable
from itertools import count

from counter.documents.admit import AdmitLimits, sniff_file
from counter.documents.advance import Look
from counter.documents.refusals import refusal_of


def photograph(number: int = 0) -> bytes:
    """Return the beginning of a JPEG of 100 x 100 pixels; each number is another file."""
    return b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x64\x00\x64" + number.to_bytes(4)


def chance() -> Callable[[int], bytes]:
    """Return a maker of octets that are never the same twice."""
    numbers = count(1)
    return lambda size: hashlib.shake_128(str(next(numbers)).encode()).digest(size)


class FakeReader:
    """Finds in every file what it is told to, after a look at the real header."""

    def __init__(self, advice: str | None = None) -> None:
        self.advice = advice
        self.refusal: str | None = None
        self.pages = 1
        self.looked_at: list[bytes] = []

    def require_header(self, content: bytes) -> None:
        sniff_file(content, AdmitLimits())

    async def read(self, content: bytes) -> tuple[Look, ...]:
        self.looked_at.append(content)
        if self.refusal is not None:
            raise refusal_of(self.refusal)("as told")
        return tuple(self._look(content, number) for number in range(self.pages))

    def _look(self, content: bytes, number: int) -> Look:
        which = content + b"+" * number
        return Look(
            page_jpeg=b"\xff\xd8\xff page of " + which,
            thumb_jpeg=b"\xff\xd8\xff thumb of " + which,
            width_px=1654,
            height_px=2339,
            light=210.0,
            findings=None,
            notes=(),
            advice=self.advice,
        )
