"""From an ask to its command: one table, one transaction each, carried out once per key.

Contract: `counter.signaling.ports.Store`.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import Connection, select

from counter.case import Outcome
from counter.errors import BadInput, NotFound, UsedElsewhere
from counter.ids import AgentId, CallId, DepartmentId, PairingId, ServiceId, TerminalId
from counter.protocol import desk as desk_asks
from counter.protocol import device as device_asks
from counter.protocol import terminal as terminal_asks
from counter.protocol.message import Ask
from counter.signaling import (
    store_calls,
    store_desk,
    store_device,
    store_hand_asks,
    store_legs,
    store_legs_reading,
    store_party_asks,
    store_sweep,
    store_terminal,
    store_visit,
)
from counter.signaling.dispatch import TicketState
from counter.signaling.media_ports import Stock
from counter.signaling.ports import GatewayPrincipal, Json, LegPlace, Overdue, Unarranged
from counter.signaling.store_screens import departments_of
from counter.signaling.store_step import Hooks, Step, in_step
from counter.signaling.store_terminal import Terminal
from counter.signaling.tables import ticket
from counter.store.executor import Executor
from counter.store.once import once

Command = Callable[[Step, GatewayPrincipal, Any], Json | None]
OnTerminal = Callable[[Step, Terminal, Any], Json | None]


def _terminal(run: OnTerminal) -> Command:
    def command(step: Step, who: GatewayPrincipal, ask: Ask) -> Json | None:
        terminal_id = TerminalId(who.subject)
        return run(step, store_terminal.locked_terminal(step, terminal_id, who.epoch), ask)

    return command


def _open_screen(step: Step, terminal: Terminal, ask: terminal_asks.ScreenOpen) -> None:
    department = DepartmentId(ask.department) if ask.department else None
    store_terminal.open_screen(step, terminal, ask.stage, department)


def _choose_language(step: Step, terminal: Terminal, ask: terminal_asks.LanguageChoose) -> None:
    store_terminal.choose_language(step, terminal, ask.language)


def _choose_text_size(step: Step, terminal: Terminal, ask: terminal_asks.TextSizeChoose) -> None:
    store_terminal.choose_text_size(step, terminal, ask.text_size)


def _find(step: Step, terminal: Terminal, ask: terminal_asks.AppointmentFind) -> None:
    store_terminal.find_appointment(step, terminal, ask.reference)


def _confirm(step: Step, terminal: Terminal, ask: terminal_asks.ArrivalConfirm) -> Json:
    return {"case_id": store_visit.confirm_arrival(step, terminal)}


def _take_ticket(step: Step, terminal: Terminal, ask: terminal_asks.TicketTake) -> Json:
    return {"case_id": store_visit.take_ticket(step, terminal, ServiceId(ask.service))}


def _give_up(step: Step, terminal: Terminal, ask: terminal_asks.TicketLeave) -> None:
    store_visit.give_place_up(step, terminal)


def _leave(step: Step, terminal: Terminal, ask: terminal_asks.VisitLeave) -> None:
    store_visit.leave(step, terminal.id)


def _rate(step: Step, terminal: Terminal, ask: terminal_asks.VisitRate) -> None:
    store_terminal.rate(step, terminal, ask.stars)


def _report(step: Step, terminal: Terminal, ask: terminal_asks.DeviceReport) -> None:
    store_terminal.report_devices(step, terminal, ask.camera, ask.microphone)


def _terminal_beat(step: Step, who: GatewayPrincipal, ask: terminal_asks.TerminalBeat) -> None:
    store_terminal.beat(step, TerminalId(who.subject), who.epoch)


def _desk_beat(step: Step, who: GatewayPrincipal, ask: desk_asks.DeskBeat) -> None:
    store_desk.beat(step, AgentId(who.subject), who.epoch)


def _choose_presence(step: Step, who: GatewayPrincipal, ask: desk_asks.PresenceChoose) -> None:
    store_desk.choose_presence(step, AgentId(who.subject), who.epoch, ask.presence)


def _accept(step: Step, who: GatewayPrincipal, ask: desk_asks.OfferAccept) -> None:
    store_desk.take_offer(step, AgentId(who.subject), who.epoch, PairingId(ask.pairing_id))


def _decline(step: Step, who: GatewayPrincipal, ask: desk_asks.OfferDecline) -> None:
    store_desk.decline_offer(step, AgentId(who.subject), who.epoch, PairingId(ask.pairing_id))


def _close(step: Step, who: GatewayPrincipal, ask: desk_asks.CaseClose) -> Json:
    case = store_desk.close_case(
        step,
        AgentId(who.subject),
        who.epoch,
        Outcome(ask.outcome),
        ask.next_step,
        ask.note,
        {paper.item: _day(paper.until) for paper in ask.papers},
        originals=ask.originals,
    )
    return {"case_id": case.id}


def _day(until: str | None) -> date | None:
    """Raises `BadInput` for a day that no month has."""
    try:
        return date.fromisoformat(until) if until else None
    except ValueError as wrong:
        raise BadInput("case.close: papers.until is not a day") from wrong


COMMANDS: Final[Mapping[type[Ask], Command]] = {
    terminal_asks.ScreenOpen: _terminal(_open_screen),
    terminal_asks.LanguageChoose: _terminal(_choose_language),
    terminal_asks.TextSizeChoose: _terminal(_choose_text_size),
    terminal_asks.AppointmentFind: _terminal(_find),
    terminal_asks.ArrivalConfirm: _terminal(_confirm),
    terminal_asks.TicketTake: _terminal(_take_ticket),
    terminal_asks.TicketLeave: _terminal(_give_up),
    terminal_asks.VisitLeave: _terminal(_leave),
    terminal_asks.VisitRate: _terminal(_rate),
    terminal_asks.DeviceReport: _terminal(_report),
    terminal_asks.TerminalBeat: _terminal_beat,
    desk_asks.DeskBeat: _desk_beat,
    desk_asks.PresenceChoose: _choose_presence,
    desk_asks.OfferAccept: _accept,
    desk_asks.OfferDecline: _decline,
    desk_asks.CaseClose: _close,
    **store_device.COMMANDS,
    **store_party_asks.COMMANDS,
    **store_hand_asks.DESK,
    **store_hand_asks.DEVICE,
    **{ask: _terminal(run) for ask, run in store_hand_asks.TERMINAL.items()},
}
"Every ask that is one transaction of signalling."

REPEATABLE: Final = frozenset(
    {terminal_asks.TerminalBeat, desk_asks.DeskBeat, device_asks.DeviceBeat}
)
"Harmless when repeated: their keys are not kept."


def carry_out(
    conn: Connection, hooks: Hooks, who: GatewayPrincipal, ask: Ask, now: datetime
) -> Json:
    """Run the command of `ask`.  Raises what the command refuses, `UsedElsewhere` when stale."""
    command = COMMANDS.get(type(ask))
    if command is None:
        raise BadInput(f"{ask.event} is not an ask of signalling")

    def run(conn: Connection) -> Json:
        return in_step(conn, hooks, now, command, who, ask) or {}

    if type(ask) in REPEATABLE:
        return run(conn)
    return cast(Json, once(conn, who.own, ask.key, _said(ask), run, now))


def _said(ask: Ask) -> str:
    """What a key stands for: the event and its body, shortened to 128 bits.

    The same key with another body is refused; answered alike, it would seem to be carried out.
    """
    body = ask.model_dump_json(exclude={"key"})
    return f"{ask.event}:{hashlib.sha256(body.encode()).hexdigest()[:32]}"


def attach(conn: Connection, hooks: Hooks, who: GatewayPrincipal, now: datetime) -> int:
    """A newer connection of this subject takes over; its epoch fences all older ones."""
    if who.audience == "/agent":
        return in_step(conn, hooks, now, store_desk.log_in, AgentId(who.subject))
    if who.audience == "/device":
        return in_step(conn, hooks, now, store_device.attach_device, TerminalId(who.subject))
    return in_step(conn, hooks, now, store_terminal.attach_terminal, TerminalId(who.subject))


EPOCHS: Final = {
    "/agent": store_desk.agent_epoch,
    "/device": store_device.device_epoch,
    "/terminal": store_terminal.terminal_epoch,
}


def current_epoch(conn: Connection, who: GatewayPrincipal) -> int:
    """The epoch that holds this subject's desk or terminal.  Raises `NotFound`."""
    epoch = EPOCHS[who.audience](conn, who.subject)
    if epoch is None:
        raise NotFound(f"{who.own} is not known")
    return epoch


def require_current(conn: Connection, who: GatewayPrincipal) -> None:
    """Raises `UsedElsewhere` when a newer connection has taken over.

    For commands of other parts, in their own transaction.
    """
    if (epoch := current_epoch(conn, who)) != who.epoch:
        raise UsedElsewhere(f"{who.own}: epoch {who.epoch} is over, {epoch} holds it")


def follows(conn: Connection, who: GatewayPrincipal) -> list[str]:
    """Audiences besides its own: an agent's queues, the queue that the citizen stands in.

    The program of a terminal follows the terminal.
    """
    if who.audience == "/agent":
        departments = departments_of(conn, who.subject)
    elif who.audience == "/device":
        return [f"terminal:{who.subject}"]  # whatever changes there may be work for it
    else:
        departments = tuple(
            conn.execute(
                select(ticket.c.department_id).where(
                    ticket.c.terminal_id == who.subject,
                    ticket.c.state.in_((TicketState.WAITING, TicketState.OFFERED)),
                )
            ).scalars()
        )
    return [f"department:{department_id}" for department_id in departments]


class SqlStore:
    """The store of signalling on either executor."""

    def __init__(self, executor: Executor, hooks: Hooks) -> None:
        self._executor = executor
        self._hooks = hooks

    async def carry_out(self, who: GatewayPrincipal, ask: Ask, now: datetime) -> Json:
        return await self._executor.write(carry_out, self._hooks, who, ask, now)

    async def attach(self, who: GatewayPrincipal, now: datetime) -> int:
        return await self._executor.write(attach, self._hooks, who, now)

    async def leg_place(self, who: GatewayPrincipal) -> LegPlace:
        return await self._executor.read(_leg_place, who)

    async def seat_leg(self, place: LegPlace, worker: str, now: datetime) -> str:
        return await self._executor.write(store_legs.seat_leg, place, worker, now)

    async def leg_made(
        self, place: LegPlace, worker: str, leg_id: str, now: datetime
    ) -> int | None:
        return await self._executor.write(store_legs.leg_made, place, worker, leg_id, now)

    async def forsake(self, worker: str, owners: Collection[str] | None, now: datetime) -> None:
        await self._executor.write(store_legs.forsake, worker, owners, now)

    async def legs_lost(self, worker: str, owners: Collection[str], now: datetime) -> None:
        await self._executor.write(store_legs.legs_lost, worker, owners, now)

    async def idle_legs(self) -> list[LegPlace]:
        return await self._executor.read(store_legs_reading.idle_legs)

    async def retire_leg(self, place: LegPlace) -> bool:
        return await self._executor.write(store_legs.retire_leg, place)

    async def occupied(self) -> dict[str, Stock]:
        return await self._executor.read(store_legs_reading.occupied)

    async def unknown_calls(self, worker: str, calls: Collection[str]) -> None:
        await self._executor.write(store_legs.unknown_calls, worker, calls)

    async def unarranged(self) -> list[Unarranged]:
        return await self._executor.read(store_calls.unarranged)

    async def arranged(self, call: Unarranged) -> bool:
        return await self._executor.write(store_calls.arranged, call)

    async def call_now(self, call_id: CallId) -> Unarranged | None:
        return await self._executor.read(store_calls.call_now, call_id)

    async def unreleased(self) -> list[tuple[CallId, str]]:
        return await self._executor.read(store_calls.unreleased)

    async def release(self, call_id: CallId) -> None:
        await self._executor.write(store_calls.release, call_id)

    async def forgive(self, now: datetime) -> None:
        await self._executor.write(store_sweep.forgive, now)

    async def overdue(self, now: datetime) -> list[Overdue]:
        return await self._executor.read(store_sweep.overdue, now)

    async def settle(self, item: Overdue, now: datetime) -> None:
        await self._executor.write(_settle, self._hooks, item, now)


def _leg_place(conn: Connection, who: GatewayPrincipal) -> LegPlace:
    require_current(conn, who)
    return store_legs_reading.leg_place(conn, who.own)


def _settle(conn: Connection, hooks: Hooks, item: Overdue, now: datetime) -> None:
    in_step(conn, hooks, now, store_sweep.settle, item)
