"""A citizen comes and goes: arrival makes a case and a ticket, leaving ends whatever is left.

Arrival is one transaction: appointment arrived, case, ticket, screen, first ring and journal stand
together or not at all.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from counter.case import Case
from counter.errors import NotAllowedNow
from counter.ids import AppointmentId, CaseId, DepartmentId, ServiceId, TerminalId, TicketId
from counter.signaling.dispatch import (
    AgentState,
    PairingState,
    TicketState,
    day_of,
    due_at,
    ticket_number,
)
from counter.signaling.ring import TERMINAL_LEASE
from counter.signaling.store_device import require_in_order
from counter.signaling.store_dispatch import (
    live_pairing_of_ticket,
    offer_for_agent,
    offer_for_ticket,
    unpair,
)
from counter.signaling.store_step import Step
from counter.signaling.store_terminal import Terminal, change, require_nobody, wipe
from counter.signaling.tables import ticket, ticket_counter, ticket_lives
from counter.store.cases import case_on_terminal, get_case, put_case
from counter.store.metadata import insert_for


def confirm_arrival(step: Step, terminal: Terminal) -> CaseId:
    """Yes, this is the citizen's appointment.  Raises `NotAllowedNow` when none was found."""
    require_nobody(step, terminal)
    require_in_order(step.conn, terminal.id)
    if terminal.stage != "confirm" or terminal.draft is None:
        raise NotAllowedNow(f"terminal {terminal.id}: no appointment was found yet")
    booked = step.hooks.arrive(step.conn, str(terminal.draft["reference"]), terminal.id, step.now)
    return _arrive(
        step,
        terminal,
        booked.department_id,
        booked.service_id,
        language=booked.language,
        appointment_id=booked.appointment_id,
        citizen=booked.citizen,
        needs=booked.needs,
        starts_at=booked.starts_at,
    )


def take_ticket(step: Step, terminal: Terminal, service_id: ServiceId) -> CaseId:
    """No appointment: a walk-in ticket in the terminal's language."""
    require_nobody(step, terminal)
    require_in_order(step.conn, terminal.id)
    department_id = step.hooks.catalogue.walk_in(terminal.id, service_id, step.now)
    return _arrive(step, terminal, department_id, service_id, language=terminal.language)


def _arrive(
    step: Step,
    terminal: Terminal,
    department_id: DepartmentId,
    service_id: ServiceId,
    *,
    language: str,
    appointment_id: AppointmentId | None = None,
    citizen: str = "",
    needs: tuple[str, ...] = (),
    starts_at: datetime | None = None,
) -> CaseId:
    case = Case(
        id=CaseId(step.hooks.new_id()),
        number=_next_number(step, department_id),
        terminal_id=terminal.id,
        site_id=step.hooks.catalogue.site_of(terminal.id),
        department_id=department_id,
        service_id=service_id,
        appointment_id=appointment_id,
        citizen=citizen,
        language=language,
        needs=needs,
        agent_id=None,
        opened_at=step.now,
    )
    put_case(step.conn, case)
    ticket_id = TicketId(step.hooks.new_id())
    step.conn.execute(
        ticket.insert().values(
            id=ticket_id,
            case_id=case.id,
            terminal_id=terminal.id,
            department_id=department_id,
            service_id=service_id,
            language=language,
            number=case.number,
            booked=appointment_id is not None,
            starts_at=starts_at,
            arrived_at=step.now,
            due=due_at(arrived_at=step.now, starts_at=starts_at),
            state=TicketState.WAITING,
            rev=0,
            lease_until=step.now + TERMINAL_LEASE,
            requeued=False,
        )
    )
    # The language and the size of letters stay with the citizen; what was looked up does not.
    change(step, terminal, stage="attract", department_id=None, draft=None)
    step.news.tell(f"terminal:{terminal.id}", "ticket.taken", number=case.number)
    step.news.tell(f"department:{department_id}", "ticket.taken", number=case.number)
    step.news.queue(department_id)
    step.news.note(
        f"terminal:{terminal.id}",
        "ticket.taken",
        f"case:{case.id}",
        department=department_id,
        service=service_id,
        number=case.number,
        booked=appointment_id is not None,
    )
    offer_for_ticket(step, ticket_id)
    return case.id


def _next_number(step: Step, department_id: DepartmentId) -> str:
    count: int = step.conn.execute(
        insert_for(step.conn, ticket_counter)
        .values(department_id=department_id, day=day_of(step.now), last=1)
        .on_conflict_do_update(
            index_elements=["department_id", "day"], set_={"last": ticket_counter.c.last + 1}
        )
        .returning(ticket_counter.c.last)
    ).scalar_one()
    return ticket_number(step.hooks.catalogue.prefix(department_id), count)


def give_place_up(step: Step, terminal: Terminal) -> None:
    """Leave the queue.  Raises `NotAllowedNow` when nobody waits, or the call has begun."""
    live = _live_ticket(step, terminal.id)
    if live is None or live.state == TicketState.ACTIVE:
        raise NotAllowedNow(f"nobody waits at terminal {terminal.id}")
    leave(step, terminal.id)


def leave(
    step: Step,
    terminal_id: TerminalId,
    *,
    pairing_to: PairingState = PairingState.ENDED,
    reason: str = "left",
) -> Case | None:
    """The citizen is gone: ticket, ring and call end, the case leaves, the terminal forgets.

    Harmless when nobody is there.  The appointment of who was not served can be used once more.
    """
    found = case_on_terminal(step.conn, terminal_id)
    if found is None:
        wipe(step, terminal_id)
        return None
    live = _live_ticket(step, terminal_id)
    if live is not None:
        _abandon(step, live, pairing_to, reason)
    case = get_case(step.conn, found.id, lock=True).left(step.now)
    put_case(step.conn, case)
    step.hooks.left(step.conn, case, step.now)
    wipe(step, terminal_id)
    if case.agent_id:
        step.news.tell(f"agent:{case.agent_id}", "visit.left", case_id=case.id)
    step.news.note(f"terminal:{terminal_id}", "visit.left", f"case:{case.id}", reason=reason)
    return case


def _live_ticket(step: Step, terminal_id: TerminalId) -> Any:
    return step.conn.execute(
        select(ticket.c.id, ticket.c.state, ticket.c.department_id)
        .where(ticket.c.terminal_id == terminal_id, ticket_lives)
        .with_for_update()
    ).one_or_none()


def _abandon(step: Step, live: Any, pairing_to: PairingState, reason: str) -> None:
    pairing_id = live_pairing_of_ticket(step, TicketId(live.id))
    ended = pairing_id and unpair(
        step,
        pairing_id,
        to=pairing_to,
        ticket_to=TicketState.ABANDONED,
        # Nobody has spoken yet: there is nothing to write up, the next one can be rung.
        agent_to=AgentState.IDLE if live.state == TicketState.OFFERED else AgentState.WRAPUP,
        reason=reason,
    )
    if ended:
        offer_for_agent(step, ended.agent_id)
        return
    step.conn.execute(
        update(ticket)
        .where(ticket.c.id == live.id)
        .values(state=TicketState.ABANDONED, rev=ticket.c.rev + 1)
    )
    step.news.queue(live.department_id)
