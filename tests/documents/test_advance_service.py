"""Papers before the trip from the photograph to the row and the sealed bytes, on both engines."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.documents import advance_service, refusals
from counter.documents.advance import (
    PHOTOGRAPHS_MAX,
    AdvancePaper,
    AdvanceState,
    Look,
    Reason,
)
from counter.documents.advance_service import AdvanceService
from counter.documents.advance_sql import SqlAdvancePapers
from counter.documents.seal_cryptography import PaperSeal
from counter.documents.store_advance import advance_paper
from counter.documents.store_advance_commands import decide
from counter.errors import Crowded, StoreUnavailable
from counter.ids import AppointmentId, PageId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from tests.documents.photographs import FakeReader, chance, photograph

MINE, OTHER = AppointmentId("a-1"), AppointmentId("a-2")
ITEM = "identity-card"
AGENT = "agent:lei"


class Appointments:
    """Which appointments take papers, and which are over."""

    def __init__(self) -> None:
        self.closed: set[str] = set()
        self.gone: list[str] = []
        self.locked: list[str] = []

    def require_coming(self, conn: Connection, appointment_id: str, now: datetime) -> None:
        if appointment_id in self.closed:
            raise refusals.NotBeforeVisit("closed")

    def lock(self, conn: Connection, appointment_id: str) -> None:
        self.locked.append(appointment_id)

    def over(self, conn: Connection, now: datetime) -> Sequence[str]:
        return self.gone


@pytest.fixture
def appointments() -> Appointments:
    return Appointments()


@pytest.fixture
def looker() -> FakeReader:
    return FakeReader()


@pytest.fixture
def papers(
    executor: Executor,
    tmp_path: Path,
    appointments: Appointments,
    looker: FakeReader,
    new_id: Callable[[], str],
) -> AdvanceService:
    return AdvanceService(
        SqlAdvancePapers(
            executor, appointments.require_coming, appointments.lock, appointments.over
        ),
        DirectoryBlobs(tmp_path / "blobs"),
        looker,
        PaperSeal(b"k" * 32, chance()),
        new_id,
    )


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def rows(conn: Connection) -> list[Any]:
    return list(conn.execute(select(advance_paper).order_by(advance_paper.c.id)))


async def decided(
    executor: Executor, paper: AdvancePaper, reason: Reason | None, now: datetime
) -> bool:
    return await executor.write(
        decide, paper.appointment_id, paper.item, paper.paper_id, reason, by=AGENT, now=now
    )


async def test_a_good_photograph_is_sent_and_shown_as_its_page(
    papers: AdvanceService, executor: Executor, now: datetime
) -> None:
    paper = await papers.take(MINE, ITEM, photograph(), now)
    assert (paper.state, paper.advice) == (AdvanceState.SENT, None)
    assert await papers.of([MINE]) == [paper]
    assert await papers.image(MINE, ITEM, "page") == b"\xff\xd8\xff page of " + photograph()
    assert (await papers.image(MINE, ITEM, "thumb")).startswith(b"\xff\xd8\xff thumb of")
    assert await executor.read(check) == (1, [])


async def test_advice_waits_for_the_word_of_the_citizen(
    papers: AdvanceService, looker: FakeReader, now: datetime
) -> None:
    looker.advice = "page_blurred"
    paper = await papers.take(MINE, ITEM, photograph(), now)
    assert (paper.state, paper.advice) == (AdvanceState.ADVISED, "page_blurred")
    for _ in range(2):
        paper = await papers.use(MINE, ITEM, now)
        assert (paper.state, paper.advice) == (AdvanceState.SENT, "page_blurred")


async def test_the_same_photograph_twice_is_one_also_at_the_same_moment(
    papers: AdvanceService, looker: FakeReader, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    first, second = await asyncio.gather(
        *(papers.take(MINE, ITEM, photograph(), now) for _ in range(2))
    )
    assert first == second == await papers.take(MINE, ITEM, photograph(), now)
    assert len(looker.looked_at) == 1
    assert len(await executor.read(rows)) == 1
    assert len(kept(tmp_path)) == 2
    assert len(await executor.read(read_all)) == 1


async def test_a_newer_photograph_takes_the_place_of_the_older_and_of_its_bytes(
    papers: AdvanceService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    older = await papers.take(MINE, ITEM, photograph(1), now)
    files = set(kept(tmp_path))
    newer = await papers.take(MINE, ITEM, photograph(2), now)
    assert newer.paper_id != older.paper_id
    assert await papers.of([MINE]) == [newer]
    assert len(kept(tmp_path)) == 2 and not files & set(kept(tmp_path))
    (row,) = await executor.read(rows)
    assert row.photographs == 2


async def test_bytes_on_the_disk_say_nothing_without_the_row(
    papers: AdvanceService, now: datetime, tmp_path: Path
) -> None:
    await papers.take(MINE, ITEM, photograph(), now)
    await papers.take(OTHER, ITEM, photograph(), now)
    contents = [path.read_bytes() for path in kept(tmp_path)]
    assert len(contents) == 4, "the same picture of two people is not the same bytes"
    assert not any(b"page of" in content or b"thumb of" in content for content in contents)


async def test_a_picture_opens_only_as_what_it_is_and_with_its_key(now: datetime) -> None:
    seal = PaperSeal(b"k" * 32, chance())
    key = seal.new_key("p-1")
    sealed = seal.seal("p-1", "page", key, b"the page")
    assert seal.open("p-1", "page", key, sealed) == b"the page"
    other_site = PaperSeal(b"x" * 32, chance())
    for wrong in (
        lambda: seal.open("p-2", "page", key, sealed),
        lambda: seal.open("p-1", "thumb", key, sealed),
        lambda: seal.open("p-1", "page", seal.new_key("p-1"), sealed),
        lambda: seal.open("p-1", "page", key, sealed[:-1]),
        lambda: other_site.open("p-1", "page", key, sealed),
    ):
        with pytest.raises(refusals.PaperSealed):
            wrong()


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", refusals.FileNotTaken),
        (b"hello", refusals.FileNotTaken),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", refusals.FileNotTaken),
        (photograph() + b"\0" * 10 * 1024 * 1024, refusals.ImageTooLarge),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x75\x30\x75\x30\0", refusals.ImageTooLarge),
    ],
    ids=["empty", "text", "svg", "large", "pixels"],
)
async def test_what_is_no_photograph_is_refused_before_it_is_looked_at(
    papers: AdvanceService,
    looker: FakeReader,
    now: datetime,
    tmp_path: Path,
    content: bytes,
    refusal: type[Exception],
) -> None:
    with pytest.raises(refusal):
        await papers.take(MINE, ITEM, content, now)
    assert looker.looked_at == [] and kept(tmp_path) == []
    assert await papers.of([MINE]) == []


async def test_what_breaks_the_decoder_is_refused_and_nothing_is_kept(
    papers: AdvanceService, looker: FakeReader, now: datetime, tmp_path: Path
) -> None:
    for code in ("image_damaged", "scan_failed", "nobody knows"):
        looker.refusal = code
        with pytest.raises(refusals.PhotographRefused):
            await papers.take(MINE, ITEM, photograph(), now)
    assert kept(tmp_path) == [] and await papers.of([MINE]) == []


async def test_an_appointment_that_is_over_takes_no_papers(
    papers: AdvanceService,
    looker: FakeReader,
    appointments: Appointments,
    now: datetime,
    tmp_path: Path,
) -> None:
    looker.advice = "page_blurred"
    await papers.take(MINE, ITEM, photograph(1), now)
    appointments.closed.add(MINE)
    with pytest.raises(refusals.NotBeforeVisit):
        await papers.take(MINE, ITEM, photograph(2), now)
    with pytest.raises(refusals.NotBeforeVisit):
        await papers.use(MINE, ITEM, now)
    assert len(kept(tmp_path)) == 2, "what was sealed for nothing is gone again"


async def test_ready_is_final_for_the_citizen(
    papers: AdvanceService, executor: Executor, now: datetime
) -> None:
    paper = await papers.take(MINE, ITEM, photograph(1), now)
    assert await decided(executor, paper, None, now)
    assert not await decided(executor, paper, None, now)
    with pytest.raises(refusals.PaperReady):
        await papers.take(MINE, ITEM, photograph(2), now)
    (ready,) = await papers.of([MINE])
    assert (ready.state, ready.paper_id) == (AdvanceState.READY, paper.paper_id)


async def test_again_lets_another_one_come_and_forgets_the_reason(
    papers: AdvanceService, executor: Executor, now: datetime
) -> None:
    paper = await papers.take(MINE, ITEM, photograph(1), now)
    assert await decided(executor, paper, Reason.INCOMPLETE, now)
    (again,) = await papers.of([MINE])
    assert (again.state, again.reason) == (AdvanceState.AGAIN, Reason.INCOMPLETE)
    assert await decided(executor, paper, Reason.OUT_OF_DATE, now), "another reason is news"
    newer = await papers.take(MINE, ITEM, photograph(2), now)
    assert (newer.state, newer.reason) == (AdvanceState.SENT, None)


async def test_the_agents_word_is_about_the_photograph_that_was_seen(
    papers: AdvanceService, looker: FakeReader, executor: Executor, now: datetime
) -> None:
    seen = await papers.take(MINE, ITEM, photograph(1), now)
    await papers.take(MINE, ITEM, photograph(2), now)
    with pytest.raises(refusals.OtherPhotograph):
        await decided(executor, seen, None, now)
    looker.advice = "page_glare"
    not_sent = await papers.take(MINE, ITEM, photograph(3), now)
    with pytest.raises(refusals.PageUnknown):
        await decided(executor, not_sent, None, now)


async def test_a_paper_is_photographed_so_often_and_no_more(
    papers: AdvanceService, now: datetime
) -> None:
    for number in range(PHOTOGRAPHS_MAX):
        await papers.take(MINE, ITEM, photograph(number), now)
    with pytest.raises(refusals.TooManyPhotographs):
        await papers.take(MINE, ITEM, photograph(PHOTOGRAPHS_MAX), now)
    assert await papers.take(OTHER, ITEM, photograph(PHOTOGRAPHS_MAX), now)


async def test_who_deletes_in_between_may_photograph_no_more_often(
    papers: AdvanceService, executor: Executor, now: datetime
) -> None:
    for number in range(PHOTOGRAPHS_MAX):
        await papers.take(MINE, ITEM, photograph(number), now)
        await papers.take_back(MINE, ITEM, now)
    with pytest.raises(refusals.TooManyPhotographs):
        await papers.take(MINE, ITEM, photograph(PHOTOGRAPHS_MAX), now)
    (row,) = await executor.read(rows)
    assert (row.wrapped_key, row.page_blob, row.thumb_blob, row.original_sha256) == (
        b"",
        "",
        "",
        "",
    )


async def test_of_what_was_taken_back_nothing_is_shown_used_or_decided(
    papers: AdvanceService, looker: FakeReader, executor: Executor, now: datetime
) -> None:
    paper = await papers.take(MINE, ITEM, photograph(), now)
    await papers.take_back(MINE, ITEM, now)
    with pytest.raises(refusals.PageUnknown):
        await papers.image(MINE, ITEM, "page")
    with pytest.raises(refusals.PageUnknown):
        await papers.use(MINE, ITEM, now)
    with pytest.raises(refusals.PageUnknown):
        await decided(executor, paper, None, now)
    anew = await papers.take(MINE, ITEM, photograph(), now)
    assert anew.paper_id != paper.paper_id and len(looker.looked_at) == 2
    assert await papers.of([MINE]) == [anew]


async def test_papers_of_one_appointment_are_nothing_to_another(
    papers: AdvanceService, now: datetime
) -> None:
    paper = await papers.take(MINE, ITEM, photograph(), now)
    assert await papers.of([OTHER]) == []
    for purpose in ("page", "thumb", "original"):
        with pytest.raises(refusals.PageUnknown):
            await papers.image(OTHER, ITEM, purpose)
    with pytest.raises(refusals.PageUnknown):
        await papers.image(MINE, ITEM, "original")
    with pytest.raises(refusals.PageUnknown):
        await papers.use(OTHER, ITEM, now)
    await papers.take_back(OTHER, ITEM, now)
    assert await papers.of([MINE]) == [paper]


async def test_what_is_taken_back_is_gone_with_its_bytes(
    papers: AdvanceService, appointments: Appointments, now: datetime, tmp_path: Path
) -> None:
    await papers.take(MINE, ITEM, photograph(), now)
    for _ in range(2):
        await papers.take_back(MINE, ITEM, now)
    assert await papers.of([MINE]) == [] and kept(tmp_path) == []
    assert appointments.locked == [MINE, MINE]


async def test_what_is_over_is_forgotten_with_its_bytes_and_journalled(
    papers: AdvanceService,
    executor: Executor,
    appointments: Appointments,
    now: datetime,
    tmp_path: Path,
) -> None:
    gone = await papers.take(MINE, ITEM, photograph(), now)
    stays = await papers.take(OTHER, ITEM, photograph(), now)
    assert await papers.sweep(now) == 0
    await papers.take(MINE, "taken-back", photograph(3), now)
    await papers.take_back(MINE, "taken-back", now)
    appointments.gone = [MINE]
    assert await papers.sweep(now) == 2
    assert len(await executor.read(rows)) == 1
    assert await papers.of([MINE, OTHER]) == [stays]
    assert len(kept(tmp_path)) == 2
    entry = (await executor.read(read_all))[-1].body
    assert "paper.forgotten" in entry and gone.paper_id in entry
    assert await executor.read(check) == (5, [])


class SlowReader(FakeReader):
    """Looks until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def read(self, content: bytes) -> tuple[Look, ...]:
        await self.go.wait()
        return await super().read(content)


async def test_who_comes_when_many_wait_is_asked_to_come_back(
    papers: AdvanceService, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowReader()
    monkeypatch.setattr(papers, "_reader", slow)

    async def sent(appointment: str, number: int) -> AdvancePaper:
        return await papers.take(AppointmentId(appointment), ITEM, photograph(number), now)

    waiting = [asyncio.create_task(sent("a-0", number)) for number in range(2)]
    async with asyncio.timeout(60):  # who is not sent away waits for ever
        while papers._waiting.count("a-0") < advance_service.MOST_WAITING_OF_ONE:
            await asyncio.sleep(0)
        with pytest.raises(Crowded):
            await sent("a-0", 3)
        waiting += [
            asyncio.create_task(sent(f"a-{number}", 0))
            for number in range(1, advance_service.MOST_WAITING - 1)
        ]
        while len(papers._waiting) < advance_service.MOST_WAITING:
            await asyncio.sleep(0)
        with pytest.raises(Crowded):
            await sent("a-99", 0)
    slow.go.set()
    assert all(isinstance(one, AdvancePaper) for one in await asyncio.gather(*waiting))
    assert await sent("a-99", 0)


async def test_an_unknown_photograph_is_not_decided_about(
    executor: Executor, now: datetime
) -> None:
    with pytest.raises(refusals.PageUnknown):
        await executor.write(decide, MINE, ITEM, PageId("none"), None, by=AGENT, now=now)


async def test_a_store_that_goes_away_at_commit_may_have_kept_the_row_and_so_the_bytes_stay(
    executor: Executor,
    tmp_path: Path,
    appointments: Appointments,
    looker: FakeReader,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    class Leaving(SqlAdvancePapers):
        async def take(self, new: Any, now: datetime) -> Any:
            await super().take(new, now)
            raise StoreUnavailable("gone after COMMIT")

    service = AdvanceService(
        Leaving(executor, appointments.require_coming, appointments.lock, appointments.over),
        DirectoryBlobs(tmp_path / "blobs"),
        looker,
        PaperSeal(b"k" * 32, chance()),
        new_id,
    )
    with pytest.raises(StoreUnavailable):
        await service.take(MINE, ITEM, photograph(), now)
    assert await service.image(MINE, ITEM, "page") == b"\xff\xd8\xff page of " + photograph()


async def test_a_paper_of_several_pages_is_kept_shown_and_forgotten_whole(
    papers: AdvanceService, looker: FakeReader, now: datetime, tmp_path: Path
) -> None:
    looker.pages = 3
    paper = await papers.take(MINE, ITEM, photograph(), now)
    assert paper.pages == 3 and await papers.of([MINE]) == [paper]
    shown = [await papers.image(MINE, ITEM, "page", number) for number in (1, 2, 3)]
    assert shown == [b"\xff\xd8\xff page of " + photograph() + b"+" * more for more in range(3)]
    assert (await papers.image(MINE, ITEM, "thumb", 3)).startswith(b"\xff\xd8\xff thumb")
    for number in (0, 4):
        with pytest.raises(refusals.PageUnknown):
            await papers.image(MINE, ITEM, "page", number)
    assert len(kept(tmp_path)) == 6
    looker.pages = 1
    assert (await papers.take(MINE, ITEM, photograph(2), now)).pages == 1
    assert len(kept(tmp_path)) == 2
    looker.pages = 2
    await papers.take(MINE, ITEM, photograph(3), now)
    await papers.take_back(MINE, ITEM, now)
    assert kept(tmp_path) == []


async def test_a_page_opens_only_at_its_place(
    papers: AdvanceService, looker: FakeReader, executor: Executor, now: datetime
) -> None:
    looker.pages = 2
    await papers.take(MINE, ITEM, photograph(), now)
    (row,) = await executor.read(rows)
    swapped = [{**row.more[0], "page_blob": row.page_blob}]

    def swap(conn: Connection) -> None:
        conn.execute(advance_paper.update().values(more=swapped))

    await executor.write(swap)
    with pytest.raises(refusals.PaperSealed):
        await papers.image(MINE, ITEM, "page", 2)
