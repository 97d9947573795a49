"""Words that somebody may have meant: begun, or typed with a small slip."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

PREFIX_FROM = 2
"Letters from which a beginning is looked at."
BEGUN = 0.6
"How well a word fits of which only little is typed; the more of it, the better."
SLIP = 0.55
TWO_SLIPS = 0.35


def slips_allowed(word: str) -> int:
    """None in short words, where every slip is another word; none in numbers."""
    if len(word) < 4 or word.isdigit():
        return 0
    return 1 if len(word) < 8 else 2


class Vocabulary:
    """Words to look for what is like another one."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(set(words))
        self._known = set(self._words)
        self._begun: dict[str, list[str]] = defaultdict(list)
        self._pairs: dict[tuple[int, str], list[str]] = defaultdict(list)
        "Words by their length and a pair of letters in them."
        for word in self._words:
            self._begun[word[:PREFIX_FROM]].append(word)
            for pair in _pairs(word):
                self._pairs[len(word), pair].append(word)

    def like(self, typed: str) -> Iterator[tuple[str, float]]:
        """Words like `typed`, and how well each fits, above 0 and at most 1.

        What is known is not taken for a slip of something else, but it may be a beginning.
        """
        if typed in self._known:
            yield typed, 1.0
        if len(typed) >= PREFIX_FROM:
            for word in self._begun.get(typed[:PREFIX_FROM], ()):
                if word != typed and word.startswith(typed):
                    yield word, BEGUN + (1 - BEGUN) * len(typed) / len(word)
        if typed not in self._known:
            yield from self._misspelt(typed)

    def _misspelt(self, typed: str) -> Iterator[tuple[str, float]]:
        allowed = slips_allowed(typed)
        if not allowed:
            return
        pairs = _pairs(typed)
        shared: dict[str, int] = defaultdict(int)
        for length in range(len(typed) - allowed, len(typed) + allowed + 1):
            for pair in pairs:
                for word in self._pairs.get((length, pair), ()):
                    shared[word] += 1
        # One slip spoils at most two pairs, two letters in the wrong order three.
        least = max(len(pairs) - 3 * allowed, 1)
        for word, count in shared.items():
            if count < least or word.startswith(typed):
                continue
            slips = distance(typed, word, allowed)
            if slips <= min(allowed, slips_allowed(word)):
                yield word, SLIP if slips == 1 else TWO_SLIPS


def _pairs(word: str) -> set[str]:
    edged = f" {word} "
    return {edged[at : at + 2] for at in range(len(edged) - 1)}


def distance(one: str, other: str, most: int) -> int:
    """Letters added, left out, changed or swapped with their neighbour; `most` + 1 when it is more.

    Source: optimal string alignment, a restricted Damerau-Levenshtein distance.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        older, before = before, row
        row = [at]
        for there, counterpart in enumerate(other, 1):
            least = min(before[there] + 1, row[-1] + 1, before[there - 1] + (letter != counterpart))
            swapped = (
                at > 1
                and there > 1
                and (letter, one[at - 2])
                == (
                    other[there - 2],
                    counterpart,
                )
            )
            row.append(min(least, older[there - 2] + 1) if swapped else least)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
