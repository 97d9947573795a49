"""Reading words with the real program, and what is said where it is not."""

import contextlib
import hashlib
import stat
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from pikepdf import Pdf

from counter.documents.bundle import Book, Part, Picture, chapters
from counter.documents.bundle_pikepdf import bind
from counter.documents.text_layer import TextTools, WordsUnread, layer_of
from counter.documents.text_process import LANGUAGES, TesseractReader, find_tools
from tests.documents.leaves import AT, leaf
from tests.documents.letters import letter_jpeg

HOW = (
    "the tests need tesseract: apt-get install tesseract-ocr tesseract-ocr-chi-tra "
    "tesseract-ocr-por tesseract-ocr-eng"
)


@pytest.fixture(scope="module")
def tools() -> TextTools:
    found = find_tools()
    assert found.complete, HOW
    return found


async def test_the_words_of_a_page_are_read_and_found_in_its_pdf(tools: TextTools) -> None:
    page = letter_jpeg(3)
    words = await TesseractReader(tools=tools, nice=0).words(page, 200.0)
    with Pdf.open(BytesIO(words)) as layer:
        assert len(layer.pages) == 1 and not layer.pages[0].get_images()
    picture = Picture(image=page, size_mm=(210.0, 297.0), text=words)
    book = Book(title="A", language="pt", made_at=AT, parts=(Part(title="x", pictures=(picture,)),))
    made = bind(book)
    assert made == bind(book)
    with pypdfium2.PdfDocument(made) as pdf:
        text = pdf[0].get_textpage()
        said = text.get_text_range()
        first = text.search("SPECIMEN").get_next()
        assert first is not None
        left, bottom, *_ = text.get_charbox(first[0])
    assert "residence" in said and "declares" in said
    assert 40 < left < 75 and 760 < bottom < 815, "where the heading is drawn, in points"


def program(folder: Path, body: str) -> TextTools:
    file = folder / "tesseract"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return TextTools(program=str(file), missing=())


@pytest.mark.parametrize(
    "body",
    ["cat > /dev/null; exit 1", "cat > /dev/null; echo no PDF", "kill -9 $$"],
)
async def test_a_program_that_fails_reads_nothing(tmp_path: Path, body: str) -> None:
    with pytest.raises(WordsUnread):
        await TesseractReader(tools=program(tmp_path, body)).words(b"x", 200.0)


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    mark = str(int.from_bytes(hashlib.sha256(bytes(tmp_path)).digest()[:4]))
    tools = program(tmp_path, f"exec sleep {mark}")
    with pytest.raises(WordsUnread):
        await TesseractReader(tools=tools, patience_s=1.0).words(b"x", 200.0)
    assert [one for one in command_lines() if mark in one or str(tools.program) in one] == []


def command_lines() -> list[str]:
    """Of all processes; of one that is gone meanwhile nothing."""
    said = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            said.append(file.read_text(errors="replace"))
    return said


async def test_it_is_confined_and_last_in_line(tmp_path: Path) -> None:
    body = 'cat > /dev/null; echo "%PDF $(nice) $(ulimit -v) $(ulimit -t) $(printenv | wc -l)"'
    told = (await TesseractReader(tools=program(tmp_path, body)).words(b"x", 200.0)).decode()
    _, nice, memory_kib, cpu_s, _ = told.split()
    assert (nice, memory_kib, cpu_s) == ("19", str(1536 * 1024), "120")


def test_a_machine_without_it_says_what_to_install(tmp_path: Path) -> None:
    none = find_tools(str(tmp_path / "nothing"))
    assert not none.complete and none.missing == LANGUAGES
    assert "apt-get install tesseract-ocr tesseract-ocr-chi-tra" in none.sentence()
    some = program(tmp_path, "echo List of languages; echo eng; echo por").program
    found = find_tools(str(some))
    assert found.missing == ("chi_tra",)
    assert "install tesseract-ocr-chi-tra," in found.sentence()


async def test_without_the_program_nothing_is_read() -> None:
    with pytest.raises(WordsUnread):
        await TesseractReader(tools=TextTools(program=None, missing=())).words(b"x", 200.0)


def test_how_much_of_a_case_has_words() -> None:
    read, unread = leaf(1, text_sha256="a" * 64), leaf(2)
    assert layer_of(chapters([read], [], str)) == "whole"
    assert layer_of(chapters([read, unread], [], str)) == "part"
    assert layer_of(chapters([unread], [], str)) == "none"
    assert layer_of(()) == "none"
