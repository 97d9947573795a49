"""What the operator's socket can do, on the services of a running node."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Protocol, cast, get_args

from counter.app.admin_socket import Json
from counter.app.seed import PEOPLE
from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.esign.attendance import VoidReason
from counter.identity.api_key import USUAL_PER_S
from counter.ids import CaseId, NewId
from counter.store.alerts import Alert


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


OPERATOR = "operator:socket"
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
    media: Media
    recordings_of: Recordings
    webhooks_of: Webhooks
    api_keys_of: ApiKeys
    papers_of: PaperWork
    forms_of: Forms
    reading_of: Reading
    people_of: People
    end_program: Callable[[str], Awaitable[bool]]
    "Of a terminal; whether it had one."
    packs_of: Callable[[CaseId, str], Awaitable[bytes]]
    note_taken: Callable[[str, str], Awaitable[None]]
    "That the operator took the audit pack of this case's ceremony."
    alerts: Callable[[], Awaitable[Sequence[Alert]]]
    blob_path: Callable[[str], Path]
    ready: Callable[[], Awaitable[bool]]
    demo_details: Any
    "Who the simulated citizen says to be; `booking.appointment.Details`."
    refusal: type[Exception]
    "What booking raises when it refuses."
    new_id: NewId
    clock: Callable[[], datetime]

    async def health(self) -> Json:
        """How the node is, and each media process that it uses; none for one that is silent."""
        media = {
            name: None if state is None else state.model_dump(mode="json")
            for name, state in self.media.states().items()
        }
        return {
            "ok": True,
            "address": self.address,
            "ready": await self.ready(),
            "media": media,
            "papers": await self.papers_of.state(),
        }

    async def drain(self, process: str, limit_s: int) -> Json:
        """Empty a media process.  Raises `NotFound`, `WorkerGone`, `BadInput`."""
        await self.media.drain(process, limit_s)
        return {"ok": True}

    async def recordings(self) -> Json:
        """The newest recordings, and the alerts that are open."""
        return {
            "recordings": list(await self.recordings_of.listed()),
            "alerts": [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "facts": one.facts,
                    "raised_at": one.raised_at.isoformat(),
                }
                for one in await self.alerts()
            ],
        }

    async def recording(self, recording_id: str) -> Json:
        """Where it lies, and what opens it.  Raises `NotFound`."""
        sha256, key = await self.recordings_of.opened(recording_id, OPERATOR)
        return {
            "recording": recording_id,
            "path": str(self.blob_path(sha256)),
            "key": base64.b64encode(key).decode(),
        }

    async def case_folder(self, case_id: str) -> Json:
        """Where its files lie, and what they are called.  Raises `NotFound`, `BindingFailed`."""
        return await self.papers_of.folder_out(case_id, OPERATOR)

    async def audit_pack(self, case_id: str, ceremony_id: str) -> Json:
        """The pack of a signed document, base64; journalled.  Raises `NotFound`."""
        pack = await self.packs_of(CaseId(case_id), ceremony_id)
        await self.note_taken(case_id, ceremony_id)
        return {"pack": base64.b64encode(pack).decode()}

    async def withdraw_form(self, case_id: str, ceremony_id: str) -> Json:
        """Take a form back.  Raises `NotFound`, `NotAllowedNow`."""
        await self.forms_of.withdraw(CaseId(case_id), ceremony_id, by=OPERATOR, now=self.clock())
        return {"ok": True}

    async def void_form(self, case_id: str, ceremony_id: str, reason: str) -> Json:
        """What was signed does not count; it is given out no more, and whoever checks it is told.

        Raises `NotFound`, `NotAllowedNow` before it was signed, `BadInput` for another reason.
        """
        if reason not in get_args(VoidReason):
            raise BadInput(f"a reason is one of {', '.join(get_args(VoidReason))}")
        chosen = cast(VoidReason, reason)
        await self.reading_of.void(CaseId(case_id), ceremony_id, chosen, by=OPERATOR)
        return {"ok": True}

    async def webhooks(self, webhook_id: str | None) -> Json:
        """All of them; or what one was told.  Raises `NotFound`."""
        if webhook_id is None:
            return {"webhooks": [_plain(one) for one in await self.webhooks_of.listed()]}
        told = await self.webhooks_of.deliveries(webhook_id)
        return {"webhook": webhook_id, "deliveries": [_plain(one) for one in told]}

    async def webhook_add(self, url: str, kinds: Sequence[str], department: str | None) -> Json:
        """A new one; its secret is told here and never again.  Raises `BadInput`, `NotFound`."""
        await self._require_department(department)
        webhook, secret = await self.webhooks_of.add(url, kinds, department, OPERATOR)
        return {**_plain(webhook), "secret": secret}

    async def webhook_remove(self, webhook_id: str) -> Json:
        """Tell it nothing any more.  Raises `NotFound`."""
        await self.webhooks_of.remove(webhook_id, OPERATOR)
        return {"ok": True}

    async def webhook_replay(
        self, webhook_id: str, delivery: int | None, since: str | None
    ) -> Json:
        """Tell it one thing again, or all that happened since.  Raises `NotFound`, `BadInput`."""
        try:
            instant = None if since is None else datetime.fromisoformat(since)
        except ValueError:
            raise BadInput("an instant is written as 2026-11-23T10:00:00+08:00") from None
        again = await self.webhooks_of.replay(
            webhook_id, OPERATOR, delivery=delivery, since=instant
        )
        return {"deliveries": again}

    async def api_keys(self) -> Json:
        """All keys of programs, revoked ones among them."""
        return {"keys": [_plain(one) for one in await self.api_keys_of.listed()]}

    async def api_key_make(
        self, name: str, scopes: Sequence[str], department: str | None, per_s: int | None
    ) -> Json:
        """A new one; it is told here and never again.  Raises `BadInput`, `NotFound`."""
        await self._require_department(department)
        made, key = await self.api_keys_of.make(
            name, scopes, department, OPERATOR, USUAL_PER_S if per_s is None else per_s
        )
        return {**_plain(made), "key": key}

    async def api_key_renew(self, key_id: str) -> Json:
        """Another secret for it; the old one is void.  Raises `NotFound`."""
        return {"id": key_id, "key": await self.api_keys_of.renew(key_id, OPERATOR)}

    async def api_key_revoke(self, key_id: str) -> Json:
        """Let it ask nothing any more.  Raises `NotFound`."""
        await self.api_keys_of.revoke(key_id, OPERATOR)
        return {"ok": True}

    async def enrolment(self, terminal_id: str) -> Json:
        """A one-use link.  Raises `NotFound` for a terminal that is not in the catalogue."""
        await self._site_of(terminal_id)
        token = await self.identity.enrolment(terminal_id, self.clock())
        return {"link": f"{self.address}/terminal/start#{token}"}

    async def agent(
        self,
        agent_id: str,
        name: str,
        departments: Sequence[str],
        languages: Sequence[str],
        *,
        supervisor: bool,
    ) -> Json:
        """Let somebody work at a desk; the passphrase is told here and never again.

        Raises `BadInput`, `NotFound` for a department that is not in the catalogue.
        """
        passphrase = await self.people_of.let_in(
            agent_id, name, departments, languages, self.clock(), supervisor=supervisor
        )
        return {"agent": agent_id, "passphrase": passphrase}

    async def retire_program(self, terminal_id: str) -> Json:
        """This terminal is a browser alone from now on.

        Raises `NotFound` for a terminal that is not in the catalogue, or had no program.
        """
        await self._site_of(terminal_id)
        if not await self.end_program(terminal_id):
            raise NotFound(f"terminal {terminal_id} has no program")
        return {"ok": True}

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

    async def _require_department(self, department: str | None) -> None:
        known = (await self.booking.catalogue()).departments
        if department is not None and department not in known:
            raise NotFound("no such department")

    def _require_development(self) -> None:
        if not self.development:
            raise NotAllowedNow("parts are played on a development counter only")


def _plain(thing: Any) -> Json:
    """A dataclass as JSON has it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(thing).items()
    }
