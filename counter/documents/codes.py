"""What stands in a barcode on a paper: shown to the agent as it was printed, believed by nobody.

Anybody can print a code, so its text is a stranger's: cut short, without signs that steer a screen,
and never an address to be opened.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST: Final = 6
"Codes of one page."
LONGEST: Final = 300
"Characters of one code that are shown."
_STEERS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"Unicode categories that no reader sees, or that turn around what he reads."


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code that was read."""

    kind: str
    "Such as `QR Code`, `PDF417`."
    text: str


def told(read: Iterable[tuple[str, str]]) -> tuple[Code, ...]:
    """Kinds and raw texts as they may be shown, each once, in the order in which they were read."""
    codes = dict.fromkeys((kind, _plain(text)) for kind, text in read)
    return tuple(Code(kind=kind, text=text) for kind, text in codes if text)[:MOST]


def _plain(text: str) -> str:
    seen = "".join(" " if unicodedata.category(sign) in _STEERS else sign for sign in text)
    words = " ".join(seen.split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
