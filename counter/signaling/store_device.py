"""The program beside a terminal's page: its epoch, its beat, and how its devices do."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from counter.errors import UsedElsewhere
from counter.ids import TerminalId
from counter.protocol import device as device_asks
from counter.protocol.message import Ask
from counter.signaling.device_health import (
    SILENT,
    DeviceView,
    TerminalOutOfOrder,
    abilities,
    has,
    merged,
    out_of_order,
    photographs,
    views,
)
from counter.signaling.ports import GatewayPrincipal, Json
from counter.signaling.store_step import Step
from counter.signaling.tables import device_state, terminal_state
from counter.store.cases import case_on_terminal
from counter.store.journal_sql import record
from counter.store.metadata import insert_for
from counter.store.session_log import tell

CHOOSING = "choosing"
"The sitting of somebody who has not arrived yet."


def attach_device(step: Step, terminal_id: TerminalId) -> int:
    """A newer connection of the program takes over; returns its epoch."""
    epoch: int = step.conn.execute(
        insert_for(step.conn, device_state)
        .values(terminal_id=terminal_id, epoch=1, beat_at=step.now, health={})
        .on_conflict_do_update(
            index_elements=["terminal_id"],
            set_={"epoch": device_state.c.epoch + 1, "beat_at": step.now},
        )
        .returning(device_state.c.epoch)
    ).scalar_one()
    step.news.note(f"device:{terminal_id}", "device.opened", f"terminal:{terminal_id}", epoch=epoch)
    step.news.tell(f"terminal:{terminal_id}", "device.changed", epoch=epoch)
    return epoch


def retire(conn: Connection, terminal_id: str, *, by: str, now: datetime) -> bool:
    """This terminal has no program any more: nothing that one said counts.  Whether one had."""
    gone = conn.execute(
        delete(device_state).where(device_state.c.terminal_id == terminal_id)
    ).rowcount
    if gone:
        subject = f"terminal:{terminal_id}"
        record(conn, actor=by, action="device.retired", subject=subject, facts={}, now=now)
        tell(conn, subject, "device.changed", {}, now)
    return bool(gone)


def device_epoch(conn: Connection, terminal_id: str) -> int | None:
    """The epoch that holds the program now."""
    return conn.execute(
        select(device_state.c.epoch).where(device_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()


def beat(step: Step, who: GatewayPrincipal, ask: device_asks.DeviceBeat) -> Json:
    """The program is alive; how long its page has been silent, in seconds (None: it never was)."""
    _touch(step, who)
    page = step.conn.execute(
        select(terminal_state.c.beat_at).where(terminal_state.c.terminal_id == who.subject)
    ).scalar_one_or_none()
    return {"page_silent_s": None if page is None else (step.now - page).total_seconds()}


def report(step: Step, who: GatewayPrincipal, ask: device_asks.HealthReport) -> Json:
    """Keep what a self-test found; journalled when it is news."""
    _touch(step, who)
    old = health_of(step.conn, who.subject)
    known = merged(old, ask.devices, step.now)
    if known != old:
        step.conn.execute(
            update(device_state)
            .where(device_state.c.terminal_id == who.subject)
            .values(health=known)
        )
        wrong = {
            name: entry["fault"] or entry["state"]
            for name, entry in known.items()
            if entry["state"] in ("weak", "broken")
        }
        step.news.note(who.own, "device.reported", f"terminal:{who.subject}", **wrong)
        step.news.tell(f"terminal:{who.subject}", "device.changed", faults=len(wrong))
    return {"out_of_order": bool(out_of_order(known))}


def wiped(step: Step, who: GatewayPrincipal, ask: device_asks.SittingWipe) -> None:
    """Keep that everything of a sitting was deleted on the machine."""
    _touch(step, who)
    step.news.note(
        who.own, "sitting.wiped", f"terminal:{who.subject}", sitting=ask.sitting, kept=ask.kept
    )


def sitting(conn: Connection, terminal_id: str) -> str | None:
    """Who is at this terminal now, without saying who; None: nobody."""
    if case := case_on_terminal(conn, TerminalId(terminal_id)):
        return case.id
    stage = conn.execute(
        select(terminal_state.c.stage).where(terminal_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()
    return None if stage in (None, "attract") else CHOOSING


def health_of(conn: Connection, terminal_id: str) -> dict[str, Any]:
    """What is known of its devices, by device; empty when no program ever reported."""
    row = conn.execute(
        select(device_state.c.health).where(device_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()
    return dict(row or {})


def device_views(conn: Connection, terminal_id: str) -> list[DeviceView]:
    """The devices of a terminal, those that do not work first."""
    return views(health_of(conn, terminal_id))


def silent_since(conn: Connection, terminal_id: str, now: datetime) -> datetime | None:
    """Since when the program there has not been heard; None: it has, or there is none."""
    beat_at = conn.execute(
        select(device_state.c.beat_at).where(device_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()
    return beat_at if beat_at is not None and now >= beat_at + SILENT else None


def takes_photographs(conn: Connection, terminal_id: str, now: datetime) -> bool:
    """Whether the program photographs papers there, and not the page."""
    row = conn.execute(
        select(device_state).where(device_state.c.terminal_id == terminal_id)
    ).one_or_none()
    return row is not None and photographs(row.health, row.beat_at, now)


def prints(conn: Connection, terminal_id: str, now: datetime) -> bool:
    """Whether the program prints there, and not the page."""
    row = conn.execute(
        select(device_state).where(device_state.c.terminal_id == terminal_id)
    ).one_or_none()
    return row is not None and has(row.health, row.beat_at, now, "printer")


def can(conn: Connection, terminal_id: str, device: str, now: datetime) -> list[str]:
    """What a device of the terminal's program can; empty when there is none that works."""
    row = conn.execute(
        select(device_state).where(device_state.c.terminal_id == terminal_id)
    ).one_or_none()
    return [] if row is None else abilities(row.health, row.beat_at, now, device)


def scan_sources(conn: Connection, terminal_id: str, now: datetime) -> list[str]:
    """With what devices papers can be taken there; empty: with the page's camera alone."""
    sources = can(conn, terminal_id, "scanner", now)
    row = conn.execute(
        select(device_state.c.health).where(device_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()
    works = (row or {}).get("camera", {}).get("state") in ("good", "weak")
    return ["camera", *sources] if sources and works else sources


def require_in_order(conn: Connection, terminal_id: str) -> None:
    """Raises `TerminalOutOfOrder` when nobody can be served there."""
    if broken := out_of_order(health_of(conn, terminal_id)):
        raise TerminalOutOfOrder(f"terminal {terminal_id}: {', '.join(broken)} is broken")


def _touch(step: Step, who: GatewayPrincipal) -> None:
    alive = step.conn.execute(
        update(device_state)
        .where(device_state.c.terminal_id == who.subject, device_state.c.epoch == who.epoch)
        .values(beat_at=step.now)
    ).rowcount
    if not alive:
        raise UsedElsewhere(f"{who.own}: epoch {who.epoch} is over")


COMMANDS: dict[type[Ask], Callable[[Step, GatewayPrincipal, Any], Json | None]] = {
    device_asks.DeviceBeat: beat,
    device_asks.HealthReport: report,
    device_asks.SittingWipe: wiped,
}
