"""Draws the pages of a PDF: what comes out are pixels, whatever the PDF holds."""

from collections.abc import Iterator

import pypdfium2
from PIL import Image

from counter.documents.admit import AdmitLimits
from counter.documents.refusals import PdfDamaged, PdfTooLong

POINTS_PER_INCH = 72
MOST_DPI = 200
"A4 becomes 2339 pixels high; a small page is not drawn larger than that."


def pages_of(content: bytes, limits: AdmitLimits) -> Iterator[Image.Image]:
    """Every page in order.  Raises `PdfDamaged`, `PdfTooLong`."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise PdfDamaged("it cannot be opened") from error
    try:
        if len(document) > limits.pages_max:  # it may count otherwise than the first look did
            raise PdfTooLong(f"{len(document)} pages")
        document.init_forms()  # what is filled into a form is drawn too
        for index in range(len(document)):
            yield _page(document, index, limits.side_px)
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, index: int, side_px: int) -> Image.Image:
    try:
        page = document[index]
        longest = max(page.get_size())
        if not 0 < longest < 1_000_000:
            raise PdfDamaged(f"page {index + 1} has no size")
        scale = min(MOST_DPI / POINTS_PER_INCH, side_px / longest)
        picture: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil()
        page.close()
    except pypdfium2.PdfiumError as error:
        raise PdfDamaged(f"page {index + 1} cannot be drawn") from error
    return picture.convert("RGB")
