"""Screens of every stage, in the language they would be told in."""

import hashlib
import io
from functools import lru_cache
from typing import Any

import segno
from PIL import Image, ImageDraw, ImageFont

from counter.esign.demands import Acts
from counter.protocol.calling import CallCard, LegCard
from counter.protocol.ceremonies import CeremonyCard, FormCard, FormField, SheetCard
from counter.protocol.checklist import ChecklistRow, MissingPaper
from counter.protocol.choosing import Choice
from counter.protocol.desk_screen import DeskCase, DeskScreen, OfferCard, QueueRow
from counter.protocol.filling import DraftCard
from counter.protocol.hands import HandsCard, HandState, HandUsed
from counter.protocol.message import Language
from counter.protocol.pointing import Hidden, MarkCard
from counter.protocol.printing import PrintCard, PrintFailed
from counter.protocol.reading import SaidLine
from counter.protocol.scanning import CasePage, ScanCard
from counter.protocol.terminal_screen import (
    ArrivalCard,
    LaterCard,
    ReceiptCard,
    TakeAlongCard,
    TerminalScreen,
    TicketCard,
)
from tests.web.identity_cards import prompt
from web.shared.consent_words import agreed_words, sentence
from web.shared.hand_cards import WORDS as HAND_WORDS
from web.shared.lasting_words import LEVELS, PENDING
from web.shared.print_words import CITIZENS_REASONS
from web.shared.wording import say

NOW = "2026-11-23T02:00:00+00:00"
FONT = "counter/esign/fonts/NotoSansCJKtc-Regular.otf"

WORDS: dict[str, dict[str, str]] = {
    "zh-Hant": {
        "site": "慕拉士政府綜合服務中心",
        "department": "商事登記局",
        "service": "查詢商事企業登記資料",
        "bring": "身份證（正本）",
        "bring2": "商事登記證明（副本）",
        "title": "商事登記資料申請書",
        "agent": "陳美玲",
        "outcome": "已接收您的申請",
        "next": "我們會在 5 個工作天內以短訊通知您結果。您可在「我的辦事」查閱。",
        "citizen": "黃大文",
        "hint": "需時約 20 分鐘",
        "day": "2026年12月23日星期三",
    },
    "pt": {
        "site": "Centro de Serviços da RAEM na Rua Nova da Areia Preta",
        "department": "Direcção dos Serviços de Assuntos de Justiça",
        "service": "Pedido de certidão do registo comercial e consulta de documentos",
        "bring": "Documento de identificação (original)",
        "bring2": "Certidão do registo comercial (cópia)",
        "title": "Requerimento de certidão do registo comercial",
        "agent": "Maria da Conceição Fernandes",
        "outcome": "O seu pedido foi recebido",
        "next": (
            "Enviamos-lhe uma mensagem no prazo de 5 dias úteis. "
            "Pode consultar o pedido em «Os meus assuntos»."
        ),
        "citizen": "António Xavier Gonçalves",
        "hint": "Cerca de 20 minutos",
        "day": "quarta-feira, 23 de Dezembro de 2026",
    },
}


@lru_cache
def sheet(text: str = "1", width: int = 1240, height: int = 1754) -> bytes:
    """A page of writing, PNG, A4 at 150 dpi."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.text((120, 110), f"商事登記資料申請書 · {text}", fill="#14202e", font=_font(52))
    for line in range(30):
        draw.text(
            (120, 240 + line * 46),
            "申請人聲明以上資料屬實。Declara que os dados são verdadeiros.",
            fill="#3a4656",
            font=_font(28),
        )
    draw.rectangle((700, height - 300, 1120, height - 140), outline="#767f8c", width=3)
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


PAPERS = {sha256(sheet(str(number))): sheet(str(number)) for number in (1, 2)}
FIRST, SECOND = PAPERS
DOCUMENT = "3fa9c1" + "0" * 58
CODE = segno.make_qr("https://counter.example/signed/abcdefghijkl").svg_data_uri(omitsize=True)
LETTERS = {"zh-Hant": "甲", "pt": "A"}


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


CERTIFICATES: dict[str, dict[str, Any]] = {
    "or ink": {},
    "number": {"by_hand": False},
    "asked": {"stage": "asked", "name": "CHAN TAI MAN 陳大文", "certificate": DOCUMENT},
    "code": {"stage": "coded", "left": 2, "name": "CHAN TAI MAN", "certificate": DOCUMENT},
    "another": {"stage": "another", "left": 2},
    "locked": {"stage": "locked", "left": 0},
}


def certificate(**more: Any) -> dict[str, Any]:
    facts = {"provider": "eSignCloud", "stage": "offered", "left": 3, "by_hand": True}
    return facts | more


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


def certificate_stages(language: Language) -> dict[str, TerminalScreen]:
    """Signing with one's own certificate, by a name."""
    return {
        f"certificate {name}": terminal(
            "call",
            language,
            call=call(language, "sign"),
            ceremony=ceremony(language, "consented", 2, certificate=certificate(**facts)),
        )
        for name, facts in CERTIFICATES.items()
    }


def terminal_stages(language: Language) -> dict[str, TerminalScreen]:
    """Every screen that a visit can show, by a name."""

    def of(stage: str, **more: Any) -> TerminalScreen:
        return terminal(stage, language, **more)

    return {
        "attract": of("attract"),
        "start": of("start"),
        "reference": of("reference"),
        "departments": of("departments", choices=choices(language, 11)),
        "services": of(
            "services",
            choices=choices(language, 5),
            chosen_department=WORDS[language]["department"],
        ),
        "confirm": of("confirm", arrival=arrival(language)),
        "waiting": of("waiting", ticket=ticket(language)),
        "ringing": of("waiting", ticket=ticket(language, ringing=True, ahead=0)),
        "reconnecting": of("waiting", ticket=ticket(language, reconnecting=True, ahead=0)),
        "talk": of(
            "call",
            call=call(language),
            pages=[case_page(language)],
            checklist=checklist(language),
        ),
        "seen before": of(
            "call",
            call=call(language),
            pages=[
                case_page(language, page_id="page-0"),
                case_page(language, "stored", notes=["seen_before"], same_as="page-0"),
            ],
            checklist=checklist(language),
        ),
        "same side": of(
            "call",
            call=call(language),
            pages=[
                case_page(language, page_id="page-0"),
                case_page(language, "stored", notes=["same_side"], format="id-1"),
            ],
            checklist=checklist(language),
        ),
        "filling": of("call", call=call(language, "fill"), filling=draft(language)),
        "helped": of(
            "call", call=call(language), checklist=checklist(language), hands=hands(language)
        ),
        "stopped": of("call", call=call(language), hands=hands(language, permission="stopped")),
        "may help again": of(
            "call", call=call(language), hands=hands(language, permission="asked")
        ),
        "together": of(
            "call",
            call=call(language),
            pages=[case_page(language)],
            hands=hands(language, show=FIRST),
            marks=marks(),
        ),
        "signed": of("call", call=call(language), ceremony=ceremony(language, "sealed", 2)),
        "scan": of(
            "call", call=call(language, "scan"), scan=scan(language, refusal="page_blurred")
        ),
        "device scan": of(
            "call",
            call=call(language, "scan"),
            scan=scan(language, by_device=True, refusal="camera_dark"),
        ),
        "arriving": of(
            "call", call=call(language, "scan"), scan=scan(language, by_device=True, arriving=HALF)
        ),
        "read": of("call", call=call(language, "read"), ceremony=ceremony(language, said=SAID)),
        "read seen": of(
            "call", call=call(language, "read"), ceremony=ceremony(language, seen=2, said=SAID)
        ),
        "read idle": of(
            "call",
            call=call(language, "read"),
            ceremony=ceremony(
                language,
                said=SAID,
                asks_at="2026-11-23T01:59:50+00:00",
                ends_at="2026-11-23T02:00:50+00:00",
            ),
        ),
        "read corrected": of(
            "call",
            call=call(language, "read"),
            ceremony=ceremony(
                language, said=SAID, revision=2, sha256="b7" * 32, corrected=["用途"]
            ),
        ),
        "voided": of("call", call=call(language), ceremony=ceremony(language, "voided", 2)),
        "sign": of(
            "call", call=call(language, "sign"), ceremony=ceremony(language, "consented", 2)
        ),
        "sealing": of(
            "call", call=call(language, "sealing"), ceremony=ceremony(language, "signing", 2)
        ),
        "sealing late": of(
            "call",
            call=call(language, "sealing"),
            ceremony=ceremony(language, "signing", 2, signed_at="2026-11-23T01:58:00+00:00"),
        ),
        "citizen signed": of(
            "call",
            call=call(language),
            ceremony=ceremony(language, "signing", 2, citizen_signed=True),
        ),
        "receipt": of("receipt", receipt=receipt(language)),
        "papers missing": of(
            "receipt",
            receipt=receipt(
                language,
                missing=[
                    MissingPaper(label=WORDS[language]["bring2"], until="2026-12-23"),
                ],
            ),
        ),
        "rated": of("receipt", receipt=receipt(language, rated=True)),
        "consenting": of("call", call=call(language), identity=prompt(language, "consent")),
        "turning": of("call", call=call(language), identity=prompt(language, "turn")),
        "saying": of(
            "call",
            call=call(language),
            identity=prompt(language, "number"),
            take_back=[WORDS[language]["bring"]],
        ),
        "forgotten": of("receipt", receipt=receipt(language), take_back=[WORDS[language]["bring"]]),
        "still lying": of(
            "call",
            call=call(language),
            pages=[case_page(language)],
            take_back=[WORDS[language]["bring"], WORDS[language]["bring2"]],
            take_back_seen=True,
        ),
        "reading paused": of(
            "call",
            call=call(language),
            ceremony=ceremony(
                language, said=SAID, seen=1, paused=True, ends_at="2026-11-23T02:15:00+00:00"
            ),
        ),
        "glass": of(
            "call",
            call=call(language, "scan"),
            scan=scan(language, by_device=True, source="flatbed", taking=True),
        ),
        "printing": of(
            "call",
            call=call(language),
            printing=PrintCard(
                print_id="print-1",
                what="document",
                label=WORDS[language]["title"],
                state="printing",
                sheets=[],
                lines=[],
                by_device=True,
            ),
        ),
        "not printed": of(
            "receipt",
            receipt=receipt(language),
            print_failed=PrintFailed(
                print_id="print-1",
                label=WORDS[language]["title"],
                reason=say(CITIZENS_REASONS["paper_out"], language),
            ),
        ),
        "take along": of(
            "receipt",
            receipt=receipt(
                language,
                later=[
                    LaterCard(
                        label=WORDS[language]["bring2"], until=WORDS[language]["day"], qr=CODE
                    )
                ],
                take_along=TakeAlongCard(until=WORDS[language]["day"], qr=CODE),
                missing=[MissingPaper(label=WORDS[language]["hint"], until="2026-12-23")],
            ),
            take_back=[WORDS[language]["bring"]],
            take_back_seen=True,
        ),
    }


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


def desk_stages(language: Language) -> dict[str, DeskScreen]:
    """Every face of a desk, by a name."""
    return {
        "ready": desk(language),
        "empty": desk(language, queue=[], presence="paused"),
        "ringing": desk(language, presence="offered", offer=offer(language)),
        "call": desk(language, presence="busy", case=desk_case(language)),
        "filling": desk(
            language, presence="busy", case=desk_case(language, filling=draft(language))
        ),
        "reading": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                call=call(language, "read"),
                ceremonies=[ceremony(language, "presented", 1)],
            ),
        ),
        "read with care": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                call=call(language, "read"),
                ceremonies=[
                    ceremony(
                        language,
                        revision=2,
                        corrected=["用途"],
                        read_aloud="agent",
                        asks_at="2026-11-23T01:59:50+00:00",
                        ends_at="2026-11-23T02:30:50+00:00",
                        sheets=[
                            SheetCard(
                                number=number,
                                sha256=digest,
                                width_px=1240,
                                height_px=1754,
                                seen=number == 1,
                                seconds=34 * number,
                                shown=number == 2,
                            )
                            for number, digest in enumerate(PAPERS, 1)
                        ],
                        fields=[
                            FormField(
                                name="purpose",
                                label="用途",
                                required=True,
                                value="申請入學",
                                max_length=200,
                            )
                        ],
                    ),
                ],
            ),
        ),
        "reading paused": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                ceremonies=[
                    ceremony(language, seen=1, paused=True, ends_at="2026-11-23T02:15:00+00:00")
                ],
            ),
        ),
        "not signed": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                ceremonies=[
                    ceremony(language, "declined", reason="cannot_write"),
                    ceremony(language, "abandoned", reason="idle", ceremony_id="c-2", sheets=[]),
                    ceremony(language, "voided", 2, reason="wrong_person", ceremony_id="c-3"),
                ],
            ),
        ),
        "whose certificate": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                ceremonies=[
                    ceremony(
                        language, "consented", 2, certificate=certificate(**CERTIFICATES["asked"])
                    )
                ],
            ),
        ),
        "given up": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                ceremonies=[
                    ceremony(language, "withdrawn", reason=why, ceremony_id=why, sheets=[])
                    for why in ("seal_unfit", "not_certified")
                ],
            ),
        ),
        "together": desk(
            language,
            presence="busy",
            case=desk_case(language, hands=hands(language, show=FIRST), marks=marks()),
        ),
        "in doubt": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                call=call(language, "scan"),
                scan=scan(language),
                hands=hands(language),
                marks=hidden_marks("left"),
            ),
        ),
        "stopped": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                hands=hands(
                    language,
                    permission="stopped",
                    states=[
                        HandState(hand="camera", rev=1, state="cannot", cannot="no_document_camera")
                    ],
                ),
            ),
        ),
        "arriving": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                call=call(language, "scan"),
                scan=scan(language, by_device=True, arriving=HALF),
            ),
        ),
        "scanner": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                call=call(language, "scan"),
                scan=scan(
                    language,
                    by_device=True,
                    sources=["camera", "flatbed", "feeder"],
                    refusal="camera_dark",
                ),
                hands=hands(language, light=50, light_level=True),
                lying=[WORDS[language]["bring"], WORDS[language]["bring2"]],
                lying_seen=True,
            ),
        ),
        "noted": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                pages=[
                    case_page(language, page_id="page-0"),
                    case_page(
                        language,
                        "stored",
                        format="td3-open",
                        notes=[
                            *("resolution_low", "slightly_blurred", "whole_frame", "glare_spot"),
                            *("seen_before", "same_side", "turned_by_counter"),
                        ],
                        same_as="page-0",
                    ),
                ],
                papers_later="/console/later/case-1",
                hands=hands(language, light=100),
            ),
        ),
        "lasting": desk(
            language,
            presence="busy",
            case=desk_case(
                language,
                ceremonies=[
                    ceremony(
                        language,
                        "sealed",
                        2,
                        level=level,
                        lasting=f"{say(LEVELS[level], language)} {say(PENDING[pending], language)}",
                        archived_sha256=archived,
                        ceremony_id=level,
                    )
                    for level, archived, pending in (
                        ("B_T", None, "certificate_revoked"),
                        ("B_LTA", DOCUMENT, "archive"),
                    )
                ],
            ),
        ),
        "wrapup": desk(language, presence="wrapup", queue=[]),
    }
