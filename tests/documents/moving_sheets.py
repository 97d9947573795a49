"""Sheets that are moved under a document camera, as its previews show them, and where marks lie."""

import cv2
import numpy as np

from counter.documents.marks import Corners, DrawnMark, Tied
from counter.documents.preview import Glance
from counter.documents.sample_page import draw_letter, draw_mat, encode_jpeg, lay
from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad
from counter.documents.scan_opencv.marking import lie
from counter.documents.scan_opencv.preview import preview

WIDTH_PX, HEIGHT_PX = 1280, 720
MARKS = np.array([[0.2, 0.15], [0.8, 0.15], [0.5, 0.5], [0.25, 0.85], [0.75, 0.8]])
"Places on the sheet, in shares of it."


def corners(
    *, turn: float = 0.0, dx: float = 0.0, dy: float = 0.0, size: float = 1.0, tilt: float = 0.0
) -> Quad:
    """Where the sheet lies: degrees, shares of the picture, of its usual size."""
    tall = HEIGHT_PX * 0.82 * size
    wide = tall / np.sqrt(2)
    flat = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    flat[:2, 0] *= 1 - tilt  # the far side looks shorter
    angle = np.radians(turn)
    spun = flat @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return spun + np.array([WIDTH_PX * (0.5 + dx), HEIGHT_PX * (0.5 + dy)])


def seen(paper: Bgr, quad: Quad, seed: int) -> Bgr:
    """The sheet on the mat, with this picture's own noise, as a preview brings it: 480 pixels."""
    rng = np.random.default_rng(seed)
    frame = lay(paper, draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX), quad, rng)
    return preview_of(np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8))


def preview_of(frame: Bgr) -> Bgr:
    small = cv2.resize(frame, (480, 270), interpolation=cv2.INTER_AREA)
    content = np.frombuffer(encode_jpeg(small, 70), np.uint8)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


def on_picture(quad: Quad) -> np.ndarray:
    """The marks' true places, in shares of the picture."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    there = cv2.getPerspectiveTransform(unit, quad.astype(np.float32))
    found = cv2.perspectiveTransform(MARKS.reshape(1, -1, 2), there.astype(np.float64))[0]
    return found / (WIDTH_PX, HEIGHT_PX)


def shares(quad: Quad) -> Corners:
    a, b, c, d = ((float(x) / WIDTH_PX, float(y) / HEIGHT_PX) for x, y in quad)
    return a, b, c, d


def off(found: Floats, quad: Quad) -> float:
    """How far the worst mark lies from its place, in widths of the sheet as it is seen."""
    wide = np.linalg.norm(quad[2] - quad[3])
    return float(
        np.linalg.norm((found - on_picture(quad)) * (WIDTH_PX, HEIGHT_PX), axis=1).max() / wide
    )


def page_in(jpeg: bytes) -> Corners | None:
    """Where the finder sees a page, as previews are asked."""
    glance = preview(jpeg, 4.0)
    return glance.corners if isinstance(glance, Glance) and not glance.whole_frame else None


def points(quad: Quad) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in on_picture(quad))


def drawn(mark_id: str, quad: Quad) -> DrawnMark:
    return DrawnMark(mark_id=mark_id, points=points(quad), age_s=0.0)


def marked(before: Bgr, quad: Quad | None = None) -> tuple[Tied, ...]:
    """The sheet that lies there, with a mark at each of `MARKS`."""
    jpeg = encode_jpeg(before, 90)
    return lie(jpeg, page_in(jpeg), (), [drawn("m-1", corners() if quad is None else quad)]).sheets


def places(known: tuple[Tied, ...], after: Bgr) -> np.ndarray | None:
    """Where the mark lies now; `None`: it is not seen."""
    jpeg = encode_jpeg(after, 90)
    found = lie(jpeg, page_in(jpeg), known, ()).places.get("m-1")
    return None if found is None else np.array(found)


def followed(before: Bgr, after: Bgr, quad: Quad) -> float | None:
    """`off` of the marks drawn on `before`, where the sheet lay at `corners()`."""
    found = places(marked(before), after)
    return None if found is None else off(found, quad)


def letter(seed: int) -> Bgr:
    return draw_letter(np.random.default_rng(seed), 1400)


MOVES = {
    "not at all": corners(),
    "aside": corners(dx=0.12, dy=-0.05),
    "turned a little": corners(turn=7, dx=-0.05),
    "turned much": corners(turn=35, size=0.85),
    "across": corners(turn=90, size=0.8),
    "upside down": corners(turn=180),
    "nearer": corners(size=1.15),
    "further": corners(size=0.7),
    "tilted": corners(tilt=0.12, turn=-5),
    "half outside": corners(dx=0.3),
}
