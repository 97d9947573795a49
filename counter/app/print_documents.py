"""What a terminal's program prints, as a PDF: made of the parts that have it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.bindery_pool import Bindery
from counter.documents.folder_service import FolderService
from counter.documents.printing import Print
from counter.documents.store_bundles import leaves_of
from counter.documents.store_printing import print_of
from counter.errors import NotFound
from counter.esign.form_typst import FONTS
from counter.esign.forms import Forms
from counter.esign.service import EsignService
from counter.esign.store_reading import signing_of
from counter.ids import CaseId, TerminalId
from counter.protocol.message import Language
from counter.signaling.store_screens import terminal_view
from counter.store.cases import case_on_terminal
from counter.store.executor import Executor
from web.shared.print_cards import RECEIPT, receipt_lines
from web.shared.wording import say


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintDocuments:
    """See `web.terminal.print_pages.Prints`."""

    executor: Executor
    folders: FolderService
    bindery: Bindery
    esign: EsignService
    forms: Forms
    catalogue: Callable[[], Catalogue]

    async def pdf(self, terminal_id: str, print_id: str) -> bytes:
        """Raises `NotFound` when it is not this terminal's, or is over; `BindingFailed`."""
        one, lines, tag = await self.executor.read(self._wanted, terminal_id, print_id)
        if one.what == "paper":
            return await self.folders.pdf(CaseId(one.case_id), one.ref)
        if one.what == "document":
            return await self.esign.pdf(CaseId(one.case_id), one.ref)
        return await self.bindery.receipt(say(RECEIPT, tag), lines, tag, FONTS)

    def _wanted(
        self, conn: Connection, terminal_id: str, print_id: str
    ) -> tuple[Print, list[str], Language]:
        one = print_of(conn, print_id, terminal_id)
        case: Case | None = case_on_terminal(conn, TerminalId(terminal_id))
        if case is None or case.id != one.case_id:
            raise NotFound(f"print {print_id} is of somebody who is not at {terminal_id}")
        tag = cast(Language, terminal_view(conn, terminal_id).language)
        if one.what != "receipt":
            return one, [], tag
        leaves, signed = leaves_of(conn, case.id), signing_of(conn, case.id)
        return one, receipt_lines(case, leaves, signed, self.forms, self.catalogue(), tag), tag
