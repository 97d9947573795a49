"""What signalling needs from the rest of the house; `counter.app` hands it in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from counter.ids import AppointmentId, CallId, CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.protocol.message import Ask

Json = dict[str, str | int | float | bool | None]

MEDIA_GONE = "media_gone"
"Code of the refusal by which a media plane says that a worker is dead."
MEDIA_ELSEWHERE = "media_elsewhere"
"Code of the refusal by which it says that a worker lives where only other nodes reach it."


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPrincipal:
    """Who speaks on a socket."""

    audience: Literal["/terminal", "/agent"]
    subject: str
    "Id of the terminal or of the agent."
    epoch: int = 0
    "Set on connect; a newer connection of the same subject has a higher one."
    language: str = "zh-Hant"
    "Of the person at a desk (BCP 47); a terminal's is kept with its screen."
    session: str = ""
    "Which session it speaks by; when that ends, the connection ends."

    @property
    def own(self) -> str:
        """The audience of the session log that is this subject's alone."""
        return f"{self.audience.strip('/')}:{self.subject}"

    @property
    def leg(self) -> Literal["terminal", "agent"]:
        """Its side of a call."""
        return "terminal" if self.audience == "/terminal" else "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAppointment:
    """An appointment that a reference leads to, before it is confirmed."""

    reference: str
    "What `arrive` will find it by again."
    appointment_id: AppointmentId
    department_id: DepartmentId
    service_id: ServiceId
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedAppointment:
    """An appointment that has just been marked as arrived."""

    appointment_id: AppointmentId
    department_id: DepartmentId
    service_id: ServiceId
    starts_at: datetime
    citizen: str
    language: str
    needs: tuple[str, ...] = ()


class Catalogue(Protocol):
    """What is asked about departments, services and terminals."""

    def prefix(self, department_id: DepartmentId) -> str:
        """Letters that its ticket numbers begin with.  Raises `NotFound`."""
        ...

    def site_of(self, terminal_id: TerminalId) -> SiteId:
        """Where the terminal stands.  Raises `NotFound`."""
        ...

    def walk_in(
        self, terminal_id: TerminalId, service_id: ServiceId, now: datetime
    ) -> DepartmentId:
        """Whose queue a walk-in for this service joins.  Raises a refusal when it cannot be now."""
        ...


class LegOffer(Protocol):
    """The media plane's offer for one side of a call."""

    @property
    def leg_id(self) -> str: ...

    @property
    def sdp(self) -> str: ...


class MediaPlane(Protocol):
    """Where picture and sound of a call go.

    A refusal of code `media_gone`: the worker is dead; `media_elsewhere`: other nodes reach it.
    """

    async def place(self, call_id: str) -> str:
        """Name of the worker that shall have this call."""
        ...

    async def join(self, worker: str, call_id: str, leg: str) -> LegOffer:
        """A new leg, in place of an older one of that name."""
        ...

    async def answer(self, worker: str, call_id: str, leg: str, leg_id: str, sdp: str) -> None: ...

    async def end(self, worker: str, call_id: str) -> None:
        """Let go of the call; harmless when it is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveCall:
    """A call as the two who speak in it need it."""

    call_id: CallId
    case_id: CaseId
    worker: str | None
    "The media worker that carries it; none before the first side joined."


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Something that time has decided and nobody has carried out yet."""

    kind: Literal["ring", "agent", "ticket", "terminal", "wrapup", "match"]
    id: str


class Store(Protocol):
    """The commands of signalling; each is one transaction, answered after COMMIT."""

    async def carry_out(self, who: GatewayPrincipal, ask: Ask, now: datetime) -> Json:
        """Do what is asked, once per key.  Raises `UsedElsewhere` for a stale epoch."""
        ...

    async def attach(self, who: GatewayPrincipal, now: datetime) -> int:
        """A newer connection takes over; returns its epoch."""
        ...

    async def active_call(self, who: GatewayPrincipal) -> ActiveCall:
        """Raises `NotAllowedNow` when this side is in no call, `UsedElsewhere` when stale."""
        ...

    async def seat(
        self, who: GatewayPrincipal, call: ActiveCall, worker: str, now: datetime
    ) -> str:
        """Put the call on `worker` unless somebody has moved it meanwhile; where it is now."""
        ...

    async def unreleased(self) -> list[tuple[CallId, str]]:
        """Ended calls that a media worker may still carry, with its name."""
        ...

    async def release(self, call_id: CallId) -> None:
        """That worker has let go of it."""
        ...

    async def forgive(self, now: datetime) -> None:
        """Renew every lease: nobody could beat while no node was up."""
        ...

    async def overdue(self, now: datetime) -> list[Overdue]: ...

    async def settle(self, item: Overdue, now: datetime) -> None:
        """Carry it out; harmless when somebody else did."""
        ...
