"""How often a key may ask: a bucket that fills evenly, and holds what two seconds give.

In memory, so of each node by itself; what booking can take in all is another matter
(`counter.store.back_pressure`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

from web.api.refusals import TooMany

HOLDS_S = 2
"Seconds of its rate that a bucket holds: what may come at once."
MOST_BUCKETS = 1000


@dataclass(slots=True)
class Bucket:
    """What one key may still ask, as of `at` seconds."""

    left: float
    at: float

    def take(self, per_s: int, now: float) -> float:
        """Take one; 0 when it was there, else after how many seconds it will be."""
        self.left = min(float(HOLDS_S * per_s), self.left + (now - self.at) * per_s)
        self.at = now
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) / per_s


class Limits:
    """The buckets of all keys that asked lately."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """monotonic: seconds that never go back."""
        self._monotonic = monotonic
        self._buckets: dict[tuple[str, str], Bucket] = {}
        "Who asked last stands last."
        self._busy: dict[tuple[str, str], int] = {}

    def take(self, key_id: str, per_s: int, *, of: str = "") -> None:
        """Count one request.  Raises `TooMany`.

        of: whose, when each has a bucket of its own; an address, say, and so in no message.
        """
        now = self._monotonic()
        bucket = self._buckets.pop((key_id, of), None)
        if bucket is None:
            if len(self._buckets) >= MOST_BUCKETS:
                # Never all: whoever comes under ever new names would empty what holds him up.
                del self._buckets[next(iter(self._buckets))]
            bucket = Bucket(left=float(HOLDS_S * per_s), at=now)
        self._buckets[key_id, of] = bucket
        wait_s = bucket.take(per_s, now)
        if wait_s:
            raise TooMany(f"key {key_id} asks more than {per_s} times a second", ceil(wait_s))

    def rest(self, key_id: str, per_s: int, seconds: int, *, of: str = "") -> None:
        """Let nothing more pass for so long.  per_s, of: as in `take`."""
        self._buckets.pop((key_id, of), None)
        left = 1.0 - per_s * seconds
        self._buckets[key_id, of] = Bucket(left=left, at=self._monotonic())

    @contextmanager
    def at_once(self, key_id: str, most: int, *, of: str = "") -> Iterator[None]:
        """Count one that is being worked on.  Raises `TooMany`.  of: as in `take`."""
        busy = self._busy.get((key_id, of), 0)
        if busy >= most:
            raise TooMany(f"key {key_id} asks more than {most} at once", HOLDS_S)
        self._busy[key_id, of] = busy + 1
        try:
            yield
        finally:
            left = self._busy.pop((key_id, of)) - 1
            if left:
                self._busy[key_id, of] = left
