"""Traditional letters as simplified ones, by the tables of OpenCC.

One letter at a time, so that a part of a word becomes the same as in the whole word; which of two
simplified words is meant does not matter to whoever only compares.
"""

from functools import cache, lru_cache

import opencc

KEPT = 20_000
"Letters remembered: more than there are in use."


def simplified(text: str) -> str:
    """`text` with every traditional letter as its simplified one, of the same length."""
    return "".join(map(_letter, text))


@cache
def _tables() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(KEPT)
def _letter(letter: str) -> str:
    # Below the first Chinese letter nothing has two scripts.
    return letter if letter < "\u2e80" else _tables().convert(letter)
