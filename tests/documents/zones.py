"""Papers with a machine-readable zone and the truth about it, from a seed.

Drawn with the glyphs that the reader ships, at another weight, softness and place each time: the
font is the reader's own, so what is measured here is all but the difference between two prints.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from counter.documents.mrz import ALPHABET, LAYOUTS, Layout, check_digit, text_of
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.mrz_glyphs import fine_glyphs

DRAWN_DPI = 400
HEIGHTS_MM = {"TD1": 53.98, "TD2": 74.0, "TD3": 88.0, "exit-entry": 53.98}
LETTERS, DIGITS = ALPHABET[:26], ALPHABET[26:36]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A photograph of a paper, flattened, and what is printed on it."""

    image: Bgr
    layout: str
    lines: tuple[str, ...]


def random_lines(rng: np.random.Generator, layout: Layout) -> tuple[str, ...]:
    """Characters of an invented person's paper, all check digits right."""
    lines = [["<"] * layout.columns for _ in range(layout.lines)]

    def put(line: int, column: int, characters: str) -> None:
        lines[line][column : column + len(characters)] = list(characters)

    def some(letters: str, count: int) -> str:
        return "".join(letters[index] for index in rng.integers(0, len(letters), count))

    for name, field in layout.fields.items():
        line, start, end = field.span
        if name == "code":
            put(line, start, {"TD3": "P<", "exit-entry": "CS"}.get(layout.id, "ID"))
        elif name in ("issuer", "nationality"):
            put(line, start, ("MAC", "CHN", "PRT")[int(rng.integers(3))])
        elif name == "number":
            put(line, start, number_of(rng, some))
        elif name == "birth":
            put(line, start, _yymmdd(rng, 1935, 2012))
        elif name == "expiry":
            permanent = rng.random() < 0.1
            put(line, start, "<" * 6 if permanent else _yymmdd(rng, 2026, 2040))
        elif name == "sex":
            put(line, start, "MF"[int(rng.integers(2))])
        elif name == "names":
            given = "<".join(some(LETTERS, int(rng.integers(2, 7))) for _ in range(2))
            whole = f"{some(LETTERS, int(rng.integers(2, 9)))}<<{given}"
            put(line, start, whole[: end - start])
        elif name in ("optional", "personal", "more") and rng.random() < 0.4:
            put(line, start, some(LETTERS + DIGITS, int(rng.integers(4, end - start - 2))))
    for field in layout.fields.values():
        if field.check:
            characters = text_of(["".join(line) for line in lines], field.span)
            empty = not characters.strip("<")
            put(*field.check, "<" if empty else str(check_digit(characters)))
    text = ["".join(line) for line in lines]
    put(*layout.composite, str(check_digit("".join(text_of(text, one) for one in layout.composed))))
    return tuple("".join(line) for line in lines)


def number_of(rng: np.random.Generator, some: Callable[[str, int], str]) -> str:
    """A passport's, a BIR's or a permit's number."""
    kind = int(rng.integers(4))
    if kind == 0:
        return some(DIGITS, 8)
    if kind == 1:
        return "HM"[int(rng.integers(2))] + some(DIGITS, 8)
    if kind == 2:
        return "MA" + some(DIGITS, 7)
    return some(LETTERS, 2) + some(DIGITS, 7)


def _yymmdd(rng: np.random.Generator, first: int, last: int) -> str:
    year, month, day = rng.integers(first, last), rng.integers(1, 13), rng.integers(1, 29)
    return f"{year % 100:02d}{month:02d}{day:02d}"


def sample(
    seed: int,
    layout_id: str = "TD1",
    *,
    dpi: float = 300.0,
    blur_px: float = 0.0,
    noise: float = 5.0,
    turns: int = 0,
) -> Sample:
    """One photograph.  turns: quarter turns, clockwise."""
    rng = np.random.default_rng(seed)
    layout = LAYOUTS[layout_id]
    lines = random_lines(rng, layout)
    paper = draw(rng, lines, layout)
    image = photographed(rng, paper, dpi=dpi, blur_px=blur_px, noise=noise)
    image = np.ascontiguousarray(np.rot90(image, -turns)) if turns else image
    return Sample(image=image, layout=layout_id, lines=lines)


def draw(rng: np.random.Generator, lines: tuple[str, ...], layout: Layout) -> Bgr:
    """The paper at 400 dpi: tint, guilloche, portrait, printed words, zone."""
    mm = DRAWN_DPI / 25.4
    width, height = round(layout.width_mm * mm), round(HEIGHTS_MM[layout.id] * mm)
    paper = np.empty((height, width, 3), np.uint8)
    paper[:] = rng.integers(215, 250, 3)
    _guilloche(rng, paper)
    left, top = round(4 * mm), round(height * 0.2)
    cv2.rectangle(
        paper, (left, top), (left + round(20 * mm), top + round(height * 0.32)), (150, 150, 160), -1
    )
    for row in range(4):
        cv2.putText(
            paper,
            "NOME / NAME " + "".join(LETTERS[i] for i in rng.integers(0, 26, 8)),
            (left + round(24 * mm), top + round(row * 5 * mm)),
            cv2.FONT_HERSHEY_SIMPLEX,
            1.1,
            (60, 50, 50),
            2,
            cv2.LINE_AA,
        )
    _zone(rng, paper, lines, layout)
    return paper


def _zone(rng: np.random.Generator, paper: Bgr, lines: tuple[str, ...], layout: Layout) -> None:
    mm = DRAWN_DPI / 25.4
    pitch = 2.54 * mm * rng.uniform(0.985, 1.015)
    row = (6.35 if layout.lines == 2 else rng.uniform(4.9, 6.35)) * mm
    tall = pitch * 1.5
    weight = int(rng.integers(-1, 2))
    room = paper.shape[1] - pitch * layout.columns
    left = room / 2 + rng.uniform(-0.25, 0.25) * room
    foot = paper.shape[0] - rng.uniform(4.0, 6.0) * mm
    ink = np.zeros(paper.shape[:2], np.float32)
    size = (round(pitch), round(tall))
    for index, line in enumerate(reversed(lines)):
        top = foot - index * row - tall
        for column, character in enumerate(line):
            glyph = fine_glyphs()[ALPHABET.index(character)]
            if weight:
                kernel = np.ones((3, 3), np.uint8)
                glyph = (cv2.dilate if weight > 0 else cv2.erode)(glyph, kernel)
            cell: Floats = cv2.resize(glyph, size, interpolation=cv2.INTER_AREA)
            x, y = left + column * pitch, top
            _lay(ink, cell, x, y)
    dark = rng.uniform(15, 80)
    mixed = paper * (1 - ink[..., None]) + dark * ink[..., None]
    paper[:] = np.clip(mixed, 0, 255)


def _lay(ink: Floats, cell: Floats, x: float, y: float) -> None:
    """Lay a cell at a place between pixels."""
    height, width = cell.shape
    left, top = int(np.floor(x)), int(np.floor(y))
    move = np.array([[1, 0, x - left], [0, 1, y - top]], np.float32)
    moved = cv2.warpAffine(cell, move, (width + 1, height + 1))
    below = ink[top : top + height + 1, left : left + width + 1]
    np.maximum(below, moved[: below.shape[0], : below.shape[1]], out=below)


def _guilloche(rng: np.random.Generator, paper: Bgr) -> None:
    height, width = paper.shape[:2]
    x = np.arange(0, width, 4)
    for _ in range(30):
        y = (
            rng.uniform(0, height)
            + rng.uniform(10, 60) * np.sin(x / rng.uniform(30, 200) + rng.uniform(0, 6))
            + rng.uniform(5, 20) * np.sin(x / rng.uniform(8, 30))
        )
        points = np.stack([x, y], 1).round().astype(np.int32)
        colour = rng.integers(150, 225, 3).tolist()
        cv2.polylines(paper, [points], False, colour, int(rng.integers(1, 3)), cv2.LINE_AA)


def photographed(
    rng: np.random.Generator, paper: Bgr, *, dpi: float, blur_px: float, noise: float
) -> Bgr:
    """As it comes out of the flattening: a little turned, not quite square, soft, noisy, JPEG."""
    height, width = paper.shape[:2]
    scale = dpi / DRAWN_DPI
    size = (round(width * scale), round(height * scale))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners * scale + rng.uniform(-0.006, 0.006, (4, 2)).astype(np.float32) * size[0] / 2
    angle = np.radians(rng.uniform(-0.5, 0.5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array(size) / 2
    moved = ((moved - middle) @ turn.T + middle).astype(np.float32)
    if scale < 1:
        paper = cv2.GaussianBlur(paper, (0, 0), 0.42 / scale)
    image: Floats = cv2.warpPerspective(
        paper,
        cv2.getPerspectiveTransform(corners, moved),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    image *= np.linspace(rng.uniform(0.75, 1), rng.uniform(0.75, 1), size[0])[None, :, None]
    if blur_px:
        image = cv2.GaussianBlur(image, (0, 0), blur_px)
    image += rng.standard_normal(image.shape) * noise
    done, file = cv2.imencode(
        ".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 75]
    )
    assert done
    decoded = cv2.imdecode(file, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded
