"""What others take between the look and the insert: lost, missed, and made up for, or refused."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from booking import store_claims
from booking.errors import SlotTaken
from booking.scarce import Want
from booking.tables import appointment, claim
from counter.store.executor import Executor

LANE = "department:dsf"


def appear(conn: Connection, now: datetime, *people: str) -> None:
    """An appointment of each, without a claim."""
    for who in people:
        conn.execute(
            appointment.insert().values(
                id=who,
                idem=who,
                reference_sha256=who,
                person_key=who,
                needs=[],
                department="dsf",
                service="s",
                site="h",
                first_grain=1,
                grains=1,
                state="booked",
                version=2,
                created_at=now,
            )
        )


def take(conn: Connection, who: str, now: datetime, *units: int) -> None:
    """Take one of these lanes."""
    wanted = [Want(resource=LANE, grain=1, units=units)]
    store_claims.take(conn, who, wanted, start_at=0, expire=lambda _: None, now=now)


def owners(conn: Connection) -> dict[int, str]:
    """Who has which lane."""
    return {row.unit: row.appointment_id for row in conn.execute(select(claim))}


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return `blind(n)`: the next n looks see nothing, as if others came right after them."""

    def for_some(looks: int) -> None:
        look, left = store_claims._taken, [None] * looks

        def taken(*asked: Any) -> Any:
            if left:
                left.pop()
                return {}
            return look(*asked)

        monkeypatch.setattr(store_claims, "_taken", taken)

    return for_some


async def test_a_unit_that_is_lost_after_the_look_is_made_up_for_by_another(
    executor: Executor, now: datetime, blind: Callable[[int], None]
) -> None:
    await executor.write(appear, now, "other", "mine")
    await executor.write(take, "other", now, 0, 1)
    blind(1)
    await executor.write(take, "mine", now, 0, 1)
    assert await executor.read(owners) == {0: "other", 1: "mine"}


async def test_the_last_unit_that_is_lost_after_the_look_is_refused(
    executor: Executor, now: datetime, blind: Callable[[int], None]
) -> None:
    await executor.write(appear, now, "other", "mine")
    await executor.write(take, "other", now, 0)
    blind(1)
    with pytest.raises(SlotTaken):
        await executor.write(take, "mine", now, 0)
    assert await executor.read(owners) == {0: "other"}


async def test_who_loses_every_round_is_refused(
    executor: Executor, now: datetime, blind: Callable[[int], None]
) -> None:
    await executor.write(appear, now, "other", "mine")
    await executor.write(take, "other", now, 0)
    blind(store_claims.ROUNDS)
    with pytest.raises(SlotTaken, match="others were faster"):
        await executor.write(take, "mine", now, 0, 1)
    assert await executor.read(owners) == {0: "other"}
