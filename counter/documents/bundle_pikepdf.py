"""Binds pages to a PDF: each picture goes in byte for byte, with bookmarks and a layer of words.

Runs in a worker process.  Equal books give equal bytes: nothing here takes the time or chance.
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO

import img2pdf
from pikepdf import Dictionary, Name, ObjectStreamMode, OutlineItem, Page, Pdf, Rectangle

from counter.documents.bundle import Book, Picture, points

PRODUCER = "Remote Video Counter"
WORDS = Name("/Words")
"Name of the layer on each page; the library's own would be drawn by lot."


def bind(book: Book) -> bytes:
    """The PDF.  Raises `ValueError` for a book without pages."""
    if not any(part.pictures for part in book.parts):
        raise ValueError("a book has one page at least")
    with ExitStack() as opened:
        pdf = opened.enter_context(Pdf.new())
        starts: list[tuple[str, int]] = []
        for part in book.parts:
            if part.pictures:
                starts.append((part.title, len(pdf.pages)))
            for picture in part.pictures:
                sheet = opened.enter_context(Pdf.open(BytesIO(_sheet(picture))))
                pdf.pages.append(sheet.pages[0])
                if picture.text is not None:
                    words = opened.enter_context(Pdf.open(BytesIO(picture.text)))
                    _lay_under(pdf, Page(pdf.pages[-1].obj), words)
        with pdf.open_outline() as outline:
            outline.root.extend(OutlineItem(title, start) for title, start in starts)
        _describe(pdf, book)
        out = BytesIO()
        pdf.save(out, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
    return out.getvalue()


def _sheet(picture: Picture) -> bytes:
    """A PDF of one page that the picture fills."""
    width, height = (points(side) for side in picture.size_mm)
    made: bytes = img2pdf.convert(
        picture.image,
        layout_fun=lambda width_px, height_px, dpi: (width, height, width, height),
        nodate=True,
        producer=PRODUCER,
    )
    return made


def _lay_under(pdf: Pdf, page: Page, words: Pdf) -> None:
    layer = pdf.copy_foreign(words.pages[0].as_form_xobject())
    name = page.add_resource(layer, Name.XObject, WORDS)
    placed = page.calc_form_xobject_placement(
        layer,
        name,
        Rectangle(page.mediabox),
        invert_transformations=True,
        allow_shrink=True,
        allow_expand=True,
    )
    page.contents_add(placed, prepend=True)


def _describe(pdf: Pdf, book: Book) -> None:
    at = _date(book.made_at)
    pdf.docinfo["/Title"] = book.title
    pdf.docinfo["/Producer"] = PRODUCER
    pdf.docinfo["/CreationDate"] = at
    pdf.docinfo["/ModDate"] = at
    pdf.Root["/Lang"] = book.language
    pdf.Root["/ViewerPreferences"] = Dictionary(DisplayDocTitle=True)


def _date(at: datetime) -> str:
    """As PDF 1.7, 7.9.4 has it."""
    return at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
