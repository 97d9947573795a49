"""From a file to its pages: in which order it is looked at, and by whom."""

import pytest

from counter.documents.admit import Admitted, AdmittedPage, NotAdmitted
from counter.documents.admit_process import AdmitProcesses
from counter.documents.admit_service import AdmitService
from counter.documents.advance import Look
from counter.documents.page import Limits, ScanRefused
from counter.documents.refusals import (
    FileInfected,
    FileNotTaken,
    FileTooLarge,
    PdfActive,
    PhotographRefused,
    ScanFailed,
)
from counter.documents.sample_page import sample_photograph
from counter.documents.scan_pool import ScanPool
from tests.documents.hostile import paper, running_pdfs, saved, written


def look(name: bytes) -> Look:
    return Look(
        page_jpeg=name,
        thumb_jpeg=name,
        width_px=1,
        height_px=1,
        light=200.0,
        findings=None,
        notes=(),
        advice=None,
    )


class Bench:
    """Decoder, scanner and looker at once; writes down who saw what."""

    def __init__(self, answer: Admitted | NotAdmitted) -> None:
        self.answer = answer
        self.seen: list[tuple[str, bytes]] = []
        self.infected = False
        self.refusal: str | None = None

    async def check(self, content: bytes) -> None:
        self.seen.append(("check", content))
        if self.infected:
            raise FileInfected("as told")

    async def decode(self, content: bytes) -> Admitted | NotAdmitted:
        self.seen.append(("decode", content))
        return self.answer

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        return self._answer("look", photograph)

    async def look_at_drawn(self, page: bytes, limits: Limits) -> Look | ScanRefused:
        return self._answer("drawn", page)

    def _answer(self, who: str, content: bytes) -> Look | ScanRefused:
        self.seen.append((who, content))
        if self.refusal is not None:
            return ScanRefused(code=self.refusal, findings=None)
        return look(content)


def page(name: bytes) -> AdmittedPage:
    return AdmittedPage(jpeg=name, width_px=1, height_px=1)


PICTURE = Admitted(kind="heic", pages=(page(b"drawn anew"),))
PAPER = Admitted(kind="pdf", pages=(page(b"one"), page(b"two")))
FILE = saved("PNG")


async def test_only_scanner_and_decoder_see_the_file_and_a_page_is_found_in_a_picture() -> None:
    bench = Bench(PICTURE)
    (found,) = await AdmitService(bench, bench, bench).read(FILE)
    assert found.page_jpeg == b"drawn anew"
    assert bench.seen == [("check", FILE), ("decode", FILE), ("look", b"drawn anew")]


async def test_in_what_was_drawn_from_a_pdf_no_page_is_looked_for() -> None:
    bench = Bench(PAPER)
    found = await AdmitService(bench, bench).read(written(paper(2)))
    assert [one.page_jpeg for one in found] == [b"one", b"two"]
    assert [who for who, _ in bench.seen] == ["decode", "drawn", "drawn"]


async def test_a_bad_header_costs_nothing_and_an_infected_file_is_not_decoded() -> None:
    bench = Bench(PICTURE)
    service = AdmitService(bench, bench, bench)
    with pytest.raises(FileNotTaken):
        await service.read(b"hello")
    assert bench.seen == []
    bench.infected = True
    with pytest.raises(FileInfected):
        await service.read(FILE)
    assert [who for who, _ in bench.seen] == ["check"]


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("pdf_active", PdfActive),
        ("file_not_taken", FileNotTaken),
        ("file_too_large", FileTooLarge),
        ("scan_failed", ScanFailed),
        ("nobody knows", ScanFailed),
    ],
)
async def test_the_decoders_no_is_a_refusal(code: str, refusal: type[PhotographRefused]) -> None:
    bench = Bench(NotAdmitted(code=code))
    with pytest.raises(refusal) as refused:
        await AdmitService(bench, bench).read(FILE)
    assert refused.type is refusal


async def test_a_look_that_fails_at_one_page_refuses_the_whole_file() -> None:
    bench = Bench(PAPER)
    bench.refusal = "scan_failed"
    with pytest.raises(ScanFailed):
        await AdmitService(bench, bench).read(written(paper(2)))


async def test_with_the_real_processes_a_photograph_and_a_pdf_become_pages() -> None:
    decoder, looker = AdmitProcesses(), ScanPool()
    service = AdmitService(decoder, looker)
    try:
        (photographed,) = await service.read(sample_photograph(3))
        assert photographed.findings is not None and photographed.advice is None
        drawn = await service.read(written(paper(2)))
        assert [one.advice for one in drawn] == [None, None]
        assert max(drawn[0].height_px, drawn[0].width_px) == 2339
        empty = paper()
        empty.pages[0].Contents = empty.make_stream(b"")
        (blank,) = await service.read(written(empty))
        assert blank.advice == "page_blank"
        with pytest.raises(PdfActive):
            await service.read(running_pdfs()["a file within"])
    finally:
        await decoder.close()
        await looker.close()
