"""A terminal whose devices let it serve nobody is not booked, until they work again.

What its program reported last counts.  One alert per terminal remembers which outage was noted; it
is noted again while the terminal stays broken, so that a day is never forgotten.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from booking.service import BookingService
from counter.signaling.device_health import out_of_order
from counter.signaling.store_device import health_of
from counter.store.alerts import open_alerts, raise_alert, settle_alert
from counter.store.executor import Executor

KIND: Final = "terminal.out_of_order"
BY: Final = "counter:devices"
NOTED_FOR: Final = timedelta(hours=12)
AGAIN_BEFORE: Final = timedelta(hours=1)


async def tell_booking(
    executor: Executor,
    booking: BookingService,
    catalogue: Catalogue,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    """Note the outages of terminals that are broken, and end those of who works again."""
    broken = await executor.read(_broken, catalogue)
    known = await executor.read(_known)
    units = {
        terminal.id: (f"site:{site.id}", terminal.number - 1)
        for site in catalogue.sites.values()
        for terminal in site.terminals
    }
    for terminal_id, facts in known.items():
        until = datetime.fromisoformat(facts["until"])
        if terminal_id not in broken:
            await booking.end_outage(facts["outage"], BY, now)
        elif until - now > AGAIN_BEFORE:
            continue
        await executor.write(settle_alert, KIND, f"terminal:{terminal_id}", now)
    for terminal_id, devices in broken.items():
        facts = known.get(terminal_id, {})
        if facts and datetime.fromisoformat(facts["until"]) - now > AGAIN_BEFORE:
            continue
        resource, unit = units[terminal_id]
        until = now + NOTED_FOR
        noted = await booking.note_outage(
            resource, unit, now, until, f"broken: {', '.join(devices)}", BY, now, new_id()
        )
        told = {"outage": noted.outage_id, "until": until.isoformat(), "devices": devices}
        await executor.write(raise_alert, KIND, f"terminal:{terminal_id}", told, now)


def _broken(conn: Connection, catalogue: Catalogue) -> dict[str, list[str]]:
    """By terminal: the devices for whose sake it serves nobody."""
    found = {
        terminal.id: out_of_order(health_of(conn, terminal.id))
        for site in catalogue.sites.values()
        for terminal in site.terminals
    }
    return {terminal_id: devices for terminal_id, devices in found.items() if devices}


def _known(conn: Connection) -> dict[str, dict[str, Any]]:
    return {
        one.subject.removeprefix("terminal:"): one.facts
        for one in open_alerts(conn)
        if one.kind == KIND
    }
