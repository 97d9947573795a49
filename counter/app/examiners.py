"""The processes that look at signed PDFs: one for our own, one for what anybody sends.

Promise: whatever strangers send, and however much of it, no audit pack waits for it, and what runs
beside on this machine comes first.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from counter.esign.check_pool import CheckPool

BEHIND: Final = 10
"Niceness: it goes on, if slowly, on a machine that is busy for long."


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiners:
    """Each started when it is first asked."""

    ours: CheckPool
    strangers: CheckPool


def open_examiners(roots: Callable[[], Sequence[bytes]], closing: AsyncExitStack) -> Examiners:
    """roots: certificates to trust, DER.  `closing` ends them."""
    made = Examiners(ours=CheckPool(roots), strangers=CheckPool(roots, niceness=BEHIND))
    for pool in (made.ours, made.strangers):
        closing.push_async_callback(pool.close)
    return made
