"""Whether a quad that lies inside the picture is only what is seen of a page that is cut off.

A shadow's edge or a printed rule can close a quad before the picture's border does.  But a page's
border ends at its corner: where both neighbours of a side run on beyond it to the border of the
picture, the side is none, and the page goes on there.  So it does where a corner is not in sight.
"""

import numpy as np

from counter.documents.scan_opencv.arrays import Floats, Quad
from counter.documents.scan_opencv.edges import Edges
from counter.documents.scan_opencv.lines import sample_support

CORNER_PX = 1.5
"A corner this near to the picture's border, or outside, is not in sight."
BEGIN_PX, END_PX = 4, 2
"A corner is soft, and the picture's own border is no edge: these ends of a stretch are left out."
STRETCH_MIN_PX = 4
"Shorter ones say nothing."
RUNS_ON = 0.75
"Share of each stretch that is edge: 1.0 of pages that are cut off, 0.6 at most of whole ones."


def cut_sides_of(quad: Quad, edges: Edges) -> int:
    """How many sides of a quad, found whole, the picture's border cuts after all."""
    height, width = edges.shape
    room = np.minimum(quad, np.array([width, height]) - 1.0 - quad).min(1)
    hidden = int((room < CORNER_PX).sum())
    if hidden:
        return hidden
    stacked = edges.stacked
    # Side i goes from corner i to corner i + 1: its neighbours are side i - 1 and side i + 1.
    return sum(
        _runs_on(stacked, quad[i - 1], quad[i])
        and _runs_on(stacked, quad[(i + 2) % 4], quad[(i + 1) % 4])
        for i in range(4)
    )


def _runs_on(stacked: Floats, begin: Floats, corner: Floats) -> bool:
    """Whether the way from `corner` on to the picture's border is edge as begin..corner is."""
    height, width = stacked.shape[:2]
    length = float(np.linalg.norm(corner - begin))
    unit = (corner - begin) / max(length, 1e-9)
    with np.errstate(divide="ignore"):
        ways = np.where(unit > 0, (np.array([width, height]) - 1 - corner) / unit, -corner / unit)
    stretch = float(np.min(np.where(np.abs(unit) > 1e-9, ways, np.inf))) - END_PX
    if stretch - BEGIN_PX < STRETCH_MIN_PX:
        return False
    beyond = _support(stacked, corner + unit * np.arange(BEGIN_PX, stretch)[:, None], unit)
    if np.abs(beyond).mean() < RUNS_ON:
        return False
    own = _support(stacked, begin + unit * np.arange(2.0, length - 2)[:, None], unit)
    return bool(np.maximum(beyond * np.sign(own.mean()), 0).mean() >= RUNS_ON)


def _support(stacked: Floats, points: Floats, unit: Floats) -> Floats:
    """(n,) -1 to 1."""
    normal = np.array([-unit[1], unit[0]])
    support: Floats = sample_support(stacked, points[None, :, 0], points[None, :, 1], normal)[0]
    return support
