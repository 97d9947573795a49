"""Marks on a sheet that is moved under the camera: cost, error, and how often another is taken.

    python -m tests.bench.marks [--sheets 20] [--seed 7000]

Previews of 480 x 270 pixels in which an A4 sheet is 221 high, JPEG quality 70, with the noise of a
cheap camera.  Letters, and forms that are empty or filled in by hand; the rules were set with seeds
below 200.  CPU time is of one thread, without finding the page, which every preview costs.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from counter.documents.sample_page import encode_jpeg
from counter.documents.scan_opencv.arrays import Bgr, Quad
from counter.documents.scan_opencv.marking import lie
from tests.documents.filled_forms import draw_form, fill_in
from tests.documents.moving_sheets import HEIGHT_PX, corners, letter, marked, off, page_in, seen

A4_MM: Final = (210.0, 297.0)
SHIFT: Final = 50 / A4_MM[1] * 0.82
"50 mm, in heights of the picture; the sheet's height is 0.82 of it."


def shifted(rng: np.random.Generator) -> Quad:
    """By 50 mm, to a side that keeps it in the picture."""
    return corners(dx=float(rng.choice([-1, 1])) * SHIFT * HEIGHT_PX / 1280)


def turned(rng: np.random.Generator) -> Quad:
    """By 20 degrees, and a little smaller so that it stays in the picture."""
    return corners(turn=float(rng.choice([-20, 20])), size=0.95)


def anyhow(rng: np.random.Generator) -> Quad:
    return corners(turn=float(rng.uniform(-180, 180)), dx=float(rng.uniform(-0.15, 0.15)), size=0.8)


def still(rng: np.random.Generator) -> Quad:
    return corners()


MOVES: Final[dict[str, Callable[[np.random.Generator], Quad]]] = {
    "shifted 50 mm": shifted,
    "turned 20 degrees": turned,
    "anyhow": anyhow,
}


@dataclass(slots=True)
class Row:
    """What was counted."""

    looked: int = 0
    followed: int = 0
    off_mm: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)

    def look(self, before: Bgr, after: Bgr, quad: Quad) -> None:
        """One sheet with a mark, and one preview."""
        known = marked(before)
        jpeg = encode_jpeg(after, 70)
        page = page_in(jpeg)
        begun = time.process_time()
        found = lie(jpeg, page, known, ()).places.get("m-1")
        self.ms.append((time.process_time() - begun) * 1000)
        self.looked += 1
        if found is not None:
            self.followed += 1
            self.off_mm.append(off(np.array(found), quad) * A4_MM[0])


def sheets(seed: int) -> dict[str, Bgr]:
    """The same sheets whenever it is asked."""
    form = draw_form(seed)
    return {"letter": letter(seed), "empty form": form, "filled form": fill_in(form, seed, seed)}


def others(seed: int) -> Iterator[tuple[str, Bgr, Bgr]]:
    """The marked sheet, and another one that is laid where it was."""
    form = draw_form(seed)
    mine = fill_in(form, seed, seed)
    yield "another letter", letter(seed), letter(seed + 500)
    yield "another form", mine, fill_in(draw_form(seed + 500), seed + 500, seed)
    yield "same form, another hand", mine, fill_in(form, seed, seed + 500)
    yield "same form, empty", mine, form
    yield "same form, filled in", form, mine
    yield "same form, one line other", mine, _one_line(form, seed)


def _one_line(form: Bgr, seed: int) -> Bgr:
    """As `mine`, but its fourth line is another hand's."""
    first = fill_in(form, seed, seed, slice(0, 3))
    other = fill_in(first, seed, seed + 500, slice(3, 4))
    return fill_in(other, seed, seed, slice(4, None))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheets", type=int, default=20, help="of each kind and move")
    parser.add_argument("--seed", type=int, default=7000)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    own: dict[str, Row] = {}
    wrong: dict[str, Row] = {}
    for seed in range(given.seed, given.seed + given.sheets):
        rng = np.random.default_rng(seed)
        for kind, sheet in sheets(seed).items():
            before = seen(sheet, corners(), seed)
            for name, move in MOVES.items():
                quad = move(rng)
                row = own.setdefault(f"{kind}, {name}", Row())
                row.look(before, seen(sheet, quad, seed + 1), quad)
        for name, mine, other in others(seed):
            for move in (still, shifted):
                quad = move(rng)
                row = wrong.setdefault(name, Row())
                row.look(seen(mine, corners(), seed), seen(other, quad, seed + 1), quad)
    print("the same sheet                  followed   off mm: median  p95    CPU ms: median  p95")
    for name, row in own.items():
        print(
            f"{name:32s}{row.followed:3d}/{row.looked:<3d}          {_told(row.off_mm)}"
            f"           {_told(row.ms)}"
        )
    print("another sheet               taken for it                      CPU ms: median  p95")
    for name, row in wrong.items():
        print(f"{name:32s}{row.followed:3d}/{row.looked:<3d}{'':33s}{_told(row.ms)}")


def _told(values: list[float]) -> str:
    if not values:
        return "    -      -"
    return f"{np.median(values):6.1f} {np.percentile(values, 95):6.1f}"


if __name__ == "__main__":
    main()
