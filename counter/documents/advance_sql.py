"""The `AdvancePapers` port on SQL: each step is one command, one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from counter.documents import store_advance, store_advance_commands
from counter.documents.advance import AdvancePaper, NewAdvance, Sealed
from counter.ids import AppointmentId, Digest
from counter.store.executor import Executor

RequireComing = Callable[[Connection, str, datetime], None]
Lock = Callable[[Connection, str], object]
Over = Callable[[Connection, datetime], Sequence[str]]


class SqlAdvancePapers:
    """See `counter.documents.sent_ports.AdvancePapers`."""

    def __init__(
        self, executor: Executor, require_coming: RequireComing, lock: Lock, over: Over
    ) -> None:
        """These are asked inside the command's transaction.

        require_coming: raises a refusal unless papers may be sent for the appointment, whose row
        stays as it is until the end of the transaction.
        lock: keeps that row as it is, whatever its state.
        over: appointments whose papers are not kept any longer, some at a time, locked as well.
        """
        self._executor = executor
        self._require_coming = require_coming
        self._lock = lock
        self._over = over

    async def may_take(
        self, appointment_id: AppointmentId, item: str, original_sha256: str, now: datetime
    ) -> AdvancePaper | None:
        return await self._executor.read(
            store_advance.may_take, appointment_id, item, original_sha256, now
        )

    async def take(self, new: NewAdvance, now: datetime) -> tuple[AdvancePaper, tuple[Digest, ...]]:
        def command(conn: Connection) -> tuple[AdvancePaper, tuple[Digest, ...]]:
            self._require_coming(conn, new.appointment_id, now)
            return store_advance_commands.take(conn, new, now)

        return await self._executor.write(command)

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        def command(conn: Connection) -> AdvancePaper:
            self._require_coming(conn, appointment_id, now)
            return store_advance_commands.use(conn, appointment_id, item, now)

        return await self._executor.write(command)

    async def take_back(
        self, appointment_id: AppointmentId, item: str, now: datetime
    ) -> tuple[Digest, ...]:
        def command(conn: Connection) -> tuple[Digest, ...]:
            self._lock(conn, appointment_id)
            return store_advance_commands.take_back(conn, appointment_id, item, now)

        return await self._executor.write(command)

    async def of(self, appointment_ids: Sequence[str]) -> list[AdvancePaper]:
        return await self._executor.read(store_advance.papers_of, appointment_ids)

    async def sealed(self, appointment_id: str, item: str, picture: str, number: int) -> Sealed:
        return await self._executor.read(
            store_advance.sealed_of, appointment_id, item, picture, number
        )

    async def forget(self, now: datetime) -> tuple[Digest, ...]:
        def command(conn: Connection) -> tuple[Digest, ...]:
            return store_advance_commands.forget(conn, self._over(conn, now), now)

        return await self._executor.write(command)
