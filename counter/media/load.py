"""How much a process does, over the last seconds, from counters that only rise."""

from collections import deque
from typing import Final

SPAN_S: Final = 5.0


class Load:
    """The rates of a process.  To be told its counters about once a second."""

    def __init__(self, now: float, cpu_s: float) -> None:
        """now: monotonic seconds.  cpu_s: processor seconds used so far."""
        self._seen: deque[tuple[float, float, int]] = deque([(now, cpu_s, 0)])

    def seen(self, now: float, cpu_s: float, packets: int) -> None:
        """Take the counters as they are now."""
        while len(self._seen) > 1 and self._seen[1][0] <= now - SPAN_S:
            self._seen.popleft()
        self._seen.append((now, cpu_s, packets))

    @property
    def cpu_share(self) -> float:
        """Of one core; more than 1 when there are threads."""
        (since, before, _), (until, after, _) = self._seen[0], self._seen[-1]
        return (after - before) / (until - since) if until > since else 0.0

    @property
    def packets_per_s(self) -> float:
        (since, _, before), (until, _, after) = self._seen[0], self._seen[-1]
        return (after - before) / (until - since) if until > since else 0.0
