"""Papers after the visit for the console, from the services and the store of this process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents import store_pages
from counter.documents.later import REACH, USUAL_DAYS, Link, LinkState, deadline, digest_of
from counter.documents.later_service import LaterService
from counter.documents.page import PageState
from counter.documents.papers import PageRow
from counter.documents.service import DocumentsService
from counter.documents.store_documents import documents_of, page_of
from counter.documents.store_later import links_of, paper_link
from counter.documents.store_later_commands import make_link, require_of_link
from counter.errors import BadInput, NotAllowedNow, NotFound
from counter.ids import CaseId, PageId
from counter.signaling.store_screens import departments_of
from counter.store.cases import audiences, case_of, case_table, get_case
from counter.store.executor import Executor
from counter.store.journal_sql import record
from web.console.later_pages import OTHER, CaseLater
from web.shared.wording import service_or_none

MOST = 200
"Cases on the list."
Owe = Callable[[Connection, Case, Sequence[Link], datetime], None]
OweWork = Callable[[Connection, Case, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLater:
    """See `web.console.later_pages.LaterVisits`."""

    executor: Executor
    later: LaterService
    documents: DocumentsService
    snapshot: Callable[[], Catalogue]
    clock: Callable[[], datetime]
    address_of: Callable[[str], str]
    owe: Owe
    "Tell the citizen of links, in the transaction; asked when the case is closed already."
    owe_again: Owe
    "The same of a link for a paper that came and was sent back."
    owe_work: OweWork
    "Write down what becomes of its papers, in the transaction that accepts one after the end."

    def catalogue(self) -> Catalogue:
        return self.snapshot()

    def address(self, link_id: str) -> str:
        return self.address_of(link_id)

    async def listed(self, agent_id: str) -> Sequence[CaseLater]:
        return await self.executor.read(_listed, agent_id, self.clock())

    async def one(self, agent_id: str, case_id: str) -> CaseLater:
        return await self.executor.write(_look, agent_id, case_id, self.clock())

    async def make(self, agent_id: str, case_id: str, item: str, days: int) -> None:
        now, catalogue = self.clock(), self.snapshot()
        case = await self.executor.read(_mine, agent_id, case_id)
        if not _may_ask(case, now):
            raise NotAllowedNow(f"case {case_id} closed too long ago: nothing more is asked of it")
        service = service_or_none(catalogue, case.service_id)
        known = [paper.id for paper in service.papers] if service else []
        if item not in [*known, OTHER]:
            raise BadInput("later: not an item of this service's checklist")
        zone = ZoneInfo(catalogue.site(case.site_id).hours.zone)
        link = await self.later.make(
            case.id, item, deadline(now, days, zone), by=f"agent:{agent_id}", now=now
        )
        # What belongs to a closed case was told in its letter; of this one nobody has heard yet.
        await self.executor.write(_tell, self.owe, case.id, link, now)

    async def revoke(self, agent_id: str, case_id: str, link_id: str) -> None:
        case = await self.executor.read(_mine, agent_id, case_id)
        await self.later.revoke(case.id, link_id, by=f"agent:{agent_id}", now=self.clock())

    async def decide(self, agent_id: str, case_id: str, page_id: PageId, *, accept: bool) -> None:
        """Accepted after the case was handed over, it goes after it, in a folder of its own.

        Sent back, the paper is asked for again, over a new link unless there is one.
        """
        await self.executor.write(self._decide, agent_id, case_id, page_id, accept, self.clock())

    async def image(self, agent_id: str, case_id: str, sha256: str) -> bytes:
        found = await self.executor.read(_pages_of, agent_id, case_id)
        if sha256 not in {one for page in found for one in (page.page_sha256, page.thumb_sha256)}:
            raise NotFound(f"agent {agent_id}: case {case_id} has no such page")
        return await self.documents.image(CaseId(case_id), sha256)

    def _decide(
        self,
        conn: Connection,
        agent_id: str,
        case_id: str,
        page_id: PageId,
        accept: bool,
        now: datetime,
    ) -> None:
        # Locked: who closes it meanwhile sees this page as accepted, or this sees it closed.
        case = get_case(conn, _mine(conn, agent_id, case_id).id, lock=True)
        require_of_link(conn, case.id, page_id)
        before, by = page_of(conn, case.id, page_id), f"agent:{agent_id}"
        store_pages.decide_page(conn, audiences, case.id, page_id, accept=accept, by=by, now=now)
        if accept and not case.open:
            self.owe_work(conn, case, now)
        if not accept and before.state is not PageState.REJECTED:
            self._ask_again(conn, case, before, by, now)

    def _ask_again(
        self, conn: Connection, case: Case, page: PageRow, by: str, now: datetime
    ) -> None:
        links = links_of(conn, [case.id], now)
        if any(one.item == page.item and one.state is LinkState.OPEN for one in links):
            return  # of this paper another page was sent back before
        link_id = f"again-{page.page_id}"[:40]
        zone = ZoneInfo(self.snapshot().site(case.site_id).hours.zone)
        link = make_link(
            conn,
            link_id,
            case.id,
            page.item,
            digest_of(self.later.token(link_id)),
            deadline(now, USUAL_DAYS, zone),
            by=by,
            now=now,
        )
        if not case.open:  # else it is told of in the letter at the end
            self.owe_again(conn, case, [link], now)


def _may_ask(case: Case, now: datetime) -> bool:
    return case.closed_at is None or now < case.closed_at + REACH


def _mine(conn: Connection, agent_id: str, case_id: str) -> Case:
    """Raises `NotFound` alike for what there is not and for what is another department's."""
    case = get_case(conn, CaseId(case_id))
    if case.department_id not in departments_of(conn, agent_id):
        raise NotFound(f"agent {agent_id}: no case {case_id}")
    return case


def _came_later(conn: Connection, case_id: CaseId) -> tuple[PageRow, ...]:
    return tuple(page for page in documents_of(conn, case_id).pages if page.over_link)


def _listed(conn: Connection, agent_id: str, now: datetime) -> list[CaseLater]:
    rows = conn.execute(
        select(case_table)
        .where(
            case_table.c.department_id.in_(departments_of(conn, agent_id)),
            case_table.c.id.in_(select(paper_link.c.case_id)),
        )
        .order_by(case_table.c.opened_at.desc(), case_table.c.id)
        .limit(MOST)
    )
    return [_of_case(conn, case_of(row), now) for row in rows.all()]


def _of_case(conn: Connection, case: Case, now: datetime) -> CaseLater:
    return CaseLater(
        case=case,
        links=tuple(links_of(conn, [case.id], now)),
        pages=_came_later(conn, case.id),
        may_ask=_may_ask(case, now),
    )


def _look(conn: Connection, agent_id: str, case_id: str, now: datetime) -> CaseLater:
    found = _of_case(conn, _mine(conn, agent_id, case_id), now)
    record(
        conn,
        actor=f"agent:{agent_id}",
        action="papers.viewed",
        subject=f"case:{found.case.id}",
        facts={"papers": [page.page_id for page in found.pages]},
        now=now,
    )
    return found


def _pages_of(conn: Connection, agent_id: str, case_id: str) -> tuple[PageRow, ...]:
    return _came_later(conn, _mine(conn, agent_id, case_id).id)


def _tell(conn: Connection, owe: Owe, case_id: CaseId, link: Link, now: datetime) -> None:
    case = get_case(conn, case_id, lock=True)
    if not case.open:
        owe(conn, case, [link], now)
