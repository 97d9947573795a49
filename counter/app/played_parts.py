"""Parts that the operator of a development counter plays: an agent, a terminal, who comes there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from counter.app.admin_socket import Json
from counter.app.operations_ports import Booking, Identity
from counter.app.seed import PEOPLE
from counter.app.terminal_sites import site_of
from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.ids import NewId

LOCAL = timezone(timedelta(hours=8))
"Macau and Hengqin, all year."
CHECK_IN_EARLY = timedelta(minutes=30)
"An appointment that starts within this time can be checked in now."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedParts:
    """Sessions and visits of people who are not there; refused outside development."""

    address: str
    development: bool
    identity: Identity
    booking: Booking
    details: Any
    "Who the simulated citizen says to be; `booking.appointment.Details`."
    refusal: type[Exception]
    "What booking raises when it refuses."
    new_id: NewId
    clock: Callable[[], datetime]

    async def session(self, role: str, subject: str | None) -> Json:
        """Play a terminal or an agent.  Raises `NotAllowedNow` outside development."""
        self._require_development()
        if role == "agent":
            person = next((one for one in PEOPLE if one.id == (subject or "lei")), None)
            if person is None:
                raise NotFound("no such person in the demo")
            kind, subject, name = "agent", person.id, person.name
        elif role == "citizen":
            kind, subject = "terminal", subject or await self._any_terminal()
            name = f"at {subject}"
            await site_of(self.booking, subject)
        else:
            raise BadInput(f"there is no role of {role[:20]!r}")
        begun = await self.identity.admit(kind, subject, self.clock())
        return {"address": self.address, "token": begun.token, "subject": subject, "name": name}

    async def visit(self, terminal: str, service: str | None, walk_in: bool) -> Json:
        """Something to come for; booked when a slot that starts soon is free."""
        self._require_development()
        catalogue = await self.booking.catalogue()
        site = await site_of(self.booking, terminal)
        offered = [
            one
            for one in catalogue.services.values()
            if any(place.id == site.id for place in catalogue.sites_for(one.id))
        ]
        wanted = next((one for one in offered if one.id == service), None)
        if service is not None and wanted is None:
            raise NotFound("this service is not given at that terminal")
        chosen = wanted or offered[0]
        reference = None if walk_in else await self._book(chosen.id, site.id)
        return {"department": chosen.department, "service": chosen.id, "reference": reference}

    async def _book(self, service_id: str, site_id: str) -> str | None:
        now = self.clock()
        for ahead in (timedelta(), CHECK_IN_EARLY):
            day = (now + ahead).astimezone(LOCAL).date()
            try:
                slots = await self.booking.slots(service_id, site_id, day, now)
            except self.refusal:
                continue
            for slot in slots:
                if slot.start > now + CHECK_IN_EARLY:
                    break
                try:
                    held = await self.booking.hold(
                        self.new_id(), service_id, site_id, slot.start, self.new_id(), now
                    )
                    await self.booking.confirm(held.reference, self.details, now)
                except self.refusal:
                    continue
                return str(held.reference)
        return None

    async def _any_terminal(self) -> str:
        sites = (await self.booking.catalogue()).sites.values()
        return str(next(terminal.id for site in sites for terminal in reversed(site.terminals)))

    def _require_development(self) -> None:
        if not self.development:
            raise NotAllowedNow("parts are played on a development counter only")
