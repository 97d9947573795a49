"""Screens of a terminal, in the language they would be told in."""

from typing import Any

from counter.protocol.choosing import Choice
from counter.protocol.message import Language
from counter.protocol.terminal_screen import ArrivalCard, ReceiptCard, TerminalScreen, TicketCard
from tests.web.call_cards import leg
from tests.web.ceremony_cards import ceremony
from tests.web.drawn import NOW, WORDS


def terminal(stage: str = "attract", language: Language = "zh-Hant", **more: Any) -> TerminalScreen:
    """A terminal's screen; `more` replaces fields."""
    words = WORDS[language]
    facts: dict[str, Any] = {
        "stage": stage,
        "language": language,
        "text_size": "A",
        "terminal": "A-01",
        "site": words["site"],
        "now": NOW,
        "version": 1,
        "leg": leg() if stage == "call" else None,
    }
    return TerminalScreen.model_validate(facts | more)


def choices(language: Language, count: int = 6) -> list[Choice]:
    words = WORDS[language]
    return [
        Choice(
            id=f"c-{number}",
            name=words["department"] if number % 2 else words["service"],
            hint=words["hint"],
            unavailable="closed_day" if number == 3 else None,
        )
        for number in range(count)
    ]


def arrival(language: Language) -> ArrivalCard:
    words = WORDS[language]
    return ArrivalCard(
        department=words["department"],
        service=words["service"],
        starts_at="2026-11-23T02:20:00+00:00",
        bring=[words["bring"], words["bring2"]],
    )


def ticket(language: Language, **more: Any) -> TicketCard:
    words = WORDS[language]
    facts: dict[str, Any] = {
        "number": "A013",
        "department": words["department"],
        "service": words["service"],
        "ahead": 3,
        "wait_from_min": 10,
        "wait_to_min": 25,
        "ringing": False,
        "reconnecting": False,
        "agents_on_duty": 2,
        "bring": [words["bring"], words["bring2"]],
    }
    return TicketCard.model_validate(facts | more)


def receipt(language: Language, **more: Any) -> ReceiptCard:
    words = WORDS[language]
    facts: dict[str, Any] = {
        "number": "A013",
        "department": words["department"],
        "service": words["service"],
        "outcome": words["outcome"],
        "next_step": words["next"],
        "handed_in": [words["bring"], words["bring2"]],
        "signed": [ceremony(language, "sealed", 2)],
        "rated": False,
    }
    return ReceiptCard.model_validate(facts | more)
