"""Kept bytes that are not what was put: whoever runs the counter hears of them.

Whoever reads such bytes is refused by the store, and that raises the alert.  Finished documents are
also looked at unasked, each about once a week, within the collector's rounds.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from counter.app.rounds import once
from counter.store.alerts import Alert, open_alerts, raise_alert, settle_alert
from counter.store.blobs_collecting import Named, Turn
from counter.store.blobs_directory import BlobDamaged, BlobMissing, DirectoryBlobs
from counter.store.executor import Executor

DAMAGED: Final = "bytes.damaged"
MISSING: Final = "bytes.missing"
"Alerts."
SUBJECT: Final = "blob:"


class WatchedBlobs(DirectoryBlobs):
    """Tells of bytes that were changed; they are given to nobody, and stay as they are."""

    def __init__(self, root: Path, executor: Executor, clock: Callable[[], datetime]) -> None:
        super().__init__(root)
        self._executor = executor
        self._clock = clock

    async def get(self, sha256: str) -> bytes:
        """The bytes of this digest.  Raises `BlobMissing`, `BlobDamaged`, `OSError`."""
        try:
            return await super().get(sha256)
        except (BlobDamaged, OSError):  # changed, or not to be read from this disk any more
            subject, now = f"{SUBJECT}{sha256}", self._clock()
            # Whoever asked hears of the damage also when the store takes no alert.
            await once(
                "the alert of damaged bytes",
                lambda: self._executor.write(raise_alert, DAMAGED, subject, {}, now),
            )
            raise


class FinishedBytes:
    """See the module."""

    def __init__(
        self,
        blobs: DirectoryBlobs,
        executor: Executor,
        finished: Named,
        named: Named,
        clock: Callable[[], datetime],
    ) -> None:
        """blobs: tell of damage themselves.

        finished: digests of what must never change.  named: of all that rows name.
        """
        self._blobs = blobs
        self._executor = executor
        self._finished = finished
        self._named = named
        self._clock = clock

    async def look(self, turn: Turn) -> None:
        """Read what is due in this turn to its end, and whatever of its part was told before."""
        for sha256 in sorted(await self._executor.read(self._finished, turn.part)):
            if turn.includes(sha256):
                await self._look_at(sha256)
        told = await self._executor.read(_told, turn.part)
        if told:
            named = await self._executor.read(self._named, turn.part)
            for alert in told:
                await self._look_again(alert, named)

    async def _look_at(self, sha256: str) -> None:
        try:
            await self._blobs.get(sha256)
        except (BlobDamaged, OSError):
            return  # told by the blobs
        except BlobMissing:
            subject = f"{SUBJECT}{sha256}"
            await self._executor.write(raise_alert, MISSING, subject, {}, self._clock())

    async def _look_again(self, alert: Alert, named: set[str]) -> None:
        sha256 = alert.subject.removeprefix(SUBJECT)
        try:
            await self._blobs.get(sha256)
        except (BlobDamaged, OSError):
            return
        except BlobMissing:
            if sha256 in named:
                return
        await self._executor.write(settle_alert, alert.kind, alert.subject, self._clock())


def _told(conn: Connection, part: str) -> list[Alert]:
    return [
        one
        for one in open_alerts(conn)
        if one.kind in (DAMAGED, MISSING) and one.subject.startswith(f"{SUBJECT}{part}")
    ]
