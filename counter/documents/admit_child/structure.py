"""What is in a PDF, looked at before a page of it is drawn.

Only pixels of a PDF are kept, so nothing in it can run here or later.  It is refused all the same
when it holds what runs: no paper of a citizen needs that, and the same file may lie elsewhere.  A
place to open at and links to the web are harmless, common, and lost in the drawing.
"""

from io import BytesIO
from typing import Final

import pikepdf

from counter.documents.admit import AdmitLimits
from counter.documents.refusals import PdfActive, PdfDamaged, PdfEncrypted, PdfTooLong

RUNNING_ACTIONS: Final = frozenset(
    {
        "/JavaScript", "/Launch", "/GoToR", "/GoToE", "/SubmitForm", "/ImportData", "/Rendition",
        "/Movie", "/Sound", "/RichMediaExecute", "/GoTo3DView", "/SetOCGState", "/Hide", "/Trans",
    }
)  # fmt: skip
"ISO 32000-2, 12.6.4.  Allowed are GoTo, Named and URI."
RUNNING_KEYS: Final = frozenset(
    {"/AA", "/JS", "/XFA", "/EmbeddedFiles", "/EF", "/RichMedia", "/RichMediaContent", "/3DD"}
)
RUNNING_KINDS: Final = frozenset(
    {"/EmbeddedFile", "/RichMedia", "/3D", "/Movie", "/Sound", "/Screen", "/FileAttachment"}
)
"Types of streams and annotations."
WEB: Final = ("http://", "https://", "mailto:", "tel:", "www.")
MOST_PARTS: Final = 2_000_000
"Values that are looked at: a document of 50 pages has some ten thousand."


def require_harmless(content: bytes, limits: AdmitLimits) -> int:
    """How many pages it has.

    Raises `PdfEncrypted`, `PdfActive`, `PdfDamaged`, `PdfTooLong`.
    """
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise PdfEncrypted("it opens without a password, but is encrypted")
            if len(pdf.objects) > limits.objects_max:
                raise PdfTooLong(f"{len(pdf.objects)} objects")
            pages = len(pdf.pages)
            if pages == 0:
                raise PdfDamaged("no page")
            if pages > limits.pages_max:
                raise PdfTooLong(f"{pages} pages")
            _look_through(pdf)
            return pages
    except pikepdf.PasswordError as error:
        raise PdfEncrypted("it asks for a password") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, OverflowError) as error:
        raise PdfDamaged(type(error).__name__) from error


def _look_through(pdf: pikepdf.Pdf) -> None:
    """Every object of the file, also those that no page leads to."""
    left = MOST_PARTS
    for one in pdf.objects:
        below: list[pikepdf.Object] = [one]
        while below:
            part = below.pop()
            left -= 1
            if left == 0:
                raise PdfTooLong(f"more than {MOST_PARTS} parts")
            if isinstance(part, pikepdf.Array):
                values = list(part)
            elif isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
                _require_still(part)
                values = [value for _, value in part.items()]
            else:
                continue
            below += [
                value
                for value in values
                if isinstance(value, pikepdf.Array | pikepdf.Dictionary) and not value.is_indirect
            ]


def _require_still(part: pikepdf.Object) -> None:
    keys = set(part.keys())
    running = keys & RUNNING_KEYS
    if running:
        raise PdfActive(f"it has {sorted(running)[0]}")
    for key in ("/Type", "/Subtype"):
        if str(part.get(key)) in RUNNING_KINDS:
            raise PdfActive(f"it has a {part.get(key)}")
    action = str(part.get("/S"))
    if action in RUNNING_ACTIONS:
        raise PdfActive(f"it has the action {action}")
    if "/URI" in keys and action == "/URI" and not _leads_to_the_web(part.get("/URI")):
        raise PdfActive("it has a link that leads elsewhere than to the web")


def _leads_to_the_web(address: object) -> bool:
    return str(address).strip().lower().startswith(WEB)
