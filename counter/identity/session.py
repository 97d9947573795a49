"""A session: who speaks on a connection, and for how long.

The token is a bearer secret of 256 bits; only its SHA-256 is kept.  Lives follow the table of
session lives in the security design: an agent idles out, a terminal's device session does not.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["terminal", "agent", "supervisor"]

LONGEST: dict[Kind, timedelta] = {
    "terminal": timedelta(days=90),
    "agent": timedelta(hours=10),
    "supervisor": timedelta(hours=10),
}
"How long a session may last at most."

IDLE: dict[Kind, timedelta] = {
    "terminal": timedelta(days=30),
    "agent": timedelta(hours=1),
    "supervisor": timedelta(hours=1),
}
"How long it lasts without a request."

ENROLMENT = timedelta(hours=24)
"How long an enrolment link waits for its terminal."


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
