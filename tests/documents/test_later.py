"""Papers that come after the visit: the link, what is uploaded over it, and what becomes of it."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, update

from counter.documents import later_service, refusals
from counter.documents.later import (
    KEPT_AFTER,
    SHEETS_MAX,
    UPLOADS_MAX,
    LinkState,
    deadline,
    digest_of,
    token_of,
)
from counter.documents.later_service import LaterService
from counter.documents.later_sql import SqlLaterPapers
from counter.documents.seal_cryptography import PaperSeal
from counter.documents.store_bundles import leaves_of
from counter.documents.store_documents import documents_of, page
from counter.documents.store_later import links_of, paper_link, paper_sheet
from counter.errors import Crowded, NotFound
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from tests.documents.capture_house import seat
from tests.documents.photographs import FakeReader, chance, photograph

CASE, OTHER = CaseId("c-1"), CaseId("c-2")
ITEM, AGENT = "identity-card", "agent:lei"
SECRET = b"s" * 32
WEEK = timedelta(days=7)


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def later(
    executor: Executor, tmp_path: Path, reader: FakeReader, new_id: Callable[[], str]
) -> LaterService:
    return LaterService(
        SqlLaterPapers(executor, lambda conn, case_id: [f"agent:of-{case_id}"]),
        DirectoryBlobs(tmp_path / "blobs"),
        reader,
        PaperSeal(b"k" * 32, chance()),
        new_id,
        SECRET,
    )


async def linked(later: LaterService, now: datetime, item: str = ITEM) -> str:
    """Make a link; its token."""
    link = await later.make(CASE, item, now + WEEK, by=AGENT, now=now)
    return later.token(link.link_id)


def kept(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def rows(conn: Connection, table: Any) -> list[Any]:
    return list(conn.execute(select(table)))


async def test_a_paper_is_uploaded_handed_in_and_seen_in_the_case(
    later: LaterService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    await later.take(token, photograph(1), now)
    await later.take(token, photograph(2), now)
    asked = await later.asked(token, now)
    assert (asked.link.item, len(asked.sheets)) == (ITEM, 2)
    assert (await executor.read(documents_of, CASE)).pages == (), "not before it is handed in"
    shown = await later.image(token, asked.sheets[1].sheet_id, now)
    assert shown == b"\xff\xd8\xff thumb of " + photograph(2)
    assert await later.send(token, now) == asked
    pages = (await executor.read(documents_of, CASE)).pages
    assert [(one.item, one.state, one.seq) for one in pages] == [
        (ITEM, "stored", 1),
        (ITEM, "stored", 2),
    ]
    blobs = DirectoryBlobs(tmp_path / "blobs")
    assert await blobs.get(pages[0].page_sha256) == b"\xff\xd8\xff page of " + photograph(1)
    assert len(kept(tmp_path)) == 4, "what was sealed is gone"
    actions = [entry.body for entry in await executor.read(read_all)]
    assert sum('"page.add"' in body for body in actions) == 2
    assert not any(token in body for body in actions)
    assert (await executor.read(check))[1] == []


async def test_what_was_handed_in_can_be_bound_and_every_byte_of_it_is_kept(
    later: LaterService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    await later.take(token, photograph(1), now)  # no page is made out in it
    await later.send(token, now)
    (leaf,) = await executor.read(leaves_of, CASE)
    assert leaf.format == "free"
    blobs = DirectoryBlobs(tmp_path / "blobs")
    assert await blobs.get(leaf.original_sha256) == await blobs.get(leaf.page_sha256)
    (kept_page,) = await executor.read(rows, page)
    assert kept_page.findings["file_sha256"] == hashlib.sha256(photograph(1)).hexdigest()


async def test_a_link_that_does_not_hold_is_alike_whyever(
    later: LaterService, executor: Executor, now: datetime
) -> None:
    used = await linked(later, now, "used")
    await later.take(used, photograph(), now)
    await later.send(used, now)
    revoked = await later.make(CASE, "revoked", now + WEEK, by=AGENT, now=now)
    await later.revoke(CASE, revoked.link_id, by=AGENT, now=now)
    older = await linked(later, now, "replaced")
    await linked(later, now, "replaced")
    expired = await later.make(CASE, "expired", now, by=AGENT, now=now)
    tokens = [
        *(used, later.token(revoked.link_id), older, later.token(expired.link_id)),
        *(token_of(b"x" * 32, revoked.link_id), "", "x" * 43),
    ]
    for token in tokens:
        said = set()
        for attempt in (
            lambda token=token: later.asked(token, now),
            lambda token=token: later.take(token, photograph(), now),
            lambda token=token: later.take(token, b"hello", now),
            lambda token=token: later.remove(token, "p", now),
            lambda token=token: later.image(token, "p", now),
            lambda token=token: later.send(token, now),
        ):
            with pytest.raises(refusals.LinkOver) as refused:
                await attempt()
            said.add(str(refused.value))
        assert said == {"a link that was used, taken back, has expired, or never was"}
    links = await executor.read(links_of, [CASE], now)
    assert sorted(link.state for link in links) == ["expired", "open", "revoked", "revoked", "sent"]


async def test_the_store_holds_no_token_and_pictures_stay_sealed_until_they_are_sent(
    later: LaterService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    await later.take(token, photograph(), now)
    (link,) = await executor.read(rows, paper_link)
    assert link.token_sha256 == hashlib.sha256(token.encode()).hexdigest() == digest_of(token)
    assert token not in str(tuple(link)) and len(token) == 43
    sealed = kept(tmp_path)
    assert sealed and not any(b" of " in content for content in sealed)


async def test_the_same_file_twice_is_once_also_at_the_same_moment(
    later: LaterService, reader: FakeReader, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    done = await asyncio.gather(
        *(later.take(token, photograph(), now) for _ in range(2)), return_exceptions=True
    )
    assert all(one is None or isinstance(one, Crowded) for one in done)
    await later.take(token, photograph(), now)
    assert len((await later.asked(token, now)).sheets) == 1
    assert len(reader.looked_at) == 1 and len(kept(tmp_path)) == 2


async def test_a_file_that_another_node_took_at_the_same_moment_leaves_nothing_behind(
    later: LaterService,
    executor: Executor,
    new_id: Callable[[], str],
    now: datetime,
    tmp_path: Path,
) -> None:
    token = await linked(later, now)

    class WhileAnotherNodeIsQuicker(FakeReader):
        async def read(self, content: bytes) -> Any:
            await later.take(token, content, now)
            return await super().read(content)

    here = LaterService(
        SqlLaterPapers(executor, lambda conn, case_id: []),
        DirectoryBlobs(tmp_path / "blobs"),
        WhileAnotherNodeIsQuicker(),
        PaperSeal(b"k" * 32, chance()),
        lambda: f"here-{new_id()}",
        SECRET,
    )
    await here.take(token, photograph(), now)
    assert len((await later.asked(token, now)).sheets) == 1 and len(kept(tmp_path)) == 2


async def test_a_pdf_becomes_its_pages_and_each_can_be_taken_away(
    later: LaterService, reader: FakeReader, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    reader.pages = 3
    await later.take(token, photograph(), now)
    _, second, _ = (await later.asked(token, now)).sheets
    for _ in range(2):
        await later.remove(token, second.sheet_id, now)
    assert len(kept(tmp_path)) == 4
    await later.send(token, now)
    pages = (await executor.read(documents_of, CASE)).pages
    assert len({page.page_sha256 for page in pages}) == 2


async def test_so_many_pages_and_so_many_uploads_and_no_more(
    later: LaterService, reader: FakeReader, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    reader.pages = SHEETS_MAX
    await later.take(token, photograph(), now)
    reader.pages = 1
    with pytest.raises(refusals.TooManyPhotographs):
        await later.take(token, photograph(1), now)
    assert len(kept(tmp_path)) == 2 * SHEETS_MAX
    for number in range(2, UPLOADS_MAX + 1):
        (first, *_) = (await later.asked(token, now)).sheets
        await later.remove(token, first.sheet_id, now)
        await later.take(token, photograph(number), now)
    (first, *_) = (await later.asked(token, now)).sheets
    await later.remove(token, first.sheet_id, now)
    with pytest.raises(refusals.TooManyPhotographs):
        await later.take(token, photograph(99), now)


async def test_one_file_at_a_time_over_a_link_and_eight_in_all(
    later: LaterService, reader: FakeReader, now: datetime
) -> None:
    token = await linked(later, now)
    later._waiting.add(digest_of(token))
    with pytest.raises(Crowded):
        await later.take(token, photograph(), now)
    later._waiting = {str(number) for number in range(later_service.MOST_WAITING)}
    with pytest.raises(Crowded):
        await later.take(token, photograph(), now)
    later._waiting.clear()
    reader.refusal = "pdf_active"
    with pytest.raises(refusals.PdfActive):
        await later.take(token, photograph(), now)
    assert later._waiting == set(), "who was refused may try again"


async def test_nothing_is_handed_in_when_there_is_nothing_or_something_else(
    later: LaterService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    token = await linked(later, now)
    with pytest.raises(refusals.NothingToSend):
        await later.send(token, now)
    await later.take(token, photograph(1), now)

    class Late(SqlLaterPapers):
        async def send(self, *given: Any) -> Any:
            later._papers = usual
            await later.take(token, photograph(2), now)
            return await usual.send(*given)

    usual, later._papers = later._papers, Late(executor, lambda conn, case_id: [])
    with pytest.raises(refusals.OtherPhotograph):
        await later.send(token, now)
    assert (await executor.read(documents_of, CASE)).pages == ()
    assert len((await later.send(token, now)).sheets) == 2


async def test_handed_in_twice_at_once_is_once(
    later: LaterService, executor: Executor, now: datetime
) -> None:
    token = await linked(later, now)
    await later.take(token, photograph(), now)
    done = await asyncio.gather(*(later.send(token, now) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(one, refusals.LinkOver | refusals.PageUnknown) for one in done) == 1
    assert len((await executor.read(documents_of, CASE)).pages) == 1


async def test_links_of_one_case_handed_in_at_once_number_its_pages_one_after_another(
    later: LaterService, executor: Executor, now: datetime
) -> None:
    await executor.write(seat, CASE)
    tokens = [await linked(later, now, f"paper-{number}") for number in range(6)]
    for token in tokens:
        await later.take(token, photograph(), now)
    await asyncio.gather(*(later.send(token, now) for token in tokens))
    pages = (await executor.read(documents_of, CASE)).pages
    assert [one.seq for one in pages] == [1, 2, 3, 4, 5, 6]


async def test_a_page_of_another_link_is_none(
    later: LaterService, executor: Executor, now: datetime
) -> None:
    mine, others = await linked(later, now), await linked(later, now, "other")
    await later.take(others, photograph(), now)
    (sheet,) = (await later.asked(others, now)).sheets
    with pytest.raises(refusals.PageUnknown):
        await later.image(mine, sheet.sheet_id, now)
    await later.remove(mine, sheet.sheet_id, now)
    assert len((await later.asked(others, now)).sheets) == 1


async def test_what_was_never_sent_is_forgotten_and_what_still_may_be_stays(
    later: LaterService, executor: Executor, now: datetime, tmp_path: Path
) -> None:
    stays, gone = await linked(later, now, "stays"), await linked(later, now, "gone")
    back = await later.make(CASE, "back", now + WEEK, by=AGENT, now=now)
    for token in (stays, gone, later.token(back.link_id)):
        await later.take(token, photograph(), now)

    def expire(conn: Connection) -> None:
        conn.execute(
            update(paper_link)
            .where(paper_link.c.item == "gone")
            .values(expires_at=now - KEPT_AFTER)
        )

    await executor.write(expire)
    await later.revoke(CASE, back.link_id, by=AGENT, now=now)
    assert await later.sweep(now) == 4 and len(kept(tmp_path)) == 2
    assert await later.sweep(now) == 0
    assert len(await executor.read(rows, paper_sheet)) == 1
    assert len((await later.asked(stays, now)).sheets) == 1


async def test_a_link_is_made_once_per_key_and_taken_back_by_its_case_only(
    later: LaterService, executor: Executor, now: datetime
) -> None:
    link = await later.make(CASE, ITEM, now + WEEK, by=AGENT, now=now, link_id="key-1")
    assert link == await later.make(CASE, ITEM, now + WEEK, by=AGENT, now=now, link_id="key-1")
    assert link.state is LinkState.OPEN
    assert len(await executor.read(links_of, [CASE], now)) == 1
    with pytest.raises(NotFound):
        await later.revoke(OTHER, link.link_id, by=AGENT, now=now)
    for _ in range(2):
        await later.revoke(CASE, link.link_id, by=AGENT, now=now)
    (link,) = await executor.read(links_of, [CASE], now)
    assert link.state is LinkState.REVOKED


@pytest.mark.parametrize("hour", [0, 15, 16, 23])
def test_a_deadline_is_the_end_of_its_day_where_the_counter_is(hour: int) -> None:
    now = datetime(2026, 11, 30, hour, 30, tzinfo=UTC)
    zone = ZoneInfo("Asia/Macau")
    end = deadline(now, 3, zone)
    last = (end - timedelta(microseconds=1)).astimezone(zone)
    assert (last.date() - now.astimezone(zone).date()).days == 3
    assert end.astimezone(zone).hour == 0 and end.tzinfo is UTC
