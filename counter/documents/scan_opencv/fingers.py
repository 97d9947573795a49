"""Whether something lies across the page's border: a finger, a paper clip, a sleeve.

Along the border, the picture just inside looks like paper and just outside like the desk.  Where
both look alike and like neither, something lies across; where that is wide enough, it is a finger.
"""

import cv2
import numpy as np

from counter.documents.scan_opencv.arrays import Bgr, Floats, Grey, Quad, sides_of

STEPS = 96
"Places along each side; a finger on a letter covers five and more."
INSIDE_PX, OUTSIDE_PX = (4.0, 7.0), (-4.0, -7.0, -12.0)
"Distances from the border in the search picture."
ALIKE = 20.0
"Sum of differences in L*, a*, b*, as 8-bit values, at which two places look alike."
UNLIKE = 28.0
NARROWEST = 4
"Places in a row; fewer is a crease or a shadow's edge."


def finger_share(small: Bgr, quad: Quad) -> float:
    """Share of the side that is most covered, 0 to 1.

    small: the search picture.  quad: in its pixels.
    """
    lab = cv2.cvtColor(small, cv2.COLOR_BGR2Lab)
    inside, outside = _strips(lab, quad, INSIDE_PX), _strips(lab, quad, OUTSIDE_PX)
    paper = np.median(inside.reshape(-1, 3), 0)
    desk = np.median(outside.mean(1), 1)[:, None]
    within, beyond = inside.mean(1), outside.mean(1)
    even = _apart(outside[:, 0], outside[:, -1]) < 1.5 * ALIKE
    across = even & (_apart(within, beyond) < ALIKE)
    across &= (_apart(within, paper) > UNLIKE) & (_apart(beyond, desk) > UNLIKE)
    return max(_covered(side) for side in across)


def _strips(lab: Bgr, quad: Quad, distances: tuple[float, ...]) -> Floats:
    """(4, distances, STEPS, 3) float32 colours along each side at each distance."""
    start, _, normal = sides_of(quad)
    share = np.linspace(0.04, 0.96, STEPS)
    points = start[:, None] + (np.roll(start, -1, 0) - start)[:, None] * share[None, :, None]
    away = np.array(distances)[None, :, None, None]
    places = (points[:, None] + away * normal[:, None, None]).astype(np.float32)
    flat = places.reshape(-1, STEPS, 2)
    sampled = cv2.remap(
        cv2.blur(lab, (3, 3)),
        flat[..., 0],
        flat[..., 1],
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )
    strips: Floats = sampled.reshape(4, len(distances), STEPS, 3).astype(np.float32)
    return strips


def _apart(one: Floats, other: Floats) -> Floats:
    apart: Floats = np.abs(one - other).sum(-1)
    return apart


def _covered(across: Grey) -> float:
    """Share of a side's places that lie in runs of `NARROWEST` and more."""
    covered, run = 0, 0
    for place in (*across, False):
        if place:
            run += 1
            continue
        covered += run if run >= NARROWEST else 0
        run = 0
    return covered / len(across)
