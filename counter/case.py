"""The matter (辦事): what it gathers, when it may close.  It outlives calls.

A case opens on arrival, is worked on by one agent at a time, closes with an outcome, and leaves the
terminal when the citizen does.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from counter.errors import NotAllowedNow
from counter.ids import AgentId, AppointmentId, CaseId, DepartmentId, ServiceId, SiteId, TerminalId


class Outcome(StrEnum):
    """How a case ended; an agent cannot close without one."""

    COMPLETED = "completed"
    ACCEPTED = "accepted"
    PAPERS_MISSING = "papers_missing"
    REFERRED = "referred"
    NO_SHOW = "no_show"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter of one citizen, as it stands."""

    id: CaseId
    number: str
    "Ticket number of the day, such as `A013`."
    terminal_id: TerminalId
    site_id: SiteId
    department_id: DepartmentId
    service_id: ServiceId
    appointment_id: AppointmentId | None
    citizen: str
    "Name as booked; empty for a walk-in until the agent has asked."
    language: str
    needs: tuple[str, ...]
    agent_id: AgentId | None
    "Who is working on it now."
    opened_at: datetime
    outcome: Outcome | None = None
    next_step: str = ""
    note: str = ""
    stars: int | None = None
    closed_at: datetime | None = None
    left_at: datetime | None = None
    "When the citizen left the terminal."

    @property
    def open(self) -> bool:
        """Work may still be done on it."""
        return self.closed_at is None

    def closed(self, outcome: Outcome, *, next_step: str, note: str, now: datetime) -> "Case":
        """Close it.  Raises `NotAllowedNow` when it is closed already with another outcome."""
        if not self.open:
            if self.outcome is outcome:
                return self
            raise NotAllowedNow(f"case {self.id} was closed as {self.outcome}")
        return replace(self, outcome=outcome, next_step=next_step, note=note, closed_at=now)

    def rated(self, stars: int) -> "Case":
        """Keep how it was.  Raises `NotAllowedNow` before the case is closed."""
        if self.open:
            raise NotAllowedNow(f"case {self.id} is open: it is rated after it was closed")
        return replace(self, stars=stars)

    def left(self, now: datetime) -> "Case":
        """The citizen left the terminal; an open case closes as abandoned."""
        if self.left_at is not None:
            return self
        closed = (
            self.closed(Outcome.ABANDONED, next_step="", note="", now=now) if self.open else self
        )
        return replace(closed, left_at=now)
