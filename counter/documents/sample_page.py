"""A believable paper under a document camera, drawn from a seed.

The simulated terminal's document camera shows it, and the tests of the finder draw on it.  It needs
no font or picture file, and says on its face that it is a specimen.
"""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad, sides_of

A4_RATIO = 2**0.5
WORDS = (
    *("the", "undersigned", "declares", "that", "identity", "residence", "number", "issued"),
    *("valid", "until", "address", "of", "requerente", "declara", "morada", "documento"),
    *("emitido", "pelo", "servico", "data", "assinatura", "nome", "completo"),
)


def sample_photograph(seed: int, *, width_px: int = 2592, height_px: int = 1944) -> bytes:
    """A JPEG of a letter on a dark mat, as a document camera sees it.  Same seed, same bytes."""
    rng = np.random.default_rng(seed)
    paper = draw_letter(rng, round(height_px * 0.9))
    desk = draw_mat(rng, width_px, height_px)
    middle = (width_px / 2, height_px / 2)
    corners = _lying(rng, paper, middle, tilt=0.012)
    photograph = lay(paper, desk, corners, rng)
    return encode_jpeg(photograph, 90)


def draw_letter(rng: np.random.Generator, height_px: int) -> Bgr:
    """An A4 letter, portrait: heading, lines of text, a small table, a place to sign."""
    width_px = round(height_px / A4_RATIO)
    unit = height_px / 297  # one millimetre
    sheet = Image.new("RGB", (width_px, height_px), (250, 250, 248))
    draw = ImageDraw.Draw(sheet)
    ink = (28, 28, 34)
    draw.text((20 * unit, 16 * unit), "SPECIMEN / ESPECIME", ink, _font(7 * unit))
    draw.line((20 * unit, 27 * unit, 190 * unit, 27 * unit), ink, max(1, round(0.5 * unit)))
    line_mm = 34.0
    while line_mm < 250:
        if rng.random() < 0.12:
            line_mm = _table(draw, rng, unit, line_mm)
        draw.text((20 * unit, line_mm * unit), _line(rng), ink, _font(4.2 * unit))
        line_mm += 7.2 if rng.random() < 0.85 else 14.0
    draw.line((120 * unit, 272 * unit, 185 * unit, 272 * unit), ink, max(1, round(0.3 * unit)))
    draw.text((120 * unit, 274 * unit), "signature", ink, _font(3.4 * unit))
    return np.asarray(sheet)[..., ::-1].copy()


def draw_mat(rng: np.random.Generator, width_px: int, height_px: int) -> Bgr:
    """A dark matte mat with a faint grain."""
    coarse = rng.normal(0, 3, (height_px // 16 + 1, width_px // 16 + 1)).astype(np.float32)
    grain = cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    colour = rng.uniform(40, 58) + np.array([3.0, 0.0, -3.0])
    return np.clip(grain[..., None] + colour, 0, 255).astype(np.uint8)


def lay(paper: Bgr, desk: Bgr, corners: Quad, rng: np.random.Generator) -> Bgr:
    """`paper` photographed on `desk` with its corners at `corners`: shadow, light, noise."""
    height, width = desk.shape[:2]
    tall, wide = paper.shape[:2]
    # Pixel centres are whole numbers, so the sheet's border lies half a pixel outside them.
    sheet = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32) - 0.5
    target = corners.astype(np.float32)
    shrinking = (cv2.contourArea(target) / (wide * tall)) ** 0.5
    if shrinking < 0.8:  # a lens averages what a single sample would skip
        paper = cv2.GaussianBlur(paper, (0, 0), 0.45 / shrinking)
    projection = cv2.getPerspectiveTransform(sheet, target)
    warped = cv2.warpPerspective(
        paper, projection, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cover = _cover(corners, width, height)[..., None]
    shadow = cv2.GaussianBlur(cover, (0, 0), max(2.0, width / 150))[..., None]
    scene = desk * (1 - 0.35 * shadow) * (1 - cover) + warped * cover
    slope = rng.uniform(-0.12, 0.12, 2).astype(np.float32)
    light = (
        0.88
        + slope[0] * np.linspace(-0.5, 0.5, width, dtype=np.float32)[None]
        + slope[1] * np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    )
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) * 2
    seen: Bgr = np.clip(scene * light[..., None] + noise, 0, 255).astype(np.uint8)
    return seen


def _cover(corners: Quad, width: int, height: int) -> Floats:
    """(height, width) float32: how much of each pixel lies inside the quad, 0 to 1."""
    start, _, normal = sides_of(corners)
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    cover: Floats = np.ones((height, width), np.float32)
    for (x0, y0), (nx, ny) in zip(start, normal, strict=True):
        inside = (x - np.float32(x0)) * np.float32(nx) + (y - np.float32(y0)) * np.float32(ny)
        np.minimum(cover, np.clip(inside + 0.5, 0, 1), out=cover)
    return cover


def encode_jpeg(image: Bgr, quality: int) -> bytes:
    """The image as a JPEG file without any metadata."""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def _lying(
    rng: np.random.Generator, paper: Bgr, middle: tuple[float, float], *, tilt: float
) -> Quad:
    """Where the corners come to lie: turned by up to 3 degrees, seen slightly from one side."""
    tall, wide = paper.shape[:2]
    turn = rng.uniform(-0.05, 0.05)
    square = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    turned = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    leaning = 1 + turned @ rng.uniform(-tilt, tilt, 2) / tall
    size = 1.0
    corners: Quad = turned * size / leaning[:, None] + np.array(middle)
    return corners


def _table(draw: ImageDraw.ImageDraw, rng: np.random.Generator, unit: float, top: float) -> float:
    rows = int(rng.integers(2, 5))
    for row in range(rows):
        y = (top + 9 * row) * unit
        for x in (20, 105):
            box = (x * unit, y, (x + 85) * unit, y + 9 * unit)
            draw.rectangle(box, outline=(40, 40, 46), width=max(1, round(0.3 * unit)))
        draw.text(
            (22 * unit, y + 2 * unit),
            " ".join(rng.choice(WORDS, 2)),
            (60, 60, 66),
            _font(3.6 * unit),
        )
    return top + 9 * rows + 4


def _line(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, int(rng.integers(5, 11))))


def _font(size_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(4.0, size_px))
