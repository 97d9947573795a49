"""A waiting room in front of a release: who is there before it opens gets a place by lot.

The fastest finger is not the one in greatest need.  Everybody who has come before the opening has
the same chance; who comes later stands behind them, in the order in which they came.  Then they go
in at a set rate, so that nobody inside is turned away for want of a machine.

Nothing is kept of a person: all that is needed is in the pass that they carry, and the lot follows
from a secret and their pass, so that a reload keeps the place.  Each node has a room of its own,
with its share of the rate; a pass of another node is worth the same here.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.catalogue import Department

GATHERS_BEFORE = timedelta(minutes=30)
"So long before the opening one can come and wait."
LASTS = timedelta(hours=1)
"So long after the opening the room is before the door; then nobody needs it."
UNSURE_PERCENT = 20
"Of a wait that is told as a range, either way."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What somebody who waits carries, sealed."""

    room: str
    number: int
    "In the order in which passes were given out, from 0."
    came_at: datetime
    nonce: str
    "Random, so that the lot of one says nothing of another's."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody stands now."""

    before: int | None
    "How many go in first; `None`: lots are drawn at the opening."
    enters_at: datetime
    "When their turn comes, as far as is known."
    admitted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRoom:
    """One release of one department."""

    id: str
    opens_at: datetime
    per_s: float
    "How many go in each second."

    def early(self, one: Pass) -> bool:
        """Whether they came before the opening."""
        return one.came_at < self.opens_at

    def number(self, given_out: int, now: datetime) -> int:
        """The number of the next pass.

        given_out: how many there are.  Who comes when the crowd has long gone in is not put behind
        it, and the room that it left is not kept for others.
        """
        return max(given_out, self._gone_in(now))

    def place(self, one: Pass, given_out: int, early: int, secret: bytes, now: datetime) -> Place:
        """Where the holder of a pass stands.

        given_out: how many passes there are; early: how many of them before the opening.
        secret: the same for all; the lot cannot be foretold without it.
        """
        if now < self.opens_at:
            return Place(before=None, enters_at=self.opens_at, admitted=False)
        rank = one.number
        if self.early(one):
            rank = int(self._lot(one, secret) * max(early, one.number + 1))
        enters_at = self.opens_at + timedelta(seconds=rank / self.per_s)
        before = max(0, rank - self._gone_in(now))
        return Place(before=before, enters_at=enters_at, admitted=enters_at <= now)

    def _gone_in(self, now: datetime) -> int:
        return max(0, int((now - self.opens_at).total_seconds() * self.per_s))

    def _lot(self, one: Pass, secret: bytes) -> float:
        """A number from 0 up to but without 1."""
        drawn = hmac.new(secret, f"{self.id}\n{one.nonce}".encode(), hashlib.sha256).digest()
        return int.from_bytes(drawn[:6]) / 2**48


def room_of(department: Department, per_s: float, now: datetime) -> WaitingRoom | None:
    """The room that is before the door of a department now.

    per_s: 0 or less: there are no waiting rooms.
    """
    if per_s <= 0:
        return None
    open_now = [
        one
        for one in department.releases
        if one.opens_at - GATHERS_BEFORE <= now < one.opens_at + LASTS
    ]
    if not open_now:
        return None
    # Of several the one to come: who waits for it would be lost in the one before.
    release = max(open_now, key=lambda one: (one.opens_at, one.id))
    return WaitingRoom(
        id=f"{department.id}:{release.opens_at.isoformat()}", opens_at=release.opens_at, per_s=per_s
    )


def wait_range(place: Place, now: datetime) -> tuple[int, int]:
    """(least, most) whole minutes until one's turn; never less than one at the most."""
    seconds = max(0.0, (place.enters_at - now).total_seconds())
    least = int(seconds * (100 - UNSURE_PERCENT) / 100 // 60)
    most = int(-(-seconds * (100 + UNSURE_PERCENT) / 100 // 60))
    return least, max(1, most)
