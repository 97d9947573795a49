"""Which days are open for booking, and when those that are not will be."""

from datetime import date, datetime, timedelta

from booking.calendar import why_closed
from booking.catalogue import Catalogue, Department, Service, Site
from booking.errors import ClosedDay, NotReleased
from booking.grains import local_day
from booking.worked_out import once

WINDOW_DAYS = 30
"Today and the days after it that can be booked where a department has no release schedule."
MOST_DAYS = 92
"Shown of a release schedule, so that a page stays a page."


def window(department: Department, site: Site, now: datetime) -> list[date]:
    """The days that are open for booking, or will be: today and those after it."""
    today = local_day(site, now)
    last = today + timedelta(days=WINDOW_DAYS - 1)
    if department.releases:
        last = max(today, *(release.to_day for release in department.releases))
    days = min((last - today).days + 1, MOST_DAYS)
    return [today + timedelta(days=ahead) for ahead in range(days)]


def opens_at(department: Department, day: date, now: datetime) -> datetime | None:
    """When `day` opens for booking, if that is to come; None when it is open.

    Raises `NotReleased` when nobody has said that it will.
    """
    if not department.releases:
        return None
    found = [one.opens_at for one in department.releases if one.from_day <= day <= one.to_day]
    if not found:
        raise NotReleased(f"{day.isoformat()} is not opened for booking")
    return None if min(found) <= now else min(found)


def must_be_open(catalogue: Catalogue, service: Service, site: Site, day: date) -> None:
    """Raises `ClosedDay` with its reason."""
    department = catalogue.department(service.department)
    closed = once(
        catalogue,
        ("closed", department.id, site.id, day),
        lambda: why_closed(department.hours, site.hours, day),
    )
    if closed:
        raise ClosedDay(closed)


def must_be_released(
    catalogue: Catalogue, service: Service, site: Site, day: date, now: datetime
) -> None:
    """Raises `NotReleased` outside the booking window, and `ClosedDay` with its reason."""
    department = catalogue.department(service.department)
    if day not in window(department, site, now):
        raise NotReleased(f"{day.isoformat()} cannot be booked now")
    must_be_open(catalogue, service, site, day)
    if opens_at(department, day, now) is not None:
        raise NotReleased(f"{day.isoformat()} cannot be booked yet")
