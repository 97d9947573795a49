"""How often each source may be heard: a token bucket per source, in a map of bounded size.

A bucket is kept as one number, the time at which it will be full again (the generic cell rate
algorithm, ITU-T I.371); a source that is not in the map has a full one.
"""


class SourceRate:
    """Token buckets, all alike."""

    def __init__(self, *, per_second: float, burst: int, sources: int) -> None:
        """sources: how many are remembered; the one that was quiet longest is forgotten first."""
        self._interval = 1 / per_second
        self._ahead = burst / per_second
        self._sources = sources
        self._full_at: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, source: int, now: float) -> bool:
        """Take a token of `source`; False when there is none.  now: seconds of any clock."""
        full_at = max(self._full_at.pop(source, now), now) + self._interval
        allowed = full_at - now <= self._ahead + 1e-9
        self._full_at[source] = full_at if allowed else full_at - self._interval
        if len(self._full_at) > self._sources:
            del self._full_at[next(iter(self._full_at))]
        return allowed

    def give_back(self, source: int) -> None:
        """Undo one `take`: it was well spent."""
        if source in self._full_at:
            self._full_at[source] -= self._interval
