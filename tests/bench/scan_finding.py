"""Where the page is: ours beside the two peers, set by set, on the same photographs in turn."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Quad, clockwise
from counter.documents.scan_opencv.find import find
from counter.documents.scan_opencv.refine import refine
from tests.bench.scan_peers import canny, jscanify
from tests.documents import scenes
from tests.documents.synth import jaccard

SEED: Final = 70_000
"No scene of these was drawn while the finder was made; it was made on seeds below 10 000."
FAILED: Final = 0.9
Finder = Callable[[Bgr], Quad | None]


def ours(photograph: Bgr) -> Quad | None:
    """Find and refine, as for a page that is not cut off."""
    found = find(photograph)
    return None if found is None else refine(photograph, found.quad)


FINDERS: Final[dict[str, Finder]] = {"ours": ours, "canny": canny, "jscanify": jscanify}


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one finder did on one set."""

    overlaps: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def add(self, overlap: float, cpu_ms: float) -> None:
        self.overlaps.append(overlap)
        self.cpu_ms.append(cpu_ms)

    def figures(self) -> dict[str, float]:
        overlaps = np.array(self.overlaps)
        return {
            "n": len(overlaps),
            "mean": round(float(overlaps.mean()), 4),
            "median": round(float(np.median(overlaps)), 4),
            "lowest": round(float(overlaps.min()), 4),
            "below_0.95": round(float((overlaps < 0.95).mean()), 4),
            "below_0.9": round(float((overlaps < FAILED).mean()), 4),
            "cpu_ms": round(statistics.median(self.cpu_ms), 1),
        }


def drawn(size: tuple[int, int], frames: int) -> Iterator[tuple[str, Bgr, Quad]]:
    """Set by set: the mat, A4 on desks, cards on desks."""
    for number in range(frames):
        made = scenes.mat(SEED + number, size, card=number % 3 == 2)
        yield "mat", made.image, clockwise(made.corners)
    for number in range(frames):
        made = scenes.desk(SEED + number, size)
        yield "a4", made.image, clockwise(made.corners)
    for number in range(frames):
        made = scenes.desk(SEED + number, size, card=True)
        yield "id-1", made.image, clockwise(made.corners)


def photographs(folder: Path) -> Iterator[tuple[str, Bgr, Quad]]:
    """Real ones: files and `corners.json`, {name: [[x, y] x 4], clockwise from the page's top}."""
    for name, corners in json.loads((folder / "corners.json").read_text()).items():
        picture = cv2.imread(str(folder / name))
        if picture is not None:
            yield "photographs", picture, np.array(corners, np.float64)


def compared(frames: Iterator[tuple[str, Bgr, Quad]]) -> dict[str, dict[str, Tally]]:
    """Tallies by set and finder; a page that was not found overlaps by 0."""
    tallies: dict[str, dict[str, Tally]] = {}
    for name, picture, truth in frames:
        row = tallies.setdefault(name, {finder: Tally() for finder in FINDERS})
        for finder, tally in row.items():
            start = time.process_time()
            quad = FINDERS[finder](picture)
            took_ms = (time.process_time() - start) * 1000
            tally.add(0.0 if quad is None else _overlap(quad, truth), took_ms)
    return tallies


def cost(size: tuple[int, int] = scenes.WIDE, rounds: int = 3) -> dict[str, float]:
    """CPU at 12 megapixels beside one INTER_AREA resize to 480 px and jscanify's method.

    In turns on each of five photographs; medians of the ratios, which a busy machine hardly moves.
    """
    mats = [_turns(scenes.mat(SEED + number, size).image, rounds) for number in range(5)]
    desks = [_turns(scenes.desk(SEED + number, size).image, rounds) for number in range(5)]
    on_mat, on_desks = np.concatenate(mats), np.concatenate(desks)
    ours_ms, theirs_ms, resize_ms = on_mat.T
    return {
        "find_refine_ms": round(float(np.median(ours_ms)), 1),
        "resize_ms": round(float(np.median(resize_ms)), 1),
        "ratio": round(float(np.median(ours_ms / resize_ms)), 2),
        "desk_ratio": round(float(np.median(on_desks[:, 0] / on_desks[:, 2])), 2),
        "jscanify_ratio": round(float(np.median(theirs_ms / ours_ms)), 1),
    }


def _turns(picture: Bgr, rounds: int) -> list[tuple[float, float, float]]:
    """CPU of finding, of jscanify's method and of one resize, in ms, round by round."""
    smaller = (480, round(480 * picture.shape[0] / picture.shape[1]))
    return [
        (
            _cpu_ms(lambda: ours(picture)),
            _cpu_ms(lambda: jscanify(picture)),
            _cpu_ms(lambda: cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA)),
        )
        for _ in range(rounds)
    ]


def _overlap(quad: Quad, truth: Quad) -> float:
    """`jaccard`, 0 for corners that make no convex quad."""
    try:
        return float(np.nan_to_num(jaccard(clockwise(quad), truth)))
    except cv2.error:
        return 0.0


def _cpu_ms(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000
