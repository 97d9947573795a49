"""The program beside a terminal's page, in the store of signalling; on both engines."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import UsedElsewhere
from counter.protocol.device import DeviceBeat, DeviceHealth, HealthReport, SittingWipe
from counter.signaling.device_health import (
    SILENT,
    TerminalOutOfOrder,
    merged,
    out_of_order,
    photographs,
    views,
)
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_asks import SqlStore, follows, require_current
from counter.signaling.store_device import (
    device_views,
    require_in_order,
    sitting,
    takes_photographs,
)
from counter.signaling.tables import terminal_state
from counter.store.cases import case_table
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.session_log import session_log
from tests.documents.capture_house import CASE, TERMINAL, seat

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEYS = (f"key-{number:05d}" for number in range(100_000))
GOOD = ("camera", "good", "")


def found(*devices: tuple[str, str, str]) -> list[DeviceHealth]:
    return [
        DeviceHealth.model_validate({"device": device, "state": state, "fault": fault})
        for device, state, fault in devices
    ]


def known(**states: str) -> dict[str, dict[str, Any]]:
    return {
        name: {"state": state, "fault": "", "since": NOW.isoformat()}
        for name, state in states.items()
    }


@pytest.mark.parametrize(
    ("states", "broken"),
    [
        ({}, []),
        ({"camera": "good"}, []),
        ({"camera": "weak"}, []),
        ({"camera": "none", "scanner": "none"}, []),
        ({"camera": "broken"}, ["camera"]),
        ({"camera": "broken", "scanner": "none"}, ["camera"]),
        ({"camera": "broken", "scanner": "good"}, []),
        ({"camera": "broken", "scanner": "broken"}, ["camera", "scanner"]),
        ({"camera": "none", "scanner": "broken"}, ["scanner"]),
        ({"printer": "broken", "reader": "broken", "uplink": "broken"}, []),
        ({"sound": "broken", "clock": "good"}, ["sound"]),
        ({"clock": "broken"}, ["clock"]),
    ],
)
def test_what_keeps_a_terminal_from_serving(states: Mapping[str, str], broken: list[str]) -> None:
    assert out_of_order(known(**states)) == broken


def test_since_stays_while_nothing_changes() -> None:
    later = NOW + timedelta(minutes=10)
    first = merged({}, found(("camera", "broken", "dark")), NOW)
    again = merged(first, found(("camera", "broken", "dark")), later)
    assert again == first
    other = merged(first, found(("camera", "broken", "silent")), later)
    assert other["camera"]["since"] == later.isoformat()
    assert merged(first, found(("clock", "good", "")), later)["camera"] == first["camera"]


def test_what_does_not_work_comes_first() -> None:
    seen = views(known(camera="good", printer="broken", sound="weak", reader="none"))
    assert [(one.device, one.state) for one in seen] == [
        ("printer", "broken"),
        ("sound", "weak"),
        ("camera", "good"),
    ]


def test_a_program_that_is_silent_photographs_nothing() -> None:
    assert photographs(known(scanner="weak"), NOW, NOW + SILENT - timedelta(seconds=1))
    assert not photographs(known(scanner="weak"), NOW, NOW + SILENT)
    assert not photographs(known(camera="broken"), NOW, NOW)


@pytest.fixture
def store(executor: Executor) -> SqlStore:
    return SqlStore(executor, None)  # type: ignore[arg-type]  # these asks need no hooks


async def attached(store: SqlStore) -> GatewayPrincipal:
    who = GatewayPrincipal(audience="/device", subject=TERMINAL)
    epoch = await store.attach(who, NOW)
    return GatewayPrincipal(audience="/device", subject=TERMINAL, epoch=epoch)


async def report(store: SqlStore, who: GatewayPrincipal, *devices: tuple[str, str, str]) -> Any:
    ask = HealthReport(key=next(KEYS), devices=found(*devices))
    return await store.carry_out(who, ask, NOW)


async def test_a_report_is_kept_told_and_decides_whether_the_terminal_serves(
    store: SqlStore, executor: Executor
) -> None:
    who = await attached(store)
    assert await report(store, who, GOOD, ("sound", "good", "")) == {"out_of_order": False}
    assert await executor.read(takes_photographs, TERMINAL, NOW)
    await executor.read(require_in_order, TERMINAL)
    assert await report(store, who, ("camera", "broken", "dark")) == {"out_of_order": True}
    assert not await executor.read(takes_photographs, TERMINAL, NOW)
    with pytest.raises(TerminalOutOfOrder):
        await executor.read(require_in_order, TERMINAL)
    first = (await executor.read(device_views, TERMINAL))[0]
    assert (first.device, first.fault, first.since) == ("camera", "dark", NOW)
    kinds = await executor.read(
        lambda conn: (
            conn.execute(
                select(session_log.c.kind).where(session_log.c.audience == f"terminal:{TERMINAL}")
            )
            .scalars()
            .all()
        )
    )
    assert kinds == ["device.changed"] * 3
    assert (await executor.read(check))[1] == []


async def test_a_newer_program_takes_over(store: SqlStore, executor: Executor) -> None:
    old = await attached(store)
    new = await attached(store)
    for ask in (
        DeviceBeat(key=next(KEYS)),
        HealthReport(key=next(KEYS), devices=found(GOOD)),
        SittingWipe(key=next(KEYS), sitting="case-1", kept=0),
    ):
        with pytest.raises(UsedElsewhere):
            await store.carry_out(old, ask, NOW)
        await store.carry_out(new, ask.model_copy(update={"key": next(KEYS)}), NOW)
    await executor.read(require_current, new)


async def test_a_beat_is_answered_with_the_pages_silence(
    store: SqlStore, executor: Executor
) -> None:
    who = await attached(store)
    assert await store.carry_out(who, DeviceBeat(key=next(KEYS)), NOW) == {"page_silent_s": None}
    await executor.write(page_beat, NOW - timedelta(seconds=40))
    answer = await store.carry_out(who, DeviceBeat(key=next(KEYS)), NOW)
    assert answer == {"page_silent_s": 40.0}


def page_beat(conn: Connection, at: datetime, stage: str = "attract") -> None:
    conn.execute(
        terminal_state.insert().values(
            terminal_id=TERMINAL, stage=stage, language="pt", text_size="A", version=1, epoch=1,
            beat_at=at,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "wanted"),
    [
        (lambda conn: None, None),
        (lambda conn: page_beat(conn, NOW), None),
        (lambda conn: page_beat(conn, NOW, "departments"), "choosing"),
        (seat, CASE),
        (lambda conn: seat(conn, left=True), None),
    ],
    ids=["never opened", "nobody", "somebody chooses", "somebody sits there", "left"],
)
async def test_who_is_here_without_saying_who(
    executor: Executor, prepare: Callable[[Connection], None], wanted: str | None
) -> None:
    await executor.write(prepare)
    assert await executor.read(sitting, TERMINAL) == wanted


async def test_the_program_follows_its_terminal(executor: Executor) -> None:
    who = GatewayPrincipal(audience="/device", subject=TERMINAL)
    assert who.own == f"device:{TERMINAL}"
    assert await executor.read(follows, who) == [f"terminal:{TERMINAL}"]
    assert await executor.read(lambda conn: conn.execute(select(case_table)).all()) == []
