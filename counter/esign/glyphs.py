"""Which characters a font can draw, read from its `cmap` table.

A name with a box in it is a wrong name on an official paper, so a form asks here first.  Reads
format 12 (segmented coverage) only, which every font with rare Han characters carries.
Source: OpenType specification 1.9, chapters "Font file" and "cmap".
"""

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable

INVISIBLE = frozenset("\n")
"Characters that set a form's lines and draw nothing."

UNSEEN, MARKS = "Cf", frozenset({"Mn", "Mc", "Me"})
"General categories of the Unicode standard."
MARKS_MAX = 2
"Over one letter: what NFC leaves of any language of our forms has fewer."


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
        """Each character of `text` that cannot be drawn, once, in order.

        Also one that is drawn as nothing (a soft hyphen), and a mark that has no letter, or piles
        up over one: whatever the font says, what is read has to be what was written.
        """
        marks, lost = MARKS_MAX, []  # none may stand first
        for one in text:
            marks = marks + 1 if unicodedata.category(one) in MARKS else 0
            drawn = one in self and unicodedata.category(one) != UNSEEN and marks <= MARKS_MAX
            if not drawn and one not in INVISIBLE:
                lost.append(one)
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
