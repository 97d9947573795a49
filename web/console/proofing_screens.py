"""What a console shows of identifications: its own case's, and those that wait for a second."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue, Service
from counter.case import Case
from counter.documents.mrz import Reading, accepted, holds, zone_of
from counter.documents.page import PageState
from counter.documents.papers import CaseDocuments
from counter.documents.store_zones import readings_of, unread_pages
from counter.documents.zones import IDENTITY_ITEMS
from counter.identity.names import NameWord, compare
from counter.identity.proofing import (
    VISIT_ENDED,
    Given,
    Step,
    current,
    may_decide,
    steps_of,
    valid,
)
from counter.identity.refusals import StepsMissing
from counter.identity.store_proofing_reading import (
    ProofingView,
    identity_level,
    newest_proofing,
    waiting_for_second,
)
from counter.ids import AgentId, CaseId
from counter.protocol.proofing import (
    IdentityCard,
    IdentityStepCard,
    NameCard,
    NameWordCard,
    PaperKindName,
    PaperPage,
    ReasonChoice,
    SecondCard,
    StepName,
    ZoneCard,
)
from counter.signaling.store_screens import CallView, agent_view
from counter.store.cases import get_case
from web.shared.proofing_words import DOCUMENTS, FEATURES, REASONS, TITLES, TODO
from web.shared.wording import instant, say, service_or_none, text_in

USUAL: Final[dict[str, PaperKindName]] = {
    "bir": "bir",
    "old_bir": "bir",
    "home_permit": "home_permit",
    "home_permit_or_bir": "bir",
    "residence_permit": "home_permit",
}
"Kind of document by paper of the catalogue."
Simplify = Callable[[str], str]


def identity_card(
    conn: Connection,
    case: Case,
    call: CallView | None,
    documents: CaseDocuments,
    catalogue: Catalogue,
    tag: str,
    now: datetime,
    simplify: Simplify,
) -> IdentityCard:
    """How surely it is known who sits there."""
    service = service_or_none(catalogue, case.service_id)
    card = IdentityCard(
        needed=service.identity_level.value if service else "L0",
        reached=identity_level(conn, case.id).value,
        documents=[ReasonChoice(id=one, name=say(name, tag)) for one, name in DOCUMENTS.items()],
        usual=_usual(service),
        item=_item(service, documents),
        reasons=[
            ReasonChoice(id=one, name=say(name, tag))
            for one, name in REASONS.items()
            if one != VISIT_ENDED
        ],
    )
    view = newest_proofing(conn, case.id)
    if view is None:
        return card
    counted = valid(view.target, view.given, call.call_id if call else "")
    readings = [one.reading for one in readings_of(conn, case.id) if one.reading]
    return card.model_copy(
        update={
            "proofing_id": view.id,
            "state": view.state.value,
            "target": view.target.value,
            "document": view.document,
            "reason": say(REASONS[view.reason], tag) if view.reason else None,
            "steps": step_cards(view, counted, tag),
            "leads_to": _leads_to(view, counted) if view.live else None,
            "unread": view.live and bool(unread_pages(conn, case.id)),
            "zone": zone_card(readings, now) if readings else None,
            "name": _name_card(case.citizen, readings[-1], now, simplify) if readings else None,
            "pages": [
                PaperPage(sha256=one.page_sha256, width_px=one.width_px, height_px=one.height_px)
                for one in documents.pages
                if view.live
                and one.item in IDENTITY_ITEMS
                and one.state in (PageState.STORED, PageState.ACCEPTED)
            ],
        }
    )


def step_cards(view: ProofingView, counted: dict[str, Given], tag: str) -> list[IdentityStepCard]:
    """The checklist of one identification."""
    due = current(view.target, counted) if view.live else None
    return [
        IdentityStepCard(
            step=cast(StepName, step.id),
            title=say(TITLES[step.id], tag),
            todo=say(_todo(view, step), tag),
            state="done" if step.id in counted else "now" if step is due else "later",
            verdict=counted[step.id].verdict.value if step.id in counted else None,
            optional=view.target in step.optional,
            by=step.by,
        )
        for step in steps_of(view.target)
    ]


def second_cards(
    conn: Connection, agent_id: str, departments: Sequence[str], catalogue: Catalogue, tag: str
) -> list[SecondCard]:
    """What waits for this officer: no name and no number of the citizen."""
    cards = []
    for view in waiting_for_second(conn, departments, agent_id):
        case = get_case(conn, CaseId(view.case_id))
        leads = agent_view(conn, AgentId(view.agent_id), view.asked_second_at or view.begun_at)
        service = service_or_none(catalogue, case.service_id)
        cards.append(
            SecondCard(
                proofing_id=view.id,
                number=case.number,
                service=text_in(service.names, tag) if service else case.service_id,
                agent_name=leads.name if leads else view.agent_id,
                target=view.target.value,
                since=instant(view.asked_second_at or view.begun_at),
                doubts=[
                    say(TITLES[one.step], tag)
                    for one in view.steps
                    if one.given.verdict.value == "doubt"
                ],
            )
        )
    return cards


def zone_card(readings: Sequence[Reading], now: datetime) -> ZoneCard:
    """The newest reading, as the agent sees it."""
    newest = readings[-1]
    today = now.date()
    zone = zone_of(newest, today)
    return ZoneCard(
        sure=accepted(readings),
        lines=list(newest.lines),
        doubtful=[list(one) for one in sorted({*newest.doubtful, *newest.repaired})],
        digits_hold=holds(newest),
        number=zone.number,
        surname=zone.surname,
        given=zone.given,
        nationality=zone.nationality,
        birth=zone.birth.isoformat() if zone.birth else "",
        sex=zone.sex,
        expiry=zone.expiry.isoformat() if zone.expiry else "",
        permanent=zone.permanent,
        expired=zone.expiry is not None and zone.expiry < today,
    )


def _name_card(booked: str, reading: Reading, now: datetime, simplify: Simplify) -> NameCard | None:
    zone = zone_of(reading, now.date())
    if not booked:
        return None
    compared = compare(booked, f"{zone.surname} {zone.given}", simplify)
    return NameCard(
        booked=_word_cards(compared.left),
        zone=_word_cards(compared.right),
        comparable=compared.comparable,
    )


def _word_cards(words: Sequence[NameWord]) -> list[NameWordCard]:
    return [NameWordCard(text=one.text, differs=one.differs) for one in words]


def _leads_to(view: ProofingView, counted: dict[str, Given]) -> str | None:
    try:
        return may_decide(view.target, counted).value
    except StepsMissing:
        return None


def _todo(view: ProofingView, step: Step) -> str:
    if step.id.startswith("feature"):
        return FEATURES[view.challenge.features[int(step.id[-1]) - 1]]
    return TODO[step.id]


def _usual(service: Service | None) -> PaperKindName:
    for paper in service.papers if service else ():
        if (kind := USUAL.get(paper.id.rpartition("-")[0])) is not None:
            return kind
    return "other"


def _item(service: Service | None, documents: CaseDocuments) -> str:
    accepted = {one.item for one in documents.pages if one.state is PageState.ACCEPTED}
    papers = (paper.id for paper in (service.papers if service else ()))
    return next((one for one in papers if one in IDENTITY_ITEMS - accepted), "other")
