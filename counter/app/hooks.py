"""Where signalling meets booking: its catalogue, and what its steps do to an appointment."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import Connection

from booking.appointment import may_arrive
from booking.catalogue import Catalogue
from booking.errors import NotInCatalogue, NotOfferedHere
from booking.service import BookingService
from booking.store_rows import by_id, view_of
from booking.store_visits import due_of
from counter.app.clock import new_id
from counter.app.identifying import surroundings
from counter.app.notices import owe_documents, owe_missing_papers
from counter.case import Case, Outcome
from counter.documents.checklist import settle
from counter.documents.originals import Seen
from counter.documents.refusals import OriginalsLying, ScanNotAsked
from counter.documents.store_checklist import checklist_of, put_dues
from counter.documents.store_documents import documents_of, shows
from counter.documents.store_originals import bed_of, note_left_behind
from counter.documents.store_printing import give_up
from counter.documents.store_requests import cancel_request
from counter.esign.store_drafts import forget_drafts
from counter.esign.store_endings import abandon, withdraw
from counter.esign.store_issued import NewLink, issue
from counter.esign.store_reading import open_before_ink
from counter.identity.store_proofing_decision import end_visit
from counter.ids import AppointmentId, CaseId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.signaling.ports import ArrivedAppointment, FoundAppointment
from counter.signaling.store_step import Hooks
from counter.store.cases import audiences, put_case
from web.shared.wording import screen_language, service_or_none


class Snapshot:
    """The catalogue in use, for screens and for signalling (its `Catalogue` port)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __call__(self) -> Catalogue:
        return self.catalogue

    def prefix(self, department_id: DepartmentId) -> str:
        return self.catalogue.department(department_id).prefix

    def site_of(self, terminal_id: TerminalId) -> SiteId:
        for site in self.catalogue.sites.values():
            if any(terminal.id == terminal_id for terminal in site.terminals):
                return SiteId(site.id)
        raise NotInCatalogue(f"no such terminal: {terminal_id}")

    def walk_in(
        self, terminal_id: TerminalId, service_id: ServiceId, now: datetime
    ) -> DepartmentId:
        here = self.site_of(terminal_id)
        if all(site.id != here for site in self.catalogue.sites_for(service_id)):
            raise NotOfferedHere(f"{service_id} is not given at {here}")
        return DepartmentId(self.catalogue.service(service_id).department)


def put_papers_away(conn: Connection, case: Case, *, by: str, now: datetime) -> None:
    """Nobody sits there any more: take back what was asked and not done yet.

    A form with ink on it is sealed all the same; the citizen has signed.  Who left has abandoned
    what he did not sign; else the agent takes it back.
    """
    asked = documents_of(conn, case.id).open_request
    if asked is not None:
        with suppress(ScanNotAsked):  # answered at this instant: it is with the case
            cancel_request(conn, audiences, case.id, asked.request_id, by=by, now=now)
    forget_drafts(conn, case.id)
    for ceremony_id in open_before_ink(conn, case.id):
        gone = by.startswith("terminal:") and abandon(
            conn, case.id, ceremony_id, by=by, reason="left", audiences=audiences, now=now
        )
        if not gone:
            withdraw(conn, case.id, ceremony_id, by=by, audiences=audiences, now=now)


def _no_work(conn: Connection, case: Case, now: datetime) -> None:
    """Nothing is done with papers afterwards."""


def hooks_of(
    snapshot: Snapshot,
    booking: BookingService,
    owe_paper_work: Callable[[Connection, Case, datetime], None] = _no_work,
    new_document_link: NewLink | None = None,
) -> Hooks:
    """What signalling runs inside its own transactions.

    owe_paper_work: writes down what is to be done with the papers of a case that is closed now.
    new_document_link: makes what leads to the signed documents of such a case; none: nothing does.
    """
    around = surroundings(snapshot)

    def find(
        conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
    ) -> FoundAppointment:
        row = by_id(conn, due_of(conn, reference, now))
        view, again = view_of(row, now), row.arrived_at is not None
        here = snapshot.site_of(terminal_id)
        may_arrive(view.state, view.start, at_site=view.site, here=here, again=again, now=now)
        return FoundAppointment(
            reference=reference,
            appointment_id=AppointmentId(view.appointment_id),
            department_id=DepartmentId(view.department),
            service_id=ServiceId(view.service),
            starts_at=view.start,
        )

    def arrive(
        conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
    ) -> ArrivedAppointment:
        arrived = booking.arrive(conn, reference, terminal_id, now)
        return ArrivedAppointment(
            appointment_id=AppointmentId(arrived.appointment_id),
            department_id=DepartmentId(arrived.department),
            service_id=ServiceId(arrived.service),
            starts_at=arrived.start,
            citizen=arrived.name,
            language=screen_language(arrived.language),
            needs=arrived.needs,
        )

    def closing(
        conn: Connection,
        case: Case,
        outcome: Outcome,
        papers: Mapping[str, date | None],
        now: datetime,
    ) -> None:
        service = service_or_none(snapshot.catalogue, case.service_id)
        items = [paper.id for paper in service.papers] if service else []
        dues = settle(checklist_of(conn, case.id, items), outcome, papers, now)
        put_dues(conn, case.id, dues, by=f"agent:{case.agent_id}", now=now)

    def originals(conn: Connection, case: Case) -> None:
        if bed_of(conn, case.id).seen is Seen.PAPER:
            raise OriginalsLying(f"case {case.id}: an original lies at {case.terminal_id}")

    def closed(conn: Connection, case: Case, now: datetime) -> None:
        if case.appointment_id is not None:
            booking.fulfil(conn, case.appointment_id, now)
        put_papers_away(conn, case, by=f"agent:{case.agent_id}", now=now)
        give_up(conn, audiences, case.id, "closed", now, by=f"agent:{case.agent_id}")
        end_visit(conn, around, case.id, by=f"agent:{case.agent_id}", now=now)
        owe_missing_papers(conn, case, now)
        if new_document_link is not None:
            issue(conn, case.id, new_document_link, now)
            owe_documents(conn, case, now)
        owe_paper_work(conn, case, now)

    def left(conn: Connection, case: Case, now: datetime) -> None:
        if case.appointment_id is not None and booking.walk_out(conn, case.appointment_id, now):
            put_case(conn, replace(case, appointment_id=None))  # another visit may be for it
        put_papers_away(conn, case, by=f"terminal:{case.terminal_id}", now=now)
        give_up(conn, audiences, case.id, "left", now)
        note_left_behind(conn, case.id, by=f"terminal:{case.terminal_id}", now=now)
        end_visit(conn, around, case.id, by=f"terminal:{case.terminal_id}", now=now)

    return Hooks(
        new_id=new_id,
        catalogue=snapshot,
        find=find,
        arrive=arrive,
        shows=lambda conn, case_id, sha256: shows(conn, CaseId(case_id), sha256),
        closing=closing,
        originals=originals,
        closed=closed,
        left=left,
    )
