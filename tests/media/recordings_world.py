"""A call that is recorded, on a real store: who speaks, what dies, and what is kept of it."""

import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow
from counter.ids import CaseId
from counter.media.control import RecordReport, WorkerGone
from counter.media.recording_keeping_service import (
    CannotMake,
    NotNow,
    RecordingKeeper,
)
from counter.media.recording_service import RecordingService
from counter.media.recordings_sql import SqlRecordings
from counter.media.store_recordings import Calls, OnCall
from counter.media.store_recordings_reading import StoredFile
from counter.media.store_recordings_tables import recording
from counter.media.vault_cryptography import Vault
from counter.store.executor import Executor
from counter.store.journal_sql import read_all

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = 90


@dataclass(frozen=True)
class Speaker:
    own: str

    @property
    def audience(self) -> str:
        return "/terminal" if self.own.startswith("terminal:") else "/agent"

    @property
    def subject(self) -> str:
        return self.own.partition(":")[2]


CITIZEN, AGENT, BOSS = Speaker("terminal:t-1"), Speaker("agent:lei"), Speaker("agent:boss")


CALL = OnCall(call_id="c-1", case_id=CaseId("case-1"), worker="media-0")


class Died(BaseException):
    """The counter was killed."""


@dataclass
class World:
    """A call, its media process and the disk; each does what it is told and notes it."""

    executor: Executor
    now: datetime = NOON
    site_key: bytes = bytes(32)
    on: OnCall | None = CALL
    told: list[tuple[str, str]] = field(default_factory=list)
    "What media processes were told: recording and state."
    taped: set[str] = field(default_factory=set)
    "Recordings that a process tapes now, and not in a pause."
    gone: bool = False
    trouble: str | None = None
    keys: set[bytes] = field(default_factory=set)
    dumps: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    "In the store: digest -> recording."
    made: int = 0
    removed: list[str] = field(default_factory=list)
    dies: str = ""
    "The counter is killed in this step."
    stuck: bool = False
    "Files cannot be removed now."
    looked_for: list[str] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    "Files that cannot be read through, and why."
    cannot: Exception | None = None
    left_out: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    "Of the last file that was made."
    unopened: int = 0
    "Of the dumps of the next file."
    meanwhile: Callable[[], Awaitable[None]] | None = None
    "Happens while a process is being told, or a file is being made."

    def __post_init__(self) -> None:
        calls = Calls(of=self._of, on=self._on, listeners=self._listeners)
        self.store = SqlRecordings(self.executor, calls)
        vault = Vault(self.site_key, random.Random(1).randbytes)
        self.service = RecordingService(self.store, self, vault, lambda: self.now, days=DAYS)
        self.keeper = RecordingKeeper(self.store, self, vault, self, lambda: self.now)

    # -- calls

    def _of(self, conn: Connection, who: Speaker) -> OnCall:
        if self.on is None:
            raise NotAllowedNow("in no call")
        return self.on

    def _on(self, conn: Connection, call_id: str) -> OnCall | None:
        return self.on if self.on and self.on.call_id == call_id else None

    def _listeners(self, conn: Connection, call_id: str) -> Sequence[str]:
        return [CITIZEN.own, AGENT.own] if self._on(conn, call_id) else []

    # -- media processes

    async def record(
        self, worker: str, call_id: str, recording_id: str, state: Any, key: bytes
    ) -> RecordReport:
        if self.gone:
            raise WorkerGone("dead")
        self.told.append((recording_id, state))
        self.keys.add(key)
        self.dumps.add(recording_id)
        (self.taped.add if state == "on" else self.taped.discard)(recording_id)
        await self._meanwhile()
        return RecordReport(legs=2, written_bytes=0, trouble=self.trouble)

    async def _meanwhile(self) -> None:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()

    async def untape(self, recording_id: str) -> list[RecordReport]:
        self.told.append((recording_id, "off"))
        self.taped.discard(recording_id)
        return []

    # -- files

    async def dumped(self) -> list[str]:
        return sorted(self.dumps)

    async def make(
        self,
        recording_id: str,
        key: bytes,
        left_out: Sequence[tuple[datetime, datetime | None]] = (),
    ) -> StoredFile:
        self.left_out = list(left_out)
        assert recording_id not in self.taped, "a file is made of what is still being taped"
        if self.cannot is not None:
            raise self.cannot
        await self._meanwhile()
        self.keys.add(key)
        self.made += 1
        return StoredFile(
            sha256=hashlib.sha256(f"{recording_id} {self.made}".encode() + key).hexdigest(),
            size_bytes=5,
            began_at=self.now,
            duration_ms=7,
            tracks=[],
            gaps_ms=[],
            unopened_dumps=self.unopened,
        )

    async def keep(self, recording_id: str, sha256: str) -> None:
        self.files[sha256] = recording_id
        if self.dies == "keep":
            raise Died

    async def is_there(self, sha256: str) -> bool:
        self.looked_for.append(sha256)
        return sha256 in self.files

    async def read_through(self, sha256: str, recording_id: str, key: bytes) -> None:
        if sha256 in self.unread:
            raise CannotMake(self.unread[sha256], "for the test")

    async def remove_dumps(self, recording_id: str) -> None:
        self.dumps.discard(recording_id)

    async def remove_file(self, sha256: str) -> None:
        if self.dies == "remove_file":
            raise Died
        if self.stuck:
            raise NotNow("for the test")
        self.files.pop(sha256, None)
        self.removed.append(sha256)

    # -- looking

    async def state(self, recording_id: str = "r-1") -> str:
        def read(conn: Connection) -> str:
            state: str = conn.execute(
                select(recording.c.state).where(recording.c.id == recording_id)
            ).scalar_one()
            return state

        return await self.executor.read(read)

    async def row(self) -> Any:
        def read(conn: Connection) -> Any:
            return conn.execute(select(recording)).one()

        return await self.executor.read(read)

    async def journal(self) -> list[str]:
        import json

        entries = await self.executor.read(read_all)
        return [json.loads(entry.body)["action"] for entry in entries]

    # -- walking

    async def agreed(self) -> None:
        await self.service.propose(AGENT, "key-0001", "r-1")
        await self.service.agree(CITIZEN, "key-0002", "r-1")

    async def stopped(self) -> None:
        await self.agreed()
        await self.service.steer(AGENT, "key-0003", "r-1", "stop")

    async def stored(self) -> None:
        await self.stopped()
        await self.keeper.finish()
