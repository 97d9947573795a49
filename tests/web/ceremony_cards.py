"""Documents to be filled in, read and signed, in the language they would be told in."""

from typing import Any

from counter.esign.demands import Acts
from counter.protocol.ceremonies import CeremonyCard, SheetCard
from counter.protocol.filling import DraftCard
from counter.protocol.message import Language
from counter.protocol.reading import SaidLine
from tests.web.drawn import DOCUMENT, PAPERS, WORDS
from web.shared.consent_words import agreed_words, sentence
from web.shared.wording import say

SAID = [
    SaidLine(label="姓名", text="陳大文"),
    SaidLine(label="備註", text=""),
    SaidLine(label="", text="本人聲明以上資料均屬真實。"),
]


def agreement(acts: Acts, language: Language) -> dict[str, Any]:
    return {
        "sentence": sentence(acts, language),
        "sha256": agreed_words(acts, language).text_sha256,
    }


def ceremony(
    language: Language, state: str = "presented", seen: int = 0, **more: Any
) -> CeremonyCard:
    facts: dict[str, Any] = {
        "ceremony_id": "ceremony-1",
        "title": WORDS[language]["title"],
        "state": state,
        "sha256": DOCUMENT,
        "sheets": [
            SheetCard(
                number=number, sha256=digest, width_px=1240, height_px=1754, seen=number <= seen
            )
            for number, digest in enumerate(PAPERS, 1)
        ],
        "signed_sha256": DOCUMENT if state == "sealed" else None,
        "agreement": agreement("handwritten", language) if state == "presented" else None,
    }
    return CeremonyCard.model_validate(facts | more)


CODED = {"stage": "coded", "name": "CHAN TAI MAN", "certificate": DOCUMENT}
CERTIFICATES: dict[str, dict[str, Any]] = {
    "or ink": {},
    "number": {"by_hand": False},
    "asked": {"stage": "asked", "name": "CHAN TAI MAN 陳大文", "certificate": DOCUMENT},
    "code": {**CODED, "left": 2, "wants": ["code"]},
    "pin and code": {**CODED, "left": 2, "wants": ["pin", "code"]},
    "pin": {**CODED, "wants": ["pin"]},
    "own code": {**CODED, "wants": ["own_code"]},
    "another": {"stage": "another", "left": 2},
    "locked": {"stage": "locked", "left": 0},
}


def certificate(**more: Any) -> dict[str, Any]:
    facts = {"provider": "eSignCloud", "stage": "offered", "left": 3, "by_hand": True}
    return facts | more


def draft(language: Language, **more: Any) -> DraftCard:
    """A form of five fields, one wrong and one empty."""
    words = WORDS[language]
    usual: dict[str, Any] = {
        "lines": False,
        "required": True,
        "max_length": 60,
        "whole": False,
        "minimum": 0,
        "choices": [],
        "kind": "text",
        "text": "",
        "shown": "",
        "version": 0,
        "source": "none",
        "problem": None,
    }
    name = {"text": words["citizen"], "shown": words["citizen"], "source": "booking"}
    fields: list[dict[str, Any]] = [
        {"name": "applicant_name", "label": words["bring"], "owner": "agent", **name},
        {
            "name": "purpose",
            "label": words["service"],
            "owner": "agent",
            "lines": True,
            "problem": "field_missing",
        },
        {
            "name": "birth_date",
            "label": words["hint"],
            "owner": "citizen",
            "kind": "date",
            "max_length": 10,
            "text": "1958-02-30",
            "shown": "1958-02-30",
            "version": 3,
            "source": "typed",
            "problem": "field_date",
        },
        {
            "name": "urgent",
            "label": words["bring2"],
            "owner": "citizen",
            "kind": "yes_no",
            "choices": [
                {"id": "yes", "name": say("Yes", language)},
                {"id": "no", "name": say("No", language)},
            ],
            "problem": "field_missing",
        },
        {"name": "date", "label": words["title"], "owner": "counter", "text": "2026-11-23"},
    ]
    facts: dict[str, Any] = {
        "draft_id": "draft-1",
        "form": "request",
        "title": words["title"],
        "fields": [{**usual, **one} for one in fields],
        "digest": "cd" * 32,
        "complete": False,
    }
    return DraftCard.model_validate(facts | more)
