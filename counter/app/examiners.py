"""The processes that look at signed PDFs: one for our own, two for what anybody sends.

Promise: whatever strangers send, and however much of it, no audit pack waits for it, nor does what
this counter gave out itself and somebody holds against the record; and what runs beside on this
machine comes first.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counter.esign.check_pool import CheckPool
from counter.esign.validation import Found

BEHIND: Final = 10
"Niceness: it goes on, if slowly, on a machine that is busy for long."

OUR_CPU_S: Final = 30
"Of the processor, for what we made ourselves: forty years of timestamps take ten seconds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiners:
    """Each started when it is first asked."""

    ours: CheckPool
    "For audit packs."
    recorded: CheckPool
    "For what anybody sends, when the record knows its bytes."
    strangers: CheckPool


def open_examiners(roots: Callable[[], Sequence[bytes]], closing: AsyncExitStack) -> Examiners:
    """roots: certificates to trust, DER.  `closing` ends them."""
    made = Examiners(
        ours=CheckPool(roots, turn_s=None, cpu_s=OUR_CPU_S),
        recorded=CheckPool(roots, cpu_s=OUR_CPU_S, niceness=BEHIND),
        strangers=CheckPool(roots, niceness=BEHIND),
    )
    for pool in (made.ours, made.recorded, made.strangers):
        closing.push_async_callback(pool.close)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """`counter.esign.check_ports.Examiner`: nobody makes a file that gets into the first lane."""

    examiners: Examiners
    recorded: Callable[[str], Awaitable[object | None]]
    "What the record says of a SHA-256; None: nothing."

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        """See `CheckPool.check`."""
        digest = (await asyncio.to_thread(hashlib.sha256, pdf)).hexdigest()
        known = await self.recorded(digest) is not None
        pool = self.examiners.recorded if known else self.examiners.strangers
        return await pool.check(pdf, now)
