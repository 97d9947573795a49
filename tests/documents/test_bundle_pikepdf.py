"""The PDF of a bundle: pictures byte for byte, sizes, bookmarks, and the same bytes every time."""

import hashlib
import random
import re
import subprocess
from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pypdfium2
import pytest
from pikepdf import Name, Pdf

from counter.documents.archive_opencv import bitonal
from counter.documents.bundle import Book, Part, Picture
from counter.documents.bundle_pikepdf import bind
from tests.documents.leaves import AT
from tests.documents.letters import letter_jpeg, words_pdf

A4, CARD = (210.0, 297.0), (85.60, 53.98)


def grey_jpeg() -> bytes:
    _, encoded = cv2.imencode(".jpg", np.full((638, 1011), 200, np.uint8))
    return encoded.tobytes()


@pytest.fixture(scope="module")
def book() -> Book:
    letter = letter_jpeg(3)
    return Book(
        title="A013 · 2026-11-23",
        language="zh-Hant",
        made_at=AT,
        parts=(
            Part(title="身份證", pictures=(Picture(image=grey_jpeg(), size_mm=CARD),)),
            Part(
                title="住址證明",
                pictures=(
                    Picture(image=letter, size_mm=A4, text=words_pdf()),
                    Picture(image=letter_jpeg(4), size_mm=A4),
                ),
            ),
        ),
    )


def test_each_jpeg_is_in_it_byte_for_byte(book: Book) -> None:
    with Pdf.open(BytesIO(bind(book))) as pdf:
        found = []
        for page in pdf.pages:
            drawn = page.obj.Resources.XObject.values()
            (picture,) = [one for one in drawn if one.Subtype == Name.Image]
            assert picture.Filter == Name.DCTDecode
            found.append(picture.read_raw_bytes())
    assert found == [picture.image for part in book.parts for picture in part.pictures]


def test_sizes_bookmarks_language_and_title(book: Book) -> None:
    with Pdf.open(BytesIO(bind(book))) as pdf:
        sizes = [tuple(float(side) for side in page.mediabox[2:]) for page in pdf.pages]
        assert sizes == [
            pytest.approx((242.65, 153.01)),
            pytest.approx((595.28, 841.89)),
            pytest.approx((595.28, 841.89)),
        ]
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]
        assert titles == ["身份證", "住址證明"]
        assert pdf.Root.Lang == "zh-Hant"
        assert str(pdf.docinfo["/Title"]) == "A013 · 2026-11-23"
        assert str(pdf.docinfo["/CreationDate"]) == "D:20261123020000Z"
        assert set(pdf.docinfo) == {"/Title", "/Producer", "/CreationDate", "/ModDate"}


def test_equal_books_are_equal_bytes_whatever_chance_says(book: Book) -> None:
    random.seed(1)
    first = bind(book)
    random.seed(2)
    assert hashlib.sha256(bind(book)).digest() == hashlib.sha256(first).digest()
    assert bind(replace(book, title="A014")) != first


def test_the_words_lie_under_the_picture_and_can_be_found(book: Book) -> None:
    made = bind(book)
    with pypdfium2.PdfDocument(made) as pdf:
        texts = [page.get_textpage().get_text_range() for page in pdf]
    assert "SPECIMEN" in texts[1]
    assert texts[0].strip() == "" and texts[2].strip() == ""
    with Pdf.open(BytesIO(made)) as whole:
        drawn = whole.pages[1].obj.Contents
        content = b"".join(one.read_bytes() for one in drawn)
    names = re.findall(rb"/(\w+) Do", content)
    assert names[0] == b"Words" and len(names) == 2, "the picture covers the words"


def test_a_bitonal_page_stays_g4() -> None:
    tiff = bitonal(letter_jpeg(3), 200.0)
    assert tiff is not None
    picture = Picture(image=tiff, size_mm=A4)
    book = Book(title="a", language="pt", made_at=AT, parts=(Part(title="x", pictures=(picture,)),))
    with Pdf.open(BytesIO(bind(book))) as pdf:
        (image,) = pdf.pages[0].obj.Resources.XObject.values()
        assert list(image.Filter) == [Name.CCITTFaxDecode]
        assert int(image.DecodeParms[0].K) == -1
        assert image.read_raw_bytes() in tiff


def test_another_program_finds_nothing_wrong(
    book: Book, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("pdf") / "book.pdf"
    file.write_bytes(bind(book))
    looked = subprocess.run(
        ["qpdf", "--check", str(file)], capture_output=True, text=True, check=False
    )
    assert looked.returncode == 0, looked.stderr


def test_a_book_without_pages_is_none() -> None:
    with pytest.raises(ValueError):
        bind(Book(title="a", language="pt", made_at=AT, parts=(Part(title="x", pictures=()),)))
