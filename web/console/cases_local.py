"""Served cases for the console, from the services and the store of this process."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, Select, select, true

from booking.catalogue import Catalogue
from counter.documents.folder_service import FolderService
from counter.documents.job import JobKind, JobOutcome
from counter.documents.store_checklist import still_due
from counter.documents.store_jobs import outcomes_of
from counter.documents.store_printing import prints_of
from counter.documents.zip_files import zipped
from counter.errors import BadInput, NotFound
from counter.esign.forms import Forms, Language
from counter.esign.store_issued import deliveries_of, link_of, revoke
from counter.esign.store_validation import revoked_later
from counter.identity.store_proofing_reading import identity_level
from counter.ids import CaseId
from counter.signaling.store_screens import departments_of
from counter.store.cases import case_table, get_case, put_case
from counter.store.executor import Executor
from counter.store.journal_sql import record
from web.console.case_ports import NOTE_MAX, CaseView, Left, Served
from web.shared.access import Principal

REACH = timedelta(days=30)
"How long after its opening a case is found here; then the back office has it."
MOST = 100
NOTES_MAX = 8000
"Letters of all notes on one case."


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCaseFolders:
    """See `web.console.case_ports.CaseFolders`."""

    executor: Executor
    folders: FolderService
    forms: Forms
    snapshot: Callable[[], Catalogue]
    reads_words: bool
    clock: Callable[[], datetime]
    packs: Callable[[CaseId, str], Awaitable[bytes]]
    "The audit pack of a case's ceremony."

    def catalogue(self) -> Catalogue:
        return self.snapshot()

    async def served(self, who: Principal) -> Sequence[Served]:
        return await self.executor.read(_served, who, self.clock())

    async def one(self, who: Principal, case_id: str, tag: str) -> CaseView:
        await self._note(who, case_id, "viewed", {})
        facts = await self.folders.facts(CaseId(case_id))
        outcomes = await self.executor.read(outcomes_of, case_id)
        link = await self.executor.read(link_of, case_id, self.clock())
        return CaseView(
            facts=facts,
            form_titles={
                one.ceremony_id: self.forms.title(one.form, cast(Language, tag))
                for one in facts.documents
            },
            handover=_handover(outcomes, case_id),
            prints=tuple(await self.executor.read(prints_of, case_id)),
            link_until=link.expires_at if link else None,
            deliveries=await self.executor.read(deliveries_of, case_id),
            reads_words=self.reads_words,
            revoked_later=await self.executor.read(revoked_later, case_id),
            left=await self.executor.read(_left, CaseId(case_id)),
        )

    async def pdf(self, who: Principal, case_id: str, item: str | None) -> bytes:
        await self.executor.read(_mine, who, case_id, self.clock())
        body = await self.folders.pdf(CaseId(case_id), item)
        await self._note(who, case_id, "pdf", {"item": item})
        return body

    async def document(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        await self.executor.read(_mine, who, case_id, self.clock())
        body = await self.folders.document(CaseId(case_id), ceremony_id)
        await self._note(who, case_id, "document", {"ceremony_id": ceremony_id})
        return body

    async def audit_pack(self, who: Principal, case_id: str, ceremony_id: str) -> bytes:
        await self.executor.read(_mine, who, case_id, self.clock())
        body = await self.packs(CaseId(case_id), ceremony_id)
        await self._note(who, case_id, "audit_pack", {"ceremony_id": ceremony_id})
        return body

    async def revoke_link(self, who: Principal, case_id: str) -> None:
        now = self.clock()

        def back(conn: Connection) -> None:
            _mine(conn, who, case_id, now)
            revoke(conn, case_id, by=f"agent:{who.subject}", now=now)

        await self.executor.write(back)

    async def add_note(self, who: Principal, case_id: str, text: str) -> None:
        now = self.clock()

        def add(conn: Connection) -> None:
            _mine(conn, who, case_id, now)
            case = get_case(conn, CaseId(case_id), lock=True)
            note = f"{case.note}\n{text}".strip()
            if len(text) > NOTE_MAX or len(note) > NOTES_MAX:
                raise BadInput(f"a note has at most {NOTE_MAX} letters, a case {NOTES_MAX} of them")
            put_case(conn, replace(case, note=note))
            by = f"agent:{who.subject}"
            record(
                conn, actor=by, action="case.noted", subject=f"case:{case_id}", facts={}, now=now
            )

        await self.executor.write(add)

    async def zipped(self, who: Principal, case_id: str) -> tuple[str, AsyncIterator[bytes]]:
        await self.executor.read(_mine, who, case_id, self.clock())
        folder = await self.folders.folder(CaseId(case_id), originals=False)
        facts = {"manifest_sha256": folder.manifest_sha256, "files": len(folder.files)}
        await self._note(who, case_id, "folder", facts)
        return folder.name, zipped(folder, self.folders.content)

    async def _note(
        self, who: Principal, case_id: str, what: str, facts: Mapping[str, Any]
    ) -> None:
        """Write into the journal that they had it.  Raises `NotFound` when it is not theirs."""
        now = self.clock()

        def note(conn: Connection) -> None:
            _mine(conn, who, case_id, now)
            _write_down(conn, who, case_id, what, facts, now)

        await self.executor.write(note)


def _write_down(
    conn: Connection,
    who: Principal,
    case_id: str,
    what: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    record(
        conn,
        actor=f"agent:{who.subject}",
        action=f"case.{what}",
        subject=f"case:{case_id}",
        facts=facts,
        now=now,
    )


def _of(conn: Connection, who: Principal, now: datetime) -> Select[Any]:
    """Cases that this agent served, for a supervisor also those of the departments."""
    departments = departments_of(conn, who.subject)
    own = case_table.c.agent_id == who.subject
    return select(case_table).where(
        case_table.c.department_id.in_(departments),
        own if who.kind != "supervisor" else true(),
        case_table.c.agent_id.is_not(None),
        case_table.c.opened_at > now - REACH,
    )


def _served(conn: Connection, who: Principal, now: datetime) -> list[Served]:
    rows = conn.execute(
        _of(conn, who, now).order_by(case_table.c.opened_at.desc(), case_table.c.id).limit(MOST)
    )
    return [
        Served(
            case_id=row.id,
            number=row.number,
            service=row.service_id,
            site=row.site_id,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            outcome=row.outcome,
        )
        for row in rows
    ]


def _mine(conn: Connection, who: Principal, case_id: str, now: datetime) -> None:
    """Raises `NotFound` alike for what there is not and for what is somebody else's."""
    if conn.execute(_of(conn, who, now).where(case_table.c.id == case_id)).one_or_none() is None:
        raise NotFound(f"{who.kind} {who.subject}: no case {case_id}")


def _left(conn: Connection, case_id: CaseId) -> Left:
    case = get_case(conn, case_id)
    return Left(
        next_step=case.next_step,
        note=case.note,
        missing=tuple(still_due(conn, case_id)),
        level=identity_level(conn, case_id),
    )


def _handover(outcomes: Mapping[tuple[JobKind, str], JobOutcome | None], case_id: str) -> str:
    key = (JobKind.HANDOVER, case_id)
    if key not in outcomes or outcomes[key] is JobOutcome.NOTHING:
        return "none"
    return {None: "waiting", JobOutcome.DONE: "done"}.get(outcomes[key], "failed")
