"""What stands on both screens in a call, in the language it would be told in."""

from typing import Any

from counter.protocol.calling import CallCard, LegCard
from counter.protocol.checklist import ChecklistRow
from counter.protocol.hands import HandsCard, HandState, HandUsed
from counter.protocol.message import Language
from counter.protocol.pointing import Hidden, MarkCard
from counter.protocol.scanning import CasePage, ScanCard
from tests.web.drawn import FIRST, NOW, WORDS
from web.shared.hand_cards import WORDS as HAND_WORDS
from web.shared.wording import say


def leg(**more: Any) -> LegCard:
    """The leg of one who is in a call with somebody who can be seen and heard."""
    return LegCard.model_validate({"tag": 0, "sending": True, "expects": True} | more)


def call(language: Language, task: str = "talk", **more: Any) -> CallCard:
    words = WORDS[language]
    facts: dict[str, Any] = {
        "call_id": "call-1",
        "agent_name": words["agent"],
        "department": words["department"],
        "since": "2026-11-23T01:56:48+00:00",
        "task": task,
        "other_side": "present",
    }
    return CallCard.model_validate(facts | more)


HALF = {"state": "uploading", "thumb_sha256": FIRST, "preview_sha256": None, "quarters": 2}
"A photograph of which half is here."


def scan(language: Language, **more: Any) -> ScanCard:
    facts: dict[str, Any] = {
        "request_id": "scan-1",
        "item": "id",
        "label": WORDS[language]["bring"],
        "refusal": None,
    }
    return ScanCard.model_validate(facts | more)


def case_page(language: Language, state: str = "accepted", **more: Any) -> CasePage:
    return CasePage.model_validate(
        {
            "page_id": "page-1",
            "item": "id",
            "label": WORDS[language]["bring"],
            "state": state,
            "sha256": FIRST,
            "thumb_sha256": FIRST,
            "width_px": 1240,
            "height_px": 1754,
        }
        | more
    )


def hands(language: Language, **more: Any) -> HandsCard:
    """The agent has turned the sound up."""
    facts: dict[str, Any] = {
        "permission": "allowed",
        "camera": "face",
        "crop": None,
        "gain": 100,
        "volume": 80,
        "text_size": "A",
        "language": language,
        "page": None,
        "show": None,
        "states": [HandState(hand="volume", rev=1, state="done", cannot=None)],
        "did": [
            HandUsed(
                seq=1, text=say(HAND_WORDS["volume_up"], language), at="2026-11-23T01:59:00+00:00"
            )
        ],
    }
    return HandsCard.model_validate(facts | more)


def marks() -> list[MarkCard]:
    """A frame and an arrow on the first page."""
    surface = f"page:{FIRST}"
    return [
        MarkCard(mark_id="m-1", surface=surface, kind="rect", x0=0.1, y0=0.1, x1=0.5, y1=0.2),
        MarkCard(mark_id="m-2", surface=surface, kind="arrow", x0=0.8, y0=0.6, x1=0.5, y1=0.4),
    ]


def hidden_marks(why: Hidden) -> list[MarkCard]:
    """A frame on a paper that was under the camera."""
    frame = {"kind": "rect", "x0": 0.1, "y0": 0.1, "x1": 0.5, "y1": 0.2}
    return [
        MarkCard.model_validate(
            {"mark_id": "m-1", "surface": "scan:scan-1", "hidden": why, **frame}
        )
    ]


def checklist(language: Language) -> list[ChecklistRow]:
    """One paper that is green, one that is missing."""
    words = WORDS[language]
    return [
        ChecklistRow(
            item="id",
            label=words["bring"],
            kind="original",
            state="accepted",
            original_seen=NOW,
            green=True,
        ),
        ChecklistRow(
            item="reg",
            label=words["bring2"],
            kind="copy",
            state="missing",
            before="ready",
            missing=True,
        ),
    ]
