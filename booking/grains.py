"""Time in grains of five minutes since 1970 in UTC.

So lengths differ without slots ever straddling a boundary.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.catalogue import Service, Site

GRAIN = timedelta(minutes=5)
GRAINS_A_DAY = timedelta(days=1) // GRAIN


def grain_of(instant: datetime) -> int:
    """The grain in which `instant` lies."""
    return int(instant.timestamp()) // int(GRAIN.total_seconds())


def instant_of(grain: int) -> datetime:
    """When `grain` begins, in UTC."""
    return datetime.fromtimestamp(grain * GRAIN.total_seconds(), UTC)


def local_day(site: Site, instant: datetime) -> date:
    """The day on the wall of the site."""
    return instant.astimezone(ZoneInfo(site.hours.zone)).date()


def day_grain(site: Site, day: date) -> int:
    """The grain that stands for a whole day: that of its midnight at the site."""
    return grain_of(datetime.combine(day, time(), ZoneInfo(site.hours.zone)))


def grains_of(service: Service) -> int:
    """How many grains one appointment takes."""
    return -(-service.slot_minutes * 60 // int(GRAIN.total_seconds()))
