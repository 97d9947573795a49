"""The waiting list as others use it."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from booking import scarce, slots, waitlist
from booking.appointment import ANYBODY, Details, Wish, checked, new_reference
from booking.catalogue import LANGUAGES
from booking.errors import BadDetails, NotOfferedHere, SlotIsFree
from booking.grains import GRAINS_A_DAY, day_grain, grains_of
from booking.openings_service import OpeningsService
from booking.orders import CatalogueChanged
from booking.scarce import Used
from booking.waitlist import Joined, JoinOrder, WaitView

LONGEST_KEY = 80


class WaitlistService(OpeningsService):
    """Whoever found no slot waits for one, and is offered the first that becomes free."""

    _new_id: Callable[[], str]
    _random_bytes: Callable[[int], bytes]

    async def join_waitlist(
        self,
        key: str,
        service_id: str,
        site_id: str,
        from_at: datetime,
        until_at: datetime,
        contact: str,
        language: str,
        person: str,
        now: datetime,
        wish: Wish = ANYBODY,
    ) -> Joined:
        """Wait for a slot that begins at `from_at` or later and is over by `until_at`.

        key and person: as of a hold.  contact: where the offer is told; it is good for
        `booking.waitlist.OFFER_FOR`.  Asked again with the same key, the entry is the same and the
        reference a new one: the last one told opens it.
        wish: what is spoken, and what the terminal must have; not where others sit.
        Raises `SlotIsFree`, `TooManyWaiting`, `NotReleased`, `ClosedDay`, `SlotTaken` (no slot
        begins in that time, free or not), `BadDetails`, `NotInCatalogue`, `NotOfferedHere`,
        `NotInThisLanguage`.
        """
        bad = [] if 1 <= len(key) <= LONGEST_KEY else ["key"]
        bad += [] if from_at.tzinfo and until_at.tzinfo else ["start"]
        bad += [] if language in LANGUAGES else ["language"]
        bad += [] if contact.strip() else ["contact"]
        if bad:
            raise BadDetails(tuple(bad))
        contact = checked(Details(name="-", contact=contact)).contact
        entry_id, reference = self._new_id(), new_reference(self._random_bytes)
        while True:
            catalogue = await self.catalogue(now)
            service, site = slots.offered(catalogue, service_id, site_id, wish)
            if wish.others:
                raise NotOfferedHere("no waiting list for several sites at once")
            wanted = waitlist.wanted_between(catalogue, service, site, from_at, until_at, wish, now)
            days = waitlist.days_of(wanted, site)

            def free(used: Used) -> datetime | None:
                found = waitlist.free_for(catalogue, wanted, days, used, now)  # noqa: B023
                return next((offer.start for offer in found), None)

            order = JoinOrder(
                entry_id=entry_id,
                idem=hashlib.sha256(f"{person}\n{key}".encode()).hexdigest(),
                reference=reference,
                person=person,
                department=service.department,
                wanted=wanted,
                grains=grains_of(service),
                contact=contact,
                language=language,
                catalogue_version=catalogue.version,
                resources=scarce.shared_resources(service, site, wish),
                from_grain=day_grain(site, days[0]),
                until_grain=day_grain(site, days[-1]) + GRAINS_A_DAY,
                free=free,
            )
            try:
                return await self._store.join(order, now)
            except CatalogueChanged:
                self._catalogue = None
            except SlotIsFree:
                self._answers.wrong()
                raise

    async def leave_waitlist(self, reference: str, now: datetime) -> WaitView:
        """Wait no longer, and give back what is offered; repeated, it answers how it stands.

        Raises `UnknownReference`.
        """
        view = await self._store.leave(reference, now)
        self._answers.changed()
        return view

    async def waiting(self, reference: str, now: datetime) -> WaitView:
        """The entry of a reference, typed as people type.  Raises `UnknownReference`.

        While it is offered a slot, `offer.reference` is confirmed or cancelled as any hold is.
        """
        return await self._store.waiting(reference, now)
