"""When a citizen is reminded of an appointment: two days and two hours before it.

What is owed is written down when the appointment is booked or moved; whether it is still true is
asked again when it is due, so nobody is reminded of what was moved or cancelled.
"""

from datetime import datetime, timedelta

REMINDED = "appointment.reminder"
"What the outbox calls it."
AHEAD = (timedelta(hours=48), timedelta(hours=2))
"Longest first."


def due(start: datetime, now: datetime) -> list[tuple[timedelta, datetime]]:
    """How long before `start`, and when; none whose time is past already."""
    return [(ahead, start - ahead) for ahead in AHEAD if start - ahead > now]


def in_time(start: datetime, ahead: timedelta, now: datetime) -> bool:
    """Whether a reminder that comes late is still of use: before the next one, and the start."""
    later = [one for one in AHEAD if one < ahead]
    return now < start - max(later, default=timedelta())
