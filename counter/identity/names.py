"""Compare how a name is written in two places, word by word, and mark what differs.

Equated: capitals, accents, hyphens and apostrophes, the order of words, traditional and simplified
characters.  Not equated: romanisations of one Chinese name by Cantonese, Portuguese and Pinyin
(Chan, Chan, Chen): whether they are one name is for the agent to say.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Simplify = Callable[[str], str]
"Simplified characters of a text that may be traditional."

_BREAKS: Final = re.compile(r"[\s\-‐‑–—'’`´.,;<·•/]+")
_STROKED: Final = str.maketrans({"Ø": "O", "Đ": "D", "Ð": "D", "Ł": "L", "ı": "I"})
_AS_PRINTED: Final = {"ß": "SS", "Æ": "AE", "Œ": "OE", "Þ": "TH"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWord:
    """A word as it is written, and whether the other side has it."""

    text: str
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two writings of a name."""

    left: tuple[NameWord, ...]
    right: tuple[NameWord, ...]
    comparable: bool
    "False: one is in Chinese characters and the other in letters; nothing is marked then."

    @property
    def same(self) -> bool:
        """No word differs.  Never true of what cannot be compared."""
        return self.comparable and not any(one.differs for one in (*self.left, *self.right))


def compare(left: str, right: str, simplify: Simplify) -> Comparison:
    """Mark the words that only one of the two has.

    A name may be written in both scripts; each script is compared with its like, Chinese by its
    characters, since spaces in it mean nothing.
    """
    ones, others = _words(left), _words(right)
    keys, other_keys = _keys(ones, simplify), _keys(others, simplify)
    scripts = {_is_chinese(one) for one in ones} & {_is_chinese(one) for one in others}
    return Comparison(
        left=_marked(ones, keys, other_keys, scripts),
        right=_marked(others, other_keys, keys, scripts),
        comparable=bool(scripts),
    )


def _words(text: str) -> list[str]:
    """Words in letters, and each Chinese character as one."""
    words: list[str] = []
    for word in _BREAKS.split(unicodedata.normalize("NFC", text)):
        letters = ""
        for one in word:
            if _is_chinese(one):
                words += [letters, one]
                letters = ""
            else:
                letters += one
        words.append(letters)
    return [word for word in words if word]


def _keys(words: list[str], simplify: Simplify) -> list[str]:
    return [_key(word, simplify) for word in words]


def _key(word: str, simplify: Simplify) -> str:
    """What words are compared by."""
    upper = unicodedata.normalize("NFKD", simplify(word).upper())
    for printed, letters in _AS_PRINTED.items():
        upper = upper.replace(printed, letters)
    upper = upper.translate(_STROKED)
    return "".join(one for one in upper if not unicodedata.combining(one))


def _marked(
    words: list[str], keys: list[str], others: list[str], scripts: set[bool]
) -> tuple[NameWord, ...]:
    joined = "".join(key for key in keys if not _is_chinese(key))
    if joined and joined == "".join(key for key in others if not _is_chinese(key)):
        # SIO IN and SIOIN: written apart or together.
        others = [key for key in others if _is_chinese(key)] + keys
    left = Counter(others)
    marked = []
    for word, key in zip(words, keys, strict=True):
        found = left[key] > 0 or _is_chinese(word) not in scripts
        left[key] -= 1
        marked.append(NameWord(text=word, differs=not found))
    return tuple(marked)


def _is_chinese(text: str) -> bool:
    return any("\u3400" <= one <= "\u9fff" or "\U00020000" <= one <= "\U0003ffff" for one in text)
