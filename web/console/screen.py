"""The console's screen as a function of what the store says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.documents.advance import SHOWN
from counter.documents.store_advance import papers_of
from counter.documents.store_documents import documents_of
from counter.errors import NotFound
from counter.esign.form_refusals import PhysicalPresence
from counter.esign.forms import Forms, FormTemplate
from counter.esign.store_attendance import NO_CALLS, Calls
from counter.esign.store_drafts import drafts_of
from counter.esign.store_lasting import lasting_of
from counter.esign.store_reading import signing_of
from counter.esign.store_watched import watched_of
from counter.ids import AgentId
from counter.protocol.ceremonies import FormCard, FormField
from counter.protocol.choosing import Choice
from counter.protocol.desk_screen import DeskCase, DeskScreen, OfferCard, QueueRow
from counter.protocol.message import Language
from counter.signaling.dispatch import AgentState
from counter.signaling.store_device import can, scan_sources, takes_photographs
from counter.signaling.store_marks import marks_of
from counter.signaling.store_screens import (
    OfferView,
    QueueView,
    agent_view,
    call_view,
    offer_view,
    queue_view,
    terminal_view,
)
from counter.store.cases import case_of_agent
from web.console.party_screens import party_fields
from web.console.proofing_screens import identity_card, second_cards
from web.shared.case_cards import call_card, ceremony_cards, leg_card, page_cards, scan_card
from web.shared.certificate_cards import Offered, with_certificates
from web.shared.checklist_cards import checklist_rows
from web.shared.draft_asks import offered
from web.shared.draft_cards import draft_card
from web.shared.hand_cards import hands_card
from web.shared.line_cards import with_lines
from web.shared.originals_local import lying_papers, seen_lying
from web.shared.party_cards import with_parties
from web.shared.print_cards import print_rows
from web.shared.reading_cards import with_reading
from web.shared.recording_cards import recording_card
from web.shared.wording import OUTCOMES, instant, say, service_or_none, text_in

CHOOSABLE = ("completed", "accepted", "papers_missing", "referred", "no_show")

PRESENCE = {
    AgentState.OFFLINE: "offline",
    AgentState.IDLE: "ready",
    AgentState.OFFERED: "offered",
    AgentState.BUSY: "busy",
    AgentState.WRAPUP: "wrapup",
    AgentState.PAUSED: "paused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskScreens:
    """Draws agents' screens."""

    catalogue: Callable[[], Catalogue]
    forms: Forms
    simplify: Callable[[str], str] = str
    "Simplified characters of a text, for comparing names."
    calls: Calls = NO_CALLS
    certificates: Offered | None = None
    "None: nobody signs with a certificate of his own."

    def screen(
        self,
        conn: Connection,
        agent_id: str,
        tag: Language,
        now: datetime,
        *,
        supervisor: bool = False,
    ) -> DeskScreen:
        """What this desk shows now, in `tag`.  Raises `NotFound` for an unknown agent."""
        agent = agent_view(conn, agent_id, now)
        if agent is None:
            raise NotFound(f"agent {agent_id} is not known")
        catalogue = self.catalogue()
        offer = offer_view(conn, agent_id)
        case = case_of_agent(conn, AgentId(agent_id))
        return DeskScreen(
            agent_id=agent.id,
            agent_name=agent.name,
            department=text_in(catalogue.department(agent.department_id).names, tag),
            language=tag,
            presence=cast(Any, PRESENCE[agent.state]),
            epoch=agent.epoch,
            now=instant(now),
            leg=leg_card(conn, f"agent:{agent_id}"),
            queue=[_queue_row(row, catalogue, tag) for row in queue_view(conn, agent.departments)],
            offer=_offer_card(offer, catalogue, tag) if offer else None,
            case=self._case(conn, catalogue, case, tag, now) if case else None,
            served_today=agent.served_today,
            seconds=second_cards(conn, agent_id, agent.departments, catalogue, tag),
            **party_fields(conn, agent, catalogue, tag, now, supervisor=supervisor),
        )

    def _case(
        self, conn: Connection, catalogue: Catalogue, case: Case, tag: Language, now: datetime
    ) -> DeskCase:
        documents = documents_of(conn, case.id)
        known = signing_of(conn, case.id)
        watched = watched_of(conn, case.id, self.calls)
        read = with_reading(
            ceremony_cards(known, self.forms, tag, lasting_of(conn, case.id)),
            known,
            watched,
            self.forms,
            tag,
            desk=True,
        )
        cards = with_certificates(conn, read, known, self.forms, self.certificates)
        scan = scan_card(
            case,
            documents,
            catalogue,
            tag,
            by_device=takes_photographs(conn, case.terminal_id, now),
            sources=scan_sources(conn, case.terminal_id, now),
        )
        site = catalogue.site(case.site_id)
        department = catalogue.department(case.department_id)
        begun = {one.form for one in drafts_of(conn, case.id)}
        before = sent_before(conn, case.appointment_id)
        own = f"agent:{case.agent_id}"
        view = call_view(conn, case.id, now)
        call = call_card(case, view, cards, scan, catalogue, tag, seen_from_terminal=False)
        return DeskCase(
            case_id=case.id,
            number=case.number,
            service=_service_name(catalogue, case.service_id, tag),
            department=text_in(department.names, tag),
            citizen=case.citizen,
            language=cast(Language, case.language),
            needs=list(case.needs),
            site=text_in(site.names, tag),
            terminal=str(next(one.number for one in site.terminals if one.id == case.terminal_id)),
            booked=case.appointment_id is not None,
            papers_before=f"/console/papers/{case.appointment_id}" if before else None,
            papers_later=f"/console/later/{case.id}",
            call=with_parties(
                conn, with_lines(conn, call, own=own), own=own, catalogue=catalogue, tag=tag
            ),
            checklist=checklist_rows(conn, catalogue, case, tag, before),
            pages=page_cards(case, documents, catalogue, tag, with_codes=True),
            scan=scan,
            forms=[
                _form_card(form, case, tag, begun=form.id in begun)
                for form in offered(self.forms, case, catalogue)
            ],
            filling=draft_card(conn, case, self.forms, catalogue, tag, now),
            ceremonies=cards,
            recording=recording_card(conn, call),
            hands=hands_card(
                conn,
                call,
                terminal_view(conn, case.terminal_id),
                tag,
                can(conn, case.terminal_id, "lamp", now),
            ),
            marks=marks_of(conn, call.call_id) if call else [],
            prints=print_rows(conn, case, self.forms, catalogue, tag),
            identity=identity_card(conn, case, view, documents, catalogue, tag, now, self.simplify),
            lying=lying_papers(conn, case, documents, catalogue, tag),
            lying_seen=seen_lying(conn, case, documents),
            outcomes=[Choice(id=one, name=say(OUTCOMES[one], tag)) for one in CHOOSABLE],
        )


def sent_before(conn: Connection, appointment_id: str | None) -> dict[str, str]:
    """Papers that were photographed before the visit, with how each stands."""
    if appointment_id is None:
        return {}
    papers = papers_of(conn, [appointment_id])
    return {paper.item: paper.state.value for paper in papers if paper.state in SHOWN}


def _form_card(form: FormTemplate, case: Case, tag: Language, *, begun: bool) -> FormCard:
    return FormCard(
        form=form.id,
        title=form.title.in_(tag),
        fields=[
            FormField(
                name=field.name,
                label=field.label.in_(tag),
                required=field.required,
                value=case.citizen if field.known == "name" else "",
                max_length=field.max_length,
            )
            for field in form.fields
            if field.filled_by == "agent"
        ],
        together=any(field.filled_by == "citizen" for field in form.fields),
        begun=begun,
        refusal=PhysicalPresence.code if form.physical_presence else None,
    )


def _offer_card(offer: OfferView, catalogue: Catalogue, tag: str) -> OfferCard:
    return OfferCard(
        pairing_id=offer.pairing_id,
        number=offer.number,
        service=_service_name(catalogue, offer.service_id, tag),
        language=cast(Language, offer.language),
        deadline=instant(offer.deadline),
        waiting_since=instant(offer.arrived_at),
    )


def _queue_row(row: QueueView, catalogue: Catalogue, tag: str) -> QueueRow:
    return QueueRow(
        ticket_id=row.ticket_id,
        number=row.number,
        service=_service_name(catalogue, row.service_id, tag),
        language=cast(Language, row.language),
        booked=row.booked,
        starts_at=instant(row.starts_at) if row.starts_at else None,
        waiting_since=instant(row.arrived_at),
        site=text_in(catalogue.site(row.site_id).names, tag),
        state=cast(Any, row.state.value),
    )


def _service_name(catalogue: Catalogue, service_id: str, tag: str) -> str:
    service = service_or_none(catalogue, service_id)
    return text_in(service.names, tag) if service else service_id
