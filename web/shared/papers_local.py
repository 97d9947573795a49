"""Pages, sheets and documents for whom the case belongs to, from the services of this process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from counter.documents.service import DocumentsService
from counter.errors import NotFound
from counter.esign.service import EsignService
from counter.ids import CaseId, TerminalId
from counter.store.cases import case_on_terminal, case_table
from counter.store.executor import Executor
from web.shared.access import Principal
from web.shared.papers import Paper

REACH = timedelta(hours=24)
"How long after its opening an agent may still look into a case that he served."
MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPapers:
    """See `web.shared.papers.Papers`."""

    executor: Executor
    documents: DocumentsService
    esign: EsignService
    clock: Callable[[], datetime]

    async def page(self, principal: Principal, sha256: str) -> Paper:
        """A scanned page or its thumbnail."""
        now, by = self.clock(), f"{principal.kind}:{principal.subject}"

        async def read(case: CaseId) -> bytes:
            body = await self.documents.image(case, sha256)
            if principal.kind != "terminal":
                await self.documents.note_shown(case, sha256, by=by, now=now)
            return body

        return Paper(body=await self._find(principal, read), media_type="image/jpeg")

    async def sheet(self, principal: Principal, sha256: str) -> Paper:
        """One page of a document to be signed."""
        body = await self._find(principal, lambda case: self.esign.page_image(case, sha256))
        return Paper(body=body, media_type="image/png")

    async def document(self, principal: Principal, sha256: str) -> Paper:
        """A whole document."""
        body = await self._find(principal, lambda case: self.esign.pdf(case, sha256))
        return Paper(body=body, media_type="application/pdf")

    async def _find(
        self, principal: Principal, read: Callable[[CaseId], Awaitable[bytes]]
    ) -> bytes:
        for case_id in await self.executor.read(_cases_of, principal, self.clock()):
            try:
                return await read(case_id)
            except NotFound:
                continue
        raise NotFound("no case of who asks has this")


def _cases_of(conn: Connection, principal: Principal, now: datetime) -> list[CaseId]:
    """The case at the terminal, or those that the agent serves or has served today."""
    if principal.kind == "terminal":
        case = case_on_terminal(conn, TerminalId(principal.subject))
        return [case.id] if case else []
    rows = conn.execute(
        select(case_table.c.id)
        .where(case_table.c.agent_id == principal.subject, case_table.c.opened_at > now - REACH)
        .order_by(case_table.c.opened_at.desc())
        .limit(MOST)
    ).scalars()
    return [CaseId(case_id) for case_id in rows]
