"""How documents are read, on the store: each method runs one command or one question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from counter.esign import store_attendance as attending
from counter.esign import store_endings as endings
from counter.esign import store_page_times as pages
from counter.esign import store_reading as questions
from counter.esign.forms import Language
from counter.esign.reading_ports import Content, Correction, Remains
from counter.esign.store_case import RequireLed, RequireOpen, any_case, anybody
from counter.esign.store_correction import correct
from counter.esign.store_remains import forgotten, remains
from counter.ids import CaseId, CeremonyId, Digest
from counter.store.executor import Executor
from counter.store.session_log import Audiences


def _nobody_minds(
    conn: Connection,
    case_id: str,
    ceremony_id: str,
    sealed_sha256: Digest,
    by: str,
    now: datetime,
) -> None:
    """Nothing else is made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlReadings:
    """`counter.esign.reading_ports.Readings` on either engine."""

    executor: Executor
    audiences: Audiences
    calls: attending.Calls = attending.NO_CALLS
    require_open: RequireOpen = any_case
    require_led: RequireLed = anybody
    on_voided: Callable[[Connection, str, str, Digest, str, datetime], None] = _nobody_minds
    "Told within it: by case, which ceremony's sealed document counts no more, by whom and when."

    async def page_shown(
        self, case_id: CaseId, ceremony_id: str, page: int | None, now: datetime, *, still: bool
    ) -> None:
        def command(conn: Connection) -> None:
            pages.page_shown(
                conn,
                case_id,
                ceremony_id,
                page,
                still=still,
                calls=self.calls,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def page_read(
        self, case_id: CaseId, ceremony_id: str, page: int, now: datetime
    ) -> tuple[int, ...]:
        def command(conn: Connection) -> tuple[int, ...]:
            return pages.page_read(
                conn,
                case_id,
                ceremony_id,
                page,
                calls=self.calls,
                audiences=self.audiences,
                now=now,
            )

        return await self.executor.write(command)

    async def attend(self, case_id: CaseId, ceremony_id: str, now: datetime) -> None:
        def command(conn: Connection) -> None:
            attending.touch(
                conn,
                case_id,
                ceremony_id,
                calls=self.calls,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def read_aloud(
        self, case_id: CaseId, ceremony_id: str, by: str, language: Language, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            pages.read_aloud(
                conn,
                case_id,
                ceremony_id,
                by,
                language,
                calls=self.calls,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def content(self, case_id: CaseId, ceremony_id: str) -> Content:
        return await self.executor.read(questions.content, case_id, ceremony_id)

    async def correct(
        self, case_id: CaseId, ceremony_id: str, new: Correction, *, by: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            # It was being drawn since it was asked for; the case may have ended meanwhile.
            self.require_open(conn, case_id)
            self.require_led(conn, case_id, by)
            correct(conn, case_id, ceremony_id, new, by=by, audiences=self.audiences, now=now)

        await self.executor.write(command)

    async def resume(self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime) -> None:
        def command(conn: Connection) -> None:
            self.require_led(conn, case_id, by)
            attending.resume(
                conn,
                case_id,
                ceremony_id,
                by=by,
                calls=self.calls,
                audiences=self.audiences,
                now=now,
            )

        await self.executor.write(command)

    async def void(
        self, case_id: CaseId, ceremony_id: str, reason: str, *, by: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            self.require_led(conn, case_id, by)
            sealed = endings.void(
                conn, case_id, ceremony_id, reason, by=by, audiences=self.audiences, now=now
            )
            if sealed is not None:
                self.on_voided(conn, case_id, ceremony_id, sealed, by, now)

        await self.executor.write(command)

    async def overdue(self, now: datetime) -> Sequence[CeremonyId]:
        return await self.executor.read(endings.overdue, self.calls, now)

    async def expire(self, ceremony_id: str, now: datetime) -> None:
        await self.executor.write(
            endings.expire, ceremony_id, calls=self.calls, audiences=self.audiences, now=now
        )

    async def remains(self, now: datetime) -> Sequence[Remains]:
        return await self.executor.read(remains, now)

    async def forgotten(self, one: Remains, now: datetime) -> None:
        await self.executor.write(forgotten, one, now)
