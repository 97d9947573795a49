"""How often a pointer is passed on: the newest place matters, older ones do not."""

from dataclasses import dataclass

PER_S = 20


@dataclass(slots=True)
class Pace:
    """One side's pointer."""

    next_at: float = 0.0

    def take(self, now_s: float) -> bool:
        """Whether this place is passed on; now_s: of any clock that does not go back."""
        if now_s < self.next_at:
            return False
        self.next_at = now_s + 1 / PER_S
        return True
