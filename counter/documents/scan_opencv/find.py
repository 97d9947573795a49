"""Find the page in a photograph: four corners, and how sure that they are a page's.

Lines, outlines and what stands out from the rim propose (`lines`, `quads`, `strange`); here the
proposals are looked at again: how different both sides of their borders are, how well they part
the picture, whether text is inside.  So neither a table printed on the page nor a seam of the desk
wins over the page.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import SEARCH_PX, Bgr, Floats, Grey, Quad
from counter.documents.scan_opencv.cut import cut_sides_of
from counter.documents.scan_opencv.edges import edges_of
from counter.documents.scan_opencv.lines import lines_of, support_of, with_frame
from counter.documents.scan_opencv.parting import parting
from counter.documents.scan_opencv.quads import (
    Candidate,
    of_region,
    quads_of_lines,
    quads_of_regions,
)
from counter.documents.scan_opencv.strange import strange_quads

CONTRAST_WEIGHTS = np.array([0.5, 0.27])
"Of the side that differs least from what is beyond it, and of the next."
CONTRAST_WEIGHT = 0.27
"Of the mean of the sides."
PARTING_WEIGHTS = np.array([0.45, 0.45, 0.7])
"The weights were fitted on 600 drawn scenes, and are held to others that they never saw."
TEXT_WEIGHT = 0.12
TEXT_ENOUGH = 0.12
"Share of text pixels at which a quad surely holds text."
FRAME_BONUS = 0.05
"For each side that lies along the picture's border: what is cut off is more than what is seen."
FRAME_CONTRAST = 0.55
"As if such a side differed that much from what is beyond, where nothing is seen."
AT_FRAME_PX = 1.5
UNWRITTEN = 0.025
"Share of text pixels up to which nothing is written on it; letters and cards have 0.03 and more."
WRITTEN = 0.03
NEARLY = 0.3
"By so much less may all that can be seen speak for a page that is cut off than for an empty one."
SAME_PX = 8.0
"Quads whose corners lie this near to each other are the same page."


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best quad of a photograph."""

    quad: Quad
    "In pixels of the photograph, good to about one pixel of the search picture."
    score: float
    "0 to about 3; see `Limits.score_min`."
    cut_sides: int
    """Sides along the picture's border, or beyond which the page goes on to it (`cut`); of a page
    with writing that goes on beyond the border, when only an empty leaf is seen whole."""


def find(photograph: Bgr) -> Found | None:
    """The most page-like quad; `None` when nothing with four sides is there."""
    small, scale = shrink(photograph)
    return find_in_small(small, scale)


def find_in_small(small: Bgr, scale: float) -> Found | None:
    """The same in a picture that was shrunk already."""
    edges = edges_of(small)
    proposed: list[Candidate] = []
    if (lines := lines_of(edges)) is not None:
        framed = with_frame(lines, support_of(lines, edges), edges.shape)
        proposed += quads_of_lines(*framed, edges.shape)
    proposed += quads_of_regions(small, edges)
    proposed += [of_region(quad, edges) for quad in strange_quads(small)]
    if not proposed:
        return None
    quads = np.stack([one.quad for one in proposed])
    at_frame = sides_at_frame(quads, small.shape)
    seen, text = _second_look(small, quads, at_frame)
    scores = np.array([one.score for one in proposed]) + seen
    best = _written(int(scores.argmax()), scores, seen, text, at_frame)
    # Which page it is, all that can be seen decides; where exactly its borders are, edges alone.
    same = np.abs(quads - quads[best]).max((1, 2)) < SAME_PX
    same &= (at_frame == at_frame[best]).all(1)
    best = max(np.flatnonzero(same).tolist(), key=lambda number: proposed[number].score)
    return Found(
        quad=(proposed[best].quad + 0.5) / scale - 0.5,
        score=float(scores[best]),
        cut_sides=int(at_frame[best].sum()) or cut_sides_of(proposed[best].quad, edges),
    )


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


def sides_at_frame(quads: Floats, shape: tuple[int, ...]) -> Grey:
    """(n, 4) bool: whether both ends of each side lie at, or outside, the same border."""
    height, width = shape[:2]
    x, y = quads[..., 0], quads[..., 1]
    near = AT_FRAME_PX
    at = np.stack([x < near, x > width - 1 - near, y < near, y > height - 1 - near])
    sides: Grey = np.any(at & np.roll(at, -1, 2), axis=0)
    return sides


def _written(best: int, scores: Floats, seen: Floats, text: Floats, at_frame: Grey) -> int:
    """The number of the best quad; of one that is cut off when the best is whole and empty.

    A coloured leaf, or the portrait on a card, is whole; the paper with the writing is not.
    """
    if at_frame[best].any() or text[best] > UNWRITTEN:
        return best
    cut = at_frame.any(1) & (text > max(WRITTEN, 3 * text[best])) & (seen > seen[best] - NEARLY)
    return int(np.where(cut, scores, -np.inf).argmax()) if cut.any() else best


def _second_look(small: Bgr, quads: Floats, at_frame: Grey) -> tuple[Floats, Floats]:
    """What all that can be seen adds to the scores of the quads, (n,), and their text, (n,)."""
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    contrast = side_contrast(cv2.cvtColor(closed, cv2.COLOR_BGR2Lab), quads)
    contrast = np.where(at_frame, FRAME_CONTRAST, contrast)
    text = _mean_inside(text_density(small), quads)
    scores: Floats = parting(small, list(quads)) @ PARTING_WEIGHTS
    scores += np.sort(contrast, 1)[:, :2] @ CONTRAST_WEIGHTS + CONTRAST_WEIGHT * contrast.mean(1)
    scores += TEXT_WEIGHT * np.minimum(1.0, text / TEXT_ENOUGH) + FRAME_BONUS * at_frame.sum(1)
    return scores, text


def text_density(small: Bgr) -> Floats:
    """(height, width) float32: share of dark fine pixels around each pixel."""
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    fine = cv2.subtract(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)), grey)
    density: Floats = cv2.boxFilter((fine > 14).astype(np.float32), -1, (21, 21))
    return density


def side_contrast(lab: Bgr, quads: Floats) -> Floats:
    """(n, 4) how differently each side looks 3 to 11 px inside and outside, 0 to 1.

    lab: CIE L*a*b* with the text removed.  Folds and rules of tables look alike on both sides.
    """
    along = np.roll(quads, -1, 1) - quads
    unit = along / np.maximum(np.linalg.norm(along, axis=2), 1e-9)[..., None]
    normal = np.stack([-unit[..., 1], unit[..., 0]], -1)  # inward, as quads are clockwise
    share = np.linspace(0.06, 0.94, 28)[:, None]
    points = quads[:, :, None] + along[:, :, None] * share
    away = np.array([3.0, 5.5, 8.0, 11.0])
    away = np.concatenate([away, -away])[:, None, None, None, None]
    places = (points[None] + away * normal[None, :, :, None]).astype(np.float32)
    sampled = cv2.remap(
        lab,
        places[..., 0].reshape(8, -1),
        places[..., 1].reshape(8, -1),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )
    strips = sampled.reshape(2, 4, len(quads), 4, 28, 3).astype(np.float32).mean(1)
    difference = np.abs(strips[0] - strips[1]).sum(-1)
    contrast: Floats = np.minimum(1, difference / 18.0).mean(-1)
    return contrast


def _mean_inside(values: Floats, quads: Floats) -> Floats:
    """(n,) mean of `values` over an even grid in the inner four fifths of each quad."""
    u, v = np.meshgrid(np.linspace(0.1, 0.9, 11), np.linspace(0.1, 0.9, 11))
    corners = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], -1).reshape(-1, 4)
    places = (corners @ quads).astype(np.float32)
    sampled = cv2.remap(values, places[..., 0], places[..., 1], cv2.INTER_NEAREST)
    inside: Floats = sampled.mean(1)
    return inside
