"""What screens show of the agent's hands: read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from counter.signaling.hand import AT_FIRST, MADE_BY_TERMINAL, Hand, Permission
from counter.signaling.tables import call, hand, hand_use

SHOWN = 20
"Uses that a screen lists, newest first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How the terminal shall be in one respect."""

    hand: Hand
    value: Any
    rev: int
    state: Literal["asked", "done", "cannot"]
    cannot: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One announced use."""

    seq: int
    word: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsView:
    """The agent's hands in a call."""

    permission: Permission
    wishes: Mapping[Hand, Wish]
    "Only what was ever wished for."
    uses: tuple[Use, ...]
    "Newest first."

    def value(self, which: Hand) -> Any:
        """How the terminal shall be."""
        wish = self.wishes.get(which)
        return wish.value if wish else AT_FIRST[which]


def hands_view(conn: Connection, call_id: str) -> HandsView:
    """The hands in this call, which is on."""
    permission: Permission = conn.execute(
        select(call.c.hands).where(call.c.id == call_id)
    ).scalar_one()
    wishes = {
        Hand(row.hand): _wish(row)
        for row in conn.execute(select(hand).where(hand.c.call_id == call_id))
    }
    uses = conn.execute(
        select(hand_use.c.seq, hand_use.c.word, hand_use.c.at)
        .where(hand_use.c.call_id == call_id)
        .order_by(hand_use.c.seq.desc())
        .limit(SHOWN)
    )
    return HandsView(
        permission=permission,
        wishes=wishes,
        uses=tuple(Use(seq=row.seq, word=row.word, at=row.at) for row in uses),
    )


def _wish(row: Any) -> Wish:
    which = Hand(row.hand)
    made = which not in MADE_BY_TERMINAL or row.done_rev == row.rev
    return Wish(
        hand=which,
        value=row.value,
        rev=row.rev,
        state="cannot" if row.cannot else "done" if made else "asked",
        cannot=row.cannot,
    )
