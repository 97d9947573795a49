"""A page that lies wrongly is turned by itself, once; a card that shows one side twice is told."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from counter.documents.facing import (
    CONFIDENCE_MIN,
    Facing,
    LyingText,
    LyingZone,
    facing,
    is_card,
    lying_zone,
    may_have_zone,
)
from counter.documents.facing_process import TesseractFacing, said
from counter.documents.facing_service import FacingService
from counter.documents.mrz import Reading
from counter.documents.page import Format, Limits, PageState, ScanRefused, ScanResult
from counter.documents.papers import PageRow, Picture
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_opencv.mrz_reader import read_lying_zone
from counter.documents.scan_opencv.scan import decode, encode
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.documents.text_layer import TextTools
from counter.documents.text_process import find_tools
from counter.errors import NotFound
from counter.ids import Digest
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from tests.documents import facing_pages, zones
from tests.documents.test_same import AGENT, CASE, Draws, Says, jpeg, noted
from tests.documents.test_same import send as sent
from tests.documents.test_store_documents import FINDINGS, TERMINAL, audiences, told

HOW = "the tests need tesseract: apt-get install tesseract-ocr"


async def send(documents: DocumentsService, photograph: bytes, now: datetime) -> PageRow:
    """The page after it was looked at once more."""
    return await noted(documents, await sent(documents, photograph, now))


@pytest.mark.parametrize(
    ("layout", "turns"),
    [
        *(("TD1", 0), ("TD3", 1), ("TD1", 3)),
        *(
            pytest.param(layout, turns, marks=pytest.mark.deep)
            for layout, turns in (("TD3", 0), ("TD1", 1), ("TD1", 2), ("TD3", 2), ("TD3", 3))
        ),
    ],
)
def test_a_zone_tells_which_way_up_the_paper_lies(layout: str, turns: int) -> None:
    paper = zones.sample(31, layout, turns=turns)
    found = read_lying_zone(paper.image)
    assert found is not None
    zone = lying_zone(*found)
    assert zone is not None
    assert zone.quarters == -turns % 4
    assert zone.number in "".join(paper.lines)


def test_a_zone_with_a_doubt_tells_nothing() -> None:
    lines = zones.sample(32).lines
    sure = Reading(layout="TD1", lines=lines, correlation=0.9)
    assert lying_zone(sure, 2) is not None
    assert lying_zone(replace(sure, repaired=((1, 3),)), 2) is None
    digit = str((int(lines[1][0]) + 1) % 10)
    wrong = (lines[0], digit + lines[1][1:], lines[2])
    assert lying_zone(replace(sure, lines=wrong), 2) is None


def test_a_zone_is_believed_first_and_text_only_when_it_is_sure() -> None:
    zone = LyingZone(quarters=1, number="1")
    sure = LyingText(quarters=2, confidence=CONFIDENCE_MIN, script="Han")
    assert facing(zone, sure) == Facing(quarters=1, told_by="zone")
    assert facing(None, sure) == Facing(quarters=2, told_by="text")
    assert facing(None, replace(sure, confidence=CONFIDENCE_MIN - 0.01)) is None
    assert facing(None, replace(sure, script="Greek")) is None, "figures are taken for Greek"
    assert facing(None, None) is None


@pytest.mark.parametrize(
    ("sheet", "item", "zone", "card"),
    [
        ("id-1", "bir-original", True, True),
        ("id-1", "licence-original", True, False),
        ("td3", "licence-original", True, False),
        ("a-series", "bir-original", True, False),
        ("a-series", "licence-original", False, False),
        ("a4", "bir-copy", False, False),
    ],
)
def test_only_what_may_have_a_zone_is_looked_at_for_one(
    sheet: Format, item: str, zone: bool, card: bool
) -> None:
    assert (may_have_zone(sheet, item), is_card(sheet, item)) == (zone, card)


@pytest.fixture(scope="module")
def tools() -> TextTools:
    found = find_tools()
    assert found.knows_facing, HOW
    return found


@pytest.mark.parametrize(("kind", "turns"), [("pt", 2), ("zh", 3), ("form", 0)])
async def test_text_tells_which_way_up_the_page_lies(
    tools: TextTools, kind: facing_pages.Kind, turns: int
) -> None:
    page = np.ascontiguousarray(np.rot90(facing_pages.photographed(41, kind), -turns))
    text = await TesseractFacing(tools, patience_s=600, nice=0).lying_text(encode(page, 75))
    found = facing(None, text)
    assert found is not None and found.quarters == -turns % 4


def program(folder: Path, body: str) -> TextTools:
    file = folder / "tesseract"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return TextTools(program=str(file), missing=(), knows_facing=True)


SAYS = r'printf "Rotate: 90\nOrientation confidence: 7.50\nScript: Han\n"'


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"cat > /dev/null; {SAYS}", LyingText(quarters=1, confidence=7.5, script="Han")),
        ("cat > /dev/null; echo Too few characters", None),
        ("cat > /dev/null; exit 1", None),
        ("kill -9 $$", None),
    ],
)
async def test_whatever_becomes_of_the_program_the_page_is_none_the_worse(
    tmp_path: Path, body: str, found: LyingText | None
) -> None:
    asked = TesseractFacing(program(tmp_path, body), patience_s=600, nice=0)
    assert await asked.lying_text(b"page") == found


async def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    tools = program(tmp_path, "cat > /dev/null; exec sleep 600")
    assert await TesseractFacing(tools, patience_s=0.2, nice=0).lying_text(b"page") is None


@pytest.mark.parametrize("path", [None, "/bin/false"])
async def test_without_the_program_nothing_is_told(path: str | None) -> None:
    tools = TextTools(program=path, missing=())
    assert await TesseractFacing(tools).lying_text(b"page") is None


def test_an_answer_that_is_none_says_nothing() -> None:
    assert said(b"") is None
    assert said(b"Rotate: 45\nOrientation confidence: 9.00\nScript: Han\n") is None


class Card(Draws):
    """A scanner that makes a card of whatever it is given."""

    format: Format = "id-1"

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        drawn = await super().scan(photograph, limits)
        assert isinstance(drawn, ScanResult)
        return replace(drawn, findings=replace(FINDINGS, format=self.format))


class Letter(Card):
    format: Format = "a4"


class Garbles(Letter):
    """A scanner whose pages are no pictures."""

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        drawn = await super().scan(photograph, limits)
        assert isinstance(drawn, ScanResult)
        return replace(drawn, page_jpeg=b"no picture")


class Zones:
    """Finds the zone that the test says for a page."""

    def __init__(self, found: dict[bytes, LyingZone]) -> None:
        self.found = found

    async def lying_zone(self, page: bytes) -> LyingZone | None:
        return self.found.get(page)


class Text:
    """Says of every page what the test says."""

    def __init__(self, quarters: int, confidence: float = 9.0) -> None:
        self.says = LyingText(quarters=quarters, confidence=confidence, script="Latin")
        self.asked = 0

    async def lying_text(self, page: bytes) -> LyingText | None:
        self.asked += 1
        return self.says


class House:
    """The service with a scanner, zones and text of the test's choice."""

    def __init__(
        self, executor: Executor, folder: Path, scan_pool: ScanPool, new_id: Callable[[], str]
    ) -> None:
        self.executor = executor
        self.papers = SqlPapers(executor, audiences)
        self.blobs = DirectoryBlobs(folder / "blobs")
        self.pool, self.new_id = scan_pool, new_id

    def documents(
        self,
        scanner: Card,
        *,
        zones: dict[bytes, LyingZone] | None = None,
        text: Text | None = None,
        comparer: Says | None = None,
    ) -> DocumentsService:
        looks = FacingService(self.papers, self.blobs, Zones(zones or {}), text)
        return DocumentsService(
            self.papers,
            self.blobs,
            scanner,
            self.new_id,
            turner=self.pool,
            facing=looks,
            comparer=comparer,
        )

    async def facts(self, action: str) -> list[dict[str, object]]:
        bodies = [json.loads(entry.body) for entry in await self.executor.read(read_all)]
        return [
            {"actor": body["actor"]} | body["facts"] for body in bodies if body["action"] == action
        ]


@pytest.fixture
def house(
    executor: Executor, tmp_path: Path, scan_pool: ScanPool, new_id: Callable[[], str]
) -> House:
    return House(executor, tmp_path, scan_pool, new_id)


def marked() -> bytes:
    """A page, wider than high, that is dark in its top left corner."""
    picture = np.full((300, 400, 3), 255, np.uint8)
    picture[:100, :100] = 0
    return encode(picture, 90)


OTHER = Picture(sha256=Digest("9" * 64), thumb_sha256=Digest("8" * 64), width_px=3, height_px=4)


async def test_a_page_on_its_side_is_turned_after_it_was_stored(
    house: House, now: datetime
) -> None:
    documents = house.documents(Letter(), text=Text(1))
    page = await send(documents, marked(), now)
    assert (page.width_px, page.height_px) == (300, 400)
    assert page.notes == ("whole_frame", "turned_by_counter")
    assert page.state is PageState.STORED
    picture = decode(await documents.image(CASE, page.page_sha256))
    assert picture is not None and picture[50, 250].max() < 40, "dark at the top right now"
    assert (await documents.documents_of(CASE)).pages == (page,)
    (turned,) = await house.facts("page.rotate")
    assert (turned["actor"], turned["quarters"]) == ("counter:documents", 1)
    assert (turned["told_by"], turned["page_sha256"]) == ("text", page.page_sha256)
    assert (await house.executor.read(check))[1] == []
    for audience in (AGENT, TERMINAL):
        kinds = [kind for kind, _ in await house.executor.read(told, audience)]
        assert kinds.index("page.rotated") > kinds.index("page.added")


async def test_turned_back_by_hand_it_stays_so_and_nothing_is_noted_any_more(
    house: House, now: datetime
) -> None:
    documents = house.documents(Letter(), text=Text(1))
    page = await send(documents, marked(), now)
    back = await documents.turn(CASE, page.page_id, page.page_sha256, 3, by=AGENT, now=now)
    assert back.notes == ("whole_frame",) and (back.width_px, back.height_px) == (1654, 2339)
    again = await house.papers.set_upright(
        CASE, page.page_id, back.page_sha256, OTHER, 1, told_by="text", now=now
    )
    assert again == back, "somebody turned it by hand"


@pytest.mark.parametrize("accept", [True, False])
async def test_a_page_that_was_decided_about_is_not_turned(
    house: House, now: datetime, accept: bool
) -> None:
    page = await send(house.documents(Letter()), marked(), now)
    decided = await house.papers.decide_page(CASE, page.page_id, accept=accept, by=AGENT, now=now)
    after = await house.papers.set_upright(
        CASE, page.page_id, page.page_sha256, OTHER, 1, told_by="text", now=now
    )
    assert after == decided and await house.facts("page.rotate") == []


@pytest.mark.parametrize(
    ("scanner", "text"),
    [
        (Letter(), Text(0)),
        (Letter(), Text(2, CONFIDENCE_MIN - 0.1)),
        (Letter(), None),
        (Card(), Text(2)),
    ],
)
async def test_what_cannot_be_told_or_stands_upright_stays(
    house: House, now: datetime, scanner: Card, text: Text | None
) -> None:
    page = await send(house.documents(scanner, text=text), marked(), now)
    assert page.notes == ("whole_frame",)
    assert await house.facts("page.rotate") == []


async def test_of_a_card_the_zone_is_asked_and_not_the_text(house: House, now: datetime) -> None:
    text = Text(1)
    zones_seen = {marked(): LyingZone(quarters=2, number="12281507")}
    page = await send(house.documents(Card(), zones=zones_seen, text=text), marked(), now)
    assert "turned_by_counter" in page.notes and text.asked == 0
    (turned,) = await house.facts("page.rotate")
    assert (turned["quarters"], turned["told_by"]) == (2, "zone")
    assert "12281507" not in json.dumps(await house.facts("page.rotate"))


async def test_no_picture_of_a_page_is_no_reason_to_lose_it(house: House, now: datetime) -> None:
    page = await send(house.documents(Garbles(), text=Text(1)), marked(), now)
    assert page.notes == ("whole_frame",)
    assert (await house.papers.documents_of(CASE)).pages == (page,)


async def test_a_card_that_shows_its_zone_twice_is_the_same_side(
    house: House, now: datetime
) -> None:
    first, again, other = jpeg(b"a"), jpeg(b"b"), jpeg(b"c")
    seen = {
        first: LyingZone(quarters=1, number="1"),
        again: LyingZone(quarters=0, number="1"),
        other: LyingZone(quarters=0, number="2"),
    }
    documents = house.documents(Card(), zones=seen)
    assert "same_side" not in (await send(documents, first, now)).notes, "turned meanwhile"
    page = await send(documents, again, now)
    assert page.notes == ("whole_frame", "same_side") and page.state is PageState.STORED
    assert "same_side" not in (await send(documents, other, now)).notes, "another one's card"
    assert "same_side" not in (await send(documents, jpeg(b"d"), now)).notes, "the other side"
    (noted,) = await house.facts("page.note")
    assert noted == {
        "actor": "counter:documents", "page_id": page.page_id, "note": "same_side"
    }  # fmt: skip
    for audience in (AGENT, TERMINAL):
        kinds = [kind for kind, _ in await house.executor.read(told, audience)]
        assert kinds.count("page.noted") == 1


async def test_a_card_that_looks_like_one_that_is_here_is_the_same_side(
    house: House, now: datetime
) -> None:
    documents = house.documents(Card(), comparer=Says(0))
    first = await send(documents, jpeg(b"a"), now)
    page = await send(documents, jpeg(b"b"), now)
    assert (page.same_as, page.notes[1:]) == (first.page_id, ("seen_before", "same_side"))


async def test_of_a_letter_no_side_is_told(house: House, now: datetime) -> None:
    documents = house.documents(Letter(), comparer=Says(0))
    await send(documents, jpeg(b"a"), now)
    assert (await send(documents, jpeg(b"b"), now)).notes == ("whole_frame", "seen_before")


async def test_a_side_that_was_sent_back_may_come_again(house: House, now: datetime) -> None:
    zone = LyingZone(quarters=0, number="1")
    documents = house.documents(Card(), zones={jpeg(b"a"): zone, jpeg(b"b"): zone})
    first = await send(documents, jpeg(b"a"), now)
    await documents.decide(CASE, first.page_id, accept=False, by=AGENT, now=now)
    assert (await send(documents, jpeg(b"b"), now)).notes == ("whole_frame",)


class Loses(DirectoryBlobs):
    """Bytes that cannot be read any more."""

    async def get(self, sha256: str) -> bytes:
        raise NotFound("gone")


async def test_a_card_that_cannot_be_compared_is_kept_all_the_same(
    house: House, tmp_path: Path, now: datetime
) -> None:
    house.blobs = Loses(tmp_path / "blobs")
    zone = LyingZone(quarters=0, number="1")
    documents = house.documents(Card(), zones={jpeg(b"a"): zone, jpeg(b"b"): zone})
    await send(documents, jpeg(b"a"), now)
    assert (await send(documents, jpeg(b"b"), now)).notes == ("whole_frame",)


async def test_the_pool_finds_a_zone_and_no_zone(scan_pool: ScanPool) -> None:
    paper = zones.sample(33, turns=2)
    found = await scan_pool.lying_zone(encode(paper.image, 90))
    assert found is not None and found.quarters == 2
    assert await scan_pool.lying_zone(b"no picture") is None
    assert await scan_pool.lying_zone(marked()) is None
