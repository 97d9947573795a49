"""Where papers that come later meet the rest: the address of a link, and the letter with it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from counter.app.notices import owe_missing_papers
from counter.case import Case
from counter.documents.later import Link

TokenOf = Callable[[str], str]


class LinkAddresses:
    """The address of a link, known once the doors are open."""

    def __init__(self, token_of: TokenOf) -> None:
        self._token_of = token_of
        self.base = ""
        "Where people reach the app."

    def __call__(self, link_id: str) -> str:
        return f"{self.base}/papers/{self._token_of(link_id)}"


def owe_links_again(conn: Connection, case: Case, links: Sequence[Link], now: datetime) -> None:
    """The same of links for papers that came after the visit and would not do."""
    owe_missing_papers(conn, case, now, only=links, again=True)


def owe_links(conn: Connection, case: Case, links: Sequence[Link], now: datetime) -> None:
    """Tell who had an appointment of links that were made after the case had closed."""
    owe_missing_papers(conn, case, now, only=links)
