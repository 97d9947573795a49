"""Which characters a font can draw, read from its `cmap` table.

A name with a box in it is a wrong name on an official paper, so a form asks here first.  Reads
format 12 (segmented coverage) only, which every font with rare Han characters carries.
Source: OpenType specification 1.9, chapters "Font file" and "cmap".
"""

import struct
from bisect import bisect_right
from collections.abc import Iterable

INVISIBLE = frozenset("\n")
"Characters that set a form's lines and draw nothing."


class GlyphTable:
    """The code points a font has a glyph for."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        """ranges: (first, last) code points, both drawn, in any order, not overlapping."""
        self._ranges = sorted(ranges)
        self._firsts = [first for first, _ in self._ranges]

    def __contains__(self, character: str) -> bool:
        point = ord(character)
        at = bisect_right(self._firsts, point) - 1
        return at >= 0 and point <= self._ranges[at][1]

    def missing(self, text: str) -> str:
        """Each character of `text` that cannot be drawn, once, in order."""
        lost = [one for one in text if one not in INVISIBLE and one not in self]
        return "".join(dict.fromkeys(lost))


def glyph_table(font: bytes) -> GlyphTable:
    """The coverage of an OpenType font.  Raises `ValueError` when it has no format 12 table."""
    (tables,) = struct.unpack_from(">H", font, 4)
    for number in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * number)
        if tag == b"cmap":
            return GlyphTable(_groups(font, offset))
    raise ValueError("a font without a cmap table")


def _groups(font: bytes, cmap: int) -> list[tuple[int, int]]:
    (encodings,) = struct.unpack_from(">H", font, cmap + 2)
    for number in range(encodings):
        _, _, offset = struct.unpack_from(">HHL", font, cmap + 4 + 8 * number)
        at = cmap + offset
        if struct.unpack_from(">H", font, at)[0] == 12:
            (groups,) = struct.unpack_from(">L", font, at + 12)
            triples = (struct.unpack_from(">LLL", font, at + 16 + 12 * i) for i in range(groups))
            return [(first, last) for first, last, glyph in triples if glyph]
    raise ValueError("a font whose cmap has no format 12 table")
