"""One transaction of signalling: where it is, what time it is, what it will say at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from counter.case import Case, Outcome
from counter.ids import NewId, TerminalId
from counter.signaling.news import News
from counter.signaling.ports import ArrivedAppointment, Catalogue, FoundAppointment
from counter.store.journal_sql import record
from counter.store.session_log import tell

P = ParamSpec("P")
R = TypeVar("R")


def _nothing(conn: Connection, case: Case, now: datetime) -> None:
    """Nobody else wants to know."""


def _shows_nothing(conn: Connection, case_id: str, sha256: str) -> bool:
    """No case has pages."""
    return False


def _no_papers(
    conn: Connection, case: Case, outcome: Outcome, papers: Mapping[str, date | None], now: datetime
) -> None:
    """No paper is missing."""


def _no_originals(conn: Connection, case: Case) -> None:
    """Nothing lies there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What other parts do inside a transaction of this one."""

    new_id: NewId
    catalogue: Catalogue
    find: Callable[[Connection, str, TerminalId, datetime], FoundAppointment]
    "By what was typed or read, for this terminal.  Raises a refusal; changes nothing."
    arrive: Callable[[Connection, str, TerminalId, datetime], ArrivedAppointment]
    "Mark it as arrived.  Raises a refusal."
    shows: Callable[[Connection, str, str], bool] = _shows_nothing
    "Whether a stored page, by its digest, is of this case."
    closing: Callable[[Connection, Case, Outcome, Mapping[str, date | None], datetime], None] = (
        _no_papers
    )
    """Before an agent closes the case so; with what is said of papers that are missing, by item.
    Raises a refusal."""
    originals: Callable[[Connection, Case], None] = _no_originals
    "Raises a refusal while an original lies at the terminal; not asked of an agent who knows."
    closed: Callable[[Connection, Case, datetime], None] = _nothing
    "After an agent has closed the case."
    left: Callable[[Connection, Case, datetime], None] = _nothing
    "After the citizen has left the terminal; an open case was closed as abandoned."


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Handed to every function that takes part in the transaction."""

    conn: Connection
    hooks: Hooks
    now: datetime
    news: News = field(default_factory=News)


def in_step(
    conn: Connection,
    hooks: Hooks,
    now: datetime,
    command: Callable[Concatenate[Step, P], R],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run `command(step, …)`, then write what it has to say, in the same transaction."""
    step = Step(conn=conn, hooks=hooks, now=now)
    result = command(step, *args, **kwargs)
    for audience, kind, body in step.news.tells():
        tell(conn, audience, kind, body, now)
    for note in step.news.notes:
        record(
            conn,
            actor=note.actor,
            action=note.action,
            subject=note.subject,
            facts=note.facts,
            now=now,
        )
    return result
