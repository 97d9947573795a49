"""The terminal's screen before arrival, kept by the server so that a reload resumes in place.

Every change raises `version`.  From arrival on the case on the terminal decides what is shown.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, select, update

from counter.case import Case
from counter.errors import NotAllowedNow, NotFound, UsedElsewhere
from counter.ids import DepartmentId, TerminalId
from counter.signaling.ring import TERMINAL_LEASE
from counter.signaling.store_step import Step
from counter.signaling.tables import terminal_state, ticket, ticket_lives
from counter.store.cases import case_on_terminal, get_case, put_case
from counter.store.metadata import insert_for

Stage = Literal["attract", "start", "reference", "departments", "services", "confirm"]
DeviceHealth = Literal["good", "refused", "missing"]

WIPED: dict[str, Any] = {
    "stage": "attract",
    "language": "zh-Hant",
    "text_size": "A",
    "department_id": None,
    "draft": None,
}
"What a terminal is when nobody stands before it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A terminal as this transaction found and locked it."""

    id: TerminalId
    stage: Stage
    language: str
    text_size: str
    draft: dict[str, Any] | None
    epoch: int
    version: int


def locked_terminal(step: Step, terminal_id: TerminalId, epoch: int) -> Terminal:
    """The terminal, locked.  Raises `UsedElsewhere` when a newer connection holds it."""
    terminal = any_terminal(step, terminal_id)
    if terminal.epoch != epoch:
        raise UsedElsewhere(
            f"terminal {terminal_id}: epoch {epoch} is over, {terminal.epoch} holds it"
        )
    return terminal


def any_terminal(step: Step, terminal_id: str) -> Terminal:
    """The terminal, locked, whoever holds it.  Raises `NotFound`."""
    row = step.conn.execute(
        select(terminal_state).where(terminal_state.c.terminal_id == terminal_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(f"terminal {terminal_id} was never connected")
    return Terminal(
        id=TerminalId(terminal_id),
        stage=row.stage,
        language=row.language,
        text_size=row.text_size,
        draft=row.draft,
        epoch=row.epoch,
        version=row.version,
    )


def attach_terminal(step: Step, terminal_id: TerminalId) -> int:
    """A newer page takes the terminal over; returns its epoch."""
    epoch: int = step.conn.execute(
        insert_for(step.conn, terminal_state)
        .values(terminal_id=terminal_id, version=0, epoch=1, beat_at=step.now, **WIPED)
        .on_conflict_do_update(
            index_elements=["terminal_id"], set_={"epoch": terminal_state.c.epoch + 1}
        )
        .returning(terminal_state.c.epoch)
    ).scalar_one()
    step.news.tell(f"terminal:{terminal_id}", "terminal.changed", epoch=epoch)
    step.news.note(
        f"terminal:{terminal_id}", "terminal.opened", f"terminal:{terminal_id}", epoch=epoch
    )
    beat(step, terminal_id, epoch)
    return epoch


def beat(step: Step, terminal_id: TerminalId, epoch: int) -> None:
    """The terminal is alive: renew its lease and that of the ticket taken on it."""
    alive = step.conn.execute(
        update(terminal_state)
        .where(terminal_state.c.terminal_id == terminal_id, terminal_state.c.epoch == epoch)
        .values(beat_at=step.now)
    ).rowcount
    if not alive:
        raise UsedElsewhere(f"terminal {terminal_id}: epoch {epoch} is over")
    step.conn.execute(
        update(ticket)
        .where(ticket.c.terminal_id == terminal_id, ticket_lives)
        .values(lease_until=step.now + TERMINAL_LEASE)
    )


def open_screen(
    step: Step, terminal: Terminal, stage: Stage, department_id: DepartmentId | None
) -> None:
    """Go to a screen before arrival.  Raises `NotAllowedNow` while a case is on the terminal."""
    require_nobody(step, terminal)
    if stage == "attract":
        change(step, terminal, **WIPED)
        return
    if (stage == "services") != (department_id is not None):
        raise NotAllowedNow("the screen `services` is of one department, and no other screen is")
    if department_id is not None:
        step.hooks.catalogue.prefix(department_id)
    change(step, terminal, stage=stage, department_id=department_id, draft=None)


def choose_language(step: Step, terminal: Terminal, language: str) -> None:
    """Speak this language until the citizen leaves; the agent sees it, and forms follow it."""
    change(step, terminal, language=language)
    case = case_on_terminal(step.conn, terminal.id)
    if case is not None and case.open and case.language != language:
        held = get_case(step.conn, case.id, lock=True)
        put_case(step.conn, replace(held, language=language))
        step.conn.execute(
            update(ticket).where(ticket.c.case_id == held.id).values(language=language)
        )
        step.news.queue(held.department_id)
        if held.agent_id:
            step.news.tell(f"agent:{held.agent_id}", "language.chosen", case_id=held.id)


def choose_text_size(step: Step, terminal: Terminal, text_size: str) -> None:
    """Write in this size until the citizen leaves."""
    change(step, terminal, text_size=text_size)


def find_appointment(step: Step, terminal: Terminal, reference: str) -> None:
    """Look a reference up and show what it leads to.  What `Hooks.find` raises changes nothing."""
    require_nobody(step, terminal)
    found = step.hooks.find(step.conn, reference, terminal.id, step.now)
    draft = {
        "reference": found.reference,
        "appointment_id": found.appointment_id,
        "department_id": found.department_id,
        "service_id": found.service_id,
        "starts_at": found.starts_at.isoformat(),
    }
    change(step, terminal, stage="confirm", department_id=found.department_id, draft=draft)


def rate(step: Step, terminal: Terminal, stars: int) -> None:
    """Keep how it was.  Raises `NotAllowedNow` before the case is closed."""
    case = locked_case(step, terminal.id)
    put_case(step.conn, case.rated(stars))
    step.news.tell(f"terminal:{terminal.id}", "terminal.changed", version=terminal.version)
    step.news.note(f"terminal:{terminal.id}", "visit.rated", f"case:{case.id}", stars=stars)


def report_devices(
    step: Step, terminal: Terminal, camera: DeviceHealth, microphone: DeviceHealth
) -> None:
    """Keep what the terminal found out about itself; the agent sees it too."""
    change(step, terminal, camera=camera, microphone=microphone)
    case = case_on_terminal(step.conn, terminal.id)
    if case and case.agent_id:
        step.news.tell(
            f"agent:{case.agent_id}", "terminal.changed", camera=camera, microphone=microphone
        )


def change(step: Step, terminal: Terminal, **values: Any) -> None:
    """Write the screen and tell it."""
    version = terminal.version + 1
    step.conn.execute(
        update(terminal_state)
        .where(terminal_state.c.terminal_id == terminal.id)
        .values(version=version, **values)
    )
    step.news.tell(f"terminal:{terminal.id}", "terminal.changed", version=version)


def require_nobody(step: Step, terminal: Terminal) -> None:
    """Raises `NotAllowedNow` while a citizen's case is on the terminal."""
    if case_on_terminal(step.conn, terminal.id):
        raise NotAllowedNow(f"terminal {terminal.id} has a case on it; it is left first")


def locked_case(step: Step, terminal_id: TerminalId) -> Case:
    """The case on this terminal.  Raises `NotAllowedNow` when there is none."""
    case = case_on_terminal(step.conn, terminal_id)
    if case is None:
        raise NotAllowedNow(f"nobody has arrived at terminal {terminal_id}")
    return get_case(step.conn, case.id, lock=True)


def wipe(step: Step, terminal_id: TerminalId) -> None:
    """Forget the citizen: language, size, what was found."""
    version = step.conn.execute(
        update(terminal_state)
        .where(terminal_state.c.terminal_id == terminal_id)
        .values(version=terminal_state.c.version + 1, **WIPED)
        .returning(terminal_state.c.version)
    ).scalar_one_or_none()
    step.news.tell(f"terminal:{terminal_id}", "terminal.changed", version=version)


def terminal_epoch(conn: Connection, terminal_id: str) -> int | None:
    """The epoch that holds the terminal now."""
    return conn.execute(
        select(terminal_state.c.epoch).where(terminal_state.c.terminal_id == terminal_id)
    ).scalar_one_or_none()
