"""Photographs that come up in parts, on both engines: real rows, files and bytes by digest."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from counter.documents.capture import Announced, Capture, CaptureState
from counter.documents.capture_service import SCANS_MAX, checksum_of
from counter.documents.page import PageState
from counter.documents.refusals import (
    CaptureOffset,
    CaptureUnknown,
    ChunkDamaged,
    DigestMismatch,
    ImageTooLarge,
    PageBlurred,
    ScanFailed,
    ScanNotAsked,
)
from counter.documents.store_documents import page
from counter.errors import NotAllowedNow
from counter.ids import Digest, PageId, RequestId, TerminalId
from counter.store.cases import case_table
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import session_log
from tests.documents.capture_house import CASE, TERMINAL, House, ask_for, build, photograph, seat

ONE = photograph(1)
THUMB = b"\xff\xd8 a thumbnail"


@pytest.fixture
async def house(executor: Executor, tmp_path: Path, new_id: Callable[[], str]) -> House:
    await executor.write(seat)
    await executor.write(ask_for, 1)
    return build(executor, tmp_path, new_id)


def announced(content: bytes = ONE, request: int = 1) -> Announced:
    return Announced(
        request_id=RequestId(f"r-{request}"),
        sha256=Digest(hashlib.sha256(content).hexdigest()),
        length=len(content),
        seq=1,
    )


async def announce(house: House, now: datetime, content: bytes = ONE, request: int = 1) -> Capture:
    one, _ = await house.captures.announce(TERMINAL, announced(content, request), THUMB, now)
    return one


async def send(
    house: House, one: Capture, content: bytes, now: datetime, *, at: int = 0, step: int = 70_000
) -> Capture:
    while at < len(content):
        chunk = content[at : at + step]
        one, at = await house.captures.append(
            TERMINAL, one.capture_id, at, chunk, checksum_of(chunk), now
        )
    return one


def told(conn: Connection, audience: str) -> list[str]:
    rows = conn.execute(
        select(session_log.c.kind)
        .where(session_log.c.audience == audience)
        .order_by(session_log.c.seq)
    )
    return list(rows.scalars())


def pages(conn: Connection) -> list[Any]:
    return list(conn.execute(select(page).order_by(page.c.seq)))


async def test_a_photograph_comes_up_in_parts_and_becomes_a_page(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    assert one.state is CaptureState.CAPTURED
    arriving = (await house.documents.documents_of(CASE)).open_request
    assert arriving is not None and arriving.arriving is not None
    thumb = arriving.arriving.thumb_sha256
    assert thumb is not None, "the agent sees it before any part of it came"
    assert await house.documents.image(CASE, thumb) == b"again " + THUMB

    half = len(ONE) // 2
    await send(house, one, ONE[:half], now)
    asked = (await house.documents.documents_of(CASE)).open_request
    assert asked is not None and asked.arriving is not None
    assert (asked.arriving.state, asked.arriving.quarters) == (CaptureState.UPLOADING, 2)

    done = await send(house, one, ONE, now, at=half)
    assert done.state is CaptureState.STORED
    documents = await house.documents.documents_of(CASE)
    assert documents.open_request is None
    assert [row.page_id for row in documents.pages] == [done.page_id]
    [row] = await house.executor.read(pages)
    assert await house.blobs.get(row.original_sha256) == ONE
    assert await house.files.names() == []
    kinds = await house.executor.read(told, f"terminal:{TERMINAL}")
    assert kinds[:2] == ["scan.requested", "page.captured"] and kinds[-1] == "page.added"
    assert 2 <= kinds.count("page.uploading") <= 4, "of each quarter, not of each part"
    entries = await house.executor.read(read_all)
    assert [json.loads(entry.body)["action"] for entry in entries] == [
        "scan.request",
        "page.capture",
        "page.add",
    ]
    assert await house.executor.read(check) == (3, [])


async def test_announcing_and_ending_again_are_answered_alike(house: House, now: datetime) -> None:
    one = await announce(house, now)
    await send(house, one, ONE[:100], now)
    again, here = await house.captures.announce(TERMINAL, announced(), THUMB, now)
    assert (again.capture_id, here) == (one.capture_id, 100)
    done = await send(house, one, ONE, now, at=100)
    for _ in range(2):
        known, here = await house.captures.announce(TERMINAL, announced(), None, now)
        assert (known.state, known.page_id, here) == (CaptureState.STORED, done.page_id, len(ONE))
    last = ONE[-10:]
    late, _ = await house.captures.append(
        TERMINAL, one.capture_id, len(ONE) - 10, last, checksum_of(last), now
    )
    assert late.page_id == done.page_id
    assert len(await house.executor.read(pages)) == 1


async def test_a_photograph_that_the_page_itself_sent_is_known(house: House, now: datetime) -> None:
    sent = await house.documents.receive(
        CASE, RequestId("r-1"), ONE, announced().sha256, by="terminal:hq-1", now=now
    )
    one = await announce(house, now)
    assert (one.state, one.page_id) == (CaptureState.STORED, sent.page_id)


async def test_whole_and_not_yet_judged_it_is_judged_when_asked(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    await send(house, one, ONE[:-1], now)
    await house.files.append(one.capture_id, len(ONE) - 1, ONE[-1:])  # and then it was killed
    found, here = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, here) == (CaptureState.UPLOADING, len(ONE))
    done, _ = await house.captures.append(
        TERMINAL, one.capture_id, here, b"", checksum_of(b""), now
    )
    assert done.state is CaptureState.STORED


async def test_a_part_that_changed_on_its_way_is_not_kept(house: House, now: datetime) -> None:
    one = await announce(house, now)
    with pytest.raises(ChunkDamaged):
        await house.captures.append(
            TERMINAL, one.capture_id, 0, ONE[:100], checksum_of(ONE[1:101]), now
        )
    with pytest.raises(CaptureOffset):
        await house.captures.append(
            TERMINAL, one.capture_id, 5, ONE[:100], checksum_of(ONE[:100]), now
        )
    too_far = ONE + b"!"
    with pytest.raises(CaptureOffset):
        await house.captures.append(TERMINAL, one.capture_id, 0, too_far, checksum_of(too_far), now)
    assert (await house.captures.where(TERMINAL, one.capture_id))[1] == 0


async def test_bytes_that_are_not_what_was_announced_begin_again(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    await house.files.append(one.capture_id, 0, b"\0" * 70_000)  # as after a power cut
    with pytest.raises(DigestMismatch):
        await send(house, one, ONE, now, at=70_000)
    found, here = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, here) == (CaptureState.CAPTURED, 0)
    assert (await send(house, one, ONE, now)).state is CaptureState.STORED


async def test_one_that_cannot_be_read_ends_and_the_request_stays(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    house.scanner.refuses = ["page_blurred"]
    with pytest.raises(PageBlurred):
        await send(house, one, ONE, now)
    found, _ = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, found.code) == (CaptureState.REFUSED, "page_blurred")
    asked = (await house.documents.documents_of(CASE)).open_request
    assert asked is not None and asked.refusal == "page_blurred" and asked.arriving is None
    assert await house.files.names() == []
    second = photograph(2)
    again = await announce(house, now, second)
    asked = (await house.documents.documents_of(CASE)).open_request
    assert asked is not None and asked.refusal is None
    assert (await send(house, again, second, now)).state is CaptureState.STORED


async def test_a_scanner_that_fails_says_nothing_of_the_photograph(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    house.scanner.refuses = ["scan_failed"]
    with pytest.raises(ScanFailed):
        await send(house, one, ONE, now)
    found, here = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, here) == (CaptureState.UPLOADING, len(ONE))
    done, _ = await house.captures.append(
        TERMINAL, one.capture_id, here, b"", checksum_of(b""), now
    )
    assert done.state is CaptureState.STORED


async def test_one_that_ends_the_scanner_each_time_is_refused_at_last_on_whichever_node(
    house: House, now: datetime, tmp_path: Path, new_id: Callable[[], str]
) -> None:
    one = await announce(house, now)
    house.scanner.refuses = ["scan_failed"]
    with pytest.raises(ScanFailed):
        await send(house, one, ONE, now)
    for _ in range(SCANS_MAX - 1):
        house = build(house.executor, tmp_path, new_id)  # another node, or another life of it
        house.scanner.refuses = ["scan_failed"]
        found, here = await house.captures.where(TERMINAL, one.capture_id)
        assert found.state is CaptureState.UPLOADING
        with pytest.raises(ScanFailed):
            await house.captures.append(TERMINAL, one.capture_id, here, b"", checksum_of(b""), now)
    found, _ = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, found.code) == (CaptureState.REFUSED, "scan_failed")
    assert await house.files.names() == []


async def test_what_nobody_asks_for_any_more_is_dropped(house: House, now: datetime) -> None:
    one = await announce(house, now)
    await send(house, one, ONE[:1000], now)
    await house.documents.cancel(CASE, RequestId("r-1"), by="agent:a-1", now=now)
    with pytest.raises(ScanNotAsked):
        await send(house, one, ONE, now, at=1000)
    found, _ = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, found.code) == (CaptureState.DROPPED, "scan_not_asked")
    assert await house.files.names() == [] and await house.executor.read(pages) == []


async def test_nothing_new_is_taken_for_a_closed_case_or_another_terminal(
    house: House, now: datetime
) -> None:
    with pytest.raises(ScanNotAsked):
        await house.captures.announce("hq-2", announced(), None, now)
    one = await announce(house, now)
    with pytest.raises(CaptureUnknown):
        await house.captures.where("hq-2", one.capture_id)
    await house.executor.write(
        lambda conn: conn.execute(update(case_table).values(closed_at=now)) and None
    )
    with pytest.raises(ScanNotAsked):
        await announce(house, now, photograph(2))
    with pytest.raises(ScanNotAsked):
        await send(house, one, ONE, now)


async def test_more_than_is_taken_is_refused_before_a_byte_came(
    house: House, now: datetime
) -> None:
    for length in (0, 10 * 1024 * 1024 + 1):
        new = Announced(
            request_id=RequestId("r-1"), sha256=announced().sha256, length=length, seq=1
        )
        with pytest.raises(ImageTooLarge):
            await house.captures.announce(TERMINAL, new, None, now)


async def test_the_terminals_own_page_is_shown_until_the_real_one_is_there(
    house: House, now: datetime
) -> None:
    one = await announce(house, now)
    await house.captures.add_preview(TERMINAL, one.capture_id, b"\xff\xd8 flattened", now)
    asked = (await house.documents.documents_of(CASE)).open_request
    assert asked is not None and asked.arriving is not None
    preview = asked.arriving.preview_sha256
    assert preview and await house.documents.image(CASE, preview) == b"again \xff\xd8 flattened"
    await send(house, one, ONE, now)
    await house.captures.sweep(now + timedelta(minutes=11))
    assert await house.files.names() == []
    assert not (house.blobs.path(preview)).exists(), "nobody decides by it, so it is not kept"


async def test_what_never_came_is_dropped_after_a_day(house: House, now: datetime) -> None:
    one = await announce(house, now)
    await send(house, one, ONE[:1000], now)
    await house.captures.sweep(now + timedelta(hours=23))
    assert await house.files.names() == [one.capture_id]
    await house.captures.sweep(now + timedelta(hours=25))
    found, _ = await house.captures.where(TERMINAL, one.capture_id)
    assert (found.state, found.code) == (CaptureState.DROPPED, "capture_expired")
    assert await house.files.names() == []


async def test_the_program_is_told_once_to_take_a_photograph(house: House, now: datetime) -> None:
    async def taking() -> bool:
        asked = (await house.documents.documents_of(CASE)).open_request
        assert asked is not None
        return asked.taking

    request = RequestId("r-1")
    assert not await taking()
    for _ in range(2):
        await house.documents.take_shot(CASE, request, by="agent:a-1", now=now)
    assert await taking()
    entries = [json.loads(entry.body)["action"] for entry in await house.executor.read(read_all)]
    assert entries.count("shot.take") == 1
    await house.documents.fail_shot(CASE, request, code="camera_dark", now=now)
    assert not await taking(), "whoever mended it says so again"
    await house.documents.take_shot(CASE, request, by="agent:a-1", now=now)
    await announce(house, now)
    assert not await taking(), "one was announced: a program that was killed takes no second one"
    with pytest.raises(ScanNotAsked):
        await house.documents.take_shot(CASE, RequestId("r-2"), by="agent:a-1", now=now)


async def test_taken_again_the_older_page_stays_and_counts_no_more(
    house: House, now: datetime
) -> None:
    first = await send(house, await announce(house, now), ONE, now)
    assert first.page_id is not None

    async def again(page_id: str, request: str, item: str = "identity-card") -> None:
        await house.documents.request_scan(
            CASE,
            item=item,
            by="agent:a-1",
            now=now,
            request_id=RequestId(request),
            retake_of=PageId(page_id),
        )

    with pytest.raises(NotAllowedNow):
        await again(first.page_id, "r-9", "other")
    await again(first.page_id, "r-2")
    second = photograph(2)
    newer = await send(house, await announce(house, now, second, request=2), second, now)
    shown = (await house.documents.documents_of(CASE)).pages
    assert [(row.page_id, row.state) for row in shown] == [
        (first.page_id, PageState.SUPERSEDED),
        (newer.page_id, PageState.STORED),
    ]
    with pytest.raises(NotAllowedNow):
        await house.documents.decide(CASE, first.page_id, accept=True, by="agent:a-1", now=now)
    assert newer.page_id is not None
    await house.documents.decide(CASE, newer.page_id, accept=True, by="agent:a-1", now=now)
    with pytest.raises(NotAllowedNow):
        await again(newer.page_id, "r-3")


async def test_that_an_agent_was_shown_a_page_is_noted_once(house: House, now: datetime) -> None:
    await send(house, await announce(house, now), ONE, now)
    [row] = (await house.documents.documents_of(CASE)).pages
    assert not row.shown
    for _ in range(2):
        await house.documents.note_shown(CASE, row.page_sha256, by="agent:a-1", now=now)
        await house.documents.note_shown(CASE, row.thumb_sha256, by="agent:a-1", now=now)
    [row] = (await house.documents.documents_of(CASE)).pages
    assert row.shown
    actions = [json.loads(entry.body)["action"] for entry in await house.executor.read(read_all)]
    assert actions.count("page.show") == 1


async def test_terminals_see_only_their_own(house: House, now: datetime) -> None:
    one = await announce(house, now)
    for other in (TerminalId("hq-2"), TerminalId("")):
        with pytest.raises(CaptureUnknown):
            await house.captures.append(other, one.capture_id, 0, b"x", checksum_of(b"x"), now)
