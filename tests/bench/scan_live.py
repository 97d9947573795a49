"""Previews while the paper lies there: how many a worker answers, and when the shutter goes.

The worker is the product's own, a process behind a pipe.  A page that lies still is photographed
again and again with other noise; one that is pushed moves by 1 % of the picture's width.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from counter.documents.page import Limits, ScanRefused
from counter.documents.preview import BETWEEN_S, Preview, preview_of
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.preview import preview
from counter.documents.scan_opencv.scan import encode
from counter.documents.scan_pool import ScanPool
from tests.documents import scenes

SEED: Final = 97_000
SIZE: Final = (1920, 1440)
FINER: Final = 8.0
LIMITS: Final = Limits()
AGREEING: Final = 4
MOTION_MAX: Final = 0.005
"As in web/terminal/assets/parts/steady.ts."
PUSHED: Final = 0.01
EVERY_S: Final = 0.1
"As in web/terminal/assets/parts/watch.ts: the terminal sends no more than ten a second."
Goal = dict[str, Any]


def measured(pages: int = 20) -> Iterator[Goal]:
    """Goals and figures."""
    yield from asyncio.run(through_a_worker())
    yield from shutter(pages)


async def through_a_worker(rounds: int = 24) -> list[Goal]:
    """One after the other, as a terminal sends them; by the clock, so that a busy machine shows."""
    pool = ScanPool()
    took = []
    try:
        await pool.warm_up()
        for number in range(rounds):
            content = _taken(scenes.mat(SEED + number % 4, SIZE).image, number)
            begun = time.perf_counter()
            await pool.preview(content, FINER)
            took.append(time.perf_counter() - begun)
    finally:
        await pool.close()
    answered = statistics.median(took)
    return [
        {
            "what": "previews a second through a worker, by the clock",
            "at_least": 8,
            "measured": round(1 / max(answered, EVERY_S, BETWEEN_S), 1),
        },
        {
            "what": "... one answered within, ms by the clock",
            "at_most": 125,
            "measured": round(answered * 1000, 1),
        },
    ]


def shutter(pages: int) -> Iterator[Goal]:
    """Pages on the mat without fingers or lamps: four previews of each, lying still and pushed."""
    still, pushed = [], []
    for number in range(pages):
        rng = np.random.default_rng([SEED, number])
        image = scenes.scene(rng, SIZE, desk="mat", card=number % 3 == 2).image
        still.append(_agree([_seen(image, n) for n in range(AGREEING)]))
        step = round(PUSHED * SIZE[0])
        moved = [np.roll(image, n * step, 1) for n in range(AGREEING)]
        pushed.append(_agree([_seen(one, n) for n, one in enumerate(moved)]))
    yield {
        "what": f"shutter: goes after four previews of {pages} still pages",
        "at_least": 0.95,
        "measured": round(statistics.mean(still), 3),
    }
    yield {
        "what": f"shutter: goes while {pages} pages are pushed",
        "at_most": 0.0,
        "measured": round(statistics.mean(pushed), 3),
    }


def _seen(image: Bgr, noise: int) -> Preview:
    glance = preview(_taken(image, noise), FINER)
    assert not isinstance(glance, ScanRefused)
    return preview_of(glance, LIMITS)


def _taken(image: Bgr, noise: int) -> bytes:
    """The preview a terminal makes of it, with the noise of another moment."""
    small, _ = shrink(image, 480)
    grain = np.random.default_rng(noise).normal(0, 2, small.shape)
    return encode(np.clip(small + grain, 0, 255).astype(np.uint8), 70)


def _agree(previews: list[Preview]) -> bool:
    places = [one.corners for one in previews]
    if any(one.advice is not None for one in previews) or None in places:
        return False
    corners = np.array(places) * (1.0, SIZE[1] / SIZE[0])
    return bool(np.ptp(corners, axis=0).max() < MOTION_MAX)
