"""Takes what the outbox owes and hands it to the sink, at least once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from counter.notify.notice import Notice
from counter.notify.ports import Sink
from counter.store import outbox
from counter.store.executor import Executor

log = logging.getLogger(__name__)

PAUSE_S = 2.0


class Deliverer:
    """Runs beside the counter; any node may run one."""

    def __init__(self, executor: Executor, sink: Sink, clock: Callable[[], datetime]) -> None:
        self._executor = executor
        self._sink = sink
        self._clock = clock

    async def deliver_due(self) -> int:
        """Deliver what is due now; answers how many got there."""
        there = 0
        for owed in await self._executor.write(outbox.take_due, self._clock()):
            notice = Notice(id=f"notice-{owed.id}", kind=owed.kind, ref=owed.ref, body=owed.body)
            try:
                await self._sink.deliver(notice)
            except Exception as failed:
                log.warning("notice %s not delivered: %s", owed.id, type(failed).__name__)
                continue
            await self._executor.write(outbox.done, owed.id, self._clock())
            there += 1
        return there

    async def run_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.deliver_due()
            except Exception as failed:
                log.warning("the outbox could not be read: %s", type(failed).__name__)
            await asyncio.sleep(PAUSE_S)
