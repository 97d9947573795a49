"""How many QR codes are read by blur and by size, beside OpenCV's own reader.

    python -m tests.bench.codes [--papers 24] [--pages 12] [--seed 1]

Each frame is 1280 x 720 with one code of random text at a random place, turned by up to 4 degrees,
with noise of two grey levels; conditions are those of `ROWS`.  CPU time is of one thread.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from counter.documents.codes_zxing import read_codes
from counter.documents.page import Limits, ScanResult
from counter.documents.sample_page import draw_letter
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.scan import PAGE_PX, scan
from tests.documents.printed_codes import LETTER_MM, LETTER_PX, code, photograph_with

WIDTH, HEIGHT = 1280, 720
PAPER: Final = 245
MARGIN_PX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One condition."""

    module_px: float = 5.0
    blur_px: float = 0.0
    contrast: float = 1.0

    def __str__(self) -> str:
        return f"{self.module_px:g} px/module, blur {self.blur_px:g} px, {self.contrast:.0%}"


ROWS: Final = (
    Row(),
    *(Row(blur_px=sigma) for sigma in (1.0, 1.5, 2.0, 2.5)),
    *(Row(module_px=size) for size in (3.0, 2.5, 2.0, 1.5)),
    Row(contrast=0.15),
)
SCALES: Final = (2, 3, 4, 6)
Reader = Callable[[Bgr], bool]


def frame(rng: np.random.Generator, row: Row, text: str) -> Bgr:
    """A frame with that code in it, as the condition says."""
    drawn = code(scale=10, text=text)
    side = round(drawn.shape[0] * row.module_px / 10)
    small = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA)
    x = int(rng.integers(MARGIN_PX, WIDTH - side - MARGIN_PX))
    y = int(rng.integers(MARGIN_PX, HEIGHT - side - MARGIN_PX))
    paper = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    paper[y : y + side, x : x + side] = small
    turn = cv2.getRotationMatrix2D((x + side / 2, y + side / 2), float(rng.uniform(-4, 4)), 1.0)
    picture = cv2.warpAffine(paper, turn, (WIDTH, HEIGHT), borderValue=(PAPER,) * 3)
    if row.blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), row.blur_px)
    grey = PAPER + (picture.astype(np.float64) - PAPER) * row.contrast
    noise = rng.normal(0, 2, picture.shape)
    return np.asarray(np.clip(grey + noise, 0, 255), np.uint8)


def ours(text: str) -> Reader:
    return lambda picture: [one.text for one in read_codes(picture)] == [text]


def opencv(text: str) -> Reader:
    """OpenCV 5.0's, which raises over some small codes: not read."""
    detector = cv2.QRCodeDetector()

    def read(picture: Bgr) -> bool:
        try:
            return bool(detector.detectAndDecode(picture)[0] == text)
        except cv2.error:
            return False

    return read


def scanned(pages: int, seed: int) -> Iterator[str]:
    """Codes at the foot of letters on the mat, through the whole way of a photograph."""
    for scale in SCALES:
        read = 0
        for number in range(pages):
            text = f"https://example.org/{seed * 1000 + number:012d}"
            result = scan(photograph_with(text, seed * 1000 + number, scale=scale), Limits())
            found = result.codes if isinstance(result, ScanResult) else ()
            read += [one.text for one in found] == [text]
        module_mm = scale * LETTER_MM / LETTER_PX
        yield f"scanned, modules of {module_mm:.2f} mm: {read} of {pages}"


def empty_ms(rounds: int = 24) -> float:
    """CPU of a letter of A4 at 200 dpi without a code, median."""
    page = draw_letter(np.random.default_rng(0), PAGE_PX)
    return float(np.median([_timed(_none, page)[1] for _ in range(rounds)]))


def _none(picture: Bgr) -> bool:
    return not read_codes(picture)


def _timed(read: Reader, picture: Bgr) -> tuple[bool, float]:
    begun = time.process_time()
    right = read(picture)
    return right, (time.process_time() - begun) * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=24, help="of each condition")
    parser.add_argument("--pages", type=int, default=12, help="scanned whole, of each size")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    print("condition                              ours           OpenCV")
    for place, row in enumerate(ROWS):
        found: list[tuple[bool, float]] = []
        theirs: list[tuple[bool, float]] = []
        for number in range(given.papers):
            rng = np.random.default_rng([given.seed, place, number])
            text = f"https://example.org/{rng.integers(10**12):012d}"
            picture = frame(rng, row, text)
            found.append(_timed(ours(text), picture))
            theirs.append(_timed(opencv(text), picture))
        print(f"{row!s:38s} {_told(found)}  {_told(theirs)}")
    print(f"letter of 200 dpi without a code: {empty_ms():.0f} ms CPU")
    for line in scanned(given.pages, given.seed):
        print(line)


def _told(found: list[tuple[bool, float]]) -> str:
    rights, took = zip(*found, strict=True)
    return f"{sum(rights):3d}/{len(rights)} {np.median(took):5.1f} ms"


if __name__ == "__main__":
    main()
