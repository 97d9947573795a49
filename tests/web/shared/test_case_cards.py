"""What the screens are told of a page: its format, and what the agent should know of it."""

from datetime import UTC, datetime

from counter.case import Case
from counter.documents.page import PageState
from counter.documents.papers import CaseDocuments, PageRow
from counter.ids import (
    CaseId,
    DepartmentId,
    Digest,
    PageId,
    RequestId,
    ServiceId,
    SiteId,
    TerminalId,
)
from tests.web.fakes import places
from web.shared.case_cards import page_cards

NOW = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
CASE = Case(
    id=CaseId("case-1"),
    number="A001",
    terminal_id=TerminalId("t-1"),
    site_id=SiteId("s-1"),
    department_id=DepartmentId("d-1"),
    service_id=ServiceId("none"),
    appointment_id=None,
    citizen="",
    language="en",
    needs=(),
    agent_id=None,
    opened_at=NOW,
)


def test_the_agent_is_told_what_was_measured_of_a_page() -> None:
    page = PageRow(
        page_id=PageId("p-1"),
        request_id=RequestId("r-1"),
        seq=1,
        item="id",
        state=PageState.STORED,
        page_sha256=Digest("a" * 64),
        thumb_sha256=Digest("b" * 64),
        width_px=1654,
        height_px=2339,
        notes=("resolution_low", "glare_spot"),
        stored_at=NOW,
        format="a5",
    )
    documents = CaseDocuments(open_request=None, pages=(page,))
    (card,) = page_cards(CASE, documents, places(), "en")
    assert (card.format, card.notes) == ("a5", ["resolution_low", "glare_spot"])
