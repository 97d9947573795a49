"""An open appointment as its pages show it: the whole sitting, with names and the site's clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from booking import sittings
from booking.appointment import AppointmentView, State
from booking.catalogue import Catalogue, Site
from web.citizen.choice import Part
from web.citizen.draft import read_open
from web.citizen.ports import Deps


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The appointment of this browser's reference, looked up."""

    reference: str
    view: AppointmentView
    catalogue: Catalogue
    now: datetime

    @property
    def site(self) -> Site:
        return self.catalogue.site(self.view.site)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.hours.zone)

    @property
    def whole(self) -> list[AppointmentView]:
        """The appointments of the sitting, in order; of one service, this one alone."""
        return sittings.whole(self.view)

    @property
    def parts(self) -> list[Part]:
        """The same with names, on the wall of the site."""
        return [
            Part(
                service=self.catalogue.service(one.service),
                department=self.catalogue.department(one.department),
                start=one.start.astimezone(self.zone),
                end=one.end.astimezone(self.zone),
            )
            for one in self.whole
        ]

    @property
    def change_until(self) -> datetime:
        """The last moment at which the citizen may change or cancel all of it."""
        return min(
            one.start.astimezone(self.zone)
            - timedelta(minutes=self.catalogue.service(one.service).change_until_minutes)
            for one in self.whole
        )

    @property
    def can_change(self) -> bool:
        """Whether it is booked and may still be moved or given back; the booking decides."""
        return self.view.state is State.BOOKED and self.now <= self.change_until

    @property
    def can_cancel(self) -> bool:
        """Whether it may still be given back: also by who was here and was not served."""
        return self.can_change or (self.view.state is State.BOOKED and self.view.came)

    @property
    def services(self) -> list[str]:
        """What is asked for, in order."""
        return [one.service for one in self.whole]

    @property
    def sites(self) -> list[Site]:
        """Where all of it is given."""
        given = [{site.id for site in self.catalogue.sites_for(one)} for one in self.services]
        return [
            one for one in self.catalogue.sites.values() if all(one.id in some for some in given)
        ]

    def parts_at(self, site: Site, start: datetime) -> list[Part]:
        """As `parts`, if the first began at `start` at another site."""
        by = start.astimezone(ZoneInfo(site.hours.zone)) - self.parts[0].start
        return [replace(one, start=one.start + by, end=one.end + by) for one in self.parts]


async def opened(request: web.Request, deps: Deps) -> Opened:
    """The open appointment; without one, back to the question for its number.

    Raises `UnknownReference`.
    """
    reference = read_open(request, deps)
    if reference is None:
        raise web.HTTPSeeOther("/appointment")
    now = deps.now()
    return Opened(
        reference=reference,
        view=await deps.booking.appointment(reference, now),
        catalogue=await deps.booking.catalogue(),
        now=now,
    )
