"""What becomes of a page after it was found: flat, legible, small, in time; and what the gates see.

Each figure is from seeds that nothing was fitted to.  The reader is tesseract 5 with the languages
chi_tra, por and eng; where it is not installed, its figures are missing and the run says so.
"""

import difflib
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np

from counter.documents.page import Limits, ScanResult
from counter.documents.scan_opencv.arrays import Bgr, clockwise
from counter.documents.scan_opencv.bow import bow_of
from counter.documents.scan_opencv.clean import clean
from counter.documents.scan_opencv.find import find, shrink
from counter.documents.scan_opencv.fingers import finger_share
from counter.documents.scan_opencv.flatten import MM_PER_INCH, flatten, sheet_of
from counter.documents.scan_opencv.judge import JUDGED_PX, edge_width_px
from counter.documents.scan_opencv.refine import refine
from counter.documents.scan_opencv.scan import PAGE_QUALITY, decode, encode, scan
from counter.documents.text_process import reading_arguments, reading_environment
from tests.documents import scenes
from tests.documents.drawn_papers import TRILINGUAL, draw_form, draw_trilingual
from tests.documents.test_scan_opencv import error_mm

SEED: Final = 80_000
LIMITS: Final = Limits()
PAGE_300_PX: Final = 3508
A4_MM: Final = 297.0
Goal = dict[str, Any]


def measured() -> Iterator[Goal]:
    """Goals and figures."""
    yield from bowed()
    yield from in_time()
    yield from blur()
    yield from fingers()
    yield from sizes()
    yield from reading()


def bowed(scenes_each: int = 4) -> Iterator[Goal]:
    """Sheets that bow by up to 1.8 % of their width, at 12 megapixels."""
    for sag in (0.006, 0.018):
        errors = []
        for number in range(scenes_each):
            rng = np.random.default_rng([SEED, 1, number])
            scene = scenes.scene(rng, scenes.WIDE, desk="mat", bow=sag)
            found = find(scene.image)
            assert found is not None
            errors.append(error_mm(scene, bow_of(scene.image, refine(scene.image, found.quad))))
        yield {
            "what": f"page bowed by {sag:.1%}: mean error, mm",
            "at_most": 0.3,
            "measured": round(statistics.mean(errors), 3),
        }


def in_time(rounds: int = 7) -> Iterator[Goal]:
    """From the camera's JPEG to a cleaned page of 300 dpi as JPEG."""
    content = encode(scenes.mat(SEED, scenes.WIDE).image, 92)
    took = []
    for _ in range(rounds):
        start = time.process_time()
        photograph = decode(content)
        assert photograph is not None
        found = find(photograph)
        assert found is not None
        quad = refine(photograph, found.quad)
        page = flatten(photograph, quad, sheet_of(quad, photograph.shape), PAGE_300_PX)
        encode(clean(page), 75)
        took.append((time.process_time() - start) * 1000)
    yield {
        "what": "12 megapixels to a cleaned page, ms CPU",
        "at_most": 300,
        "measured": round(statistics.median(took), 1),
    }


def blur(pages: int = 24) -> Iterator[Goal]:
    """Pages of 12 megapixels as they are, and out of focus by 2 pixels and more."""
    sharp: list[bool] = []
    soft: list[bool] = []
    for number in range(pages):
        rng = np.random.default_rng([SEED, 2, number])
        paper = (draw_form(rng), draw_trilingual())[number % 2]
        scene = scenes.scene(rng, scenes.WIDE, desk="mat", paper=paper)
        quad = clockwise(scene.corners)
        sheet = sheet_of(quad, scene.image.shape)
        sigma = (2.5, 3.0, 4.0, 6.0)[number % 4]
        for kept, picture in ((sharp, scene.image), (soft, _out_of_focus(scene.image, sigma))):
            width = edge_width_px(flatten(picture, quad, sheet, JUDGED_PX))
            kept.append(width is None or width > LIMITS.edge_width_max_px)
    yield {
        "what": "blur: refused of those out of focus by 2.5 px and more",
        "at_least": 0.95,
        "measured": round(statistics.mean(soft), 3),
    }
    yield {
        "what": "blur: taken of those that are sharp",
        "at_least": 0.98,
        "measured": round(1 - statistics.mean(sharp), 3),
    }


def fingers(pages: int = 100) -> Iterator[Goal]:
    """Papers and cards on the mat, found and looked at as in a scan."""
    held: list[bool] = []
    free: list[bool] = []
    for number in range(pages):
        scene = scenes.mat(SEED + number, (1200, 900), card=number % 3 == 0)
        found = find(scene.image)
        if found is None:
            continue
        small, scale = shrink(scene.image)
        quad = refine(scene.image, found.quad)
        seen = finger_share(small, (quad + 0.5) * scale - 0.5) > LIMITS.finger_share_max
        (held if "finger" in scene.effects else free).append(seen)
    yield {
        "what": f"fingers: found of {len(held)}",
        "at_least": 0.95,
        "measured": round(statistics.mean(held), 3),
    }
    yield {
        "what": f"fingers: false alarms of {len(free)}",
        "at_most": 0.05,
        "measured": round(statistics.mean(free), 3),
    }


def sizes(pages: int = 6) -> Iterator[Goal]:
    """What goes to the agent's screen, in KiB."""
    relayed = []
    for number in range(pages):
        rng = np.random.default_rng([SEED, 3, number])
        scene = scenes.scene(rng, scenes.WIDE, desk="mat", effects=(("shadow",), ())[number % 2])
        answer = scan(encode(scene.image, 92), LIMITS)
        if isinstance(answer, ScanResult):
            relayed.append(len(answer.page_jpeg) / 1024)
    yield {
        "what": f"page as relayed, KiB: the largest of {len(relayed)}",
        "at_most": 350,
        "measured": round(max(relayed)),
    }


def reading(pages: int = 5, tries: int = 20) -> Iterator[Goal]:
    """Share of wrong characters on pages half in shadow, raw and cleaned.

    Only pages of which half cannot be read as photographed count; and beside them the drawn page
    itself, never photographed, as finely: what the reader gets wrong of that no cleaning mends.
    """
    if shutil.which("tesseract") is None:
        print("  tesseract is not installed: nothing was read")
        return
    raw: list[float] = []
    cleaned: list[float] = []
    unspoilt: list[float] = []
    for number in range(tries):
        page = _shadowed(np.random.default_rng([SEED, 4, number]))
        wrong = _wrong(page)
        if wrong < 0.5:
            continue
        raw.append(wrong)
        cleaned.append(_wrong(clean(page)))
        drawn, (height, width) = draw_trilingual(2800), page.shape[:2]
        unspoilt.append(_wrong(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA)))
        if len(raw) == pages:
            break
    yield {
        "what": f"wrong characters, {len(raw)} shadowed pages as photographed",
        "at_least": 0.5,
        "measured": round(statistics.mean(raw), 4),
    }
    yield {
        "what": "wrong characters, cleaned",
        "at_most": 0.01,
        "measured": round(statistics.mean(cleaned), 4),
    }
    yield {
        "what": "... more than of the page as drawn, never photographed",
        "at_most": 0.005,
        "measured": round(statistics.mean(cleaned) - statistics.mean(unspoilt), 4),
    }


def _shadowed(rng: np.random.Generator) -> Bgr:
    """The trilingual page, photographed half in shadow, found, flat and upright."""
    scene = scenes.scene(
        rng, scenes.WIDE, desk="mat", effects=("shadow",), paper=draw_trilingual(2800)
    )
    found = find(scene.image)
    assert found is not None
    quad = refine(scene.image, found.quad)
    page = flatten(scene.image, quad, sheet_of(quad, scene.image.shape), PAGE_300_PX)
    turns = min(range(4), key=lambda turn: np.abs(np.roll(scene.corners, -turn, 0) - quad).max())
    return np.ascontiguousarray(np.rot90(page, -turns))


def _wrong(page: Bgr) -> float:
    """Share of the characters of `TRILINGUAL` that the reader did not find, or found and are not.

    The page goes to it as the counter stores and sends it.  Only spaces and line ends are left out:
    a full-width colon read as a narrow one is wrong.
    """
    dpi = max(page.shape) / A4_MM * MM_PER_INCH
    read = subprocess.run(
        ["tesseract", *reading_arguments(dpi)],
        input=encode(page, PAGE_QUALITY),
        capture_output=True,
        check=True,
        env=reading_environment(),
    ).stdout.decode()
    true, found = ("".join(text.split()) for text in ("".join(TRILINGUAL), read))
    matcher = difflib.SequenceMatcher(None, true, found, autojunk=False)
    right = sum(block.size for block in matcher.get_matching_blocks())
    return 1 - right / max(len(true), len(found))


def _out_of_focus(image: Bgr, sigma_px: float) -> Bgr:
    soft = cv2.GaussianBlur(image, (0, 0), sigma_px).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 2, image.shape[:2])[..., None]
    return np.clip(soft + noise, 0, 255).astype(np.uint8)
