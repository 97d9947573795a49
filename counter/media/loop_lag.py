"""How late the event loop is: one slow step in a media process delays every call."""

import asyncio
import logging
import math
from collections import deque
from typing import Final

logger = logging.getLogger(__name__)

PERIOD_SECONDS: Final = 0.025
SAMPLES: Final = 200
ALARM_MS: Final = 20.0
"People hear it."
QUIET_SECONDS: Final = 5.0
"Between two lines of the log about it."


class LoopLag:
    """The lag of the last `SAMPLES` periods, five seconds."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque([0.0], maxlen=SAMPLES)
        self._said_at: float | None = None

    @property
    def p99_ms(self) -> float:
        """Of a hundred steps one was later than this."""
        ordered = sorted(self._samples)
        return ordered[math.ceil(0.99 * len(ordered)) - 1]

    @property
    def worst_ms(self) -> float:
        return max(self._samples)

    def late(self, lag_ms: float, now: float) -> None:
        """Take one measurement; the log hears of it when it is too late."""
        self._samples.append(lag_ms)
        if lag_ms > ALARM_MS and (self._said_at is None or now - self._said_at > QUIET_SECONDS):
            self._said_at = now
            logger.warning(
                "the event loop was %.0f ms late: every call of this process was", lag_ms
            )

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD_SECONDS
            await asyncio.sleep(PERIOD_SECONDS)
            now = loop.time()
            self.late(max(0.0, now - due) * 1000, now)
