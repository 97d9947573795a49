"""Bundles measured: bytes and time per page, and whether each JPEG is in it byte for byte.

    python -m tests.bench.bundle [--rounds 5]

Pages are letters drawn from seeds and cleaned as the scanner does, A4 at 200 dpi.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

from pikepdf import Name, Pdf

from counter.documents.archive_opencv import bitonal
from counter.documents.bundle import Book, Part, Picture
from counter.documents.bundle_pikepdf import bind
from tests.bench.machine import described
from tests.documents.leaves import AT
from tests.documents.letters import letter_jpeg

T = TypeVar("T")

PAGES = 10
ROUNDS = 5
A4_MM = (210.0, 297.0)
GOAL_BITONAL_BYTES = 60 * 1024
RESULT = Path("var/bench/bundle.json")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and milliseconds of the processor."""
    began = time.process_time()
    made = work()
    return made, (time.process_time() - began) * 1000


def book_of(pages: list[bytes]) -> Book:
    pictures = tuple(Picture(image=page, size_mm=A4_MM) for page in pages)
    return Book(
        title="bench", language="pt", made_at=AT, parts=(Part(title="papers", pictures=pictures),)
    )


def inside(pdf: bytes) -> list[bytes]:
    """The raw streams of the JPEGs."""
    with Pdf.open(BytesIO(pdf)) as opened:
        return [
            image.read_raw_bytes()
            for page in opened.pages
            for image in page.obj.Resources.XObject.values()
            if image.get("/Filter") == Name.DCTDecode
        ]


def measure(pages: int, rounds: int) -> dict[str, Any]:
    """Figures per page; times are those of the processor, the median of all rounds."""
    letters = [letter_jpeg(seed) for seed in range(1, pages + 1)]
    book = book_of(letters)
    bound, copied, pdf = [], [], b""
    copies: list[bytes | None] = []
    for _ in range(rounds):
        pdf, took = timed(lambda: bind(book))
        bound.append(took / pages)
        copies = []
        for letter in letters:
            copy, took = timed(partial(bitonal, letter, 200.0))
            copies.append(copy)
            copied.append(took)
    made = [len(copy) for copy in copies if copy is not None]
    return {
        "pages": pages,
        "rounds": rounds,
        "page_bytes": statistics.mean(map(len, letters)),
        "overhead_bytes": (len(pdf) - sum(map(len, letters))) / pages,
        "byte_exact": inside(pdf) == letters,
        "same_twice": bind(book) == pdf,
        "bind_ms": statistics.median(bound),
        "bitonal_pages": len(made),
        "bitonal_bytes_max": max(made, default=0),
        "bitonal_bytes": statistics.mean(made) if made else 0,
        "bitonal_ms": statistics.median(copied),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    figures = measure(PAGES, parser.parse_args().rounds)
    holds = (
        figures["byte_exact"]
        and figures["same_twice"]
        and figures["bitonal_bytes_max"] <= GOAL_BITONAL_BYTES
    )
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": described(), "figures": figures, "holds": holds}
    RESULT.write_text(json.dumps(told, indent=2) + "\n")
    print(
        f"{figures['pages']} pages of {figures['page_bytes'] / 1024:.0f} KiB: "
        f"bound in {figures['bind_ms']:.1f} ms a page, {figures['overhead_bytes']:.0f} bytes more "
        f"each, byte for byte: {figures['byte_exact']}, the same twice: {figures['same_twice']}; "
        f"{figures['bitonal_pages']} in black and white, {figures['bitonal_bytes'] / 1024:.0f} KiB "
        f"(at most {figures['bitonal_bytes_max'] / 1024:.0f}, goal 60), "
        f"{figures['bitonal_ms']:.0f} ms a page"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
