"""An open appointment as its pages show it: the whole sitting, with names and the site's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

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
        return sorted((self.view, *self.view.sitting), key=lambda one: one.start)

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
    def can_cancel(self) -> bool:
        """Whether it is booked and may still be given back; the booking decides."""
        return self.view.state is State.BOOKED and self.now <= self.change_until

    @property
    def can_move(self) -> bool:
        """As `can_cancel`; a sitting has no other time to go to as one, it is booked anew."""
        return self.can_cancel and not self.view.sitting


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
