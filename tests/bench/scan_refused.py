"""What else a page is refused or told for: a lamp on it, nothing on it, seen from too far, left.

Seeds that nothing was fitted to.
"""

import statistics
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from counter.documents.page import Limits, Refused, verdict
from counter.documents.scan_opencv.arrays import Bgr, side_lengths
from counter.documents.scan_opencv.flatten import MM_PER_INCH, sheet_of
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.mat import mat_of
from counter.documents.scan_opencv.scan import measure
from tests.documents import scenes, sparse_pages, synth
from tests.documents.test_mat import SIZES, photographed
from tests.documents.test_originals import rate

SEED: Final = 95_000
SIZE: Final = (1200, 900)
NEARER: Final = (1600, 1200)
"A sheet has 60 dpi and more, so that it is not refused for that."
LIMITS: Final = Limits(dpi_min=0.0)
LEFT: Final = ("letter", "small letter", "blank", "slip", "card")
Goal = dict[str, Any]


def measured(frames: int = 40) -> Iterator[Goal]:
    """Goals and figures."""
    yield from glare(frames)
    yield from blank(frames)
    yield from sparse(max(1, frames // 8))
    yield from resolution()
    yield from left_behind(frames)


def glare(frames: int) -> Iterator[Goal]:
    """A lamp's reflection over the writing in the middle of a letter, and the same without."""
    drawn = [synth.kiosk(SEED + number, effects=()) for number in range(frames)]
    lit = [_code(synth.glaring(frame)) for frame in drawn]
    plain = [_code(frame.image) for frame in drawn]
    yield {
        "what": f"glare: found of {frames}",
        "at_least": 0.95,
        "measured": round(statistics.mean(code == "page_glare" for code in lit), 3),
    }
    yield {
        "what": f"glare: false alarms of {frames}",
        "at_most": 0.05,
        "measured": round(statistics.mean(code == "page_glare" for code in plain), 3),
    }


def blank(frames: int) -> Iterator[Goal]:
    """Sheets with nothing on them, with every effect of the mat but fingers, and written ones."""
    codes, written = [], []
    for number in range(frames):
        rng = np.random.default_rng([SEED, 1, number])
        sheet = np.full((2100, 1485, 3), 250, np.uint8)
        effects: scenes.Effects = ((), ("shadow",), ("crease",))[number % 3]
        made = scenes.scene(rng, SIZE, desk="mat", paper=sheet, effects=effects)
        codes.append(_code(made.image))
        written.append(_code(scenes.mat(SEED + number, SIZE).image))
    yield {
        "what": f"blank: taken of {frames} sheets with nothing on them",
        "at_most": 0.05,
        "measured": round(statistics.mean(code == "" for code in codes), 3),
    }
    yield {
        "what": f"blank: false alarms of {frames}",
        "at_most": 0.02,
        "measured": round(statistics.mean(code == "page_blank" for code in written), 3),
    }


def sparse(each: int) -> Iterator[Goal]:
    """Each kind of sheet with nothing on it, and each kind of page with hardly anything."""
    empty = [_told(draw, kind, each) for kind, draw in sparse_pages.BLANK.items()]
    pages = [_told(draw, kind, each) for kind, draw in sparse_pages.SPARSE.items()]
    yield {
        "what": f"blank: not told of {each * len(empty)} folded, crumpled, punched",
        "at_most": 0.05,
        "measured": round(1 - statistics.mean(empty), 3),
    }
    yield {
        "what": f"blank: false alarms of {each * len(pages)} with hardly anything",
        "at_most": 0.0,
        "measured": round(statistics.mean(pages), 3),
    }


def _told(draw: sparse_pages.Draw, kind: str, each: int) -> float:
    """Share of `each` that are told to be empty; every second half in a shadow."""
    codes = []
    for number in range(each):
        rng = np.random.default_rng([SEED, 2, number, *kind.encode()])
        effects: scenes.Effects = ((), ("shadow",))[number % 2]
        codes.append(_code(sparse_pages.photographed(rng, draw(rng), NEARER, effects)))
    return statistics.mean(code == "page_blank" for code in codes)


def resolution(each: int = 6) -> Iterator[Goal]:
    """How far off the resolution by the mat's scale is; what is too small is refused by that."""
    off = []
    for size_mm in SIZES.values():
        for seed in range(SEED, SEED + each):
            shown = photographed(seed, size_mm)
            mat = mat_of(shown.image)
            located = locate(shown.image, mat)
            if located is None or mat is None:
                off.append(1.0)
                continue
            seen_px = side_lengths(shown.corners).reshape(2, 2).mean(0).max()
            true = seen_px / max(size_mm) * MM_PER_INCH
            off.append(float(abs(sheet_of(located.quad, shown.image.shape, mat).dpi / true - 1)))
    yield {
        "what": f"resolution by the mat's scale: share of {len(off)} off by over 3 %",
        "at_most": 0.02,
        "measured": round(statistics.mean(one > 0.03 for one in off), 3),
    }


def left_behind(frames: int) -> Iterator[Goal]:
    """Papers left on the place, in another light than it was seen empty in, and the place empty."""
    beds = frames
    seen = [rate(what, beds, SEED) for what in LEFT]
    wrong = [rate(what, beds, SEED) for what in ("nothing", "shadow")]
    yield {
        "what": f"left behind: seen of {beds * len(LEFT)}",
        "at_least": 0.98,
        "measured": round(statistics.mean(seen), 3),
    }
    yield {
        "what": f"left behind: false alarms of {beds * len(wrong)}",
        "at_most": 0.02,
        "measured": round(statistics.mean(wrong), 3),
    }


def _code(image: Bgr) -> str:
    """The refusal, or "" when the photograph is taken, however far away the paper is."""
    located = locate(image, mat_of(image))
    if located is None:
        return "no_page_found"
    decision = verdict(measure(image, located, sheet_of(located.quad, image.shape)), LIMITS)
    return decision.code if isinstance(decision, Refused) else ""
