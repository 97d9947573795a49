"""Cards of an identification, in the language they would be told in."""

from typing import Any

from counter.identity.challenge import draw
from counter.identity.proofing import Level, Step, Verdict, current, steps_of
from counter.protocol.message import Language
from counter.protocol.proofing import (
    IdentityCard,
    IdentityPrompt,
    IdentityStepCard,
    NameCard,
    NameWordCard,
    PaperPage,
    ReasonChoice,
    SecondCard,
    ZoneCard,
)
from web.shared.proofing_words import DOCUMENTS, FEATURES, PROMPTS, REASONS, TITLES, TODO, TURNS
from web.shared.wording import say

DRAWN = draw("bir", lambda below: 0)
ZONE_LINES = [
    "IDMAC123456782<<<<<<<<<<<<<<<<",
    "9001024M3601022CHN<<<<<<<<<<<8",
    "CHAN<<TAI<MAN<<<<<<<<<<<<<<<<<",
]


def steps(language: Language, now: str, **verdicts: str) -> list[IdentityStepCard]:
    """Those before `now` passed, but for `verdicts`."""
    done: dict[str, Any] = {}
    for step in steps_of(Level.WITNESSED):
        if step.id == now:
            break
        done[step.id] = verdicts.get(step.id, Verdict.OK.value)
    due: Step | None = current(Level.WITNESSED, done)
    return [
        IdentityStepCard.model_validate(
            {
                "step": step.id,
                "title": say(TITLES[step.id], language),
                "todo": say(
                    FEATURES[DRAWN.features[0]] if step.id.startswith("feature") else TODO[step.id],
                    language,
                ),
                "state": "done" if step.id in done else "now" if step is due else "later",
                "verdict": done.get(step.id),
                "optional": step.id == "account",
                "by": step.by,
            }
        )
        for step in steps_of(Level.WITNESSED)
    ]


def identity(
    language: Language, now: str | None = None, page: str = "", **more: Any
) -> IdentityCard:
    """`now`: the step that is due; without, none is under way.  page: digest of a page."""
    facts: dict[str, Any] = {
        "needed": "L3",
        "reached": "L0",
        "documents": [
            ReasonChoice(id=one, name=say(name, language)) for one, name in DOCUMENTS.items()
        ],
        "usual": "bir",
        "item": "bir-original",
        "reasons": [
            ReasonChoice(id=one, name=say(name, language)) for one, name in REASONS.items()
        ],
    }
    if now:
        facts |= {
            "proofing_id": "p-1",
            "state": "open",
            "target": "L3",
            "document": "bir",
            "steps": steps(language, now, feature1="doubt"),
            "zone": ZoneCard(
                sure=False,
                lines=ZONE_LINES,
                doubtful=[[0, 7], [2, 3]],
                digits_hold=True,
                number="12345678",
                surname="CHAN",
                given="TAI MAN",
                nationality="CHN",
                birth="1990-01-02",
                sex="M",
                expiry="2036-01-02",
                permanent=False,
                expired=False,
            ),
            "name": NameCard(
                booked=[
                    NameWordCard(text="CHEN", differs=True),
                    NameWordCard(text="TAI", differs=False),
                    NameWordCard(text="MAN", differs=False),
                ],
                zone=[
                    NameWordCard(text="CHAN", differs=True),
                    NameWordCard(text="TAI", differs=False),
                    NameWordCard(text="MAN", differs=False),
                ],
                comparable=True,
            ),
            "pages": [PaperPage(sha256=page, width_px=856, height_px=540)] if page else [],
        }
    return IdentityCard.model_validate(facts | more)


def second(language: Language) -> SecondCard:
    return SecondCard(
        proofing_id="p-2",
        number="A016",
        service=say(TITLES["document"], language),
        agent_name="Ana Sequeira",
        target="L2",
        since="2026-11-23T01:58:00+00:00",
        doubts=[say(TITLES["face"], language)],
    )


def prompt(language: Language, step: str) -> IdentityPrompt:
    title, text = PROMPTS[step]
    return IdentityPrompt.model_validate(
        {
            "proofing_id": "p-1",
            "step": step,
            "title": say(TURNS["left"] if step == "turn" else title, language),
            "text": say(text, language) if text else "",
            "shown": "407" if step == "number" else "",
            "turn": "left" if step == "turn" else None,
        }
    )
