"""Work beside the doors: what fails is logged, and holds up nothing else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def once(what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Do it; log that it failed, without what it was about."""
    try:
        await work()
    except (Exception, asyncio.CancelledError) as problem:
        task = asyncio.current_task()
        if isinstance(problem, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # this task is to end, not something that it waited for
        log.warning("%s: %s", what, getattr(problem, "code", type(problem).__name__))
