"""One step after the other: what each does, tells and refuses."""

import asyncio
from datetime import datetime

import pytest

from counter.errors import BadInput, NotAllowedNow
from counter.esign.record_ports import CeremonyState
from counter.esign.refusals import DigestMismatch, InkMissing, PagesUnseen
from counter.ids import CaseId
from counter.store.journal_sql import check, read_all
from counter.store.session_log import tail
from tests.esign.conftest import STROKES
from tests.esign.service.paper_counter import CASE, HEARS, Counter


async def test_a_form_is_presented_read_agreed_to_signed_and_given_out(
    counter: Counter, now: datetime
) -> None:
    service = counter.service
    ceremony_id, sha256 = await counter.present(now)
    assert await service.page_seen(CASE, ceremony_id, 2, now) == (1,)
    assert await service.page_seen(CASE, ceremony_id, 1, now) == ()
    await service.consent(CASE, ceremony_id, sha256, now)
    signed = await service.sign(CASE, ceremony_id, sha256, STROKES, now)

    (shown,) = await service.ceremonies(CASE)
    assert (shown.state, shown.sealed_sha256) == ("sealed", signed.sha256)
    assert all(sheet.seen for sheet in shown.sheets)
    assert (await service.pdf(CASE, signed.sha256)).endswith(f"sealed {now}".encode())
    assert (await service.page_image(CASE, shown.sheets[0].sha256)).startswith(b"page 1 of")


async def test_a_slow_timestamp_holds_up_no_other_citizen(
    counter: Counter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while a form is certified for somebody else, nor while another one's is sealed."""
    ceremony_id, sha256 = await counter.to_state("consented", now)
    other = CaseId("case-2")
    quick, waits, answered = counter.studio.stamp, asyncio.Event(), asyncio.Event()

    async def slow(digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        if not waits.is_set():
            waits.set()
            await answered.wait()
        return await quick(digest, now, room_bytes=room_bytes)

    monkeypatch.setattr(counter.studio, "stamp", slow)
    signing = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await waits.wait()
    theirs, shown = await counter.present(now, other)
    for page in (1, 2):
        await counter.service.page_seen(other, theirs, page, now)
    await counter.service.consent(other, theirs, shown, now)
    assert (await counter.service.sign(other, theirs, shown, STROKES, now)).ceremony_id == theirs
    assert not signing.done()
    answered.set()
    assert (await signing).ceremony_id == ceremony_id


async def test_the_citizen_s_part_ends_with_the_own_signature_and_nobody_waits_for_the_rest(
    counter: Counter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    quick, waits, answered = counter.studio.stamp, asyncio.Event(), asyncio.Event()
    stamped: list[CeremonyState] = []

    async def slow_for_the_department(digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        stamped.extend(await counter.service.ceremonies(CASE))
        if len(stamped) == 2:
            waits.set()
            await answered.wait()
        return await quick(digest, now, room_bytes=room_bytes)

    monkeypatch.setattr(counter.studio, "stamp", slow_for_the_department)
    signing = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await waits.wait()
    pen, own = stamped
    assert (pen.state, pen.signed_at, pen.citizen_signed) == ("signing", now, False)
    assert (own.state, own.signed_at, own.citizen_signed) == ("signing", now, True)
    assert own.version > pen.version
    heard = [row.kind for row in await counter.executor.read(tail, [HEARS], {})]
    assert heard[-2:] == ["ceremony.signed", "ceremony.citizen_signed"]
    answered.set()
    await signing
    (done,) = await counter.service.ceremonies(CASE)
    assert (done.state, done.citizen_signed) == ("sealed", True)


async def test_screens_hear_each_step_and_the_journal_holds(
    counter: Counter, now: datetime
) -> None:
    await counter.to_state("sealed", now)
    rows = await counter.executor.read(tail, [HEARS], {})
    assert [row.kind for row in rows] == [
        "document.presented",
        "ceremony.page_seen",
        "ceremony.page_seen",
        "ceremony.consented",
        "ceremony.signed",
        "ceremony.citizen_signed",
        "document.signed",
    ]
    for row in rows:
        assert all(isinstance(value, str | int) for value in row.body.values())
    assert await counter.actions() == [
        "document.prepared",
        "document.presented",
        "ceremony.consented",
        "ceremony.signed",
        "document.sealed",
    ]
    assert (await counter.executor.read(check))[1] == []


async def test_no_personal_data_in_the_journal_or_the_session_log(
    counter: Counter, now: datetime
) -> None:
    await counter.to_state("sealed", now)
    entries = await counter.executor.read(read_all)
    rows = await counter.executor.read(tail, [HEARS], {})
    written = str([entry.body for entry in entries]) + str([row.body for row in rows])
    for personal in ("陳大文", "CHAN", "1234567", "visto"):
        assert personal not in written


STATES = ("presented", "consented", "signing", "sealed", "declined", "withdrawn")
WORKS = {
    "consent": {"consented", "signing", "sealed"},
    "sign": {"consented", "signing", "sealed"},
    "decline": {"presented", "consented", "declined"},
    "withdraw": {"presented", "consented", "signing", "withdrawn"},
    "page_seen": {"presented", "consented", "signing", "sealed"},
}
"""In which states a step is carried out or is a harmless repeat; `presented` has unseen pages."""


@pytest.mark.one_engine
@pytest.mark.parametrize("step", WORKS)
@pytest.mark.parametrize("state", STATES)
async def test_what_the_table_does_not_say_is_refused_and_changes_nothing(
    counter: Counter, now: datetime, state: str, step: str
) -> None:
    ceremony_id, sha256 = await counter.to_state(state, now)
    before, service = await counter.actions(), counter.service
    steps = {
        "consent": lambda: service.consent(CASE, ceremony_id, sha256, now),
        "sign": lambda: service.sign(CASE, ceremony_id, sha256, STROKES, now),
        "decline": lambda: service.decline(CASE, ceremony_id, now),
        "withdraw": lambda: service.withdraw(CASE, ceremony_id, by="agent:a", now=now),
        "page_seen": lambda: service.page_seen(CASE, ceremony_id, 1, now),
    }
    if state in WORKS[step]:
        await steps[step]()
    else:
        with pytest.raises(NotAllowedNow):
            await steps[step]()
        assert await counter.state() == state
        assert await counter.actions() == before


async def test_unseen_pages_refuse_consent(counter: Counter, now: datetime) -> None:
    ceremony_id, sha256 = await counter.present(now)
    await counter.service.page_seen(CASE, ceremony_id, 2, now)
    with pytest.raises(PagesUnseen):
        await counter.service.consent(CASE, ceremony_id, sha256, now)
    assert await counter.state() == "presented"


async def test_consent_and_ink_hold_for_the_document_on_the_screen_only(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.present(now)
    for page in (1, 2):
        await counter.service.page_seen(CASE, ceremony_id, page, now)
    with pytest.raises(DigestMismatch):
        await counter.service.consent(CASE, ceremony_id, "0" * 64, now)
    await counter.service.consent(CASE, ceremony_id, sha256, now)
    with pytest.raises(DigestMismatch):
        await counter.service.sign(CASE, ceremony_id, "0" * 64, STROKES, now)
    assert await counter.state() == "consented"


async def test_a_page_there_is_not_is_refused(counter: Counter, now: datetime) -> None:
    ceremony_id, _ = await counter.present(now)
    with pytest.raises(BadInput):
        await counter.service.page_seen(CASE, ceremony_id, 3, now)


async def test_no_ink_no_signature(counter: Counter, now: datetime) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    with pytest.raises(InkMissing):
        await counter.service.sign(CASE, ceremony_id, sha256, [[(1.0, 1.0, 0.0, 0.5)]], now)
    assert await counter.state() == "consented"
