"""What the operator's socket asks of the services of a running node."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from counter.app.admin_socket import Json
from counter.esign.attendance import VoidReason
from counter.ids import CaseId


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


class Media(Protocol):
    """The part of `counter.media.pool.WorkerPool` that is used here."""

    def states(self) -> Mapping[str, Any]: ...

    async def drain(self, worker: str, limit_s: int) -> None: ...


class Recordings(Protocol):
    """The part of `counter.media.recording_service.RecordingService` that is used here."""

    async def listed(self) -> Sequence[Json]: ...

    async def opened(self, recording_id: str, by: str) -> tuple[str, bytes]: ...


class Webhooks(Protocol):
    """The part of `counter.notify.webhook_service.WebhookService` that is used here."""

    async def listed(self) -> Sequence[Any]: ...

    async def add(
        self, url: str, kinds: Sequence[str], department: str | None, by: str
    ) -> tuple[Any, str]: ...

    async def remove(self, webhook_id: str, by: str) -> None: ...

    async def deliveries(self, webhook_id: str) -> Sequence[Any]: ...

    async def replay(
        self,
        webhook_id: str,
        by: str,
        *,
        delivery: int | None = None,
        since: datetime | None = None,
    ) -> int: ...


class ApiKeys(Protocol):
    """The part of `counter.identity.api_key_service.ApiKeyService` that is used here."""

    async def make(
        self, name: str, scopes: Sequence[str], department: str | None, by: str, per_s: int
    ) -> tuple[Any, str]: ...

    async def listed(self) -> Sequence[Any]: ...

    async def renew(self, key_id: str, by: str) -> str: ...

    async def revoke(self, key_id: str, by: str) -> None: ...


class PaperWork(Protocol):
    """The part of `counter.app.paper_work.PaperWork` that is used here."""

    async def state(self) -> Json: ...

    async def folder_out(self, case_id: str, by: str) -> Json: ...


class Reading(Protocol):
    """The part of `counter.esign.reading_service.ReadingService` that is used here."""

    async def void(
        self, case_id: CaseId, ceremony_id: str, reason: VoidReason, *, by: str
    ) -> None: ...


class People(Protocol):
    """The part of `counter.app.people.People` that is used here."""

    async def let_in(
        self,
        agent_id: str,
        name: str,
        departments: Sequence[str],
        languages: Sequence[str],
        now: datetime,
        *,
        supervisor: bool,
    ) -> str: ...


class Forms(Protocol):
    """The part of `counter.esign.service.EsignService` that is used here."""

    async def withdraw(
        self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime
    ) -> None: ...
