"""Departments hear that appointments of theirs cannot stay where they are, until they are moved.

It is worked out from the claims every minute, so it does not matter what took the capacity away: an
outage, a closure, fewer agents.  Kept as one alert per department; which appointments they are,
`booking.service.BookingService.to_be_moved` says.
"""

from datetime import datetime

from sqlalchemy import Connection

from booking.capacity import ToMove, by_department
from booking.service import BookingService
from counter.store.alerts import open_alerts, raise_alert, settle_alert
from counter.store.executor import Executor

KIND = "appointments.to_move"


async def tell_departments(executor: Executor, booking: BookingService, now: datetime) -> None:
    """Open an alert for whoever has somebody to move, and settle those of who has not."""
    found = by_department(await booking.to_be_moved(now))
    known = await executor.read(_known)
    if found.keys() != known:
        await executor.write(_tell, found, now)


def _known(conn: Connection) -> set[str]:
    """Departments that have an alert."""
    alerts = [one for one in open_alerts(conn) if one.kind == KIND]
    return {one.subject.removeprefix("department:") for one in alerts}


def _tell(conn: Connection, found: dict[str, list[ToMove]], now: datetime) -> None:
    for department in sorted(_known(conn) - found.keys()):
        settle_alert(conn, KIND, f"department:{department}", now)
    for department, some in found.items():
        facts = {"appointments": len(some), "first": some[0].start.isoformat()}
        raise_alert(conn, KIND, f"department:{department}", facts, now)
