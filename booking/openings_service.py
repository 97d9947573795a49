"""What can be booked: the catalogue, the days, the times of a day, the earliest of all.

The catalogue is kept in memory with its version; what was worked out from an older one is worked
out again, so what an administrator changes holds from the next question on.  Answers are kept for a
moment as well: see `booking.availability_service`.
"""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime
from typing import TypeVar

from booking import openings, release, scarce, slots
from booking.appointment import ANYBODY, Wish
from booking.availability_service import Freshness, KeptAnswers
from booking.catalogue import Catalogue, Department, Service, Site
from booking.errors import NotInThisLanguage, NotOfferedHere, NotReleased, SlotTaken
from booking.grains import GRAINS_A_DAY, day_grain
from booking.openings import EarlyOffer
from booking.orders import CatalogueChanged
from booking.ports import Store
from booking.scarce import Used
from booking.search import Found, Simplify
from booking.search_service import SearchService, as_written
from booking.slots import DayAvailability, SlotOffer

T = TypeVar("T")


class OpeningsService:
    """Questions that change nothing; their answers are hints, a hold decides."""

    def __init__(self, store: Store, freshness: Freshness, simplify: Simplify = as_written) -> None:
        """freshness: how old an answer may be; `Freshness()` asks the store every time."""
        self._store = store
        self._catalogue: Catalogue | None = None
        self._answers = KeptAnswers(freshness)
        self._finder = SearchService(simplify)

    async def catalogue(self, now: datetime | None = None) -> Catalogue:
        """The snapshot in use; for pages that need names.

        now: what was scheduled to take effect by then has.
        """
        if self._catalogue is None:
            self._catalogue = await self._store.catalogue()
        if now is not None and self._catalogue.has_changes_due(now):
            await self._store.take_effect(now)
            self._catalogue = await self._store.catalogue()
            self._answers.changed()
        return self._catalogue

    async def _claimed(self, command: Awaitable[T]) -> T | None:
        """What a claim came to; None: the catalogue is another one, work it out again.

        What is kept here is old after it, and wrong when it is refused with `SlotTaken`.
        """
        try:
            made = await command
        except CatalogueChanged:
            self._catalogue = None
            return None
        except SlotTaken:
            self._answers.wrong()
            raise
        self._answers.changed()
        return made

    async def departments(self) -> list[Department]:
        """All departments, in order."""
        return list((await self.catalogue()).departments.values())

    async def department(self, department_id: str) -> Department:
        """Raises `NotInCatalogue`."""
        return (await self.catalogue()).department(department_id)

    async def services(self, department_id: str) -> list[Service]:
        """What a department gives, in order.  Raises `NotInCatalogue`."""
        return (await self.catalogue()).services_of(department_id)

    async def service(self, service_id: str) -> Service:
        """Raises `NotInCatalogue`."""
        return (await self.catalogue()).service(service_id)

    async def sites_for(self, service_id: str) -> list[Site]:
        """Where a service is given.  Raises `NotInCatalogue`."""
        return (await self.catalogue()).sites_for(service_id)

    async def search(self, text: str) -> list[Found]:
        """Services that fit what somebody typed, the best first; see `booking.search`."""
        return await self._finder.search(await self.catalogue(), text)

    async def days(
        self, service_id: str, site_id: str, now: datetime, wish: Wish = ANYBODY
    ) -> list[DayAvailability]:
        """Every day of the booking window, with what is left of it or why nothing is.

        Raises `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`.
        """
        return await self.sitting_days([service_id], site_id, now, wish)

    async def sitting_days(
        self, service_ids: Sequence[str], site_id: str, now: datetime, wish: Wish = ANYBODY
    ) -> list[DayAvailability]:
        """As `days`, for services one after another in one seat, in this order."""

        async def make() -> list[DayAvailability]:
            days = await self._window(service_ids, site_id, now)
            catalogue, used = await self._used(service_ids, site_id, days[0], days[-1], now, wish)
            services, site = _offered(catalogue, service_ids, site_id, wish)
            return [
                openings.fitting_day(catalogue, services, site, day, used, now, wish)
                for day in days
            ]

        version = (await self.catalogue(now)).version
        question = ("days", version, tuple(service_ids), site_id, wish)
        return await self._answers.get(question, now, make)

    async def slots(
        self, service_id: str, site_id: str, day: date, now: datetime, wish: Wish = ANYBODY
    ) -> list[SlotOffer]:
        """The free slots of a day of the window; a hint, the claim decides.

        Raises `NotInCatalogue`, `NotOfferedHere`, `NotInThisLanguage`, `NotReleased`, `ClosedDay`.
        """
        return await self.sitting_slots([service_id], site_id, day, now, wish)

    async def sitting_slots(
        self,
        service_ids: Sequence[str],
        site_id: str,
        day: date,
        now: datetime,
        wish: Wish = ANYBODY,
    ) -> list[SlotOffer]:
        """As `slots`: times at which all services fit one after another, in this order."""

        async def make() -> list[SlotOffer]:
            if day not in await self._window(service_ids, site_id, now):
                raise NotReleased(f"{day.isoformat()} cannot be booked now")
            catalogue, used = await self._used(service_ids, site_id, day, day, now, wish)
            services, site = _offered(catalogue, service_ids, site_id, wish)
            for service in services:
                release.must_be_open(catalogue, service, site, day)
                if release.opens_at(catalogue.department(service.department), day, now) is not None:
                    raise NotReleased(f"{day.isoformat()} cannot be booked yet")
            return openings.fitting(catalogue, services, site, day, used, now, wish)

        version = (await self.catalogue(now)).version
        question = ("slots", version, tuple(service_ids), site_id, day, wish)
        return await self._answers.get(question, now, make)

    async def earliest(
        self,
        service_id: str,
        site_id: str | None,
        now: datetime,
        wish: Wish = ANYBODY,
        count: int = 3,
        also: Sequence[str] = (),
    ) -> list[EarlyOffer]:
        """The first free times, in order; at one site, or at all that give the service.

        also: services that are to follow in the same seat.
        Raises `NotInCatalogue`; with a site also `NotOfferedHere`, `NotInThisLanguage`.
        """
        service_ids = [service_id, *also]
        given = (await self.catalogue(now)).sites_for(service_id)
        found: list[EarlyOffer] = []
        for site in [site_id] if site_id else [one.id for one in given]:
            try:
                found += await self._first_times(service_ids, site, now, wish, count)
            except (NotOfferedHere, NotInThisLanguage):
                if site_id:
                    raise
        return sorted(found, key=lambda one: one.start)[:count]

    async def _first_times(
        self, service_ids: Sequence[str], site_id: str, now: datetime, wish: Wish, count: int
    ) -> list[EarlyOffer]:
        async def make() -> list[EarlyOffer]:
            days = await self._window(service_ids, site_id, now)
            catalogue, used = await self._used(service_ids, site_id, days[0], days[-1], now, wish)
            services, site = _offered(catalogue, service_ids, site_id, wish)
            return openings.first_times(catalogue, services, site, days, used, now, wish, count)

        version = (await self.catalogue(now)).version
        question = ("earliest", version, tuple(service_ids), site_id, wish, count)
        return await self._answers.get(question, now, make)

    async def _window(self, service_ids: Sequence[str], site_id: str, now: datetime) -> list[date]:
        """Days that are in the window of every service."""
        catalogue = await self.catalogue(now)
        site = catalogue.site(site_id)
        departments = [
            catalogue.department(catalogue.service(one).department) for one in service_ids
        ]
        return min((release.window(one, site, now) for one in departments), key=len)

    async def _used(
        self,
        service_ids: Sequence[str],
        site_id: str,
        from_day: date,
        to_day: date,
        now: datetime,
        wish: Wish,
    ) -> tuple[Catalogue, Used]:
        """A catalogue and what is taken of it between two days, of the same moment."""
        while True:
            catalogue = await self.catalogue(now)
            services, site = _offered(catalogue, service_ids, site_id, wish)
            resources = [scarce.shared_resources(one, site, wish) for one in services]
            version, used = await self._store.used(
                sorted({one for some in resources for one in some}),
                day_grain(site, from_day),
                day_grain(site, to_day) + GRAINS_A_DAY,
                now,
            )
            if version == catalogue.version:
                return catalogue, used
            self._catalogue = None


def _offered(
    catalogue: Catalogue, service_ids: Sequence[str], site_id: str, wish: Wish
) -> tuple[list[Service], Site]:
    pairs = [slots.offered(catalogue, one, site_id, wish) for one in service_ids]
    return [service for service, _ in pairs], pairs[0][1]
