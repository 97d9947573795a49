"""Watches the lines of the calls whose pages speak to this node.

A page says every two seconds what it counted (`report`); as often, `look` asks the media processes
for the other end's counters, judges every line, and keeps what has changed.  A page that falls
silent while its call goes on is judged by the counter's end alone.  Nothing here is in the way of a
call: what fails is logged, and tried again with the next window.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from counter.errors import Busy, Refusal
from counter.media.quality import Finding, Seen, Standing, judge, settle
from counter.media.series import Bucket, Counted, Sample, Window, between, together
from counter.media.thrift import Thrift, after

logger = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 2.0
AT_MOST_EVERY: Final = timedelta(seconds=1)
"What a page says more often than this is not listened to."
SILENT_AFTER: Final = timedelta(seconds=5)
FORGOTTEN_AFTER: Final = timedelta(minutes=10)
LINES: Final = 5000
SAMPLES: Final = 2200
"Of one leg in one call: six hours."


class Speaker(Protocol):
    """Who speaks on a socket."""

    @property
    def own(self) -> str:
        """Whose leg it is, such as `terminal:hq-1`."""


class QualityStore(Protocol):
    """What is kept; each method is one transaction."""

    async def begin(self, who: Speaker, call_id: str) -> tuple[Finding, datetime] | None:
        """What is told of the leg, since when.  Raises a refusal when it is not in this call."""
        ...

    async def is_on(self, call_id: str) -> bool: ...

    async def put_verdict(self, call_id: str, owner: str, told: Finding, now: datetime) -> None:
        """Harmless when the call is over."""
        ...

    async def put_sample(self, call_id: str, owner: str, sample: Sample) -> None: ...

    async def choose_picture(
        self, who: Speaker, call_id: str, *, picture: bool, now: datetime
    ) -> None: ...


class Counters(Protocol):
    """The counter's ends of all legs that this node reaches."""

    async def counted(self) -> Mapping[str, Counted]:
        """By owner.  Raises nothing: who cannot be asked is missing."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class _Line:
    call_id: str
    standing: Standing
    bucket: Bucket
    reported_at: datetime
    judged_at: datetime
    thrift: Thrift = field(default_factory=Thrift)
    seen: Seen | None = None
    "What the page has said since the last look."
    counted: Counted | None = None
    "At the last look that judged this line."
    told: Finding
    "As last written."
    samples: int = 0


class QualityService:
    """Lines by owner, in memory; what is told of them is in the store."""

    def __init__(
        self, store: QualityStore, counters: Counters, clock: Callable[[], datetime]
    ) -> None:
        """clock: the current instant, aware."""
        self._store = store
        self._counters = counters
        self._clock = clock
        self._lines: dict[str, _Line] = {}

    async def report(self, who: Speaker, call_id: str, seen: Seen) -> int:
        """Take what a page says of its line; the ceiling of its picture in kbit/s.

        Raises a refusal when the speaker takes no part in that call, `Busy` when there are too
        many lines.
        """
        now = self._clock()
        line = self._lines.get(who.own)
        if line is None or line.call_id != call_id:
            line = await self._begin(who, call_id, line, now)
        elif now - line.reported_at < AT_MOST_EVERY:
            return line.thrift.video_kbps
        line.seen = seen if line.seen is None else together(line.seen, seen)
        line.reported_at = now
        return line.thrift.video_kbps

    async def choose_picture(self, who: Speaker, call_id: str, *, picture: bool) -> None:
        """Go on with pictures, or by voice.  Raises a refusal as above."""
        await self._store.choose_picture(who, call_id, picture=picture, now=self._clock())

    async def look(self) -> None:
        """Judge every line once; keep what has changed."""
        counted = await self._counters.counted()
        for owner, line in list(self._lines.items()):
            try:
                await self._look_at(owner, line, counted.get(owner))
            except Exception as problem:  # the others are judged all the same
                logger.warning("line %s: %s", owner, type(problem).__name__)

    async def run_for_ever(self, every_s: float = LOOK_EVERY_S) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.look()
            except Refusal as refusal:
                logger.warning("lines were not looked at: %s", refusal.code)

    async def _begin(self, who: Speaker, call_id: str, old: _Line | None, now: datetime) -> _Line:
        if old is None and len(self._lines) >= LINES:
            raise Busy(f"{LINES} lines are watched here already")
        before = await self._store.begin(who, call_id)
        told = before[0] if before else Finding(verdict="good")
        if old is not None:
            await self._write_sample(who.own, old)
        line = _Line(
            call_id=call_id,
            standing=Standing(told=told),
            bucket=Bucket(at=now),
            reported_at=now,
            judged_at=now,
            told=told,
        )
        self._lines[who.own] = line
        return line

    async def _look_at(self, owner: str, line: _Line, counted: Counted | None) -> None:
        now = self._clock()
        seen, line.seen = line.seen, None
        if seen is None:
            silent = now - line.reported_at
            if silent < SILENT_AFTER:
                return  # its next summary covers this window too
            if silent > FORGOTTEN_AFTER or not await self._store.is_on(line.call_id):
                await self._write_sample(owner, line)
                if self._lines.get(owner) is line:
                    del self._lines[owner]
                return
        self._judge(line, counted, seen, now)
        if line.standing.told != line.told:
            told = line.standing.told
            await self._store.put_verdict(line.call_id, owner, told, now)
            line.told = told
        if line.bucket.full(now):
            await self._write_sample(owner, line)

    def _judge(
        self, line: _Line, counted: Counted | None, seen: Seen | None, now: datetime
    ) -> None:
        heard, octets = None, 0
        if counted is not None and line.counted is not None:
            heard, octets = between(line.counted, counted)
        line.counted = counted
        if seen is not None:
            seen = replace(seen, wanted_kbps=line.thrift.wanted_kbps)
        finding = judge(heard, seen)
        line.standing = settle(line.standing, finding)
        line.thrift = after(line.thrift, finding, seen.available_kbps if seen else None)
        line.bucket.windows.append(
            Window(
                length=now - line.judged_at,
                finding=finding,
                heard=heard,
                seen=seen,
                octets=octets,
                jitter_ms=counted.jitter_ms if counted else None,
            )
        )
        line.judged_at = now

    async def _write_sample(self, owner: str, line: _Line) -> None:
        sample = line.bucket.sample()
        line.bucket = Bucket(at=self._clock())
        if sample is not None and line.samples < SAMPLES:
            line.samples += 1
            await self._store.put_sample(line.call_id, owner, sample)
