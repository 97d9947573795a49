"""The `Papers` port on SQL: hands each step to the executor as one command, one transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from counter.documents import (
    store_documents,
    store_notes,
    store_pages,
    store_requests,
    store_turning,
)
from counter.documents.facing import ToldBy
from counter.documents.page import RequestState
from counter.documents.papers import CaseDocuments, Faced, NewPage, OpenRequest, PageRow, Picture
from counter.ids import CaseId, Digest, PageId, RequestId
from counter.store.executor import Executor
from counter.store.session_log import Audiences


def _any_case(conn: Connection, case_id: str) -> None:
    """Every case is open."""


def _anybody(conn: Connection, case_id: str, by: str) -> None:
    """Everybody leads every case."""


class SqlPapers:
    """See `counter.documents.ports.Papers`."""

    def __init__(
        self,
        executor: Executor,
        audiences: Audiences,
        require_open: Callable[[Connection, str], None] = _any_case,
        require_led: Callable[[Connection, str, str], None] = _anybody,
    ) -> None:
        """All are asked inside the command's transaction.

        audiences: who has a case on a screen.
        require_open: raises a refusal when nothing more may be asked for a case.
        require_led: raises one for an agent who asks and does not lead the case (any more).
        """
        self._executor = executor
        self._audiences = audiences
        self._require_open = require_open
        self._require_led = require_led

    async def request_scan(
        self,
        case_id: CaseId,
        request_id: RequestId,
        *,
        item: str,
        label_id: str | None,
        by: str,
        now: datetime,
        retake_of: PageId | None = None,
    ) -> OpenRequest:
        def command(conn: Connection) -> OpenRequest:
            self._require_open(conn, case_id)
            self._require_led(conn, case_id, by)
            return store_requests.request_scan(
                conn,
                self._audiences,
                case_id,
                request_id,
                item=item,
                label_id=label_id,
                by=by,
                now=now,
                retake_of=retake_of,
            )

        return await self._executor.write(command)

    async def cancel_request(
        self,
        case_id: CaseId,
        request_id: RequestId,
        *,
        by: str,
        now: datetime,
        to: RequestState = RequestState.CANCELLED,
    ) -> None:
        def command(conn: Connection) -> None:
            self._require_led(conn, case_id, by)
            store_requests.cancel_request(
                conn, self._audiences, case_id, request_id, by=by, now=now, to=to
            )

        await self._executor.write(command)

    async def may_receive(
        self, case_id: CaseId, request_id: RequestId, original_sha256: str
    ) -> PageRow | None:
        return await self._executor.read(
            store_documents.may_receive, case_id, request_id, original_sha256
        )

    async def add_page(
        self,
        case_id: CaseId,
        request_id: RequestId,
        new: NewPage,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        return await self._executor.write(
            store_pages.add_page, self._audiences, case_id, request_id, new, by=by, now=now
        )

    async def kept_before(self, case_id: CaseId, page_id: PageId) -> list[tuple[PageId, Digest]]:
        return await self._executor.read(store_notes.kept_before, case_id, page_id)

    async def note_same(
        self, case_id: CaseId, page_id: PageId, same_as: PageId, *, by: str, now: datetime
    ) -> PageRow:
        return await self._executor.write(
            store_notes.note_same, self._audiences, case_id, page_id, same_as, by=by, now=now
        )

    async def faced(self, case_id: CaseId, page_id: PageId) -> Faced:
        return await self._executor.read(store_turning.faced, case_id, page_id)

    async def turn_page(
        self,
        case_id: CaseId,
        page_id: PageId,
        before: Digest,
        picture: Picture,
        quarters: int,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        def command(conn: Connection) -> PageRow:
            self._require_open(conn, case_id)
            self._require_led(conn, case_id, by)
            return store_turning.turn_page(
                conn,
                self._audiences,
                case_id,
                page_id,
                before,
                picture,
                quarters,
                by=by,
                now=now,
            )

        return await self._executor.write(command)

    async def set_upright(
        self,
        case_id: CaseId,
        page_id: PageId,
        before: Digest,
        picture: Picture,
        quarters: int,
        *,
        told_by: ToldBy,
        now: datetime,
    ) -> PageRow:
        def command(conn: Connection) -> PageRow:
            self._require_open(conn, case_id)
            return store_turning.set_upright(
                conn,
                self._audiences,
                case_id,
                page_id,
                before,
                picture,
                quarters,
                told_by=told_by,
                now=now,
            )

        return await self._executor.write(command)

    async def cards_before(self, case_id: CaseId, page_id: PageId) -> list[tuple[PageId, Digest]]:
        return await self._executor.read(store_notes.cards_before, case_id, page_id)

    async def note_same_side(self, case_id: CaseId, page_id: PageId, *, now: datetime) -> PageRow:
        return await self._executor.write(
            store_notes.note_same_side, self._audiences, case_id, page_id, now=now
        )

    async def tell_refused(
        self, case_id: CaseId, request_id: RequestId, *, code: str, now: datetime
    ) -> None:
        await self._executor.write(
            store_requests.tell_refused, self._audiences, case_id, request_id, code=code, now=now
        )

    async def decide_page(
        self, case_id: CaseId, page_id: PageId, *, accept: bool, by: str, now: datetime
    ) -> PageRow:
        def command(conn: Connection) -> PageRow:
            self._require_open(conn, case_id)
            self._require_led(conn, case_id, by)
            return store_pages.decide_page(
                conn, self._audiences, case_id, page_id, accept=accept, by=by, now=now
            )

        return await self._executor.write(command)

    async def documents_of(self, case_id: CaseId) -> CaseDocuments:
        return await self._executor.read(store_documents.documents_of, case_id)

    async def note_shown(self, case_id: CaseId, sha256: str, *, by: str, now: datetime) -> None:
        if await self._executor.read(store_documents.unseen, case_id, sha256):
            await self._executor.write(
                store_pages.note_shown, self._audiences, case_id, sha256, by=by, now=now
            )

    async def take_shot(
        self, case_id: CaseId, request_id: RequestId, *, by: str, now: datetime
    ) -> None:
        await self._executor.write(
            store_requests.take_shot, self._audiences, case_id, request_id, by=by, now=now
        )

    async def shows(self, case_id: CaseId, sha256: str) -> bool:
        return await self._executor.read(store_documents.shows, case_id, sha256)
