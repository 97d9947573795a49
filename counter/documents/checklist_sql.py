"""The `Checklists` port on SQL: each step is one command, one transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from counter.documents import store_checklist
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.session_log import Audiences


class SqlChecklists:
    """See `counter.documents.ports.Checklists`."""

    def __init__(
        self,
        executor: Executor,
        audiences: Audiences,
        require_open: Callable[[Connection, str], None],
        require_led: Callable[[Connection, str, str], None],
    ) -> None:
        """See `SqlPapers`; all are asked inside the command's transaction."""
        self._executor = executor
        self._audiences = audiences
        self._require_open = require_open
        self._require_led = require_led

    async def attest(
        self, case_id: CaseId, item: str, *, seen: bool, by: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            self._require_open(conn, case_id)
            self._require_led(conn, case_id, by)
            store_checklist.attest(conn, self._audiences, case_id, item, seen=seen, by=by, now=now)

        await self._executor.write(command)

    async def need(
        self, case_id: CaseId, item: str, *, needed: bool, by: str, now: datetime
    ) -> None:
        def command(conn: Connection) -> None:
            self._require_open(conn, case_id)
            self._require_led(conn, case_id, by)
            store_checklist.need(
                conn, self._audiences, case_id, item, needed=needed, by=by, now=now
            )

        await self._executor.write(command)
