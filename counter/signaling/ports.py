"""What signalling needs from the rest of the house; `counter.app` hands it in."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from counter.ids import AppointmentId, CallId, CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.protocol.message import Ask
from counter.signaling.media_ports import CallShape, Stock

Json = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPrincipal:
    """Who speaks on a socket."""

    audience: Literal["/terminal", "/device", "/agent"]
    subject: str
    "Id of the terminal (also of the program beside its page) or of the agent."
    epoch: int = 0
    "Set on connect; a newer connection of the same subject has a higher one."
    language: str = "zh-Hant"
    "Of the person at a desk (BCP 47); a terminal's is kept with its screen."
    session: str = ""
    "Which session it speaks by; when that ends, the connection ends."
    supervisor: bool = False
    "The session is a supervisor's."

    @property
    def own(self) -> str:
        """The audience of the session log that is this subject's alone."""
        return f"{self.audience.strip('/')}:{self.subject}"

    @property
    def leg(self) -> Literal["terminal", "agent"]:
        """Its side of a call."""
        return "terminal" if self.audience == "/terminal" else "agent"


Handler = Callable[[GatewayPrincipal, Ask], Awaitable[Mapping[str, object]]]
"What answers an ask: a row of the gateway's table."


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveCall:
    """A call as the two who speak in it need it."""

    call_id: CallId
    case_id: CaseId
    worker: str | None
    "The media worker that carries it; none before the first side joined."


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlace:
    """Where somebody's leg is, or shall be made."""

    owner: str
    tag: int
    "Rises whenever the page shall make a new one."
    worker: str | None
    "None: wherever `key` is placed."
    leg_id: str | None
    "The one that was made there; None before."
    key: str
    "Those who will speak with each other are placed by the same key: the department."
    call_id: CallId | None
    bound: bool
    "In a call or ringing: its worker is not ours to choose."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unarranged:
    """A call that its worker does not know as it is now."""

    call_id: CallId
    worker: str
    rev: int
    shape: CallShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """Something that time has decided and nobody has carried out yet."""

    kind: Literal["ring", "invite", "agent", "ticket", "terminal", "wrapup", "match"]
    id: str


class Store(Protocol):
    """The commands of signalling; each is one transaction, answered after COMMIT."""

    async def carry_out(self, who: GatewayPrincipal, ask: Ask, now: datetime) -> Json:
        """Do what is asked, once per key.  Raises `UsedElsewhere` for a stale epoch."""
        ...

    async def attach(self, who: GatewayPrincipal, now: datetime) -> int:
        """A newer connection takes over; returns its epoch."""
        ...

    async def leg_place(self, who: GatewayPrincipal) -> LegPlace:
        """Raises `NotAllowedNow` when this side has no leg now, `UsedElsewhere` when stale."""
        ...

    async def seat_leg(self, place: LegPlace, worker: str, now: datetime) -> str:
        """Have the leg made on `worker`, unless it has a place by now; returns where.

        Those who are in the same call follow."""
        ...

    async def leg_made(
        self, place: LegPlace, worker: str, leg_id: str, now: datetime
    ) -> int | None:
        """It was; returns its tag.  None: it shall be somewhere else meanwhile."""
        ...

    async def forsake(self, worker: str, owners: Collection[str] | None, now: datetime) -> None:
        """The legs of `owners` (None: all) on this worker are no more, nor the calls they were in:
        each is made anew where it is placed then."""
        ...

    async def legs_lost(self, worker: str, owners: Collection[str], now: datetime) -> None:
        """The worker lives, but these legs are no more; their calls go on there."""
        ...

    async def idle_legs(self) -> list[LegPlace]:
        """Legs of those who need none any more."""
        ...

    async def retire_leg(self, place: LegPlace) -> bool:
        """It is needed no more; False when it is again, or was replaced."""
        ...

    async def occupied(self) -> dict[str, Stock]:
        """What is noted of every worker: legs that were made there, active calls it was told."""
        ...

    async def unknown_calls(self, worker: str, calls: Collection[str]) -> None:
        """The worker does not know these calls: it shall be told of them."""
        ...

    async def unarranged(self) -> list[Unarranged]:
        """Calls whose worker has to be told how they are now."""
        ...

    async def arranged(self, call: Unarranged) -> bool:
        """The worker was told.  False when the call has changed, moved or ended meanwhile."""
        ...

    async def call_now(self, call_id: CallId) -> Unarranged | None:
        """The call as its worker shall know it; None when it has ended or has no worker."""
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
