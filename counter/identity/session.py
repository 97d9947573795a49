"""A session: who speaks on a connection, and for how long.

The token is a bearer secret of 256 bits; only its SHA-256 is kept.  Lives follow the table of
session lives in the security design: an agent idles out, a terminal's device session does not.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["terminal", "device", "agent", "supervisor"]
"`terminal`: a kiosk's page; `device`: the program beside it."

LONGEST: dict[Kind, timedelta] = {
    "terminal": timedelta(days=90),
    "device": timedelta(days=90),
    "agent": timedelta(hours=10),
    "supervisor": timedelta(hours=10),
}
"How long a session may last at most."

IDLE: dict[Kind, timedelta] = {
    "terminal": timedelta(days=30),
    "device": timedelta(days=30),
    "agent": timedelta(hours=1),
    "supervisor": timedelta(hours=1),
}
"How long it lasts without a request."

ENROLMENT = timedelta(hours=24)
"How long an enrolment link waits for its terminal."

BOOT = timedelta(seconds=60)
"How long a ticket waits for the browser that the terminal's program has just started."

OF_A_MACHINE: tuple[Kind, ...] = ("terminal", "device")
"Whose older sessions end when a machine becomes a terminal: a place has one machine."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in agent, or one enrolled terminal."""

    token_sha256: str
    kind: Kind
    subject: str
    "The agent's or terminal's id."
    csrf: str
    created_at: datetime
    seen_at: datetime

    def alive(self, now: datetime) -> bool:
        """Neither too old nor idle for too long."""
        return now < self.created_at + LONGEST[self.kind] and now < self.seen_at + IDLE[self.kind]

    def stale(self, now: datetime) -> bool:
        """`seen_at` is worth writing again: not at each request."""
        return now > self.seen_at + timedelta(minutes=1)


def digest(token: str) -> str:
    """What is kept of a secret: SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
