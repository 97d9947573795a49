"""Screens of a desk, in the language they would be told in."""

from typing import Any

from counter.protocol.ceremonies import FormCard
from counter.protocol.checklist import ChecklistRow
from counter.protocol.choosing import Choice
from counter.protocol.desk_screen import DeskCase, DeskScreen, OfferCard, QueueRow
from counter.protocol.message import Language
from tests.web.call_cards import call, case_page, checklist, leg
from tests.web.ceremony_cards import ceremony
from tests.web.drawn import NOW, WORDS


def desk_case(language: Language, **more: Any) -> DeskCase:
    words = WORDS[language]
    facts: dict[str, Any] = {
        "case_id": "case-1",
        "number": "A013",
        "service": words["service"],
        "department": words["department"],
        "citizen": words["citizen"],
        "language": language,
        "needs": ["hearing", "sight"],
        "site": words["site"],
        "terminal": "A-01",
        "booked": True,
        "papers_before": "/console/papers/a-1",
        "call": call(language),
        "checklist": [
            *checklist(language),
            ChecklistRow(
                item="photo", label=words["hint"], kind="photo", state="declined", missing=True
            ),
        ],
        "pages": [case_page(language, "stored")],
        "prints": [
            {
                "print_id": "print-1",
                "what": "paper",
                "ref": "id",
                "label": words["bring"],
                "state": "failed",
                "reason": words["hint"],
            }
        ],
        "scan": None,
        "forms": [
            FormCard(form="request", title=words["title"], together=True),
            FormCard(form="in_person", title=words["service"], refusal="physical_presence"),
        ],
        "ceremonies": [ceremony(language, "sealed", 2)],
        "outcomes": [
            Choice(id="completed", name=words["outcome"]),
            Choice(id="papers_missing", name=words["bring2"]),
        ],
    }
    return DeskCase.model_validate(facts | more)


def queue(language: Language) -> list[QueueRow]:
    words = WORDS[language]
    return [
        QueueRow.model_validate(
            {
                "ticket_id": f"t-{number}",
                "number": f"A{number:03}",
                "service": words["service"],
                "language": "pt" if number % 2 else "zh-Hant",
                "booked": number == 14,
                "starts_at": "2026-11-23T02:20:00+00:00" if number == 14 else None,
                "waiting_since": f"2026-11-23T01:{60 - number * 2:02}:00+00:00",
                "site": words["site"],
                "state": "waiting",
            }
        )
        for number in (14, 15, 16)
    ]


def desk(language: Language = "zh-Hant", **more: Any) -> DeskScreen:
    """A desk's screen; `more` replaces fields."""
    words = WORDS[language]
    facts: dict[str, Any] = {
        "agent_id": "agent-1",
        "agent_name": words["agent"],
        "department": words["department"],
        "language": language,
        "presence": "ready",
        "epoch": 1,
        "now": NOW,
        "leg": leg() if more.get("presence") == "busy" else None,
        "queue": queue(language),
        "offer": None,
        "case": None,
        "served_today": 7,
    }
    return DeskScreen.model_validate(facts | more)


def offer(language: Language) -> OfferCard:
    return OfferCard(
        pairing_id="pairing-1",
        number="A014",
        service=WORDS[language]["service"],
        language=language,
        deadline="2026-11-23T02:00:20+00:00",
        waiting_since="2026-11-23T01:48:00+00:00",
    )
