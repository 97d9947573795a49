"""A department hears of appointments that cannot stay, and hears no more once they can."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from booking.appointment import Details
from booking.store_sql import booking_service, plant_seed
from counter.app.to_move import KIND, tell_departments
from counter.store.alerts import open_alerts
from counter.store.executor import Executor
from counter.store.journal_sql import record
from counter.store.outbox import owe

TEN = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


async def test_one_alert_stands_while_somebody_is_to_be_moved(
    executor: Executor, now: datetime, new_id: Callable[[], str]
) -> None:
    numbers = count(1)
    assert await plant_seed(executor, now)
    booking = booking_service(
        executor,
        record=record,
        owe=owe,
        new_id=new_id,
        random_bytes=lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size],
    )
    slot = ("dsf-salaries-tax-certificate", "hengqin-centre", TEN)
    hold = await booking.hold("k", *slot, "p", now)
    await booking.confirm(hold.reference, Details(name="A"), now)

    await tell_departments(executor, booking, now)
    assert await executor.read(open_alerts) == []
    noted = await booking.note_outage(
        "department:dsf", 0, TEN, TEN + timedelta(hours=1), "ill", "agent:chief", now
    )
    for _ in range(2):
        await tell_departments(executor, booking, now)
    (alert,) = await executor.read(open_alerts)
    assert (alert.kind, alert.subject) == (KIND, "department:dsf")
    assert alert.facts == {"appointments": 1, "first": TEN.isoformat()}

    await booking.end_outage(noted.outage_id, "agent:chief", now)
    await tell_departments(executor, booking, now)
    assert await executor.read(open_alerts) == []
