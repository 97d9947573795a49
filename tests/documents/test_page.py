"""The verdict about a photograph, over its whole range."""

from dataclasses import replace

import pytest

from counter.documents.page import Accepted, Findings, Limits, Refused, verdict
from counter.documents.refusals import BY_CODE

GOOD = Findings(
    score=2.5,
    corners=((0.0, 0.0), (1.0, 0.0), (1.0, 1.4), (0.0, 1.4)),
    whole_frame=False,
    cut_sides=0,
    format="a-series",
    dpi=210.0,
    edge_width_px=1.2,
    glare_share=0.0,
    ink_share=0.05,
)
LIMITS = Limits()


def test_a_good_photograph_is_accepted_without_a_note() -> None:
    assert verdict(GOOD, LIMITS) == Accepted(notes=())


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (replace(GOOD, score=LIMITS.score_min - 0.01), "no_page_found"),
        (replace(GOOD, cut_sides=1), "page_cut_off"),
        (replace(GOOD, finger_share=LIMITS.finger_share_max * 2), "page_finger"),
        (replace(GOOD, dpi=LIMITS.dpi_min - 1), "page_too_small"),
        (replace(GOOD, ink_share=LIMITS.ink_share_min / 2), "page_blank"),
        (replace(GOOD, edge_width_px=LIMITS.edge_width_max_px + 0.01), "page_blurred"),
        (replace(GOOD, edge_width_px=None), "page_blurred"),
        (replace(GOOD, glare_share=LIMITS.glare_share_max * 2), "page_glare"),
    ],
)
def test_each_fault_has_its_code(found: Findings, code: str) -> None:
    assert verdict(found, LIMITS) == Refused(code=code)
    assert BY_CODE[code].code == code


def test_the_reason_that_can_be_mended_first_is_given() -> None:
    everything = replace(
        GOOD,
        score=0.1,
        cut_sides=2,
        dpi=10,
        ink_share=0,
        edge_width_px=9,
        glare_share=1,
        finger_share=1,
    )
    codes = []
    for mended in (
        {"score": 2.5},
        {"cut_sides": 0},
        {"dpi": 210.0},
        {"ink_share": 0.05},
        {"edge_width_px": 1.2},
        {"glare_share": 0.0},
        {"finger_share": 0.0},
    ):
        answer = verdict(everything, LIMITS)
        assert isinstance(answer, Refused)
        codes.append(answer.code)
        everything = replace(everything, **mended)
    assert codes == [
        "no_page_found",
        "page_cut_off",
        "page_too_small",
        "page_blank",
        "page_blurred",
        "page_glare",
        "page_finger",
    ]
    assert isinstance(verdict(everything, LIMITS), Accepted)


def test_a_whole_frame_needs_no_score() -> None:
    answer = verdict(replace(GOOD, score=0.0, whole_frame=True), LIMITS)
    assert answer == Accepted(notes=("whole_frame",))


def test_what_is_readable_with_effort_is_noted_for_the_agent() -> None:
    answer = verdict(replace(GOOD, dpi=100.0, edge_width_px=1.5), LIMITS)
    assert answer == Accepted(notes=("resolution_low", "slightly_blurred"))


def test_a_reflection_too_small_to_refuse_is_noted() -> None:
    answer = verdict(replace(GOOD, glare_share=LIMITS.glare_share_max / 2), LIMITS)
    assert answer == Accepted(notes=("glare_spot",))
