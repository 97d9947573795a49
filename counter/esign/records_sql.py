"""`Records` of `record_ports` on the store: each method runs one command or one question."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from counter.esign import store_attendance as attending
from counter.esign import store_endings as endings
from counter.esign import store_presenting as presenting
from counter.esign import store_reading as questions
from counter.esign import store_signing as signing
from counter.esign import store_tickets as tickets
from counter.esign.attendance import GivenUp
from counter.esign.ceremony import Ceremony
from counter.esign.forms import FormTemplate
from counter.esign.ink import Ink
from counter.esign.record_ports import (
    CeremonyState,
    ConsentWords,
    NewDocument,
    NewImage,
    NewRevision,
    NewSeal,
    Uncertified,
    Unfinished,
)
from counter.esign.store_case import (
    RequireLed,
    RequireOpen,
    WitnessOf,
    any_case,
    anybody,
    department_of,
    nobody,
)
from counter.esign.store_given_out import owns_document, owns_image
from counter.esign.store_given_up import give_up
from counter.esign.store_page_times import close_page, times_said
from counter.esign.store_unfinished import uncertified, unfinished
from counter.esign.ticket import CITIZEN, KeptTicket, LeftOver, SigningTicket, Witness
from counter.ids import CaseId, Digest
from counter.store.executor import Executor
from counter.store.session_log import Audiences


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRecords:
    """`counter.esign.record_ports.Records` on either engine."""

    executor: Executor
    audiences: Audiences
    require_open: RequireOpen = any_case
    require_led: RequireLed = anybody
    witness_of: WitnessOf = nobody
    calls: attending.Calls = attending.NO_CALLS

    async def prepare(self, new: NewDocument, *, by: str, now: datetime) -> None:
        def command(conn: Connection) -> None:
            # The form was being drawn since it was asked for; the case may have ended meanwhile.
            self.require_open(conn, new.case_id)
            self.require_led(conn, new.case_id, by)
            # Taken back and presented again, it would pass by `resume`.
            attending.require_known(conn, new.case_id, self.calls)
            presenting.prepare(conn, new, by=by, now=now)

        await self.executor.write(command)

    async def uncertified(self, ceremony_id: str | None = None) -> Sequence[Uncertified]:
        return await self.executor.read(uncertified, ceremony_id)

    async def present(
        self,
        case_id: CaseId,
        ceremony_id: str,
        drawn_sha256: Digest,
        new: NewRevision,
        images: Sequence[NewImage],
        now: datetime,
    ) -> None:
        def command(conn: Connection) -> None:
            self.require_open(conn, case_id)  # as above: it took its time to be certified
            presenting.present(
                conn,
                ceremony_id,
                drawn_sha256,
                new,
                images,
                audiences=self.audiences,
                now=now,
            )
            attending.begin(conn, case_id, ceremony_id, calls=self.calls, now=now)

        await self.executor.write(command)

    async def give_up(
        self, drawn: Uncertified, form: FormTemplate | None, reason: GivenUp, now: datetime
    ) -> bool:
        return await self.executor.write(
            give_up,
            drawn.prepared.case_id,
            drawn.ceremony_id,
            drawn.prepared.sha256,
            form,
            reason,
            audiences=self.audiences,
            now=now,
        )

    async def is_open(self, case_id: CaseId) -> bool:
        return await self.executor.read(questions.is_open, case_id)

    async def witness(self, case_id: CaseId) -> Witness:
        return await self.executor.read(self.witness_of, case_id)

    async def department(self, case_id: CaseId) -> str:
        return await self.executor.read(department_of, case_id)

    async def load(self, case_id: CaseId, ceremony_id: str) -> Ceremony:
        return await self.executor.read(questions.load, case_id, ceremony_id)

    async def page_seen(
        self, case_id: CaseId, ceremony_id: str, page: int, now: datetime
    ) -> tuple[int, ...]:
        return await self.executor.write(
            presenting.page_seen, case_id, ceremony_id, page, audiences=self.audiences, now=now
        )

    async def consent(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        now: datetime,
        words: ConsentWords | None = None,
    ) -> None:
        def command(conn: Connection) -> None:
            row = attending.attend(conn, case_id, ceremony_id, calls=self.calls, now=now)
            said: dict[str, Any] = {}
            if row.state == "presented":
                close_page(conn, row, now)
                said = times_said(conn, row)
            if words is not None:
                said |= {
                    "text": words.text_id,
                    "language": words.language,
                    "sentence": words.text,
                    "text_sha256": words.text_sha256,
                }
            signing.consent(
                conn,
                case_id,
                ceremony_id,
                sha256,
                audiences=self.audiences,
                now=now,
                agreed=words.acts if words is not None else None,
                said=said,
            )

        await self.executor.write(command)

    async def keep_ink(
        self, case_id: CaseId, ceremony_id: str, sha256: str, ink: Ink, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            attending.attend(conn, case_id, ceremony_id, calls=self.calls, now=now)
            signing.keep_ink(
                conn,
                case_id,
                ceremony_id,
                sha256,
                ink,
                witness_of=self.witness_of,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def ticket(self, ceremony_id: str, field: str) -> KeptTicket | None:
        return await self.executor.read(tickets.ticket_of, ceremony_id, field)

    async def keep_ticket(
        self, ceremony_id: str, ticket: SigningTicket, now: datetime
    ) -> KeptTicket:
        return await self.executor.write(tickets.keep_ticket, ceremony_id, ticket, now=now)

    async def keep_value(self, ceremony_id: str, field: str, hole: Digest, value: bytes) -> bytes:
        return await self.executor.write(tickets.keep_value, ceremony_id, field, hole, value)

    async def keep_revision(
        self, ceremony_id: str, field: str, hole: Digest, sha256: Digest, now: datetime
    ) -> Digest:
        def command(conn: Connection) -> Digest:
            standing = tickets.keep_revision(conn, ceremony_id, field, hole, sha256)
            if field == CITIZEN:
                signing.citizen_signed(conn, ceremony_id, audiences=self.audiences, now=now)
            return standing

        return await self.executor.write(command)

    async def left_over(self) -> Sequence[LeftOver]:
        return await self.executor.read(tickets.left_over)

    async def cleared(self, one: LeftOver, now: datetime) -> None:
        await self.executor.write(tickets.cleared, one, now=now)

    async def sealed(self, ceremony_id: str, new: NewSeal, now: datetime) -> Digest:
        return await self.executor.write(
            signing.seal, ceremony_id, new, audiences=self.audiences, now=now
        )

    async def decline(
        self, case_id: CaseId, ceremony_id: str, now: datetime, reason: str = "other"
    ) -> None:
        def command(conn: Connection) -> None:
            endings.decline(
                conn, case_id, ceremony_id, audiences=self.audiences, now=now, reason=reason
            )
            endings.set_reason(conn, ceremony_id, reason)

        await self.executor.write(command)

    async def withdraw(self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime) -> None:
        def command(conn: Connection) -> None:
            self.require_led(conn, case_id, by)
            endings.withdraw(conn, case_id, ceremony_id, by=by, audiences=self.audiences, now=now)

        await self.executor.write(command)

    async def unfinished(self, ceremony_id: str | None = None) -> Sequence[Unfinished]:
        return await self.executor.read(unfinished, ceremony_id)

    async def owns_document(self, case_id: CaseId, sha256: str) -> bool:
        return await self.executor.read(owns_document, case_id, sha256)

    async def owns_image(self, case_id: CaseId, sha256: str) -> bool:
        return await self.executor.read(owns_image, case_id, sha256)

    async def of_case(self, case_id: CaseId) -> Sequence[CeremonyState]:
        return await self.executor.read(questions.signing_of, case_id)
