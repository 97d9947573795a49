"""What is missing of a stream, and when to ask its sender for it.

A gap is asked for as soon as it is seen (RFC 4585 NACK), again when the answer does not come, and
given up soon: what is late by a second is of no use.  Key frames are asked for at most twice a
second, however many ask; one more request is kept for later, none is forgotten.
"""

from dataclasses import dataclass, field
from typing import Final

MAX_GAP: Final = 128
"Packets; of a longer gap nothing is asked for, a key frame is cheaper."
MAX_MISSING: Final = 256
RETRY_S: Final = 0.08
"While the round trip to the leg is not known."
RETRY_LEAST_S: Final = 0.03
RETRY_MOST_S: Final = 0.3
TRIES: Final = 6
KEY_FRAME_EVERY_S: Final = 0.5


def retry_after(round_trip_s: float | None) -> float:
    """Seconds until an answer that has not come is taken for lost."""
    if round_trip_s is None:
        return RETRY_S
    return min(RETRY_MOST_S, max(RETRY_LEAST_S, 1.5 * round_trip_s))


@dataclass(slots=True)
class _Missing:
    asked_at: float
    tries: int = 1


@dataclass(slots=True)
class Gaps:
    """What of one stream has not come.  Numbers are extended; times are monotonic seconds."""

    missing: dict[int, _Missing] = field(default_factory=dict)
    lost: int = 0
    "Packets that were missed at some time, whether or not they came after all."

    def seen(self, highest: int, extended: int, now: float) -> list[int]:
        """A packet came ahead of its turn; what to ask for now, oldest first."""
        size = extended - highest - 1
        self.lost += max(0, size)
        if not 0 < size <= MAX_GAP or len(self.missing) + size > MAX_MISSING:
            return []
        asked = list(range(highest + 1, extended))
        for number in asked:
            self.missing[number] = _Missing(now)
        return asked

    def arrived(self, extended: int) -> None:
        """It came after all, late or repeated."""
        self.missing.pop(extended, None)

    def asked(self, extended: int, now: float, retry_s: float = RETRY_S) -> bool:
        """A receiver misses it too.  Whether its request shall be passed on: not while ours is
        under way."""
        known = self.missing.get(extended)
        if known is None:
            if len(self.missing) < MAX_MISSING:
                self.missing[extended] = _Missing(now)
            return True
        if now - known.asked_at < retry_s:
            return False
        known.asked_at = now
        known.tries += 1
        return True

    def due(self, now: float, retry_s: float = RETRY_S) -> list[int]:
        """What to ask for again now; forgets what was asked for often enough."""
        again = []
        for number, known in list(self.missing.items()):
            if now - known.asked_at < retry_s:
                continue
            if known.tries >= TRIES:
                del self.missing[number]
                continue
            known.asked_at = now
            known.tries += 1
            again.append(number)
        return sorted(again)


@dataclass(slots=True)
class KeyFrames:
    """When one stream was asked for a key frame.  Times are monotonic seconds."""

    asked_at: float | None = None
    waiting: bool = False
    "One more was wanted while the last request was too recent."

    def wanted(self, now: float, *, every_s: float = KEY_FRAME_EVERY_S) -> bool:
        """Somebody wants one; whether to ask now.  If not, `due` says so later."""
        if self.asked_at is not None and now - self.asked_at < every_s:
            self.waiting = True
            return False
        self.asked_at, self.waiting = now, False
        return True

    def due(self, now: float) -> bool:
        """Whether to ask now for one that was put off."""
        return self.waiting and self.wanted(now)
