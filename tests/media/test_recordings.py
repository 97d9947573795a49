"""Recordings on both engines: who agreed, what a media process is told, what is kept and erased."""

import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.case import Case
from counter.errors import NotAllowed, NotAllowedNow, NotFound
from counter.ids import CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.media.control import RecordReport, WorkerGone
from counter.media.recording import (
    LOOKED_AT_EVERY,
    LOOKED_FOR_EVERY,
    MISSING_FOR,
    NOBODY_HAS_IT,
    State,
)
from counter.media.recording_keeping_service import (
    KEEP_EVERY_S,
    CannotMake,
    NotNow,
    RecordingKeeper,
)
from counter.media.recording_service import RecordingService
from counter.media.recordings_sql import SqlRecordings
from counter.media.store_recordings import Calls, OnCall, RecordingView, recording_view
from counter.media.store_recordings_keeping import CLAIM
from counter.media.store_recordings_reading import AT_ONCE, LOOKED_FOR_AT_ONCE, StoredFile, consents
from counter.media.store_recordings_tables import recording, recording_file
from counter.media.vault_cryptography import Vault
from counter.store.alerts import open_alerts
from counter.store.cases import put_case
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import tail

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


@pytest.fixture
async def world(executor: Executor) -> World:
    def open_case(conn: Connection) -> None:
        case = Case(
            id=CaseId("case-1"),
            number="A001",
            terminal_id=TerminalId("t-1"),
            site_id=SiteId("s"),
            department_id=DepartmentId("d"),
            service_id=ServiceId("v"),
            appointment_id=None,
            citizen="陳大文",
            language="zh-Hant",
            needs=(),
            agent_id="lei",  # type: ignore[arg-type]
            opened_at=NOON,
        )
        put_case(conn, case)

    await executor.write(open_case)
    return World(executor)


async def test_nothing_is_taped_before_both_agreed(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    await world.service.follow()
    assert (world.told, world.dumps) == ([], set())
    assert (await world.row()).wrapped_key is None, "there is not even a key"
    await world.service.agree(CITIZEN, "key-0002", "r-1")
    assert world.taped == {"r-1"}
    assert await world.state() == State.RECORDING
    assert await world.executor.read(consents, "r-1") == {
        "agent": ("agent:lei", True),
        "citizen": ("terminal:t-1", True),
    }
    assert (await world.journal()) == ["recording.proposed", "recording.agreed", "recording.began"]


async def test_who_declines_is_not_recorded_and_may_be_asked_again(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    await world.service.decline(CITIZEN, "key-0002", "r-1")
    await world.service.follow()
    assert world.told == []
    assert (await world.executor.read(consents, "r-1"))["citizen"] == ("terminal:t-1", False)
    with pytest.raises(NotAllowedNow):
        await world.service.agree(CITIZEN, "key-0003", "r-1")
    await world.service.propose(AGENT, "key-0004", "r-2")
    assert await world.state("r-2") == State.PROPOSED


async def test_only_who_leads_the_case_may_ask_and_only_the_citizen_may_agree(
    world: World,
) -> None:
    for other in (BOSS, CITIZEN):
        with pytest.raises(NotAllowed):
            await world.service.propose(other, "key-0001", "r-1")
    await world.service.propose(AGENT, "key-0002", "r-1")
    for other, refused in ((AGENT, NotAllowedNow), (BOSS, NotAllowed)):
        with pytest.raises(refused):
            await world.service.agree(other, "key-0003", "r-1")
    assert world.told == []


async def test_a_call_has_one_recording_at_a_time(world: World) -> None:
    await world.agreed()
    with pytest.raises(NotAllowedNow):
        await world.service.propose(AGENT, "key-0009", "r-2")
    await world.service.steer(CITIZEN, "key-0010", "r-1", "stop")
    await world.service.propose(AGENT, "key-0011", "r-2")


async def test_a_repeated_ask_is_carried_out_once(world: World) -> None:
    for _ in range(2):
        await world.service.propose(AGENT, "key-0001", "r-1")
    for _ in range(2):
        await world.service.agree(CITIZEN, "key-0002", "r-1")
    for _ in range(2):
        await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    assert await world.state() == State.PAUSED
    assert len(await world.journal()) == 4
    assert len(world.keys) == 1


async def test_a_pause_and_its_end_reach_the_process_before_they_are_answered(
    world: World,
) -> None:
    await world.agreed()
    await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    assert world.told[-1] == ("r-1", "paused")
    with pytest.raises(NotAllowedNow):
        await world.service.steer(CITIZEN, "key-0004", "r-1", "resume")
    await world.service.steer(AGENT, "key-0005", "r-1", "resume")
    assert world.told[-1] == ("r-1", "on")


async def test_the_file_is_made_without_the_pauses_and_what_came_after_the_end(
    world: World,
) -> None:
    """Whatever a media process taped that heard of them late."""
    await world.agreed()
    minutes = [world.now + timedelta(minutes=number) for number in range(6)]
    for number, word in enumerate(("pause", "resume", "pause", "resume", "stop"), 1):
        world.now = minutes[number]
        await world.service.steer(AGENT, f"key-{number:04}b", "r-1", word)  # type: ignore[arg-type]
    await world.keeper.finish()
    assert world.left_out == [
        *((minutes[1], minutes[2]), (minutes[3], minutes[4]), (minutes[5], None)),
    ]


async def test_a_pause_that_was_not_ended_lasts_to_the_end(world: World) -> None:
    await world.agreed()
    world.now += timedelta(minutes=1)
    await world.service.steer(AGENT, "key-0003", "r-1", "pause")
    paused_at = world.now
    world.now += timedelta(minutes=1)
    world.on = None
    await world.service.follow()
    await world.keeper.finish()
    assert world.left_out == [(paused_at, None)]


@pytest.mark.parametrize("side", [CITIZEN, AGENT], ids=lambda side: side.own)
async def test_either_side_withdraws_and_the_process_stops_at_once(
    world: World, side: Speaker
) -> None:
    await world.agreed()
    await world.service.steer(side, "key-0003", "r-1", "stop")
    assert world.taped == set()
    row = await world.row()
    assert (row.state, row.keep_until) == (State.STOPPED, NOON + timedelta(days=DAYS))
    await world.service.follow()
    assert world.told[-1] == ("r-1", "off"), "an older word came later"


async def test_a_withdrawal_while_the_process_is_being_told_wins(world: World) -> None:
    await world.agreed()

    async def elsewhere() -> None:  # another node carries the withdrawal out
        await world.store.steer(CITIZEN, "key-0009", "r-1", "stop", DAYS, world.now)

    world.meanwhile = elsewhere
    await world.service.follow()
    assert world.taped == set()
    assert world.told[-1] == ("r-1", "off")


async def test_what_another_node_has_stopped_is_stopped_here_too(world: World) -> None:
    await world.agreed()
    await world.store.steer(CITIZEN, "key-0009", "r-1", "stop", DAYS, world.now)
    assert world.taped == {"r-1"}, "that node does not reach our media process"
    await world.service.follow()
    assert world.taped == set()
    told = len(world.told)
    await world.service.follow()
    assert len(world.told) == told


async def test_a_process_that_was_away_is_told_when_it_is_back(world: World) -> None:
    world.gone = True
    await world.agreed()
    assert await world.state() == State.AGREED, "nobody says that it is recorded"
    world.gone = False
    await world.service.follow()
    assert (await world.state(), world.taped) == (State.RECORDING, {"r-1"})


async def test_the_end_of_the_call_ends_it(world: World) -> None:
    await world.agreed()
    world.on = None
    await world.service.follow()
    row = await world.row()
    assert (row.state, row.reason) == (State.STOPPED, "call_ended")


async def test_a_question_that_nobody_answered_ends_with_the_call(world: World) -> None:
    await world.service.propose(AGENT, "key-0001", "r-1")
    world.on = None
    await world.service.follow()
    assert await world.state() == State.DECLINED


async def test_a_full_disk_ends_it_and_what_there_is_is_kept(world: World) -> None:
    await world.agreed()
    world.trouble = "disk"
    await world.service.follow()
    row = await world.row()
    assert (row.state, row.reason) == (State.STOPPED, "disk")
    assert world.taped == set()
    await world.keeper.finish()
    assert await world.state() == State.MUXED


async def test_a_stopped_recording_becomes_a_file_and_its_dumps_go(world: World) -> None:
    await world.stored()
    assert (await world.state(), world.dumps) == (State.MUXED, set())
    assert list(world.files.values()) == ["r-1"]
    assert len(world.keys) == 1, "the same key from the first packet to the file"
    assert (await world.journal())[-1] == "recording.stored"
    await world.keeper.finish()
    assert len(world.files) == 1


async def test_two_nodes_make_one_file(world: World) -> None:
    await world.stopped()
    assert await world.store.claim("r-1", world.now)
    await world.keeper.finish()
    assert world.files == {}
    world.now += timedelta(hours=1)  # that node died
    await world.keeper.finish()
    assert len(world.files) == 1


async def test_what_cannot_be_made_is_an_alert_and_its_dumps_stay(world: World) -> None:
    await world.stopped()
    world.cannot = CannotMake("nothing_recorded", "for the test")
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason) == (State.FAILED, "nothing_recorded")
    assert [(one.kind, one.subject) for one in await world.executor.read(open_alerts)] == [
        ("recording.failed", "recording:r-1")
    ]
    await world.keeper.expire()
    assert world.dumps == {"r-1"}


async def test_a_file_that_lacks_somebody_is_kept_and_is_an_alert(world: World) -> None:
    world.unopened = 1
    await world.stored()
    assert await world.state() == State.MUXED
    (alert,) = await world.executor.read(open_alerts)
    assert (alert.kind, alert.facts) == ("recording.incomplete", {"unopened_dumps": 1})
    assert "unopened_dumps" in (await world.executor.read(read_all))[-1].body
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert await world.executor.read(open_alerts) == []


async def test_what_does_not_work_now_is_tried_again(world: World) -> None:
    await world.stopped()
    world.cannot = NotNow("disk full")
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.cannot = None
    world.now += timedelta(hours=1)
    await world.keeper.finish()
    assert await world.state() == State.MUXED


async def test_dumps_that_no_machine_has_are_missed_after_a_while(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    assert (await world.row()).reason == "no_dumps"
    assert len(await world.executor.read(open_alerts)) == 1


async def test_what_another_node_is_making_is_not_given_up(world: World) -> None:
    await world.stopped()
    world.now += NOBODY_HAS_IT - timedelta(minutes=1)
    assert await world.store.claim("r-1", world.now)
    world.dumps.clear()  # they are where that node is
    world.now += timedelta(minutes=20)
    await world.keeper.finish()
    assert await world.state() == State.STOPPED
    world.now += CLAIM + NOBODY_HAS_IT  # that node died, and nobody has taken it over
    await world.keeper.finish()
    assert (await world.row()).reason == "no_dumps"


async def test_dumps_that_turn_up_late_become_a_file_all_the_same(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    assert await world.state() == State.FAILED
    world.dumps.add("r-1")  # its machine is back
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason, world.dumps) == (State.MUXED, None, set())
    assert list(world.files.values()) == ["r-1"]
    assert await world.executor.read(open_alerts) == []


async def test_dumps_that_turn_up_late_and_do_not_play_are_tried_once(world: World) -> None:
    await world.stopped()
    world.dumps.clear()
    world.now += NOBODY_HAS_IT + timedelta(seconds=1)
    await world.keeper.finish()
    world.dumps.add("r-1")
    world.cannot = CannotMake("damaged", "for the test")
    await world.keeper.finish()
    row = await world.row()
    assert (row.state, row.reason, world.dumps) == (State.FAILED, "damaged", {"r-1"})
    world.cannot = None
    world.now += timedelta(days=1)
    await world.keeper.finish()
    assert (await world.state(), world.files) == (State.FAILED, {})


async def test_a_file_that_came_too_late_goes_and_its_dumps_stay(world: World) -> None:
    await world.stopped()

    async def elsewhere() -> None:
        await world.store.failed("r-1", "damaged", world.now, was=State.STOPPED)

    world.meanwhile = elsewhere
    await world.keeper.finish()
    assert await world.state() == State.FAILED
    assert (world.files, world.dumps) == ({}, {"r-1"})


async def test_a_file_whose_answer_was_lost_stays(world: World) -> None:
    """The same file is said to be in the store a second time: the first answer did not come."""
    await world.stopped()
    (one,) = await world.store.unfinished(["r-1"])
    assert await world.store.claim("r-1", world.now)
    file = await world.make("r-1", b"")
    assert await world.store.made("r-1", file, world.now)
    assert await world.store.finished("r-1", file, world.now)
    assert await world.store.finished("r-1", file, world.now)
    assert not await world.store.finished("r-1", replace(file, sha256="f" * 64), world.now)
    assert one.state is State.STOPPED


async def test_a_counter_that_dies_with_a_file_in_the_store_leaves_it_to_nobody(
    world: World,
) -> None:
    await world.stopped()
    world.dies = "keep"
    with pytest.raises(Died):
        await world.keeper.finish()
    assert (await world.state(), len(world.files)) == (State.STOPPED, 1)
    world.dies = ""
    world.now += CLAIM
    await world.keeper.finish()
    assert (await world.state(), len(world.files), world.dumps) == (State.MUXED, 1, set())
    await world.keeper.reconcile()
    assert await world.executor.read(open_alerts) == []


async def test_a_file_that_was_never_promised_is_erased_too(world: World) -> None:
    await world.stopped()
    world.dies = "keep"
    with pytest.raises(Died):
        await world.keeper.finish()
    world.dies = ""
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert (await world.state(), world.files, world.dumps) == (State.ERASED, {}, set())


async def test_recordings_of_other_machines_do_not_hold_up_ours(world: World) -> None:
    await world.stopped()

    def many(conn: Connection) -> None:
        row = dict(conn.execute(select(recording)).one()._mapping)
        for number in range(30):
            changed = {"id": f"r-of-others-{number}", "stopped_at": NOON - timedelta(minutes=1)}
            conn.execute(recording.insert().values(row | changed))

    await world.executor.write(many)
    await world.keeper.finish()
    assert await world.state("r-1") == State.MUXED


async def reconciled(world: World, *, during: timedelta) -> None:
    """As often as in life."""
    for _ in range(int(during.total_seconds() / KEEP_EVERY_S) + 1):
        await world.keeper.reconcile()
        world.now += timedelta(seconds=KEEP_EVERY_S)


async def test_a_promised_file_that_is_gone_is_an_alert(world: World) -> None:
    await world.stored()
    await world.keeper.reconcile()
    assert await world.state() == State.MUXED
    world.files.clear()
    await reconciled(world, during=LOOKED_FOR_EVERY + MISSING_FOR)
    (alert,) = await world.executor.read(open_alerts)
    assert (alert.kind, alert.subject) == ("recording.missing", "recording:r-1")
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert await world.executor.read(open_alerts) == []


async def test_a_store_that_is_away_for_a_moment_fails_no_recording(world: World) -> None:
    await world.stored()
    away, world.files = world.files, {}
    await reconciled(world, during=timedelta(minutes=1))
    assert (await world.state(), await world.executor.read(open_alerts)) == (State.MUXED, [])
    world.files = away
    await reconciled(world, during=LOOKED_FOR_EVERY + MISSING_FOR)
    assert (await world.state(), await world.executor.read(open_alerts)) == (State.MUXED, [])


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_file_that_is_back_ends_its_alert_and_can_be_taken_out(
    world: World, restarted: bool
) -> None:
    await world.stored()
    away, world.files = world.files, {}
    await reconciled(world, during=MISSING_FOR)
    assert len(await world.executor.read(open_alerts)) == 1
    if restarted:
        world = World(world.executor, now=world.now)
    world.files = away
    await world.keeper.reconcile()
    assert await world.executor.read(open_alerts) == []
    sha256, _ = await world.service.opened("r-1", "operator:socket")
    assert sha256 in world.files


async def test_a_file_that_is_missing_when_it_is_read_is_missed_as_well(world: World) -> None:
    await world.stored()
    await world.keeper.reconcile()
    world.now += LOOKED_AT_EVERY
    away, world.files = world.files, {}
    world.unread = dict.fromkeys(away, "missing")
    await reconciled(world, during=MISSING_FOR)
    assert await world.state() == State.MUXED
    (alert,) = await world.executor.read(open_alerts)
    assert alert.kind == "recording.missing"
    world.files, world.unread = away, {}
    await reconciled(world, during=timedelta(minutes=1))
    assert await world.executor.read(open_alerts) == []


async def many_stored(world: World, count: int) -> None:
    await world.stored()
    vault = Vault(world.site_key, random.Random(2).randbytes)

    def copies(conn: Connection) -> None:
        row = dict(conn.execute(select(recording)).one()._mapping)
        file = dict(conn.execute(select(recording_file)).one()._mapping)
        for number in range(1, count):
            name, sha256 = f"s-{number:04}", f"{1000 + number:064x}"
            wrapped = vault.new_key(name)
            conn.execute(recording.insert().values(row | {"id": name, "wrapped_key": wrapped}))
            conn.execute(
                recording_file.insert().values(file | {"recording_id": name, "sha256": sha256})
            )
            world.files[sha256] = name

    await world.executor.write(copies)


async def test_files_are_looked_for_some_at_once_and_each_about_hourly(world: World) -> None:
    count = LOOKED_FOR_AT_ONCE + 70
    await many_stored(world, count)
    looks = []
    for _ in range(4):
        world.looked_for.clear()
        await world.keeper.reconcile()
        looks.append(len(world.looked_for))
        world.now += timedelta(seconds=KEEP_EVERY_S)
    assert looks == [LOOKED_FOR_AT_ONCE, 70, 0, 0]
    world.looked_for.clear()
    await reconciled(world, during=LOOKED_FOR_EVERY)
    assert sorted(world.looked_for) == sorted(world.files), "each once"


async def test_files_are_read_again_now_and_then_and_a_damaged_one_is_an_alert(
    world: World,
) -> None:
    await world.stored()
    world.now += LOOKED_AT_EVERY
    await world.keeper.reconcile()

    def looked(conn: Connection) -> datetime:
        found: datetime = conn.execute(select(recording_file.c.looked_at)).scalar_one()
        return found

    assert await world.executor.read(looked) == world.now
    world.now += LOOKED_AT_EVERY
    world.unread = dict.fromkeys(world.files, "damaged")
    await world.keeper.reconcile()
    assert (await world.row()).reason == "damaged"


OTHER_KEY = bytes([1]) * 32


async def test_a_recording_of_an_older_key_holds_up_no_other_reading(world: World) -> None:
    await many_stored(world, 3 * AT_ONCE)
    after = World(world.executor, now=NOON + LOOKED_AT_EVERY, site_key=OTHER_KEY)
    after.files = world.files
    await after.service.propose(AGENT, "key-0011", "t-1")
    await after.service.agree(CITIZEN, "key-0012", "t-1")
    await after.service.steer(AGENT, "key-0013", "t-1", "stop")
    await after.keeper.finish()
    assert await after.state("t-1") == State.MUXED
    after.now += LOOKED_AT_EVERY
    for _ in range(4):
        await after.keeper.reconcile()

    def read(conn: Connection) -> list[str]:
        rows = conn.execute(
            select(recording_file.c.recording_id).where(recording_file.c.looked_at == after.now)
        )
        return list(rows.scalars())

    assert await after.executor.read(read) == ["t-1"]
    alerts = await after.executor.read(open_alerts)
    assert [one.kind for one in alerts] == ["recording.locked"] * 3 * AT_ONCE
    assert await after.state("r-1") == State.MUXED, "with its key it is read again"
    with pytest.raises(NotAllowedNow, match=r"recordings\.key"):
        await after.service.opened("r-1", "operator:socket")
    back = World(world.executor, now=after.now, files=world.files)
    await back.keeper.reconcile()
    assert len(await back.executor.read(open_alerts)) == 2 * AT_ONCE, "some at once"


async def test_a_recording_of_an_older_key_holds_up_no_other_making(world: World) -> None:
    await world.stopped()
    after = World(world.executor, site_key=OTHER_KEY, dumps={"r-1", "t-1"})
    await after.service.propose(AGENT, "key-0011", "t-1")
    await after.service.agree(CITIZEN, "key-0012", "t-1")
    await after.service.steer(AGENT, "key-0013", "t-1", "stop")
    for _ in range(2):
        await after.keeper.finish()
    assert (await after.state("r-1"), await after.state("t-1")) == (State.STOPPED, State.MUXED)
    (alert,) = await after.executor.read(open_alerts)
    assert (alert.kind, alert.subject) == ("recording.locked", "recording:r-1")
    back = World(world.executor, dumps={"r-1"})
    await back.keeper.finish()
    assert await back.state("r-1") == State.MUXED
    assert await back.executor.read(open_alerts) == []


async def test_a_call_whose_key_does_not_open_here_holds_up_no_other_call(world: World) -> None:
    await world.agreed()
    after = World(world.executor, site_key=OTHER_KEY)
    world.told.clear()
    for _ in range(2):
        await after.service.follow()
    assert (after.told, await after.state()) == ([], State.RECORDING)
    assert len(await after.executor.read(open_alerts)) == 1
    after.on = None
    await after.service.follow()
    assert await after.state() == State.STOPPED


async def test_when_its_time_is_over_the_key_is_destroyed_and_the_file_goes(world: World) -> None:
    await world.stored()
    sha256 = next(iter(world.files))
    world.now += timedelta(days=DAYS) - timedelta(seconds=1)
    await world.keeper.expire()
    assert await world.state() == State.MUXED
    world.now += timedelta(seconds=1)
    await world.keeper.expire()
    row = await world.row()
    assert (row.state, row.wrapped_key, world.files) == (State.ERASED, None, {})
    last = (await world.executor.read(read_all))[-1].body
    assert "recording.erased" in last and sha256 in last
    assert (await world.executor.read(check))[1] == []


async def test_a_counter_that_dies_while_it_erases_leaves_no_file(world: World) -> None:
    await world.stored()
    world.now += timedelta(days=DAYS)
    world.dies = "remove_file"
    with pytest.raises(Died):
        await world.keeper.expire()
    assert (await world.row()).wrapped_key is None, "the key goes first"
    assert len(world.files) == 1
    world.dies = ""
    for _ in range(3):
        await world.keeper.expire()
    assert (world.files, len(world.removed)) == ({}, 1)


async def test_a_file_that_cannot_be_removed_now_does_not_hold_up_the_rest(world: World) -> None:
    await world.stored()
    world.dumps.add("r-of-nobody")
    world.now += timedelta(days=DAYS)
    world.stuck = True
    await world.keeper.expire()
    assert (await world.state(), world.dumps) == (State.ERASED, set())
    world.stuck = False
    await world.keeper.expire()
    assert world.files == {}


async def test_what_failed_is_erased_too(world: World) -> None:
    await world.stopped()
    world.cannot = CannotMake("damaged", "for the test")
    await world.keeper.finish()
    world.now += timedelta(days=DAYS)
    await world.keeper.expire()
    assert (await world.state(), world.dumps) == (State.ERASED, set())
    assert await world.executor.read(open_alerts) == []


async def test_dumps_of_nobody_are_removed(world: World) -> None:
    await world.agreed()
    world.dumps.add("r-of-before")
    await world.keeper.expire()
    assert world.dumps == {"r-1"}


async def test_a_recording_of_another_call_is_not_found(world: World) -> None:
    await world.agreed()
    world.on = OnCall(call_id="c-2", case_id=CaseId("case-1"), worker="media-0")
    with pytest.raises(NotFound):
        await world.service.steer(CITIZEN, "key-0009", "r-1", "stop")


async def test_both_screens_are_told_and_show_the_newest(world: World) -> None:
    await world.agreed()
    for who in (CITIZEN, AGENT):
        kinds = [row.kind for row in await world.executor.read(tail, [who.own], {})]
        assert kinds == ["recording.proposed", "recording.agreed", "recording.began"]
    view = await world.executor.read(recording_view, "c-1")
    assert view == RecordingView(recording_id="r-1", state=State.RECORDING, since=NOON)
    assert await world.executor.read(recording_view, "c-9") is None
