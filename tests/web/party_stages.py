"""Screens of calls with more than two, in the language they would be told in."""

from typing import Any

from counter.protocol.calling import CallCard
from counter.protocol.desk_screen import DeskScreen, GuestCard
from counter.protocol.message import Language
from counter.protocol.party_cards import AskedCard, CallRow, InviteCard, PartyCard
from counter.protocol.terminal_screen import TerminalScreen
from tests.web import screens
from tests.web.screens import NOW, WORDS

SHORTLY = "2026-11-23T01:59:30+00:00"
LONG_AGO = "2026-11-23T01:57:30+00:00"


def party(language: Language, role: str, slot: int | None, **more: Any) -> PartyCard:
    """One of the others; `more` replaces fields."""
    words = WORDS[language]
    known = role in ("citizen", "agent")
    facts: dict[str, Any] = {
        "key": role,
        "party_id": None if known else f"party-{role}",
        "owner": "terminal:t-1" if role == "citizen" else f"agent:{role}",
        "name": words["citizen"] if role == "citizen" else words["agent"],
        "department": "" if role == "citizen" else words["department"],
        "role": role,
        "mode": "full",
        "slot": slot,
        "muted": False,
        "hidden": False,
        "aside": False,
    }
    return PartyCard.model_validate(facts | more)


def call_of(language: Language, *others: PartyCard, **more: Any) -> CallCard:
    return screens.call(language, parties=list(others), **more)


def leading(language: Language, call: CallCard, **more: Any) -> DeskScreen:
    """A desk that leads this call."""
    case = screens.desk_case(language, call=call)
    return screens.desk(language, presence="busy", case=case, **more)


def visiting(language: Language, role: str, call: CallCard, **more: Any) -> DeskScreen:
    """A desk in the call of another."""
    guest = GuestCard.model_validate(
        {
            "party_id": "party-1",
            "role": role,
            "mode": "full",
            "aside": False,
            "number": "A013",
            "service": WORDS[language]["service"],
            "language": language,
            "site": WORDS[language]["site"],
            "call": call,
        }
        | more
    )
    return screens.desk(language, presence="busy", guest=guest)


def asked(language: Language) -> AskedCard:
    return AskedCard(
        party_id="party-2",
        name=WORDS[language]["agent"],
        department=WORDS[language]["department"],
        purpose="interpreter",
        deadline="2026-11-23T02:00:25+00:00",
    )


def invite(language: Language) -> InviteCard:
    words = WORDS[language]
    return InviteCard(
        party_id="party-1",
        purpose="consult",
        asked_by=words["agent"],
        department=words["department"],
        number="A013",
        service=words["service"],
        language=language,
        deadline="2026-11-23T02:00:25+00:00",
    )


def calls(language: Language) -> list[CallRow]:
    words = WORDS[language]
    return [
        CallRow(
            call_id=f"call-{number}",
            number=f"A{number:03}",
            service=words["service"],
            agent_name=words["agent"],
            since=LONG_AGO,
            others=0,
        )
        for number in (13, 17)
    ]


def desk_stages(language: Language) -> dict[str, DeskScreen]:
    """Every face of a desk in a call of several, by a name."""
    citizen = party(language, "citizen", 0)
    interpreter = party(language, "interpreter", 1)
    boss = party(language, "supervisor", None, mode="listen")
    two = call_of(language, citizen, interpreter, boss)
    aside = party(language, "consult", 1, aside=True, muted=True)
    agent = party(language, "agent", 1)
    return {
        "asking": leading(language, call_of(language, citizen), asked=[asked(language)]),
        "two": leading(language, two),
        "held": leading(language, call_of(language, citizen, held_since=SHORTLY)),
        "aside": leading(language, call_of(language, citizen, aside, held_since=LONG_AGO)),
        "asked": screens.desk(language, presence="offered", invite=invite(language)),
        "guest": visiting(language, "interpreter", call_of(language, citizen, agent, muted=True)),
        "boss": visiting(language, "supervisor", call_of(language, citizen, agent), mode="listen"),
        "calls": screens.desk(language, calls=calls(language)),
    }


def terminal_stages(language: Language) -> dict[str, TerminalScreen]:
    """Every face of a terminal in a call of several, by a name."""
    interpreter = party(language, "interpreter", 1, owner="")
    boss = party(language, "supervisor", 2, owner="")

    def of(call: CallCard, **more: Any) -> TerminalScreen:
        return screens.terminal("call", language, call=call, leg=screens.leg(), now=NOW, **more)

    task = {"task": "scan", "held_since": SHORTLY}
    return {
        "two": of(call_of(language, interpreter, boss)),
        "held": of(call_of(language, interpreter, held_since=SHORTLY)),
        "held_task": of(call_of(language, **task), scan=screens.scan(language)),
        "muted": of(call_of(language, muted=True, hidden=True)),
    }
