"""The wall's state from the store of this process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.documents.store_originals import forgotten_since
from counter.ids import TerminalId
from counter.media.series import Shares
from counter.media.store_quality_reading import lines_of, shares
from counter.signaling.dispatch import AgentState, TicketState
from counter.signaling.ring import TERMINAL_LEASE
from counter.signaling.store_device import device_views, silent_since
from counter.signaling.store_screens import (
    agents_by_department,
    call_view,
    queue_view,
    terminal_view,
)
from counter.store.cases import case_on_terminal
from counter.store.executor import Executor
from web.wall.ports import BadDevice, QueueTile, TerminalTile, WallState, WeakLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWall:
    """See `web.wall.ports.Wall`."""

    executor: Executor
    catalogue: Callable[[], Catalogue]
    clock: Callable[[], datetime]

    async def read(self, language: str) -> WallState:
        """One consistent look."""
        return await self.executor.read(_read, self.catalogue(), language, self.clock())

    async def line_shares(self, days: int) -> Sequence[Shares]:
        """Up to this moment."""
        now = self.clock()
        return await self.executor.read(shares, now - timedelta(days=days), now)


def _read(conn: Connection, catalogue: Catalogue, language: str, now: datetime) -> WallState:
    agents = agents_by_department(conn, now)
    rows = queue_view(conn, list(catalogue.departments))
    queues = []
    for department in catalogue.departments.values():
        waiting = [
            row.arrived_at
            for row in rows
            if row.department_id == department.id and row.state is not TicketState.ACTIVE
        ]
        states = agents.get(department.id, [])
        longest = now - min(waiting) if waiting else timedelta()
        queues.append(
            QueueTile(
                department_id=department.id,
                territory=department.territory,
                name=department.short_names[language],
                waiting=len(waiting),
                longest_min=int(longest.total_seconds() // 60),
                ready=states.count(AgentState.IDLE),
                busy=sum(state in (AgentState.OFFERED, AgentState.BUSY) for state in states),
            )
        )
    places = [terminal.id for site in catalogue.sites.values() for terminal in site.terminals]
    on = {terminal_id: _call(conn, terminal_id, now) for terminal_id in places}
    terminals = [
        TerminalTile(
            terminal_id=terminal.id,
            name=f"{site.names[language]} {terminal.number}",
            state=_state(conn, terminal.id, now),
            fault=_fault(conn, terminal.id),
            line=_line(conn, on[terminal.id]),
            call_id=on[terminal.id],
            devices=(*_forgotten(conn, terminal.id), *_bad_devices(conn, terminal.id, now)),
        )
        for site in catalogue.sites.values()
        for terminal in site.terminals
    ]
    return WallState(queues=tuple(queues), terminals=tuple(terminals))


def _bad_devices(conn: Connection, terminal_id: str, now: datetime) -> list[BadDevice]:
    """What the program there found; of one that is silent, that it is."""
    if since := silent_since(conn, terminal_id, now):
        return [BadDevice(device="program", fault="silent", since=since)]
    return [
        BadDevice(device=one.device, fault=one.fault, since=one.since)
        for one in device_views(conn, terminal_id)
        if one.state in ("weak", "broken")
    ]


def _forgotten(conn: Connection, terminal_id: str) -> list[BadDevice]:
    """A paper that whoever sat there before has left."""
    since = forgotten_since(conn, terminal_id)
    case = case_on_terminal(conn, TerminalId(terminal_id))
    if since is None or (case is not None and case.opened_at <= since):
        return []
    return [BadDevice(device="bed", fault="forgotten", since=since)]


def _state(conn: Connection, terminal_id: str, now: datetime) -> str:
    view = terminal_view(conn, terminal_id)
    if view.beat_at is None or view.beat_at + TERMINAL_LEASE < now:
        return "away"
    case = case_on_terminal(conn, TerminalId(terminal_id))
    if case is None:
        return "free" if view.stage == "attract" else "choosing"
    if not case.open:
        return "leaving"
    return "call" if call_view(conn, case.id, now) else "waiting"


def _call(conn: Connection, terminal_id: str, now: datetime) -> str:
    """The call at this terminal, or empty."""
    case = case_on_terminal(conn, TerminalId(terminal_id))
    call = call_view(conn, case.id, now) if case is not None else None
    return call.call_id if call is not None else ""


def _line(conn: Connection, call_id: str) -> WeakLine | None:
    """The worse of the two lines of a call."""
    weak = [
        WeakLine(
            side="terminal" if owner.startswith("terminal:") else "agent",
            verdict=told.verdict,
            cause=told.cause,
        )
        for owner, told in sorted(lines_of(conn, [call_id])[call_id].items())
        if told.verdict != "good" and told.cause is not None
    ]
    return min(weak, key=lambda one: one.verdict, default=None)  # "bad" before "weak"


def _fault(conn: Connection, terminal_id: str) -> str:
    view = terminal_view(conn, terminal_id)
    if view.camera in ("refused", "missing"):
        return f"camera_{view.camera}"
    if view.microphone in ("refused", "missing"):
        return f"microphone_{view.microphone}"
    return ""
