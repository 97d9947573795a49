"""What is in a PDF that must not be in something a person signs.

Looked at after the strict reader has passed it, since pikepdf repairs what is broken.  Every object
is visited, also those that no page leads to.
Source: ISO 32000-2, 12.6.4 (actions), 12.5.6 (annotations), 9.9 (embedded fonts), 8.11 (layers).
"""

import io
import zlib
from collections.abc import Iterator
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Object, Pdf, Stream

from counter.esign.pdf_refusals import (
    ActiveContent,
    DocumentDamaged,
    DocumentEncrypted,
    DocumentTooLarge,
    FontMissing,
    HasXfa,
    HiddenContent,
    PdfRefused,
)

RUNNING: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ResetForm", "/ImportData",
        "/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView", "/SetOCGState",
        "/Hide", "/Trans", "/Named", "/Thread",
    }
)  # fmt: skip
RUNNING_KEYS: Final = frozenset({"/AA", "/JS", "/OpenAction"})
HIDING_KEYS: Final = frozenset(
    {"/EmbeddedFiles", "/EF", "/OCProperties", "/RichMediaContent", "/3DD"}
)
SEEN_ALIKE: Final = frozenset({"/Widget", "/Link"})
"Annotations that do not lie over what is read."
BROUGHT: Final = ("/FontFile", "/FontFile2", "/FontFile3")
PARTS_MAX: Final = 500_000
UNPACKED_MAX: Final = 64 * 1024 * 1024
RATIO_MAX: Final = 200
FLOOR: Final = 4 * 1024 * 1024
"What is smaller may be packed as well as it likes: a white page is."


def lint(pdf: bytes, *, pages_max: int) -> None:
    """Raises a `PdfRefused` for the first thing that does not belong into it."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            if opened.is_encrypted:
                raise DocumentEncrypted("it opens without a password, but is encrypted")
            pages = len(opened.pages)
            if pages > pages_max:
                raise DocumentTooLarge(f"{pages} pages")
            _look_through(opened)
    except PdfRefused:
        raise
    except pikepdf.PasswordError as error:
        raise DocumentEncrypted("it asks for a password") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, LookupError) as error:
        raise DocumentDamaged(type(error).__name__) from error


def _look_through(pdf: Pdf) -> None:
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary):
        if "/XFA" in form:
            raise HasXfa("its form has XFA")
        if form.get("/NeedAppearances"):
            raise HiddenContent("each reader draws its fields anew")
    for number, part in enumerate(_dictionaries(pdf)):
        if number == PARTS_MAX:
            raise DocumentTooLarge(f"more than {PARTS_MAX} parts")
        _require_still(part)
        _require_open(part)
        _require_letters(part)
        if isinstance(part, Stream):
            _require_small(part)


def _dictionaries(pdf: Pdf) -> Iterator[Object]:
    for one in pdf.objects:
        below: list[Object] = [one]
        while below:
            part = below.pop()
            if isinstance(part, Array):
                values = list(part)
            elif isinstance(part, Dictionary | Stream):
                yield part
                values = [value for _, value in part.items()]
            else:
                continue
            below += [
                value
                for value in values
                if isinstance(value, Array | Dictionary) and not value.is_indirect
            ]


def _require_still(part: Object) -> None:
    running = set(part.keys()) & RUNNING_KEYS
    if running:
        raise ActiveContent(f"it has {min(running)}")
    if str(part.get("/S")) in RUNNING:
        raise ActiveContent(f"it has the action {part.get('/S')}")


def _require_open(part: Object) -> None:
    hiding = set(part.keys()) & HIDING_KEYS
    if hiding:
        raise HiddenContent(f"it has {min(hiding)}")
    kind, subtype = str(part.get("/Type")), str(part.get("/Subtype"))
    if kind in ("/EmbeddedFile", "/OCG", "/OCMD"):
        raise HiddenContent(f"it has a {kind}")
    note = kind == "/Annot" or ("/Rect" in part and "/Subtype" in part)
    if note and subtype not in SEEN_ALIKE:
        raise HiddenContent(f"it has a note of the kind {subtype}")


def _require_letters(part: Object) -> None:
    if str(part.get("/Type")) != "/Font":
        return
    if str(part.get("/Subtype")) in ("/Type3", "/Type0"):
        return  # drawn in the file itself; or made of others, which are visited too
    about = part.get("/FontDescriptor")
    if not isinstance(about, Dictionary) or not any(key in about for key in BROUGHT):
        raise FontMissing("it names a font that it does not bring along")


def _require_small(part: Stream) -> None:
    packed = part.read_raw_bytes()
    if str(part.get("/Filter")).find("/FlateDecode") < 0:
        return
    most = min(UNPACKED_MAX, max(FLOOR, RATIO_MAX * len(packed)))
    unpacking = zlib.decompressobj()
    try:
        if len(unpacking.decompress(packed, most + 1)) > most:
            raise DocumentTooLarge("a part of it grows too much when it is unpacked")
    except zlib.error:
        # Not the first filter, or damaged: then no reader shows anything of it.
        return
