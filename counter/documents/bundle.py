"""Bundles: which pages of a case are bound, in which order, and how large each one is.

Promise: what was accepted is in it, once, and nothing else: a page that was sent back, or not
decided yet, never is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counter.documents.page import PageState
from counter.ids import Digest, PageId

MM_PER_INCH: Final = 25.4
POINTS_PER_INCH: Final = 72.0
A4_MM: Final = (210.0, 297.0)
SIZES_MM: Final[dict[str, tuple[float, float]]] = {
    "a-series": A4_MM,
    "a4": A4_MM,
    "a5": (148.0, 210.0),
    "id-1": (53.98, 85.60),
    "td3": (88.0, 125.0),
    "td3-open": (125.0, 176.0),
}
"Short side, long side (ISO 216, ISO/IEC 7810, ICAO 9303)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page of a case as bundles see it."""

    page_id: PageId
    item: str
    seq: int
    "Counts from 1 within the case."
    state: PageState
    format: str
    page_sha256: Digest
    original_sha256: Digest
    width_px: int
    height_px: int
    stored_at: datetime
    decided_by: str | None = None
    "Who accepted it or sent it back, as `kind:id`."
    decided_at: datetime | None = None
    text_sha256: Digest | None = None
    "PDF of one page that holds the words and no picture; None: not read."
    bitonal_sha256: Digest | None = None
    "TIFF with CCITT G4; None: it is more than text, or was not made yet."

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the paper."""
        return size_mm(self.format, self.width_px, self.height_px)

    @property
    def dpi(self) -> float:
        """Pixels of the flattened page per inch of paper."""
        return max(self.width_px, self.height_px) / max(self.size_mm) * MM_PER_INCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """The pages of one paper."""

    item: str
    label: str
    "What the paper is called, in the case's language."
    leaves: tuple[Leaf, ...]


def chapters(
    leaves: Sequence[Leaf], checklist: Sequence[str], label: Callable[[str], str]
) -> tuple[Chapter, ...]:
    """What is bound: papers as the checklist has them, then others as they came; pages by `seq`."""
    accepted = sorted(
        (leaf for leaf in leaves if leaf.state is PageState.ACCEPTED), key=lambda leaf: leaf.seq
    )
    came = dict.fromkeys(leaf.item for leaf in accepted)
    order = [item for item in dict.fromkeys(checklist) if item in came]
    order += [item for item in came if item not in order]
    return tuple(
        Chapter(
            item=item,
            label=label(item),
            leaves=tuple(leaf for leaf in accepted if leaf.item == item),
        )
        for item in order
    )


def size_mm(paper: str, width_px: int, height_px: int) -> tuple[float, float]:
    """Width and height of a page of this format, upright or lying as its pixels are.

    A format that is not known is measured as if its long side were A4's, as findings do.
    """
    known = SIZES_MM.get(paper)
    if known is None:
        long_mm = A4_MM[1]
        short_mm = long_mm * min(width_px, height_px) / max(width_px, height_px)
    else:
        short_mm, long_mm = known
    return (short_mm, long_mm) if width_px <= height_px else (long_mm, short_mm)


def points(mm: float) -> float:
    """Millimetres in the unit of PDF, to a hundredth."""
    return round(mm / MM_PER_INCH * POINTS_PER_INCH, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One page on its way into a PDF: bytes with the size of the paper."""

    image: bytes
    "JPEG, or TIFF with one CCITT G4 strip."
    size_mm: tuple[float, float]
    text: bytes | None = None
    "PDF of one page with invisible words, laid under the picture."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Pages under one bookmark."""

    title: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that goes into one PDF.  Equal books become equal bytes."""

    title: str
    "Names nobody."
    language: str
    "BCP 47, such as `zh-Hant`."
    made_at: datetime
    parts: tuple[Part, ...]
