"""What the operator's socket can do, on the services of a running node."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Protocol

from counter.app.admin_socket import Json
from counter.app.seed import PEOPLE
from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.ids import NewId


class Identity(Protocol):
    """The part of `IdentityService` that is used here."""

    async def enrolment(self, terminal_id: str, now: datetime) -> str: ...

    async def admit(self, kind: Any, subject: str, now: datetime) -> Any: ...


class Booking(Protocol):
    """The part of `booking.service.BookingService` that is used here."""

    async def catalogue(self) -> Any: ...

    async def slots(self, service_id: str, site_id: str, day: Any, now: datetime) -> Any: ...

    async def hold(
        self, key: str, service_id: str, site_id: str, start: datetime, person: str, now: datetime
    ) -> Any: ...

    async def confirm(self, reference: str, details: Any, now: datetime) -> Any: ...


LOCAL = timezone(timedelta(hours=8))
"Macau and Hengqin, all year."
CHECK_IN_EARLY = timedelta(minutes=30)
"An appointment that starts within this time can be checked in now."


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOperations:
    """See `counter.app.admin_socket.Operations`."""

    address: str
    development: bool
    identity: Identity
    booking: Booking
    demo_details: Any
    "Who the simulated citizen says to be; `booking.appointment.Details`."
    refusal: type[Exception]
    "What booking raises when it refuses."
    new_id: NewId
    clock: Callable[[], datetime]

    async def health(self) -> Json:
        """How the node is."""
        return {"ok": True, "address": self.address}

    async def enrolment(self, terminal_id: str) -> Json:
        """A one-use link.  Raises `NotFound` for a terminal that is not in the catalogue."""
        await self._site_of(terminal_id)
        token = await self.identity.enrolment(terminal_id, self.clock())
        return {"link": f"{self.address}/terminal/start#{token}"}

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
            await self._site_of(subject)
        else:
            raise BadInput(f"there is no role of {role[:20]!r}")
        begun = await self.identity.admit(kind, subject, self.clock())
        return {"address": self.address, "token": begun.token, "subject": subject, "name": name}

    async def demo_visit(self, terminal: str, service: str | None, walk_in: bool) -> Json:
        """Something to come for; booked when a slot that starts soon is free."""
        self._require_development()
        catalogue = await self.booking.catalogue()
        site = await self._site_of(terminal)
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
                    await self.booking.confirm(held.reference, self.demo_details, now)
                except self.refusal:
                    continue
                return str(held.reference)
        return None

    async def _site_of(self, terminal_id: str) -> Any:
        for site in (await self.booking.catalogue()).sites.values():
            if any(terminal.id == terminal_id for terminal in site.terminals):
                return site
        raise NotFound(f"terminal {terminal_id} is not in the catalogue")

    async def _any_terminal(self) -> str:
        sites = (await self.booking.catalogue()).sites.values()
        return str(next(terminal.id for site in sites for terminal in reversed(site.terminals)))

    def _require_development(self) -> None:
        if not self.development:
            raise NotAllowedNow("parts are played on a development counter only")
