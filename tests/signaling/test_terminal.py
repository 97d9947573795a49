"""The terminal before arrival, and what leaving wipes; on both engines."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from counter.errors import NotAllowedNow, NotFound, UsedElsewhere
from counter.ids import TerminalId
from counter.protocol import terminal
from counter.signaling.device_health import TerminalOutOfOrder
from counter.signaling.ring import TERMINAL_LEASE
from counter.signaling.store_asks import follows
from counter.signaling.store_terminal import WIPED
from counter.signaling.tables import device_state, terminal_state, ticket
from counter.store.cases import case_on_terminal, case_table
from counter.store.executor import Executor
from counter.store.session_log import tail
from tests.signaling.floor import Commands, Floor, seed

T1 = TerminalId("t-1")
Scene = Callable[[Connection, Commands, datetime], Any]


async def play(executor: Executor, now: datetime, scene: Scene) -> None:
    commands = Commands(Floor())

    def run(conn: Connection) -> None:
        seed(conn, now)
        commands.attach(conn, T1, now)
        scene(conn, commands, now)

    await executor.write(run)


def _row(conn: Connection) -> Any:
    return conn.execute(select(terminal_state)).one()


def _say(commands: Commands, conn: Connection, now: datetime, kind: Any, **body: Any) -> Any:
    return commands.ask(conn, T1, kind(key=commands.floor.key(), **body), now)


async def test_every_change_raises_the_version_and_is_told(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        _say(commands, conn, now, terminal.LanguageChoose, language="pt")
        _say(commands, conn, now, terminal.ScreenOpen, stage="start")
        _say(commands, conn, now, terminal.TextSizeChoose, text_size="A++")
        _say(commands, conn, now, terminal.ScreenOpen, stage="services", department="d-1")
        _say(commands, conn, now, terminal.DeviceReport, camera="good", microphone="refused")
        row = _row(conn)
        assert (row.stage, row.language, row.text_size) == ("services", "pt", "A++")
        assert (row.department_id, row.camera, row.microphone) == ("d-1", "good", "refused")
        versions = [told.body.get("version") for told in tail(conn, ["terminal:t-1"], {})]
        assert versions == [None, 1, 2, 3, 4, 5]
        assert row.version == 5

    await play(executor, now, scene)


async def test_the_start_screen_of_nobody_forgets_the_one_before(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        _say(commands, conn, now, terminal.LanguageChoose, language="pt")
        _say(commands, conn, now, terminal.ScreenOpen, stage="attract")
        assert {name: getattr(_row(conn), name) for name in WIPED} == WIPED

    await play(executor, now, scene)


@pytest.mark.parametrize(
    "stage, department, refusal",
    [
        ("services", None, NotAllowedNow),
        ("departments", "d-1", NotAllowedNow),
        ("services", "d-9", NotFound),
    ],
)
async def test_a_screen_that_is_none_is_refused_and_changes_nothing(
    executor: Executor, now: datetime, stage: str, department: str | None, refusal: type[Exception]
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        with pytest.raises(refusal):
            _say(commands, conn, now, terminal.ScreenOpen, stage=stage, department=department)
        assert (_row(conn).stage, _row(conn).version) == ("attract", 0)

    await play(executor, now, scene)


async def test_an_appointment_is_found_confirmed_and_forgotten_by_the_screen(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.floor.appointments["APPT"] = now + timedelta(minutes=5)
        _say(commands, conn, now, terminal.LanguageChoose, language="en")
        _say(commands, conn, now, terminal.AppointmentFind, reference="APPT")
        row = _row(conn)
        assert (row.stage, row.draft["reference"]) == ("confirm", "APPT")
        _say(commands, conn, now, terminal.ArrivalConfirm)
        row = _row(conn)
        assert (row.stage, row.draft, row.language) == ("attract", None, "en")
        case = case_on_terminal(conn, T1)
        assert case is not None
        assert (case.appointment_id, case.citizen) == ("APPT", "Chan Tai Man")
        assert case.needs == ("large_text",)
        mine = conn.execute(select(ticket)).one()
        assert mine.booked and mine.starts_at == now + timedelta(minutes=5)
        assert follows(conn, commands.who(T1)) == ["department:d-1"]
        told = str([row.body for row in tail(conn, ["terminal:t-1", "department:d-1"], {})])
        assert "Chan" not in told and "APPT" not in told

    await play(executor, now, scene)


async def test_an_unknown_reference_changes_nothing(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        _say(commands, conn, now, terminal.ScreenOpen, stage="reference")
        with pytest.raises(NotFound):
            _say(commands, conn, now, terminal.AppointmentFind, reference="NONE")
        assert (_row(conn).stage, _row(conn).version) == ("reference", 1)
        with pytest.raises(NotAllowedNow):
            _say(commands, conn, now, terminal.ArrivalConfirm)

    await play(executor, now, scene)


async def test_a_used_reference_is_refused_by_the_book_and_nothing_is_kept(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.floor.appointments["APPT"] = now
        _say(commands, conn, now, terminal.AppointmentFind, reference="APPT")
        _say(commands, conn, now, terminal.ArrivalConfirm)
        _say(commands, conn, now, terminal.VisitLeave)
        _say(commands, conn, now, terminal.AppointmentFind, reference="APPT")
        with pytest.raises(NotAllowedNow):
            _say(commands, conn, now, terminal.ArrivalConfirm)
        assert len(conn.execute(select(case_table)).all()) == 1

    await play(executor, now, scene)


async def test_while_a_case_is_on_it_the_terminal_starts_no_other(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.walk_in(conn, T1, now)
        commands.floor.appointments["APPT"] = now
        for kind, body in (
            (terminal.ScreenOpen, {"stage": "start"}),
            (terminal.TicketTake, {"service": "d-1:id"}),
            (terminal.AppointmentFind, {"reference": "APPT"}),
            (terminal.ArrivalConfirm, {}),
            (terminal.VisitRate, {"stars": 5}),
        ):
            with pytest.raises(NotAllowedNow):
                _say(commands, conn, now, kind, **body)
        _say(commands, conn, now, terminal.LanguageChoose, language="en")
        assert _row(conn).language == "en"

    await play(executor, now, scene)


async def test_the_language_chosen_in_mid_visit_is_the_language_of_the_case(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.walk_in(conn, T1, now)
        _say(commands, conn, now, terminal.LanguageChoose, language="pt")
        case = case_on_terminal(conn, T1)
        assert case is not None
        assert case.language == "pt"
        assert conn.execute(select(ticket.c.language)).scalar_one() == "pt"

    await play(executor, now, scene)


async def test_leaving_wipes_the_terminal_and_says_so_to_the_other_parts(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        _say(commands, conn, now, terminal.LanguageChoose, language="pt")
        commands.walk_in(conn, T1, now)
        _say(commands, conn, now, terminal.VisitLeave)
        assert {name: getattr(_row(conn), name) for name in WIPED} == WIPED
        assert [case.left_at for case in commands.floor.left] == [now]
        assert follows(conn, commands.who(T1)) == []
        _say(commands, conn, now, terminal.VisitLeave)
        assert len(commands.floor.left) == 1

    await play(executor, now, scene)


async def test_the_place_is_not_given_up_once_the_call_has_begun(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        with pytest.raises(NotAllowedNow):
            _say(commands, conn, now, terminal.TicketLeave)
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, T1, now)
        commands.accept(conn, "a-1", now)
        with pytest.raises(NotAllowedNow):
            _say(commands, conn, now, terminal.TicketLeave)

    await play(executor, now, scene)


async def test_a_newer_page_fences_the_older_and_finds_the_same_screen(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        _say(commands, conn, now, terminal.ScreenOpen, stage="departments")
        commands.attach(conn, T1, now)
        assert _row(conn).stage == "departments"
        commands.epochs[T1] -= 1
        for kind, body in (
            (terminal.ScreenOpen, {"stage": "start"}),
            (terminal.TerminalBeat, {}),
            (terminal.VisitLeave, {}),
        ):
            with pytest.raises(UsedElsewhere):
                _say(commands, conn, now, kind, **body)

    await play(executor, now, scene)


async def test_a_silent_terminal_forgets_what_was_on_it(executor: Executor, now: datetime) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.floor.appointments["APPT"] = now
        _say(commands, conn, now, terminal.AppointmentFind, reference="APPT")
        assert commands.sweep(conn, now + TERMINAL_LEASE - timedelta(seconds=1)) == []
        assert commands.sweep(conn, now + TERMINAL_LEASE) == ["terminal"]
        assert {name: getattr(_row(conn), name) for name in WIPED} == WIPED
        assert commands.sweep(conn, now + TERMINAL_LEASE) == []

    await play(executor, now, scene)


async def test_a_silent_terminal_does_not_show_the_last_receipt_to_the_next(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        commands.ready(conn, "a-1", now)
        commands.walk_in(conn, T1, now)
        commands.accept(conn, "a-1", now)
        commands.close(conn, "a-1", now)
        assert case_on_terminal(conn, T1) is not None
        commands.sweep(conn, now + TERMINAL_LEASE)
        assert case_on_terminal(conn, T1) is None
        assert conn.execute(select(case_table.c.outcome)).scalar_one() == "completed"

    await play(executor, now, scene)


async def test_a_terminal_that_is_out_of_order_takes_nobody(
    executor: Executor, now: datetime
) -> None:
    def scene(conn: Connection, commands: Commands, now: datetime) -> None:
        def devices(state: str) -> None:
            health = {"sound": {"state": state, "fault": "", "since": now.isoformat()}}
            conn.execute(delete(device_state))
            conn.execute(
                device_state.insert().values(terminal_id=T1, epoch=1, beat_at=now, health=health)
            )

        commands.floor.appointments["ref-1"] = now
        _say(commands, conn, now, terminal.AppointmentFind, reference="ref-1")
        devices("broken")
        with pytest.raises(TerminalOutOfOrder):
            _say(commands, conn, now, terminal.ArrivalConfirm)
        with pytest.raises(TerminalOutOfOrder):
            _say(commands, conn, now, terminal.TicketTake, service="d-1:id")
        assert case_on_terminal(conn, T1) is None
        devices("weak")
        _say(commands, conn, now, terminal.ArrivalConfirm)
        assert case_on_terminal(conn, T1) is not None

    await play(executor, now, scene)
