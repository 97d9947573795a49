"""Every screen that a visit can show."""

from typing import Any

from counter.protocol.checklist import MissingPaper
from counter.protocol.message import Language
from counter.protocol.printing import PrintCard, PrintFailed
from counter.protocol.terminal_screen import LaterCard, TakeAlongCard, TerminalScreen
from tests.web.call_cards import HALF, call, case_page, checklist, hands, marks, scan
from tests.web.ceremony_cards import CERTIFICATES, SAID, ceremony, certificate, draft
from tests.web.drawn import CODE, FIRST, WORDS
from tests.web.identity_cards import prompt
from tests.web.terminal_screens import arrival, choices, receipt, terminal, ticket
from web.shared.print_words import CITIZENS_REASONS
from web.shared.wording import say


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
        "nobody": of(
            "waiting",
            ticket=ticket(
                language, ahead=0, agents_on_duty=0, again_until="2026-11-23T03:00:00.000+00:00"
            ),
        ),
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
