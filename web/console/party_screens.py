"""What a console shows of asking others in, being asked, and being in a colleague's call."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.ids import AgentId, CaseId
from counter.protocol.desk_screen import GuestCard
from counter.protocol.message import Language
from counter.protocol.party_cards import AskedCard, CallRow, CandidateCard, InviteCard
from counter.signaling.store_party_screens import (
    Candidate,
    asked_views,
    calls_of,
    guest_view,
    invite_view,
)
from counter.signaling.store_screens import AgentView, call_view
from counter.store.cases import get_case
from web.shared.case_cards import call_card
from web.shared.line_cards import with_lines
from web.shared.party_cards import role_of, with_parties
from web.shared.wording import instant, service_or_none, text_in

LANGUAGES: tuple[Language, ...] = ("zh-Hant", "zh-Hans", "pt", "en")


def party_fields(
    conn: Connection,
    agent: AgentView,
    catalogue: Catalogue,
    tag: Language,
    now: datetime,
    *,
    supervisor: bool,
) -> dict[str, Any]:
    """Fields of `DeskScreen`."""
    agent_id = AgentId(agent.id)
    return {
        "invite": _invite(conn, agent_id, catalogue, tag),
        "guest": _guest(conn, agent_id, catalogue, tag, now),
        "asked": [
            AskedCard(
                party_id=one.party_id,
                name=one.name,
                department=_department(catalogue, one.department_id, tag),
                purpose=cast(Any, one.purpose.value),
                deadline=instant(one.deadline),
            )
            for one in asked_views(conn, agent_id)
        ],
        "calls": _calls(conn, agent, catalogue, tag) if supervisor else [],
    }


def candidate_cards(
    found: list[Candidate], case: Case, catalogue: Catalogue, tag: Language
) -> list[CandidateCard]:
    """Those who could be asked: who speaks the citizen's language first."""
    cards = [
        CandidateCard(
            agent_id=one.agent_id,
            name=one.name,
            department=_department(catalogue, one.department_id, tag),
            languages=[one_of for one_of in LANGUAGES if one_of in (one.languages or LANGUAGES)],
            serves=case.department_id in one.departments,
            speaks=not one.languages or case.language in one.languages,
        )
        for one in found
    ]
    return sorted(cards, key=lambda card: not card.speaks)


def _invite(
    conn: Connection, agent_id: AgentId, catalogue: Catalogue, tag: Language
) -> InviteCard | None:
    found = invite_view(conn, agent_id)
    if found is None:
        return None
    return InviteCard(
        party_id=found.party_id,
        purpose=cast(Any, found.purpose.value),
        asked_by=found.name,
        department=_department(catalogue, found.department_id, tag),
        number=found.number,
        service=_service(catalogue, found.service_id, tag),
        language=cast(Language, found.language),
        deadline=instant(found.deadline),
    )


def _guest(
    conn: Connection, agent_id: AgentId, catalogue: Catalogue, tag: Language, now: datetime
) -> GuestCard | None:
    found = guest_view(conn, agent_id)
    if found is None:
        return None
    case = get_case(conn, CaseId(found.case_id))
    own = f"agent:{agent_id}"
    call = call_view(conn, case.id, now)
    card = call_card(case, call, [], None, catalogue, tag, seen_from_terminal=False)
    card = with_parties(conn, with_lines(conn, card, own=own), own, catalogue, tag)
    if card is None:
        return None
    return GuestCard(
        party_id=found.party_id,
        role=role_of(found.purpose, ""),
        mode=cast(Any, found.mode),
        aside=found.aside,
        number=case.number,
        service=_service(catalogue, case.service_id, tag),
        language=cast(Language, case.language),
        site=text_in(catalogue.site(case.site_id).names, tag),
        call=card,
    )


def _calls(
    conn: Connection, agent: AgentView, catalogue: Catalogue, tag: Language
) -> list[CallRow]:
    return [
        CallRow(
            call_id=one.call_id,
            number=one.number,
            service=_service(catalogue, one.service_id, tag),
            agent_name=one.agent_name,
            since=instant(one.since),
            others=one.others,
        )
        for one in calls_of(conn, agent.departments)
    ]


def _department(catalogue: Catalogue, department_id: str, tag: str) -> str:
    department = catalogue.departments.get(department_id)
    return text_in(department.names, tag) if department else department_id


def _service(catalogue: Catalogue, service_id: str, tag: str) -> str:
    service = service_or_none(catalogue, service_id)
    return text_in(service.names, tag) if service else service_id
