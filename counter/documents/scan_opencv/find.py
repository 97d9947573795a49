"""Find the page in a photograph: four corners, and how sure that they are a page's.

Lines and outlines propose (`lines`, `quads`); here the proposals are looked at again in colour and
for text inside, so that a table printed on the page does not win over the page.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, sides_of
from counter.documents.scan_opencv.edges import edges_of
from counter.documents.scan_opencv.lines import lines_of, support_of
from counter.documents.scan_opencv.quads import Candidate, quads_of_lines, quads_of_regions

SEARCH_PX = 480
"Long side of the picture that is searched."
LOOKED_AT = 16
CONTRAST_WEIGHT = 0.35
TEXT_WEIGHT = 0.14
TEXT_ENOUGH = 0.12
"Share of text pixels at which a quad surely holds text."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best quad of a photograph."""

    quad: Quad
    "In pixels of the photograph, good to about one pixel of the search picture."
    score: float
    "0 to about 1.6; a page on a desk has 1.2 and more."


def find(photograph: Bgr) -> Found | None:
    """The most page-like quad; `None` when nothing with four sides is there."""
    small, scale = shrink(photograph)
    edges = edges_of(small)
    proposed = quads_of_regions(small, edges)
    if (lines := lines_of(edges)) is not None:
        proposed += quads_of_lines(lines, support_of(lines, edges), edges.shape)
    if not proposed:
        return None
    proposed.sort(key=lambda candidate: -candidate.score)
    best = max(_looked_at(small, proposed[:LOOKED_AT]), key=lambda candidate: candidate.score)
    return Found(quad=(best.quad + 0.5) / scale - 0.5, score=best.score)


def shrink(photograph: Bgr, long_side_px: int = SEARCH_PX) -> tuple[Bgr, float]:
    """A smaller copy and its scale (below 1); the picture itself when it is small already.

    OpenCV has a fast path for exact halves: at 12 megapixels halving first costs 7 ms, not 39.
    """
    height, width = photograph.shape[:2]
    scale = min(1.0, long_side_px / max(height, width))
    size = (round(width * scale), round(height * scale))
    small = photograph
    while max(small.shape[:2]) >= 2 * long_side_px and not any(
        side % 2 for side in small.shape[:2]
    ):
        half = (small.shape[1] // 2, small.shape[0] // 2)
        small = cv2.resize(small, half, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, size, interpolation=cv2.INTER_AREA), scale


def _looked_at(small: Bgr, proposed: list[Candidate]) -> list[Candidate]:
    """The same candidates, scored also by contrast along their sides and by text inside."""
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    lab = cv2.cvtColor(closed, cv2.COLOR_BGR2Lab)
    text = text_density(small)
    looked_at = []
    for candidate in proposed:
        contrast = side_contrast(lab, candidate.quad)
        score = candidate.score
        score += CONTRAST_WEIGHT * 0.5 * float(contrast.mean() + contrast.min())
        score += TEXT_WEIGHT * min(1.0, _mean_inside(text, candidate.quad) / TEXT_ENOUGH)
        looked_at.append(Candidate(quad=candidate.quad, score=score))
    return looked_at


def text_density(small: Bgr) -> Floats:
    """(height, width) float32: share of dark fine pixels around each pixel."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    fine = cv2.subtract(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), grey)
    density: Floats = cv2.boxFilter((fine > 14).astype(np.float32), -1, (21, 21))
    return density


def side_contrast(lab: Bgr, quad: Quad) -> Floats:
    """(4,) how differently each side looks 3 to 11 px inside and outside, 0 to 1.

    lab: CIE L*a*b* with the text removed.  Folds and rules of tables look alike on both sides.
    """
    start, _, normal = sides_of(quad)
    share = np.linspace(0.06, 0.94, 28)
    points = start[:, None] + (np.roll(start, -1, 0) - start)[:, None] * share[None, :, None]
    away = np.array([3.0, 5.5, 8.0, 11.0])
    away = np.concatenate([away, -away])[:, None, None, None]
    places = (points[None] + away * normal[None, :, None]).astype(np.float32)
    sampled = cv2.remap(
        lab,
        places[..., 0].reshape(8, -1),
        places[..., 1].reshape(8, -1),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )
    strips = sampled.reshape(2, 4, 4, 28, 3).astype(np.float32).mean(1)
    difference = np.abs(strips[0] - strips[1]).sum(2)
    contrast: Floats = np.minimum(1, difference / 18.0).mean(1)
    return contrast


def _mean_inside(values: Floats, quad: Quad) -> float:
    """Mean of `values` over an even grid in the inner four fifths of the quad."""
    u, v = np.meshgrid(np.linspace(0.1, 0.9, 11), np.linspace(0.1, 0.9, 11))
    corners = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], -1)
    places = (corners @ quad).astype(np.float32)
    return float(cv2.remap(values, places[..., 0], places[..., 1], cv2.INTER_NEAREST).mean())
