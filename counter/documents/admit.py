"""Which files of strangers are taken, and what is kept of them: pixels drawn anew, nothing else.

`sniff_file` tells by the first bytes alone, before anything is decoded.  What passes is decoded in
a process of its own, and comes out as `Admitted`: JPEG pages that hold no metadata, no script and
no byte of the file that came in.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from counter.documents.refusals import (
    FileNotTaken,
    FileTooLarge,
    ImageDamaged,
    ImageTooLarge,
    NotAnImage,
)
from counter.documents.sniff import FileLimits, sniff
from counter.documents.sniff_containers import heif_size, is_heif, is_webp, webp_size

FileKind = Literal["jpeg", "png", "webp", "heic", "pdf"]

PDF_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9]")
"At the very first byte: who looks further takes pages of HTML with a PDF in them."
PAPER_PAGES: Final = 10
"Of one file that is sent as one paper."
_ANIMATED_PNG: Final = b"acTL"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitLimits:
    """What is let through, and how much of it."""

    pictures: FileLimits = field(default_factory=FileLimits)
    pdf_bytes_max: int = 20 * 1024 * 1024
    pages_max: int = 50
    objects_max: int = 50_000
    "Indirect objects of a PDF."
    side_px: int = 2400
    "Long side of a page drawn from a PDF."
    picture_side_px: int = 4096
    "Long side of a picture; larger ones are made smaller."
    output_bytes_max: int = 64 * 1024 * 1024
    "Of all pages together."


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """What a file says of itself."""

    kind: FileKind
    width_px: int = 0
    height_px: int = 0
    "Both 0 for a PDF."


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedPage:
    """One page, drawn anew."""

    jpeg: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """All that is kept of a file."""

    kind: FileKind
    pages: tuple[AdmittedPage, ...]
    "At least one; a picture has one."

    @property
    def photograph(self) -> bool:
        """A paper was photographed, so a page is still to be found in it."""
        return self.kind != "pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAdmitted:
    """The decoding process's no, by its code."""

    code: str


def sniff_file(content: bytes, limits: AdmitLimits) -> FileHeader:
    """Read the header.

    Raises `FileNotTaken`, `FileTooLarge`, `ImageTooLarge`, `ImageDamaged`.
    """
    if content.startswith(b"%PDF-"):
        if PDF_HEADER.match(content) is None:
            raise FileNotTaken("a PDF of a version that does not exist")
        if len(content) > limits.pdf_bytes_max:
            raise FileTooLarge(f"a PDF of {len(content)} bytes")
        return FileHeader(kind="pdf")
    if is_webp(content) or is_heif(content):
        return _container(content, limits.pictures)
    try:
        found = sniff(content, limits.pictures)
    except NotAnImage as unknown:
        raise FileNotTaken("begins like nothing that is taken") from unknown
    if found.kind == "png" and _moves(content):
        raise FileNotTaken("a PNG that moves")
    return FileHeader(kind=found.kind, width_px=found.width_px, height_px=found.height_px)


def _container(content: bytes, limits: FileLimits) -> FileHeader:
    if len(content) > limits.bytes_max:
        raise ImageTooLarge(f"{len(content)} bytes, at most {limits.bytes_max} are taken")
    webp = is_webp(content)
    width, height = webp_size(content) if webp else heif_size(content)
    if width == 0 or height == 0:
        raise ImageDamaged("the header says that a side has no pixels")
    if width * height > limits.pixels_max or max(width, height) > limits.side_max_px:
        raise ImageTooLarge(f"{width} x {height} pixels, at most {limits.pixels_max} are taken")
    return FileHeader(kind="webp" if webp else "heic", width_px=width, height_px=height)


def _moves(content: bytes) -> bool:
    """An APNG: its control chunk stands before the first data of the picture."""
    data = content.find(b"IDAT")
    return 0 <= content.find(_ANIMATED_PNG) < data if data >= 0 else False
