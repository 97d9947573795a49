"""What is free, for however many ask at once: one look at the store serves them all.

When a week opens, thousands ask for the same list within a second.  An answer is kept for a while
(`Freshness`), and while one is being made everybody who asks waits for that one.  It is a hint: the
claim decides.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

MOST_KEPT = 2000
"Answers; then all are let go."


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old an answer may be when it is given."""

    changed: timedelta = timedelta(0)
    "When this node has booked something since."
    unchanged: timedelta = timedelta(0)
    "When it has not; another node may have."


AT_NINE = Freshness(changed=timedelta(milliseconds=200), unchanged=timedelta(seconds=1))
"What a node that serves citizens allows."


@dataclass(slots=True)
class _Kept:
    answer: Any
    made_at: datetime
    changed: bool = False
    "Something was booked here since it was asked for."


class KeptAnswers:
    """Answers by question.  Refusals are told to all who wait, and not kept."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self._kept: dict[Hashable, _Kept] = {}
        self._making: dict[Hashable, asyncio.Task[Any]] = {}
        self._changes = 0
        self.made = 0
        "How many answers were made, for who measures."

    async def get(self, question: Hashable, now: datetime, make: Callable[[], Awaitable[T]]) -> T:
        """The answer that is fresh enough, or `make` one; one at a time for each question."""
        kept = self._kept.get(question)
        if kept is not None and self._is_fresh(kept, now):
            answer: T = kept.answer
            return answer
        making = self._making.get(question)
        if making is None:
            making = asyncio.create_task(self._make(question, now, make))
            self._making[question] = making
            making.add_done_callback(lambda done: self._made(question, done))
        # Whoever goes away takes the answer from nobody else.
        return await asyncio.shield(making)

    def changed(self) -> None:
        """Something was booked or given back on this node."""
        self._changes += 1
        for kept in self._kept.values():
            kept.changed = True
        if not self._freshness.changed:
            # What is being made has perhaps looked already: who asks now has it made again.
            self._making.clear()

    def _is_fresh(self, kept: _Kept, now: datetime) -> bool:
        limit = self._freshness.changed if kept.changed else self._freshness.unchanged
        return timedelta(0) <= now - kept.made_at < limit

    async def _make(
        self, question: Hashable, now: datetime, make: Callable[[], Awaitable[Any]]
    ) -> Any:
        self.made += 1
        before = self._changes
        answer = await make()
        if self._freshness.unchanged:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            changed = self._changes != before
            self._kept[question] = _Kept(answer=answer, made_at=now, changed=changed)
        return answer

    def _made(self, question: Hashable, done: "asyncio.Task[Any]") -> None:
        if self._making.get(question) is done:
            del self._making[question]
        if not done.cancelled():
            done.exception()  # whoever waited heard it; when all have gone, nobody minds
