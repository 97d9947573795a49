"""Takes what the outbox owes and hands it to the sink, at least once."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from counter.notify.notice import Notice
from counter.notify.ports import Reader, Readers, Sink
from counter.store import outbox
from counter.store.executor import Executor

log = logging.getLogger(__name__)

PAUSE_S = 2.0


class Deliverer:
    """Runs beside the counter; any node may run one."""

    def __init__(
        self, executor: Executor, readers: Readers, sink: Sink, clock: Callable[[], datetime]
    ) -> None:
        self._executor = executor
        self._readers = readers
        self._sink = sink
        self._clock = clock

    async def deliver_due(self) -> int:
        """Deliver what is due now; answers how many got there."""
        there = 0
        for owed in await self._executor.write(outbox.take_due, self._clock()):
            try:
                reader = await self._readers.reader(owed.kind, owed.ref)
                if reader is not None and reader.to:
                    await self._sink.deliver(_notice(owed, reader))
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


def _notice(owed: outbox.Owed, reader: Reader) -> Notice:
    return Notice(
        id=f"notice-{owed.id}",
        kind=owed.kind,
        ref=owed.ref,
        to=reader.to,
        language=reader.language,
        body=owed.body,
    )
