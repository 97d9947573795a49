"""What the gates see of papers that are cut off and of whole ones, formats, and previews a second.

Seeds to which nothing was fitted.  A paper that is cut off is missed when it is taken; whole ones
are false alarms when they are said to be cut off.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from counter.documents.facing import Facing, facing, lying_zone
from counter.documents.facing_process import TesseractFacing
from counter.documents.page import Limits, Refused, ScanRefused, verdict
from counter.documents.preview import BETWEEN_S
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.flatten import sheet_of
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.mat import mat_of
from counter.documents.scan_opencv.mrz_reader import read_lying_zone
from counter.documents.scan_opencv.preview import preview
from counter.documents.scan_opencv.same import find_same
from counter.documents.scan_opencv.scan import decode, encode, measure, scan
from counter.documents.text_process import find_tools
from tests.documents import facing_pages, scenes, twins, zones
from tests.documents.test_mat import SIZES, photographed

SEED: Final = 90_000
FACING_SEED: Final = 91_000
SIZE: Final = (1200, 900)
LIMITS: Final = Limits(dpi_min=0.0)
"Frames here are small: resolution is not what is asked about."
TWICE_SEED: Final = 92_000
TWICE_SIZE: Final = (2000, 1500)
FORMATS_EACH: Final = 10
Goal = dict[str, Any]


def measured(frames: int = 40) -> Iterator[Goal]:
    """Goals and figures."""
    yield from cut_off(frames)
    yield from formats()
    yield from previews()
    yield from same_sheets(frames)
    yield from lying(frames // 2)


def cut_off(frames: int) -> Iterator[Goal]:
    """Letters and cards, on the mat and on desks, 12 to 40 % of them outside."""
    for card in (False, True):
        for on_mat in (True, False):
            name = f"{'cards' if card else 'letters'} on {'the mat' if on_mat else 'desks'}"
            draw = scenes.mat if on_mat else scenes.desk
            seeds = range(SEED, SEED + frames)
            cut = [_code(scenes.cut(seed, SIZE, card=card, on_mat=on_mat)) for seed in seeds]
            whole = [_code(draw(seed, SIZE, card=card)) for seed in seeds]
            yield {
                "what": f"cut off: taken of {frames} {name}",
                "at_most": 0.02,
                "measured": round(statistics.mean(code == "" for code in cut), 3),
            }
            yield {
                "what": f"cut off: false alarms of {frames} whole {name}",
                "at_most": 0.02,
                "measured": round(statistics.mean(code == "page_cut_off" for code in whole), 3),
            }


def formats() -> Iterator[Goal]:
    """Six formats on the mat, told by size."""
    right = []
    for name, size_mm in SIZES.items():
        for seed in range(SEED, SEED + FORMATS_EACH):
            image = photographed(seed, size_mm).image
            mat = mat_of(image)
            located = locate(image, mat)
            right.append(
                located is not None
                and mat is not None
                and sheet_of(located.quad, image.shape, mat).format == name
            )
    yield {
        "what": f"formats by the mat's scale: right of {len(right)}",
        "at_least": 0.98,
        "measured": round(statistics.mean(right), 3),
    }


def previews(rounds: int = 9) -> Iterator[Goal]:
    """How many previews a second of one core's time answers, held to the pace that is taken."""
    took = []
    for number in range(rounds):
        small, _ = shrink(scenes.mat(SEED + number, (1920, 1440)).image, 480)
        content = encode(small, 70)
        start = time.process_time()
        preview(content, 8.0)
        took.append(time.process_time() - start)
    yield {
        "what": "previews answered by one core, a second",
        "at_least": 8,
        "measured": round(min(1 / BETWEEN_S, 1 / statistics.median(took)), 1),
    }
    yield {
        "what": "one preview, ms CPU",
        "at_most": 125,
        "measured": round(statistics.median(took) * 1000, 1),
    }


def same_sheets(pairs: int) -> Iterator[Goal]:
    """Sheets photographed twice, and sheets that look alike: what is said to be one sheet.

    A photograph that is refused counts as not found: the goal is of the whole gate.
    """
    seen = _Compared()
    seeds = range(TWICE_SEED, TWICE_SEED + pairs)
    kinds: dict[str, Callable[[int], tuple[Bgr, Bgr]]] = {
        "typed forms": lambda seed: (twins.form(seed, 1),) * 2,
        "forms written by hand": lambda seed: (twins.form(seed, 1, by_hand=True),) * 2,
        "letters": lambda seed: (twins.letter_page(seed, 1),) * 2,
    }
    for name, draw in kinds.items():
        yield {
            "what": f"one sheet twice: found of {pairs} {name}",
            "at_least": 0.95,
            "measured": round(statistics.mean(seen.told(draw(seed), seed) for seed in seeds), 3),
        }
    for kind in twins.KINDS:
        wrong = [seen.told(twins.sheets(seed, kind), seed) for seed in seeds]
        yield {
            "what": f"two sheets ({kind}): said to be one of {pairs}",
            "at_most": 0.05 if kind == "one_field" else 0.0,
            "measured": round(statistics.mean(wrong), 3),
        }
    yield {
        "what": f"pairs of these with a photograph refused, of {seen.pairs}",
        "at_most": 0.02,
        "measured": round(seen.refused / seen.pairs, 3),
    }
    yield {
        "what": "two pages compared, the slowest, ms CPU",
        "at_most": 1000,
        "measured": round(seen.slowest_s * 1000),
    }


def lying(pages: int) -> Iterator[Goal]:
    """Pages that lie any way up: how many are turned to stand upright, and how many wrongly."""
    seeds = range(FACING_SEED, FACING_SEED + pages)
    for layout in ("TD1", "TD3"):
        papers = [(seed, zones.sample(seed, layout, turns=0).image) for seed in seeds]
        yield from _turned(f"papers with a {layout} zone", papers, _by_zone)
    tools = find_tools()
    if not tools.knows_facing:
        return
    ask = TesseractFacing(tools, patience_s=600, nice=0)

    def by_text(page: Bgr) -> Facing | None:
        return facing(None, asyncio.run(ask.lying_text(encode(page, 75))))

    for kind in (*facing_pages.TEXTS, *facing_pages.TRAPS):
        sheets = [(seed, facing_pages.photographed(seed, kind)) for seed in seeds]
        yield from _turned(f"pages of {kind}", sheets, by_text, trap=kind in facing_pages.TRAPS)


def _turned(
    name: str,
    upright: list[tuple[int, Bgr]],
    tell: Callable[[Bgr], Facing | None],
    *,
    trap: bool = False,
) -> Iterator[Goal]:
    """Each page upright, and turned by one to three quarters."""
    stood = [tell(page) for _, page in upright]
    wrong = [one is not None and one.quarters != 0 for one in stood]
    right, wrongly = [], []
    for seed, page in upright:
        lies = 1 + seed % 3
        told = tell(np.ascontiguousarray(np.rot90(page, -lies)))
        right.append(told is not None and told.quarters == 4 - lies)
        wrongly.append(told is not None and told.quarters not in (0, 4 - lies))
    yield {
        "what": f"upright {name}: wrongly turned of {len(wrong)}",
        "at_most": 0.0,
        "measured": round(statistics.mean(wrong), 3),
    }
    yield {
        "what": f"{name} that lie wrongly: turned right of {len(right)}",
        "at_least": 0.0 if trap else 0.9,
        "measured": round(statistics.mean(right), 3),
    }
    yield {
        "what": f"{name} that lie wrongly: turned to another wrong way, of {len(wrongly)}",
        "at_most": 0.0,
        "measured": round(statistics.mean(wrongly), 3),
    }


def _by_zone(page: Bgr) -> Facing | None:
    found = read_lying_zone(page)
    return facing(lying_zone(*found) if found else None, None)


class _Compared:
    """Pairs that were photographed on the mat and compared."""

    def __init__(self) -> None:
        self.pairs = self.refused = 0
        self.slowest_s = 0.0

    def told(self, sheets: tuple[Bgr, Bgr], seed: int) -> bool:
        """Whether both are said to be one sheet."""
        self.pairs += 1
        pages = []
        for shot in twins.photographed_twice(seed, *sheets, TWICE_SIZE):
            result = scan(encode(shot.image, 90), Limits())
            if isinstance(result, ScanRefused):
                self.refused += 1
                return False
            page = decode(result.page_jpeg)
            assert page is not None
            pages.append(page)
        start = time.process_time()
        place = find_same(pages[0], pages[1:])
        self.slowest_s = max(self.slowest_s, time.process_time() - start)
        return place is not None


def _code(scene: scenes.Scene) -> str:
    """The refusal, or "" when the photograph is taken, however far away the paper is."""
    located = locate(scene.image, mat_of(scene.image))
    if located is None:
        return "no_page_found"
    found = measure(scene.image, located, sheet_of(located.quad, scene.image.shape))
    decision = verdict(found, LIMITS)
    return decision.code if isinstance(decision, Refused) else ""
