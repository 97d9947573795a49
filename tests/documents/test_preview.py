"""Previews: one advice at a time, for an open request only, not faster than they are looked at."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from counter.documents import refusals
from counter.documents.page import Limits, ScanRefused
from counter.documents.papers_sql import SqlPapers
from counter.documents.preview import BETWEEN_S, Glance, Pace, preview_of
from counter.documents.preview_service import PreviewService
from counter.documents.sample_page import encode_jpeg, sample_photograph
from counter.documents.scan_opencv.preview import preview
from counter.documents.scan_pool import ScanPool
from counter.ids import CaseId, RequestId
from counter.store.executor import Executor
from tests.documents import scenes
from tests.documents.synth import jaccard

LIMITS = Limits()
CASE = CaseId("case-1")
GOOD = Glance(
    corners=((0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9)),
    score=2.6,
    whole_frame=False,
    cut_sides=0,
    format="a-series",
    dpi=200.0,
    glare_share=0.0,
    finger_share=0.0,
    ink_share=0.05,
)


def small(picture: np.ndarray, wide: int = 480) -> bytes:
    tall = round(wide * picture.shape[0] / picture.shape[1])
    return encode_jpeg(cv2.resize(picture, (wide, tall), interpolation=cv2.INTER_AREA), 70)


def test_a_good_page_has_no_advice() -> None:
    assert preview_of(GOOD, LIMITS).advice is None
    assert preview_of(GOOD, LIMITS).corners == GOOD.corners


@pytest.mark.parametrize(
    ("glance", "advice"),
    [
        (replace(GOOD, score=0.5), "no_page_found"),
        (replace(GOOD, whole_frame=True), "no_page_found"),
        (replace(GOOD, cut_sides=1, finger_share=0.5, dpi=10), "page_cut_off"),
        (replace(GOOD, finger_share=0.5, dpi=10), "page_finger"),
        (replace(GOOD, dpi=10, ink_share=0), "page_too_small"),
        (replace(GOOD, ink_share=0, glare_share=0.5), "page_blank"),
        (replace(GOOD, glare_share=0.5), "page_glare"),
    ],
)
def test_the_advice_that_helps_first_is_given(glance: Glance, advice: str) -> None:
    seen = preview_of(glance, LIMITS)
    assert seen.advice == advice
    assert advice in refusals.BY_CODE
    assert (seen.corners is None) == (advice == "no_page_found")


def test_the_outline_lies_where_the_page_is_and_a_finger_is_told() -> None:
    for seed in (401, 402, 405):  # nothing special; a finger; nothing
        scene = scenes.mat(seed, (2000, 1500))
        glance = preview(small(scene.image), 4.0)
        assert isinstance(glance, Glance) and glance.corners is not None
        corners = np.array(glance.corners) * (2000, 1500) - 0.5
        assert jaccard(corners, scenes.ordered(scene)) > 0.97
        expected = "page_finger" if scene.effects == ("finger",) else None
        assert preview_of(glance, LIMITS).advice == expected


def test_how_fine_a_page_is_seen_is_said_of_the_camera_and_not_of_the_preview() -> None:
    picture = small(scenes.mat(400, (2000, 1500)).image)
    one, four = preview(picture, 1.0), preview(picture, 4.0)
    assert isinstance(one, Glance) and isinstance(four, Glance)
    assert four.dpi == pytest.approx(4 * one.dpi)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"GIF89a", "not_an_image"),
        (encode_jpeg(np.zeros((700, 700, 3), np.uint8), 70), "image_too_large"),
        (sample_photograph(1, width_px=480, height_px=360) + b"\0" * 256 * 1024, "image_too_large"),
    ],
)
def test_what_is_no_preview_is_refused_by_its_code(content: bytes, code: str) -> None:
    answer = preview(content, 1.0)
    assert isinstance(answer, ScanRefused) and answer.code == code


def test_one_preview_of_a_terminal_at_a_time_and_not_too_many() -> None:
    pace = Pace()
    assert pace.begin("t-1", 0.0)
    assert not pace.begin("t-1", 10.0), "the first is still looked at"
    assert pace.begin("t-2", 0.0), "another terminal does not wait"
    pace.end("t-1")
    assert not pace.begin("t-1", BETWEEN_S / 2)
    assert pace.begin("t-1", BETWEEN_S * 1.01)


async def test_only_an_open_request_has_previews_and_nothing_is_kept_of_them(
    executor: Executor, tmp_path: Path, scan_pool: ScanPool, now: datetime
) -> None:
    times = iter(range(100))
    papers = SqlPapers(executor, lambda conn, case: ["terminal:t-1"])
    service = PreviewService(papers, scan_pool, lambda: float(next(times)))
    picture = small(scenes.mat(400, (2000, 1500)).image)
    with pytest.raises(refusals.ScanNotAsked):
        await service.look("t-1", CASE, RequestId("r-1"), picture, 4.0)
    await papers.request_scan(
        CASE, RequestId("r-1"), item="identity-card", label_id=None, by="agent:a-1", now=now
    )
    seen = await service.look("t-1", CASE, RequestId("r-1"), picture, 4.0)
    assert seen.advice is None and seen.corners is not None
    with pytest.raises(refusals.NotAnImage):
        await service.look("t-1", CASE, RequestId("r-1"), b"nothing", 4.0)
    again = await service.look("t-1", CASE, RequestId("r-1"), picture, 4.0)
    assert again == seen, "a refused one does not stop the next"
    assert (await papers.documents_of(CASE)).pages == ()


async def test_a_hurried_terminal_is_told_to_wait(
    executor: Executor, scan_pool: ScanPool, now: datetime, new_id: Callable[[], str]
) -> None:
    papers = SqlPapers(executor, lambda conn, case: ["terminal:t-1"])
    service = PreviewService(papers, scan_pool, lambda: 5.0)
    with pytest.raises(refusals.ScanNotAsked):
        await service.look("t-1", CASE, RequestId("r-1"), small(np.zeros((9, 9, 3))), 1.0)
    with pytest.raises(refusals.TooManyPreviews):
        await service.look("t-1", CASE, RequestId("r-1"), small(np.zeros((9, 9, 3))), 1.0)
