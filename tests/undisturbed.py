"""What is measured on a machine that may have something else to do."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.private_network import SceneFailed

T = TypeVar("T")

TRIES = 3


async def undisturbed(measured: Callable[[], Awaitable[T]], judge: Callable[[T], None]) -> T:
    """Measure until `judge` finds nothing wrong, three times at most; what was measured.

    A busy minute spoils one measurement; what is broken is broken each time.
    """
    for left in reversed(range(TRIES)):
        try:
            found = await measured()
            judge(found)
        except (AssertionError, SceneFailed) as wrong:
            if not left:
                raise
            print(f"measured again, after: {wrong}")
        else:
            return found
    raise AssertionError("it was never measured")
