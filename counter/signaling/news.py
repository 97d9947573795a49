"""What one transaction has to say: collected while it decides, written at its end.

Written in one order, audiences sorted and the journal last, so that two transactions that tell the
same screens do not wait for each other crosswise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Fact = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line for the journal; actor and subject are `kind:id`."""

    actor: str
    action: str
    subject: str
    facts: Mapping[str, Fact]


@dataclass(slots=True)
class News:
    """Tells and notes of one transaction.  Bodies are flat and hold no personal data."""

    notes: list[Note] = field(default_factory=list)
    _tells: list[tuple[str, str, Mapping[str, Fact]]] = field(default_factory=list)

    def tell(self, audience: str, kind: str, **body: Fact) -> None:
        """Say it once to `audience`, however often it comes up."""
        if (audience, kind, body) not in self._tells:
            self._tells.append((audience, kind, body))

    def queue(self, department_id: str) -> None:
        """The queue of this department, or who serves it, looks different now."""
        self.tell(f"department:{department_id}", "queue.changed")

    def note(self, actor: str, action: str, subject: str, **facts: Fact) -> None:
        """Keep for the journal."""
        self.notes.append(Note(actor=actor, action=action, subject=subject, facts=facts))

    def tells(self) -> Iterator[tuple[str, str, Mapping[str, Fact]]]:
        """(audience, kind, body) by audience; in the order they came up for each."""
        return iter(sorted(self._tells, key=lambda told: told[0]))
