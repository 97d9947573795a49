"""Files of strangers: what their headers say, and what the process that decodes makes of them."""

import asyncio
import io
import os
import struct
from collections.abc import AsyncIterator

import numpy as np
import pikepdf
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from counter.documents.admit import AdmitLimits, Admitted, NotAdmitted, sniff_file
from counter.documents.admit_child.jail import MEMORY_BYTES
from counter.documents.admit_process import AdmitProcesses
from counter.documents.refusals import PhotographRefused
from tests.documents import hostile
from tests.documents.heic import heic
from tests.documents.hostile import MARK, TAKEN, drawing, paper, saved, written

LIMITS = AdmitLimits()
EVERYTHING = hostile.everything()
KNOWN_BY_THE_HEADER = {"file_not_taken", "image_too_large", "file_too_large"}


@pytest.fixture(scope="module")
async def decoder() -> AsyncIterator[AdmitProcesses]:
    made = AdmitProcesses()
    yield made
    await made.close()


def opened(admitted: Admitted | NotAdmitted) -> list[Image.Image]:
    assert isinstance(admitted, Admitted), admitted
    return [Image.open(io.BytesIO(page.jpeg)) for page in admitted.pages]


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_a_header_shows_needs_no_decoder(name: str) -> None:
    content, allowed = EVERYTHING[name]
    by_header = None
    try:
        sniff_file(content, LIMITS)
    except PhotographRefused as refused:
        by_header = refused.code
        assert by_header in allowed
    if allowed <= KNOWN_BY_THE_HEADER:
        assert by_header is not None, "no decoder should have been needed"


@pytest.mark.parametrize(
    "name",
    [
        # The decoder never gets these; were it to, `make deep` sees that it would not mind.
        pytest.param(name, marks=pytest.mark.deep) if allowed <= KNOWN_BY_THE_HEADER else name
        for name, (_, allowed) in EVERYTHING.items()
    ],
)
async def test_a_hostile_file_is_refused_or_contained(name: str, decoder: AdmitProcesses) -> None:
    content, allowed = EVERYTHING[name]
    found = await decoder.decode(content)
    if isinstance(found, NotAdmitted):
        assert found.code in allowed
        return
    assert TAKEN in allowed
    for page in found.pages:
        assert MARK not in page.jpeg and b"Exif" not in page.jpeg
        assert max(page.width_px, page.height_px) <= LIMITS.picture_side_px


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("jpeg", saved("JPEG", quality=95, subsampling=0)),
        ("png", saved("PNG")),
        ("webp", saved("WEBP", quality=95)),
        ("heic", heic(drawing())),
    ],
)
async def test_every_kind_of_picture_becomes_the_same_page(
    kind: str, content: bytes, decoder: AdmitProcesses
) -> None:
    found = await decoder.decode(content)
    (picture,) = opened(found)
    assert isinstance(found, Admitted) and (found.kind, found.photograph) == (kind, True)
    assert picture.size == (320, 240)
    assert np.abs(np.array(picture).astype(int) - drawing()).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_turned_photograph_is_upright_and_says_nothing_else(
    orientation: int, decoder: AdmitProcesses
) -> None:
    content = hostile.located(orientation=orientation)
    (picture,) = opened(await decoder.decode(content))
    assert picture.size == ((320, 240) if orientation < 5 else (240, 320))
    red = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}
    x, y = red[orientation]
    found = picture.getpixel((x * (picture.width - 20) + 10, y * (picture.height - 20) + 10))
    assert isinstance(found, tuple) and found[0] > 200 > 60 > found[1]
    assert not picture.getexif() and set(picture.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
    }


async def test_heic_is_turned_as_it_says(decoder: AdmitProcesses) -> None:
    (picture,) = opened(await decoder.decode(heic(drawing(), turned=1)))
    assert picture.size == (240, 320)


async def test_sixteen_bits_of_grey_and_transparency_become_paper(
    decoder: AdmitProcesses,
) -> None:
    deep = io.BytesIO()
    Image.fromarray(np.full((40, 40), 51_400, np.uint16)).save(deep, "PNG")
    clear = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(clear, "PNG")
    (grey,) = opened(await decoder.decode(deep.getvalue()))
    (white,) = opened(await decoder.decode(clear.getvalue()))
    assert grey.getpixel((9, 9)) == (200, 200, 200)
    assert white.getpixel((9, 9)) == (255, 255, 255)


async def test_a_large_picture_is_made_smaller(decoder: AdmitProcesses) -> None:
    content = saved("JPEG", np.full((5000, 6000, 3), 90, np.uint8))
    (picture,) = opened(await decoder.decode(content))
    assert max(picture.size) == LIMITS.picture_side_px


async def test_every_page_of_a_pdf_is_drawn_in_order(decoder: AdmitProcesses) -> None:
    found = await decoder.decode(written(paper(3)))
    pages = opened(found)
    assert isinstance(found, Admitted) and (found.kind, found.photograph) == ("pdf", False)
    assert [page.size for page in pages] == [(1653, 2339)] * 3
    inks = [np.array(page.convert("L")) < 128 for page in pages]
    assert all(ink.sum() > 500 for ink in inks)
    assert (inks[0] ^ inks[1]).any() and (inks[1] ^ inks[2]).any()


async def test_what_was_filled_into_a_form_is_drawn(decoder: AdmitProcesses) -> None:
    pdf = paper()
    drawn = pdf.make_stream(b"0 0 200 100 re f")
    drawn.Type, drawn.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    drawn.BBox = pikepdf.Array([0, 0, 200, 100])
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T=pikepdf.String("name"),
            F=4,
            Rect=pikepdf.Array([100, 300, 300, 400]),
            AP=pikepdf.Dictionary(N=drawn),
        )
    )
    pdf.pages[0].obj.Annots = pikepdf.Array([field])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
    (page,) = opened(await decoder.decode(written(pdf)))
    assert (np.array(page.convert("L")) < 128).sum() > 100_000


async def test_limits_are_those_that_were_given() -> None:
    few = AdmitProcesses(AdmitLimits(pages_max=2, side_px=500))
    try:
        pages = opened(await few.decode(written(paper(2))))
        assert [max(page.size) for page in pages] == [500, 500]
        assert await few.decode(written(paper(3))) == NotAdmitted(code="pdf_too_long")
    finally:
        await few.close()


HEADS = [
    *(content[:400] for content, _ in hostile.pictures().values()),
    b"%PDF-1.7\n",
    struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic",
]


@given(st.sampled_from(HEADS), st.binary(max_size=400), st.integers(0, 400))
@example(HEADS[-1], struct.pack(">I4sI4sIIII", 1, b"meta", 0, b"iprp", 0, 0, 0, 0), 24)
def test_whatever_the_header_says_it_is_taken_within_limits_or_refused(
    head: bytes, noise: bytes, at: int
) -> None:
    content = head[:at] + noise + head[at + len(noise) :]
    try:
        header = sniff_file(content, LIMITS)
    except PhotographRefused:
        return
    if header.kind != "pdf":
        assert 0 < header.width_px * header.height_px <= LIMITS.pictures.pixels_max


# -- the process ---------------------------------------------------------------------------------


async def test_a_process_that_hangs_is_ended_and_the_next_file_is_served() -> None:
    decoder = AdmitProcesses(module="tests.documents.decoders.hangs", patience_seconds=1.0)
    try:
        assert await decoder.decode(b"x") == NotAdmitted(code="scan_failed")
        decoder.processes._module = "counter.documents.admit_child.child"
        decoder.processes.patience_seconds = 60.0
        if decoder.processes._next is not None:  # it waits already, and would hang as well
            waiting = await decoder.processes._next
            waiting.kill()
            await waiting.wait()
        assert isinstance(await decoder.decode(saved("PNG")), Admitted)
    finally:
        await decoder.close()


@pytest.mark.parametrize("module", ["dies", "lies", "mumbles", "boasts"])
async def test_a_process_that_answers_nonsense_is_not_believed(module: str) -> None:
    decoder = AdmitProcesses(module=f"tests.documents.decoders.{module}")
    try:
        assert await decoder.decode(saved("PNG")) == NotAdmitted(code="scan_failed")
    finally:
        await decoder.close()


async def test_one_that_dies_takes_no_neighbour_along(decoder: AdmitProcesses) -> None:
    bomb = EVERYTHING["pdf: bomb of drawing"][0]
    broken, served = await asyncio.gather(decoder.decode(bomb), decoder.decode(saved("PNG")))
    assert isinstance(broken, NotAdmitted) and isinstance(served, Admitted)


async def test_the_process_that_decodes_is_confined() -> None:
    """What a file that took the process over could do there."""
    decoder = AdmitProcesses(module="tests.documents.decoders.tells")
    os.environ["COUNTER_SECRET_OF_A_TEST"] = MARK.decode()
    try:
        told = await decoder.decode(b"x")
    finally:
        del os.environ["COUNTER_SECRET_OF_A_TEST"]
        await decoder.close()
    assert told == NotAdmitted(
        code=f"memory {MEMORY_BYTES} files 0 environment empty socket refused program refused "
        "signal refused queued refused queued to a thread refused x32 refused read refused"
    )
