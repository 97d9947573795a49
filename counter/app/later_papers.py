"""Where links meet the rest: their addresses, and the letters with them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from counter.app.notices import owe_missing_papers
from counter.case import Case
from counter.documents.later import Link, LinkState
from counter.documents.store_checklist import still_due
from counter.documents.store_later import links_of
from counter.esign.issued import DocumentLink
from counter.esign.store_issued import link_of
from counter.ids import CaseId
from counter.store.cases import case_table, get_case
from web.citizen.ports import Ended, Owed

TokenOf = Callable[[str], str]


class LinkAddresses:
    """The addresses of links, known once the doors are open."""

    def __init__(self, token_of: TokenOf, document_token_of: TokenOf) -> None:
        self._token_of = token_of
        self._document_token_of = document_token_of
        self.base = ""
        "Where people reach the app."

    def __call__(self, link_id: str) -> str:
        """Where a paper is sent later."""
        return f"{self.base}/papers/{self._token_of(link_id)}"

    def documents(self, link_id: str) -> str:
        """Where signed documents are taken."""
        return f"{self.base}/signed/{self._document_token_of(link_id)}"


def link_of_appointment(
    conn: Connection, appointment_id: str, now: datetime
) -> DocumentLink | None:
    """Where the documents that were signed at an appointment can be taken now."""
    case_id = _case_of(conn, appointment_id)
    return None if case_id is None else link_of(conn, case_id, now)


def ended_of_appointment(
    conn: Connection, appointment_id: str, address: Callable[[str], str], now: datetime
) -> Ended | None:
    """What became of the visit; None while it goes on, or when there was none.

    address: where a paper is sent, by the id of its link.
    """
    case_id = _case_of(conn, appointment_id)
    case = None if case_id is None else get_case(conn, case_id)
    if case is None or case.outcome is None:
        return None
    open_links = {
        link.item: address(link.link_id)
        for link in links_of(conn, [case.id], now)
        if link.state is LinkState.OPEN
    }
    return Ended(
        outcome=case.outcome.value,
        next_step=case.next_step,
        owed=tuple(
            Owed(item=item, until=until, link=open_links.get(item, ""))
            for item, until in still_due(conn, case.id)
        ),
    )


def _case_of(conn: Connection, appointment_id: str) -> CaseId | None:
    of_it = select(case_table.c.id).where(case_table.c.appointment_id == appointment_id)
    found = conn.execute(of_it).scalar_one_or_none()
    return None if found is None else CaseId(found)


def owe_links_again(conn: Connection, case: Case, links: Sequence[Link], now: datetime) -> None:
    """The same of links for papers that came after the visit and would not do."""
    owe_missing_papers(conn, case, now, only=links, again=True)


def owe_links(conn: Connection, case: Case, links: Sequence[Link], now: datetime) -> None:
    """Tell who had an appointment of links that were made after the case had closed."""
    owe_missing_papers(conn, case, now, only=links)
