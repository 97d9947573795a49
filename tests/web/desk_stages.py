"""Every face of a desk."""

from counter.protocol.ceremonies import FormField, SheetCard
from counter.protocol.desk_screen import DeskScreen
from counter.protocol.hands import HandState
from counter.protocol.message import Language
from tests.web.call_cards import HALF, call, case_page, hands, hidden_marks, marks, scan
from tests.web.ceremony_cards import CERTIFICATES, ceremony, certificate, draft
from tests.web.desk_screens import desk, desk_case, offer
from tests.web.drawn import DOCUMENT, FIRST, PAPERS, WORDS
from web.shared.lasting_words import LEVELS, PENDING
from web.shared.wording import say


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
