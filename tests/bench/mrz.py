"""How many zones are read whole, how many are accepted, and how many of those are wrong.

    python -m tests.bench.mrz [--papers 1000] [--seed 1]

Each paper has its own seed; layouts, resolutions (150 to 300 dpi), blur, noise and the way up are
spread evenly.  CPU time is of one thread.
"""

import argparse
import time
from collections import Counter

import cv2

from counter.documents.mrz import LAYOUTS, accepted, text_of
from counter.documents.scan_opencv.mrz_reader import read_zone
from tests.documents.zones import sample

DPI = (150, 200, 300)
BLUR_PX = (0.0, 0.7, 1.2)
KINDS = ("TD1", "TD1", "TD3", "TD2")


def numbers_of(layout: str, lines: tuple[str, ...]) -> list[str]:
    """The checked fields: what a wrong acceptance would be wrong in."""
    fields = LAYOUTS[layout].fields.values()
    return [text_of(lines, field.span) for field in fields if field.check]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="what went wrong, paper by paper")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    counted: Counter[tuple[int, float]] = Counter()
    digits: Counter[tuple[int, float]] = Counter()
    whole: Counter[tuple[int, float]] = Counter()
    taken: Counter[tuple[int, float]] = Counter()
    wrong: Counter[tuple[int, float]] = Counter()
    spent = 0.0
    for number in range(given.papers):
        dpi, blur = DPI[number % 3], BLUR_PX[number // 3 % 3]
        kind = KINDS[number // 9 % 4]
        paper = sample(
            given.seed * 1_000_003 + number, kind, dpi=dpi, blur_px=blur, turns=number % 4
        )
        begun = time.process_time()
        found = read_zone(paper.image)
        spent += time.process_time() - begun
        cell = (dpi, blur)
        counted[cell] += 1
        if found is None:
            if given.show:
                print(number, cell, kind, "no zone")
            continue
        right = found.layout == kind and numbers_of(kind, found.lines) == numbers_of(
            kind, paper.lines
        )
        exact = found.layout == kind and found.lines == paper.lines
        took = accepted([found])
        digits[cell] += right
        whole[cell] += exact
        taken[cell] += took
        wrong[cell] += took and not exact
        if given.show and not (right and took):
            print(number, cell, kind, found.layout, found.correlation, right, exact, took)
            print("   ", found.lines, found.doubtful, found.repaired)
            print("   ", paper.lines)
    print("dpi  blur  papers  numbers right  zone exact  accepted  wrong accepted")
    for cell in sorted(counted):
        of = counted[cell]
        print(
            f"{cell[0]:3d}  {cell[1]:4.1f}  {of:6d}  {digits[cell] / of:12.1%}"
            f"  {whole[cell] / of:9.1%}  {taken[cell] / of:7.1%}  {wrong[cell]:6d}"
        )
    of = sum(counted.values())
    print(
        f"all        {of:6d}  {sum(digits.values()) / of:12.1%}  {sum(whole.values()) / of:9.1%}"
        f"  {sum(taken.values()) / of:7.1%}  {sum(wrong.values()):6d}"
        f"   {spent / of * 1000:.0f} ms CPU each"
    )


if __name__ == "__main__":
    main()
