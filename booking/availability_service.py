"""What is free, for however many ask at once: one look at the store serves them all.

When a week opens, thousands ask for the same list within a second.  An answer is kept for a while
(`Freshness`), and while one is being made everybody who asks waits for that one.  It is a hint: the
claim decides.  Once a claim has shown a hint to be wrong, it is given to nobody any more.
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


_HALF_A_SECOND = timedelta(milliseconds=500)
AT_NINE = Freshness(changed=_HALF_A_SECOND, unchanged=_HALF_A_SECOND)
"What a node that serves citizens allows; what is made of these answers may be as old again."


@dataclass(slots=True)
class _Kept:
    answer: Any
    made_at: datetime
    changed: bool = False
    "Something was booked here since it was asked for."


@dataclass(slots=True)
class _Making:
    task: "asyncio.Task[Any]"
    begun: int
    "How many hints had been found wrong before it looked."


class KeptAnswers:
    """Answers by question.  Refusals are told to all who wait, and not kept."""

    def __init__(self, freshness: Freshness) -> None:
        self._freshness = freshness
        self._kept: dict[Hashable, _Kept] = {}
        self._making: dict[Hashable, _Making] = {}
        self._changes = 0
        self._wrong = 0
        self.made = 0
        "How many answers were made, for who measures."

    async def get(self, question: Hashable, now: datetime, make: Callable[[], Awaitable[T]]) -> T:
        """The answer that is fresh enough, or `make` one; one at a time for each question."""
        asked = self._wrong
        while True:
            kept = self._kept.get(question)
            if kept is not None and self._is_fresh(kept, now):
                answer: T = kept.answer
                return answer
            making = self._making.get(question)
            if making is None:
                making = self._begin(question, now, make)
            if making.begun >= asked:
                # Whoever goes away takes the answer from nobody else.
                return await asyncio.shield(making.task)
            # It may have looked too early for who asks now: all of these share the next one.
            await asyncio.wait([making.task])

    def changed(self) -> None:
        """Something was booked or given back on this node."""
        self._changes += 1
        for kept in self._kept.values():
            kept.changed = True
        if not self._freshness.changed:
            # What is being made has perhaps looked already: who asks now has it made again.
            self._making.clear()

    def wrong(self) -> None:
        """Somebody was refused what an answer offered: what was looked at before is forgotten."""
        self._wrong += 1
        self._kept.clear()

    def _begin(
        self, question: Hashable, now: datetime, make: Callable[[], Awaitable[Any]]
    ) -> _Making:
        task = asyncio.create_task(self._make(question, now, make))
        making = self._making[question] = _Making(task=task, begun=self._wrong)
        task.add_done_callback(lambda done: self._made(question, done))
        return making

    def _is_fresh(self, kept: _Kept, now: datetime) -> bool:
        limit = self._freshness.changed if kept.changed else self._freshness.unchanged
        return timedelta(0) <= now - kept.made_at < limit

    async def _make(
        self, question: Hashable, now: datetime, make: Callable[[], Awaitable[Any]]
    ) -> Any:
        self.made += 1
        before, wrong = self._changes, self._wrong
        answer = await make()
        if self._freshness.unchanged and wrong == self._wrong:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            changed = self._changes != before
            self._kept[question] = _Kept(answer=answer, made_at=now, changed=changed)
        return answer

    def _made(self, question: Hashable, done: "asyncio.Task[Any]") -> None:
        making = self._making.get(question)
        if making is not None and making.task is done:
            del self._making[question]
        if not done.cancelled():
            done.exception()  # whoever waited heard it; when all have gone, nobody minds
