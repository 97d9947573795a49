"""What the operator's socket can do, on the services of a running node."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast, get_args

from counter.app.admin_socket import Json
from counter.app.operations_ports import (
    ApiKeys,
    Booking,
    Forms,
    Identity,
    Media,
    PaperWork,
    People,
    Reading,
    Recordings,
    Webhooks,
)
from counter.app.played_parts import PlayedParts
from counter.app.terminal_sites import site_of
from counter.errors import BadInput, NotFound
from counter.esign.attendance import VoidReason
from counter.identity.api_key import USUAL_PER_S
from counter.ids import CaseId
from counter.store.alerts import Alert

OPERATOR = "operator:socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOperations:
    """See `counter.app.admin_socket.Operations`."""

    address: str
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
    played: PlayedParts
    end_program: Callable[[str], Awaitable[bool]]
    "Of a terminal; whether it had one."
    packs_of: Callable[[CaseId, str], Awaitable[bytes]]
    note_taken: Callable[[str, str], Awaitable[None]]
    "That the operator took the audit pack of this case's ceremony."
    alerts: Callable[[], Awaitable[Sequence[Alert]]]
    blob_path: Callable[[str], Path]
    ready: Callable[[], Awaitable[bool]]
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
        return {"recordings": list(await self.recordings_of.listed()), **await self.open_alerts()}

    async def open_alerts(self) -> Json:
        """What somebody must look at, the oldest first."""
        return {
            "alerts": [
                {
                    "kind": one.kind,
                    "subject": one.subject,
                    "facts": one.facts,
                    "raised_at": one.raised_at.isoformat(),
                }
                for one in await self.alerts()
            ]
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
        await site_of(self.booking, terminal_id)
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
        await site_of(self.booking, terminal_id)
        if not await self.end_program(terminal_id):
            raise NotFound(f"terminal {terminal_id} has no program")
        return {"ok": True}

    async def session(self, role: str, subject: str | None) -> Json:
        """Play a terminal or an agent.  Raises `NotAllowedNow` outside development."""
        return await self.played.session(role, subject)

    async def demo_visit(self, terminal: str, service: str | None, walk_in: bool) -> Json:
        """Something to come for.  Raises `NotAllowedNow` outside development."""
        return await self.played.visit(terminal, service, walk_in)

    async def _require_department(self, department: str | None) -> None:
        known = (await self.booking.catalogue()).departments
        if department is not None and department not in known:
            raise NotFound("no such department")


def _plain(thing: Any) -> Json:
    """A dataclass as JSON has it."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(thing).items()
    }
