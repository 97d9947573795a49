"""Photographs the pages of a PDF: the same pixels for the citizen, the agent and the record.

Form fields are drawn too, otherwise PDFium leaves signatures out.
"""

import io

import pypdfium2

from counter.esign.form_ports import PageImage

DPI = 130
"An A4 page becomes 1075 by 1520 pixels: sharp on a kiosk's upright screen, 100 to 200 KB."

COMPRESSION = 3
"Of PNG: for pages of text smaller than at the default (6), in two thirds of the time."


def photograph(pdf: bytes, *, dpi: int = DPI) -> tuple[PageImage, ...]:
    """Every page, in order."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        return tuple(_page(document, index, dpi) for index in range(len(document)))
    finally:
        document.close()


def _page(document: pypdfium2.PdfDocument, index: int, dpi: int) -> PageImage:
    page = document[index]
    picture = page.render(scale=dpi / 72, may_draw_forms=True).to_pil()
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=COMPRESSION)
    page.close()
    return PageImage(
        page=index + 1, image=file.getvalue(), width_px=picture.width, height_px=picture.height
    )
