"""The line to the counter, and its clock, by asking for a small answer a few times."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Final

import aiohttp

from counter.terminal.ports import LineLost

TIMES: Final = 5
PATIENCE = aiohttp.ClientTimeout(total=5)
HALF_A_SECOND = timedelta(seconds=0.5)
"An answer's `Date` has no fractions (RFC 9110, 5.6.7)."


class HttpProbe:
    """See `counter.terminal.ports.ClockOffset` and `LineProbe`."""

    def __init__(
        self, http: aiohttp.ClientSession, server: str, clock: Callable[[], datetime]
    ) -> None:
        """server: such as `https://counter.example`."""
        self._http = http
        self._address = f"{server.rstrip('/')}/livez"
        self._clock = clock

    async def offset(self) -> timedelta:
        """Known to half a second, and half of the way there and back."""
        _, told, between = await self._ask()
        if told is None:
            raise LineLost("an answer without Date: something that is no counter")
        return between - (told + HALF_A_SECOND)

    async def round_trip(self) -> timedelta:
        took = [(await self._ask())[0] for _ in range(TIMES)]
        return timedelta(seconds=median(took))

    async def _ask(self) -> tuple[float, datetime | None, datetime]:
        """Seconds it took, the counter's time, and this machine's in the middle."""
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self._clock()
        try:
            async with self._http.get(self._address, timeout=PATIENCE) as answer:
                took = loop.time() - began
                told = answer.headers.get("Date")
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise LineLost(f"no answer: {type(lost).__name__}") from lost
        when = parsedate_to_datetime(told).astimezone(UTC) if told else None
        return took, when, before + timedelta(seconds=took / 2)
