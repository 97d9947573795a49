"""The terminal's screen as a function of what the store says; nothing else decides it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno
from sqlalchemy import Connection

from booking.catalogue import Catalogue, Service
from booking.store_visits import again_until
from counter.case import Case
from counter.documents.later import LinkState, last_day
from counter.documents.store_documents import documents_of
from counter.documents.store_later import links_of
from counter.errors import NotFound
from counter.esign.forms import Forms
from counter.esign.record_ports import CeremonyState
from counter.esign.store_attendance import NO_CALLS, Calls
from counter.esign.store_issued import link_of
from counter.esign.store_reading import signing_of
from counter.esign.store_watched import watched_of
from counter.ids import CaseId, TerminalId
from counter.protocol.ceremonies import CeremonyCard
from counter.protocol.choosing import Choice
from counter.protocol.terminal_screen import (
    ArrivalCard,
    LaterCard,
    ReceiptCard,
    TakeAlongCard,
    TerminalScreen,
    TicketCard,
)
from counter.signaling.dispatch import TicketState
from counter.signaling.store_device import takes_photographs
from counter.signaling.store_marks import marks_of
from counter.signaling.store_screens import TerminalView, call_view, terminal_view, ticket_view
from counter.store.cases import case_on_terminal
from web.shared.case_cards import OPEN, call_card, ceremony_cards, leg_card, page_cards, scan_card
from web.shared.certificate_cards import Offered, with_agreements, with_certificates
from web.shared.checklist_cards import checklist_rows, missing_papers
from web.shared.draft_cards import draft_card
from web.shared.hand_cards import hands_card
from web.shared.i18n import Words
from web.shared.line_cards import with_lines
from web.shared.originals_local import lying_papers, seen_lying
from web.shared.party_cards import with_parties
from web.shared.print_cards import print_card, print_failed
from web.shared.reading_cards import with_reading
from web.shared.recording_cards import recording_card
from web.shared.wording import (
    OUTCOMES,
    catalogue_language,
    instant,
    paper_label,
    say,
    service_or_none,
    text_in,
)
from web.terminal.proofing_prompt import identity_prompt

SIGNED = ("sealed", "voided")
"States of a document that has got its seal; one that was voided says so."

ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike."


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalScreens:
    """Draws terminals' screens."""

    catalogue: Callable[[], Catalogue]
    "The snapshot in use."
    forms: Forms
    link_address: Callable[[str], str]
    "Of a link for a paper that comes later, by its id."
    document_address: Callable[[str], str]
    "Of a link to signed documents, by its id."
    calls: Calls = NO_CALLS
    certificates: Offered | None = None
    "None: nobody signs with a certificate of his own."

    def screen(self, conn: Connection, terminal_id: str, now: datetime) -> TerminalScreen:
        """What this terminal shows now.  Raises `NotFound` for one the catalogue does not know."""
        catalogue = self.catalogue()
        site = next(
            (
                site
                for site in catalogue.sites.values()
                if any(terminal.id == terminal_id for terminal in site.terminals)
            ),
            None,
        )
        if site is None:
            raise NotFound(f"terminal {terminal_id} is not in the catalogue")
        number = next(one.number for one in site.terminals if one.id == terminal_id)
        view = terminal_view(conn, terminal_id)
        common: dict[str, Any] = {
            "language": view.language,
            "text_size": view.text_size,
            "terminal": str(number),
            "site": text_in(site.names, view.language),
            "now": instant(now),
            "version": view.version,
            "leg": leg_card(conn, f"terminal:{terminal_id}"),
        }
        case = case_on_terminal(conn, TerminalId(terminal_id))
        if case is None:
            return TerminalScreen(**common, **self._before(catalogue, site.territory, view))
        return TerminalScreen(
            **common,
            **self._visit(conn, catalogue, case, view, now),
            printing=print_card(conn, case, self.forms, catalogue, view.language),
            print_failed=print_failed(conn, case, self.forms, catalogue, view.language),
        )

    def _before(self, catalogue: Catalogue, territory: str, view: TerminalView) -> dict[str, Any]:
        tag = view.language
        match view.stage:
            case "departments":
                return {
                    "stage": "departments",
                    "choices": [
                        Choice(id=one.id, name=text_in(one.names, tag))
                        for one in catalogue.departments.values()
                        if one.territory != territory
                    ],
                }
            case "services" if view.department_id in catalogue.departments:
                department = catalogue.department(view.department_id or "")
                return {
                    "stage": "services",
                    "chosen_department": text_in(department.names, tag),
                    "choices": [
                        Choice(id=one.id, name=text_in(one.names, tag), hint=_hint(one, tag))
                        for one in catalogue.services_of(department.id)
                    ],
                }
            case "confirm" if view.draft is not None:
                service = catalogue.service(view.draft["service_id"])
                department = catalogue.department(service.department)
                return {
                    "stage": "confirm",
                    "arrival": ArrivalCard(
                        department=text_in(department.names, tag),
                        service=text_in(service.names, tag),
                        starts_at=instant(datetime.fromisoformat(view.draft["starts_at"])),
                        bring=_bring(service, tag),
                    ),
                }
            case "start" | "reference":
                return {"stage": view.stage}
        return {"stage": "attract"}

    def _visit(
        self,
        conn: Connection,
        catalogue: Catalogue,
        case: Case,
        view: TerminalView,
        now: datetime,
    ) -> dict[str, Any]:
        tag = view.language
        documents = documents_of(conn, case.id)
        known = signing_of(conn, case.id)
        watched = watched_of(conn, case.id, self.calls)
        plain = ceremony_cards(known, self.forms, tag)
        read = with_reading(plain, known, watched, self.forms, tag)
        asked = with_agreements(conn, read, known, self.forms, self.certificates, tag)
        cards = with_certificates(conn, asked, known, self.forms, self.certificates)
        pages = page_cards(case, documents, catalogue, tag)
        if not case.open:
            return {
                "stage": "receipt",
                "receipt": self._receipt(conn, catalogue, case, known, documents.pages, now, tag),
                "take_back": lying_papers(conn, case, documents, catalogue, tag),
                "take_back_seen": seen_lying(conn, case, documents),
            }
        call = call_view(conn, case.id, now)
        if call is not None:
            scan = scan_card(
                case,
                documents,
                catalogue,
                tag,
                by_device=takes_photographs(conn, case.terminal_id, now),
            )
            card = call_card(case, call, cards, scan, catalogue, tag, seen_from_terminal=True)
            filling = draft_card(conn, case, self.forms, catalogue, tag, now)
            if card is not None and filling is not None and card.task == "talk":
                card = card.model_copy(update={"task": "fill"})
            own = f"terminal:{case.terminal_id}"
            return {
                "stage": "call",
                "pages": pages,
                "checklist": checklist_rows(conn, catalogue, case, tag),
                "scan": scan,
                "ceremony": shown_ceremony(cards),
                "filling": filling,
                "recording": recording_card(conn, card),
                "hands": hands_card(conn, card, view, tag),
                "marks": marks_of(conn, call.call_id, hidden=False),
                "identity": identity_prompt(conn, case.id, call.call_id, tag),
                "take_back": lying_papers(conn, case, documents, catalogue, tag),
                "take_back_seen": seen_lying(conn, case, documents),
                "call": with_parties(
                    conn, with_lines(conn, card, own=own), own=own, catalogue=catalogue, tag=tag
                ),
            }
        ticket = ticket_view(conn, case.id, now)
        service = service_or_none(catalogue, case.service_id)
        return {
            "stage": "waiting",
            "pages": pages,
            "ticket": TicketCard(
                number=case.number,
                department=text_in(catalogue.department(case.department_id).names, tag),
                service=text_in(service.names, tag) if service else "",
                ahead=ticket.ahead if ticket else 0,
                wait_from_min=ticket.wait.from_min if ticket else 0,
                wait_to_min=ticket.wait.to_min if ticket else 0,
                ringing=ticket is not None and ticket.state is TicketState.OFFERED,
                reconnecting=ticket is not None and ticket.requeued,
                agents_on_duty=ticket.agents_on_duty if ticket else 0,
                bring=_bring(service, tag) if service else [],
                again_until=_again_until(conn, case, now),
            ),
        }

    def _receipt(
        self,
        conn: Connection,
        catalogue: Catalogue,
        case: Case,
        ceremonies: Sequence[CeremonyState],
        pages: Sequence[Any],
        now: datetime,
        tag: str,
    ) -> ReceiptCard:
        service = service_or_none(catalogue, case.service_id)
        accepted = dict.fromkeys(
            paper_label(service, page.item, tag)
            for page in pages
            if page.state not in ("rejected", "superseded")
        )
        signed = [one for one in ceremonies if one.state in SIGNED]
        later = [
            LaterCard(
                label=paper_label(service, link.item, tag),
                until=_last_day(link.expires_at, tag),
                qr=_qr(self.link_address(link.link_id)),
            )
            for link in links_of(conn, [case.id], now)
            if link.state is LinkState.OPEN
        ]
        by_link = {card.label for card in later}
        return ReceiptCard(
            number=case.number,
            department=text_in(catalogue.department(case.department_id).names, tag),
            service=text_in(service.names, tag) if service else "",
            outcome=say(OUTCOMES[case.outcome.value], tag) if case.outcome else "",
            next_step=case.next_step,
            handed_in=list(accepted),
            missing=[
                one
                for one in missing_papers(conn, catalogue, case, tag)
                if one.label not in by_link
            ],
            signed=ceremony_cards(signed, self.forms, tag),
            rated=case.stars is not None,
            later=later,
            take_along=self._take_along(conn, case.id, tag, now),
        )

    def _take_along(
        self, conn: Connection, case_id: CaseId, tag: str, now: datetime
    ) -> TakeAlongCard | None:
        link = link_of(conn, case_id, now)
        if link is None:
            return None
        return TakeAlongCard(
            until=_last_day(link.expires_at, tag), qr=_qr(self.document_address(link.link_id))
        )


def shown_ceremony(cards: Sequence[CeremonyCard]) -> CeremonyCard | None:
    """The document to read or sign now; with none, the one that was signed last.

    cards: newest first.
    """
    under_way = next((card for card in cards if card.state in OPEN), None)
    return under_way or next((card for card in cards if card.state in SIGNED), None)


def _last_day(expires_at: datetime, tag: str) -> str:
    return Words(catalogue_language(tag)).day(last_day(expires_at, ZONE))


def _qr(address: str) -> str:
    made: str = segno.make_qr(address, error="m").svg_data_uri(border=4, omitsize=True)
    return made


def _bring(service: Service, tag: str) -> list[str]:
    return [text_in(paper.names, tag) for paper in service.papers]


def _hint(service: Service, tag: str) -> str:
    separator = "、" if tag.startswith("zh") else ", "
    return separator.join(_bring(service, tag))


def _again_until(conn: Connection, case: Case, now: datetime) -> str | None:
    """Until when who had booked may check in once more, should he leave; None: never."""
    if case.appointment_id is None:
        return None
    until = again_until(conn, case.appointment_id, now)
    return instant(until) if until else None
