"""The counter as the terminal's pages see it, when both run in one process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from counter.case import Case
from counter.documents.preview_service import PreviewService
from counter.documents.refusals import ScanNotAsked
from counter.documents.service import DocumentsService
from counter.identity.service import IdentityService
from counter.identity.store_identity import has_program
from counter.ids import RequestId, TerminalId
from counter.protocol.pointing import lying_marks
from counter.protocol.terminal_screen import TerminalScreen
from counter.signaling.store_device import retire
from counter.store.cases import case_on_terminal
from counter.store.executor import Executor
from web.shared.live_page import Cookie
from web.shared.sessions_identity import IdentitySessions
from web.terminal.screen import TerminalScreens


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTerminalCounter:
    """See `web.terminal.ports.TerminalCounter`."""

    executor: Executor
    screens: TerminalScreens
    documents: DocumentsService
    previews: PreviewService
    identity: IdentityService
    sessions: IdentitySessions
    clock: Callable[[], datetime]

    async def screen(self, terminal_id: str) -> TerminalScreen:
        """What this terminal shows now."""

        def read(conn: Connection) -> TerminalScreen:
            return self.screens.screen(conn, terminal_id, self.clock())

        return await self.executor.read(read)

    async def enrol(self, token: str) -> Cookie:
        """Raises `EnrolmentUsed`.

        A link, other than a program's ticket for its browser, ends the program of the machine
        before it; then nothing that it said of its devices counts any more.
        """
        begun = await self.identity.enrol(token, self.clock())
        terminal_id = begun.session.subject

        def without_program(conn: Connection) -> None:
            if not has_program(conn, terminal_id):
                retire(conn, terminal_id, by=f"terminal:{terminal_id}", now=self.clock())

        await self.executor.write(without_program)
        return self.sessions.cookie(begun)

    async def enrol_device(self, token: str) -> str:
        """Raises `EnrolmentUsed`."""
        return (await self.identity.enrol(token, self.clock(), kind="device")).token

    async def receive_page(
        self, terminal_id: str, request_id: str, photograph: bytes, sha256: str
    ) -> None:
        """Raises a `PhotographRefused`, or `ScanNotAsked` when nobody sits there."""
        case = await self._case(terminal_id)
        await self.documents.receive(
            case.id,
            RequestId(request_id),
            photograph,
            sha256,
            by=f"terminal:{terminal_id}",
            now=self.clock(),
        )

    async def preview(
        self, terminal_id: str, request_id: str, picture: bytes, finer: float
    ) -> Mapping[str, object]:
        """Raises `TooManyPreviews`, `ScanNotAsked`, a `PhotographRefused`."""
        case = await self._case(terminal_id)
        seen = await self.previews.look(terminal_id, case.id, RequestId(request_id), picture, finer)
        marks = [one.model_dump() for one in lying_marks(seen.marks)]
        return {"corners": seen.corners, "advice": seen.advice, "marks": marks}

    async def _case(self, terminal_id: str) -> Case:
        case = await self.executor.read(case_on_terminal, TerminalId(terminal_id))
        if case is None or not case.open:
            raise ScanNotAsked(f"terminal {terminal_id}: no case is open there")
        return case
