"""A process that gives its work up: what it carries goes on, and nothing new is begun.

It is over when no call is left, or at the limit.
"""


class Drain:
    """Whether a process drains, and until when at most.  Times are monotonic seconds."""

    def __init__(self) -> None:
        self._until: float | None = None

    @property
    def begun(self) -> bool:
        return self._until is not None

    def begin(self, until: float) -> None:
        """Repeated, the earlier limit counts."""
        self._until = until if self._until is None else min(self._until, until)

    def over(self, now: float, calls: int) -> bool:
        return self._until is not None and (calls == 0 or now >= self._until)
