"""What was typed into a form of the administration, and how it is read: texts, times, days, sums.

Whatever was sent becomes text of a sane length.  What cannot be read is a finding like any other.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from booking.calendar import Texts
from booking.catalogue import LANGUAGES, Department
from booking.catalogue_changes import midnight
from booking.catalogue_findings import Finding, Mistake

LONGEST = 400
MOST_FIELDS = 200
YEARS = range(2000, 2100)
"Of days that somebody may mean."
NOT_OURS = ("csrf", "step")
Typed = dict[str, str]
T = TypeVar("T")
_CLOCK = re.compile(r"(\d{1,2})[:h.](\d{2})", re.ASCII)


class Unreadable(Exception):
    """Something that was typed is no number, no time or no day."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        super().__init__("a form with something that cannot be read")
        self.findings = tuple(findings)


def typed_of(form: Mapping[str, Any]) -> Typed:
    """The fields that were sent."""
    return {
        str(name)[:60]: _plain(value)
        for name, value in list(form.items())[:MOST_FIELDS]
        if isinstance(value, str) and name not in NOT_OURS
    }


def _plain(value: str) -> str:
    """One line of what can be printed."""
    words = " ".join(value[:LONGEST].split())
    return "".join(one for one in words if one.isprintable())


class Reader:
    """Reads one form, and gathers what it cannot read."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self.findings: list[Finding] = []

    def text(self, field: str) -> str:
        return self.typed.get(field, "")

    def texts(self, field: str) -> Texts:
        """One text in every language."""
        return {language: self.text(f"{field}-{language}") for language in LANGUAGES}

    def has(self, field: str) -> bool:
        """Whether something was ticked, or written."""
        return bool(self.text(field))

    def number(self, field: str) -> int:
        """A whole number; 0 when it cannot be read."""
        text = self.text(field)
        if re.fullmatch(r"-?\d{1,6}", text, re.ASCII):
            return int(text)
        return self._wrong(field, 0)

    def number_or_none(self, field: str) -> int | None:
        return self.number(field) if self.has(field) else None

    def minor(self, field: str) -> int:
        """A sum with at most two decimals, in hundredths."""
        try:
            hundredths = Decimal(self.text(field).replace(",", ".")) * 100
            if hundredths == int(hundredths) and abs(hundredths) < 10**12:
                return int(hundredths)
        except (InvalidOperation, OverflowError, ValueError):
            pass
        return self._wrong(field, 0)

    def day(self, field: str) -> date:
        try:
            found = date.fromisoformat(self.text(field))
        except ValueError:
            found = date.min
        return found if found.year in YEARS else self._wrong(field, date(YEARS[0], 1, 1))

    def minute(self, field: str, about: str | None = None) -> int:
        """`09:30` as minutes after midnight.  about: the field that a mistake is said at."""
        found = _CLOCK.fullmatch(self.text(field))
        if found and int(found[1]) * 60 + int(found[2]) <= 1440 and int(found[2]) < 60:
            return int(found[1]) * 60 + int(found[2])
        return self._wrong(about or field, 0)

    def stretches(self, prefix: str, count: int) -> tuple[tuple[int, int], ...]:
        """`opens-<prefix>1`, `closes-<prefix>1`, …; rows with neither are none."""
        about = f"opens-{prefix}1"
        return tuple(
            (
                self.minute(f"opens-{prefix}{number}", about),
                self.minute(f"closes-{prefix}{number}", about),
            )
            for number in range(1, count + 1)
            if self.has(f"opens-{prefix}{number}") or self.has(f"closes-{prefix}{number}")
        )

    def moment(self, day: str, clock: str, zone: str) -> datetime:
        """A wall clock of the department, in UTC."""
        at, minute = self.day(day), min(self.minute(clock), 1439)
        wall = time(minute // 60, minute % 60)
        return datetime.combine(at, wall, ZoneInfo(zone)).astimezone(UTC)

    def done(self) -> None:
        """Raises `Unreadable` when something could not be read; each field is said once."""
        if self.findings:
            raise Unreadable({one.field: one for one in self.findings}.values())

    def _wrong(self, field: str, instead: T) -> T:
        self.findings.append(Finding(field=field, mistake=Mistake.UNREADABLE))
        return instead


def from_at(typed: Typed, department: Department) -> datetime | None:
    """When the change is to take effect; `None`: at once.  Raises `Unreadable`."""
    if typed.get("from") != "day":
        return None
    reader = Reader(typed)
    day = reader.day("from_day")
    reader.done()
    return midnight(department, day).astimezone(UTC)


def clock(minute: int) -> str:
    """`09:30` of minutes after midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
