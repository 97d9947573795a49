"""How late the event loop is: one slow step in a media process delays every call."""

import asyncio
from collections import deque
from typing import Final

PERIOD_SECONDS: Final = 0.1
SAMPLES: Final = 50


class LoopLag:
    """The worst lag of the last `SAMPLES` periods, five seconds."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque([0.0], maxlen=SAMPLES)

    @property
    def worst_ms(self) -> float:
        return round(max(self._samples) * 1000, 1)

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + PERIOD_SECONDS
            await asyncio.sleep(PERIOD_SECONDS)
            self._samples.append(max(0.0, loop.time() - due))
