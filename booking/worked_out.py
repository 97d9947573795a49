"""What follows from the catalogue alone is worked out once."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from booking.catalogue import Catalogue

T = TypeVar("T")
MOST_WORKED_OUT = 2000
"Answers that are kept with a catalogue; the largest, the slots of a day, take some 10 kB."


def once(catalogue: Catalogue, question: Hashable, work: Callable[[], T]) -> T:
    """What follows from the catalogue alone, worked out the first time it is asked for."""
    known = catalogue.worked_out
    # Commands ask in threads of their own: what was there may be gone at the next look.
    answer: T | None = known.get(question)
    if answer is None:
        answer = work()
        if len(known) >= MOST_WORKED_OUT:
            known.clear()
        known[question] = answer
    return answer
