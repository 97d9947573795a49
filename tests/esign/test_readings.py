"""Reading before signing, on both engines: pages and times, going away, corrections, voiding."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.app.kept_bytes import named_bytes
from counter.errors import BadInput, NotAllowedNow
from counter.esign.attendance import EVIDENCE_KEPT, IDLE, KEPT, MOMENT, STINT
from counter.esign.form_refusals import DataMissing, FieldUnknown
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.ink import Ink
from counter.esign.ports import ConsentWords
from counter.esign.reading_service import ReadingService
from counter.esign.refusals import (
    CeremonyPaused,
    DigestMismatch,
    DocumentUnknown,
    IdentityFirst,
    PagesUnseen,
    PageTooShort,
)
from counter.esign.service import EsignService
from counter.esign.signing_refusals import TimestampUnavailable
from counter.esign.store_attendance import Calls
from counter.esign.store_attendance_tables import ceremony_attendance, ceremony_page_time
from counter.esign.store_readings import SqlReadings
from counter.esign.store_records import SqlRecords
from counter.esign.store_remains import remains
from counter.esign.store_tables import (
    ceremony,
    ceremony_ink,
    esign_document,
    esign_page_image,
    esign_revision,
    esign_ticket,
)
from counter.esign.ticket import KEYS, Witness
from counter.ids import CaseId, Digest
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import tail
from tests.esign.conftest import FILLED, STROKES
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio

CASE = CaseId("case-1")
S = timedelta(seconds=1)
WORDS = ConsentWords(
    text_id="handwritten-1", acts="handwritten", language="pt", text_sha256=Digest("ab" * 32)
)


class Counter:
    """Both services on a fresh store with a paper studio, and a conversation to interrupt."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        forms: Forms,
        glyphs: GlyphTable,
        now: datetime,
    ) -> None:
        self.time = now
        self.executor = executor
        self.call: str | None = "call-1"
        self.ended: dict[str, datetime] = {}
        self.known: set[str] = {"call-1"}
        self.studio, self.blobs = PaperStudio(), HeapBlobs()
        calls = Calls(
            now=lambda conn, case_id: self.call,
            ended_at=lambda conn, call_id: self.ended.get(call_id),
            last=lambda conn, case_id: next(reversed(self.ended), None),
            known_again=lambda conn, case_id, call_id: call_id in self.known,
        )
        hears: dict[str, Any] = {"audiences": lambda conn, case_id: ["terminal:1"], "calls": calls}
        self.records = SqlRecords(
            executor=executor,
            witness_of=lambda conn, case_id: Witness(agent_id="lei", name="-", level="L2"),
            **hears,
        )
        self.drawing: dict[str, Any] = {"forms": forms, "glyphs": glyphs, "new_id": new_id}
        self.esign = self.node()
        self.parts: dict[str, Any] = {
            "readings": SqlReadings(executor=executor, **hears),
            "blobs": self.blobs,
            "forms": forms,
            "glyphs": glyphs,
            "draw": self.esign.draw,
            "certify": self.esign.certifying.certify,
            "clock": lambda: self.time,
        }
        self.reading = ReadingService(**self.parts)
        self.id = ""

    def node(self) -> EsignService:
        """Return the service as one more node has it."""
        return EsignService(
            records=self.records,
            blobs=self.blobs,
            studio=self.studio,
            keys={name: PaperKey() for name in KEYS},
            stamps=self.studio,
            clock=lambda: self.time,
            **self.drawing,
        )

    async def present(self) -> str:
        self.id = await self.esign.present(
            CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=self.time
        )
        return self.id

    async def shown(self, page: int | None, *, still: bool = False) -> None:
        await self.reading.page_shown(CASE, self.id, page, still=still)

    async def read(self, *pages: int) -> None:
        for page in pages:
            await self.shown(page)
            self.time += MOMENT
            await self.reading.page_read(CASE, self.id, page)

    async def consent(self, sha256: str | None = None) -> None:
        digest = sha256 or await self.sha256()
        await self.esign.consent(CASE, self.id, digest, self.time, WORDS)

    async def sign(self) -> str:
        return (
            await self.esign.sign(CASE, self.id, await self.sha256(), STROKES, self.time)
        ).sha256

    async def hang_up(self, call: str = "call-1") -> None:
        self.call, self.ended[call] = None, self.time

    async def sha256(self) -> str:
        return (await self.esign.ceremonies(CASE))[0].sha256

    async def state(self) -> str:
        return (await self.esign.ceremonies(CASE))[0].state

    async def kept_and_named(self) -> set[str]:
        """Bytes that a row names; the collector takes all others."""
        named = named_bytes()
        return {
            sha256
            for sha256 in self.blobs.kept
            if sha256 in await self.executor.read(named, sha256[:2])
        }

    async def rows(self, table: Any) -> list[Any]:
        def query(conn: Connection) -> list[Any]:
            return list(conn.execute(select(table)).all())

        return await self.executor.read(query)

    async def journal(self, action: str) -> list[dict[str, Any]]:
        entries = [json.loads(one.body) for one in await self.executor.read(read_all)]
        return [one for one in entries if one["action"] == action]

    async def told(self) -> list[str]:
        rows = await self.executor.read(tail, ["terminal:1"], {})
        return [one.kind for one in rows]


@pytest.fixture
def counter(
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
) -> Counter:
    return Counter(executor, new_id, forms, glyphs, now)


async def test_each_page_is_kept_with_when_and_how_long_it_was_on_the_screen(
    counter: Counter, now: datetime
) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += 10 * S
    await counter.shown(1, still=True)
    counter.time += 5 * S
    assert await counter.reading.page_read(CASE, counter.id, 1) == (2,)
    await counter.shown(2)
    counter.time += 3 * S
    await counter.shown(1)
    counter.time += 2 * S
    await counter.shown(None)
    first, second = sorted(await counter.rows(ceremony_page_time), key=lambda one: one.page)
    assert (first.first_at, first.last_at) == (now, now + 20 * S)
    assert (first.total_ms, second.total_ms) == (17_000, 3_000)
    assert (first.seen_at, second.seen_at) == (now + 15 * S, None)


async def test_a_page_counts_only_after_a_moment_on_the_screen(counter: Counter) -> None:
    await counter.present()
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    await counter.shown(1)
    counter.time += MOMENT / 2
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    await counter.shown(2)  # away in between: it begins anew
    await counter.shown(1)
    counter.time += MOMENT * 0.9
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 1)
    with pytest.raises(PageTooShort):
        await counter.reading.page_read(CASE, counter.id, 2)
    counter.time += MOMENT
    assert await counter.reading.page_read(CASE, counter.id, 1) == (2,)
    with pytest.raises(PagesUnseen):
        await counter.consent()


async def test_a_browser_that_fell_silent_is_not_counted_as_reading(
    counter: Counter, now: datetime
) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += timedelta(minutes=1)
    await counter.shown(None)
    (row,) = await counter.rows(ceremony_page_time)
    assert (row.total_ms, row.last_at) == (STINT / timedelta(milliseconds=1), now + STINT)


@pytest.mark.parametrize("page", [0, 3])
async def test_a_page_there_is_not_is_not_shown(counter: Counter, page: int) -> None:
    await counter.present()
    with pytest.raises(BadInput):
        await counter.shown(page)


async def test_the_journal_keeps_what_was_read_and_which_sentence_was_agreed_to(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.reading.read_aloud(CASE, counter.id, "machine", "pt")
    counter.time += 4 * S
    await counter.consent()
    assert [one["facts"]["page"] for one in await counter.journal("ceremony.page_seen")] == [1, 2]
    (said,) = await counter.journal("ceremony.consented")
    facts = said["facts"]
    assert (facts["language"], facts["text_sha256"]) == ("pt", "ab" * 32)
    assert (facts["text"], facts["sha256"]) == ("handwritten-1", await counter.sha256())
    assert [(one["page"], one["seconds"]) for one in facts["pages"]] == [(1, 1), (2, 5)]
    assert facts["read_aloud"] == "machine"
    (aloud,) = await counter.journal("ceremony.read_aloud")
    assert aloud["actor"] == f"citizen:{CASE}"
    assert "陳大文" not in str(said) + str(aloud)


async def test_reading_aloud_is_told_once_per_voice_and_language(counter: Counter) -> None:
    await counter.present()
    for by in ("machine", "machine", "agent"):
        await counter.reading.read_aloud(CASE, counter.id, by, "pt")
    assert (await counter.told()).count("ceremony.read_aloud") == 2


async def test_who_does_not_touch_the_screen_is_asked_and_then_has_gone(counter: Counter) -> None:
    await counter.present()
    await counter.shown(1)
    counter.time += IDLE - S
    await counter.shown(1, still=True)  # the page says so by itself: nobody touched it
    await counter.reading.expire()
    assert await counter.state() == "presented"
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "abandoned"
    (said,) = await counter.journal("ceremony.abandoned")
    assert (said["actor"], said["facts"]["reason"]) == ("counter:esign", "idle")


@pytest.mark.parametrize("what", ["here", "turn", "read", "aloud", "consent"])
async def test_whatever_the_citizen_does_begins_the_two_minutes_anew(
    counter: Counter, what: str
) -> None:
    await counter.present()
    await counter.read(1, 2)
    counter.time += IDLE - S
    match what:
        case "here":
            await counter.reading.here(CASE, counter.id)
        case "turn":
            await counter.shown(1)
        case "read":
            await counter.reading.page_read(CASE, counter.id, 2)
        case "aloud":
            await counter.reading.read_aloud(CASE, counter.id, "machine", "pt")
        case "consent":
            await counter.consent()
    state = await counter.state()
    counter.time += IDLE - S
    await counter.reading.expire()
    assert await counter.state() == state
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "abandoned"


async def test_of_an_abandoned_document_only_the_event_remains(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    assert counter.blobs.kept
    counter.time += IDLE
    await counter.reading.expire()
    assert await counter.kept_and_named() == set()
    assert await counter.rows(esign_page_image) == []
    (document,) = await counter.rows(esign_document)
    assert document.data == {}
    (here,) = await counter.rows(ceremony_attendance)
    assert here.forgotten_at == counter.time
    assert await counter.rows(ceremony_ink) == []
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.sheets) == ("abandoned", ())


@pytest.mark.parametrize("ended", ["declined", "withdrawn"])
async def test_of_a_document_that_nobody_signed_only_the_event_remains(
    counter: Counter, ended: str
) -> None:
    await counter.present()
    (shown,) = await counter.esign.ceremonies(CASE)
    if ended == "declined":
        await counter.esign.decline(CASE, shown.ceremony_id, counter.time, "think")
    else:
        await counter.esign.withdraw(CASE, shown.ceremony_id, by="agent:a-1", now=counter.time)
    await counter.reading.expire()
    assert (await counter.state(), await counter.kept_and_named()) == (ended, set())
    (document,) = await counter.rows(esign_document)
    assert document.data == {}


async def test_what_an_older_version_took_back_before_it_was_read_is_let_go_too(
    counter: Counter,
) -> None:
    """It wrote no row about the reading of what was never presented."""
    await counter.present()
    await counter.esign.withdraw(CASE, counter.id, by="agent:a-1", now=counter.time)
    await counter.executor.write(lambda conn: conn.execute(ceremony_attendance.delete()))
    await counter.reading.expire()
    (document,) = await counter.rows(esign_document)
    assert (await counter.kept_and_named(), document.data) == (set(), {})
    (here,) = await counter.rows(ceremony_attendance)
    assert here.forgotten_at == counter.time
    assert await counter.executor.read(remains, counter.time) == ()


async def test_what_was_not_let_go_before_a_crash_is_let_go_after_it(counter: Counter) -> None:
    await counter.present()
    counter.time += IDLE
    kept = dict(counter.blobs.kept)

    async def dies(sha256: str) -> None:
        raise OSError(sha256)

    counter.blobs.remove = dies  # type: ignore[method-assign]
    await counter.reading.expire()
    assert (await counter.state(), counter.blobs.kept) == ("abandoned", kept)
    del counter.blobs.remove
    await ReadingService(**counter.parts).expire()  # as another node has it
    assert await counter.kept_and_named() == set()


async def test_after_the_ink_nobody_goes_away(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    sealed = await counter.sign()
    counter.time += KEPT
    await counter.reading.expire()
    assert await counter.state() == "sealed"
    assert await counter.esign.pdf(CASE, sealed)


async def test_an_interrupted_call_keeps_the_document_for_a_quarter_of_an_hour(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1)
    await counter.hang_up()
    counter.time += KEPT - S
    await counter.reading.expire()
    assert await counter.state() == "presented"
    counter.time += S
    await counter.reading.expire()
    await counter.reading.expire()
    assert await counter.state() == "expired"
    (said,) = await counter.journal("ceremony.expired")
    assert said["facts"]["reason"] == "line"
    assert await counter.kept_and_named() == set()


async def test_while_it_is_interrupted_nothing_is_read_agreed_to_or_signed(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.hang_up()
    counter.call = "call-2"  # a new call, in which nobody knows yet who sits there
    for doing in (
        lambda: counter.shown(1),
        lambda: counter.shown(1, still=True),
        lambda: counter.reading.page_read(CASE, counter.id, 1),
        lambda: counter.reading.here(CASE, counter.id),
        lambda: counter.reading.read_aloud(CASE, counter.id, "machine", "pt"),
        counter.consent,
    ):
        with pytest.raises(CeremonyPaused):
            await doing()
    assert await counter.state() == "presented"


async def test_it_goes_on_in_a_new_call_after_the_citizen_was_identified_in_it(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.hang_up()
    with pytest.raises(NotAllowedNow):
        await counter.reading.resume(CASE, counter.id, by="agent:a")  # nobody is spoken with
    counter.time += KEPT - S
    counter.call = "call-2"
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")
    with pytest.raises(CeremonyPaused):
        await counter.sign()
    counter.known.add("call-2")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    counter.time += S
    await counter.reading.expire()
    assert await counter.state() == "consented"
    await counter.sign()
    (said,) = await counter.journal("ceremony.resumed")
    assert said["facts"]["call"] == "call-2"


async def test_taken_back_and_presented_again_it_still_waits_for_the_identification(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.hang_up()
    counter.call = "call-2"
    await counter.esign.withdraw(CASE, counter.id, by="agent:a", now=counter.time)
    with pytest.raises(IdentityFirst):
        await counter.present()
    assert await counter.state() == "withdrawn", "nothing new is on the screen"
    counter.known.add("call-2")
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    assert await counter.state() == "sealed"


async def test_corrected_in_a_new_call_it_still_waits_for_the_identification(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.hang_up()
    counter.call = "call-2"
    await counter.reading.correct(CASE, counter.id, {"purpose": "申請入學"}, by="agent:a")
    assert await counter.state() == "presented"
    with pytest.raises(CeremonyPaused):
        await counter.shown(1)
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")


@pytest.mark.parametrize("next_call", [None, "call-2"])
async def test_a_form_that_was_being_drawn_while_the_call_broke_waits(
    counter: Counter, next_call: str | None
) -> None:
    photograph = counter.studio.photograph

    async def slowly(pdf: bytes) -> Any:
        await counter.hang_up()
        counter.call = next_call
        return await photograph(pdf)

    counter.studio.photograph = slowly  # type: ignore[method-assign]
    await counter.present()
    assert await counter.state() == "presented"
    with pytest.raises(CeremonyPaused):
        await counter.shown(1)
    counter.call = "call-2"
    with pytest.raises(IdentityFirst):
        await counter.reading.resume(CASE, counter.id, by="agent:a")
    counter.known.add("call-2")
    await counter.reading.resume(CASE, counter.id, by="agent:a")
    await counter.read(1, 2)
    await counter.consent()


async def test_a_corrected_form_is_read_and_agreed_to_anew(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    old = await counter.sha256()
    await counter.consent()
    changed = await counter.reading.correct(
        CASE, counter.id, {"purpose": "申請入學", "applicant_name": "陳大文"}, by="agent:a"
    )
    assert changed == ("purpose",)
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.ceremony_id) == ("presented", counter.id)
    assert shown.sha256 != old
    assert not any(sheet.seen for sheet in shown.sheets)
    for doing in (
        counter.consent(old),
        counter.esign.sign(CASE, counter.id, old, STROKES, counter.time),
    ):
        with pytest.raises((DigestMismatch, NotAllowedNow)):
            await doing
    with pytest.raises(PagesUnseen):
        await counter.consent()
    await counter.read(1, 2)
    with pytest.raises(DigestMismatch):
        await counter.consent(old)
    await counter.consent()
    with pytest.raises(DigestMismatch):
        await counter.esign.sign(CASE, counter.id, old, STROKES, counter.time)
    await counter.sign()
    (said,) = await counter.journal("document.corrected")
    assert said["facts"]["fields"] == ["purpose"]
    assert "入學" not in str(said)
    (here,) = await counter.rows(ceremony_attendance)
    assert (here.corrected, here.revision) == (["purpose"], 2)


async def test_a_corrected_form_is_certified_before_anybody_reads_it(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    certify = counter.parts["certify"]

    async def looks_first(ceremony_id: str) -> None:
        assert await counter.esign.ceremonies(CASE) == () or await counter.state() == "prepared"
        with pytest.raises(NotAllowedNow):
            await counter.consent(old)
        await certify(ceremony_id)

    old = await counter.sha256()
    slow = ReadingService(**{**counter.parts, "certify": looks_first})
    await slow.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")
    assert counter.studio.begun == ["Origin", "Origin"]
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    assert counter.studio.begun[2:] == ["Citizen", "Agent", "Seal"]


async def test_a_node_that_dies_between_correcting_and_certifying_is_made_up_for(
    counter: Counter,
) -> None:
    await counter.present()

    async def dies(ceremony_id: str) -> None:
        raise OSError(ceremony_id)

    half = ReadingService(**{**counter.parts, "certify": dies})
    with pytest.raises(OSError):
        await half.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")
    counter.time += timedelta(minutes=2)
    await counter.esign.resume()
    assert await counter.state() == "presented"
    await counter.read(1, 2)
    await counter.consent()


async def test_a_slow_node_certifies_nothing_that_was_corrected_since(counter: Counter) -> None:
    finish, slow_asks, slow_goes_on = counter.studio.finish, asyncio.Event(), asyncio.Event()

    async def slowly(*words: Any, **named: Any) -> Any:
        if not slow_asks.is_set():
            slow_asks.set()
            await slow_goes_on.wait()
        return await finish(*words, **named)

    counter.studio.finish = slowly  # type: ignore[method-assign]
    presenting = asyncio.create_task(counter.present())
    await slow_asks.wait()
    other = counter.node()
    counter.time += timedelta(minutes=2)
    assert await other.resume() == 1
    (shown,) = await other.ceremonies(CASE)

    async def dies(ceremony_id: str) -> None:
        raise OSError(ceremony_id)

    half = ReadingService(**{**counter.parts, "certify": dies})
    with pytest.raises(OSError):
        await half.correct(CASE, shown.ceremony_id, {"purpose": "other"}, by="agent:a")
    (drawn,) = [row for row in await counter.rows(ceremony) if row.state == "prepared"]
    assert await other.resume() == 0, "somebody may be at it still"
    counter.studio.refusal = OSError("disk")
    counter.time += timedelta(minutes=2)
    with pytest.raises(OSError, match="disk"):
        await other.resume()  # so that the new ticket stands: it is tried again for a while
    counter.studio.refusal = None
    slow_goes_on.set()
    with pytest.raises(NotAllowedNow):
        await presenting
    (ticket,) = await counter.rows(esign_ticket)
    assert (ticket.parent_sha256, ticket.revision_sha256) == (drawn.sha256, None)
    assert await other.resume() == 1
    (shown,) = await other.ceremonies(CASE)
    (ticket,) = await counter.rows(esign_ticket)
    assert (shown.state, shown.sha256) == ("presented", ticket.revision_sha256)
    assert (ticket.parent_sha256, ticket.cleared_at) == (drawn.sha256, counter.time)


async def test_a_correction_that_changes_nothing_leaves_what_was_read(counter: Counter) -> None:
    await counter.present()
    await counter.read(1)
    same = {"purpose": FILLED["purpose"]}
    assert await counter.reading.correct(CASE, counter.id, same, by="agent:a") == ()
    (shown,) = await counter.esign.ceremonies(CASE)
    assert [sheet.seen for sheet in shown.sheets] == [True, False]


@pytest.mark.parametrize(
    "fields, refusal",
    [
        ({"case_number": "B-1"}, FieldUnknown),
        ({"colour": "red"}, FieldUnknown),
        ({"applicant_name": " "}, DataMissing),
    ],
)
async def test_a_correction_is_checked_like_a_form(
    counter: Counter, fields: dict[str, str], refusal: type[Exception]
) -> None:
    await counter.present()
    old = await counter.sha256()
    with pytest.raises(refusal):
        await counter.reading.correct(CASE, counter.id, fields, by="agent:a")
    assert await counter.sha256() == old


async def test_of_two_corrections_at_once_one_has_to_look_again(counter: Counter) -> None:
    await counter.present()
    draw, reading = counter.parts["draw"], counter.reading

    async def draws_slowly(*about: Any) -> Any:
        await reading.correct(CASE, counter.id, {"remarks": "first"}, by="agent:a")
        return await draw(*about)

    slow = ReadingService(**{**counter.parts, "draw": draws_slowly})
    with pytest.raises(DigestMismatch):
        await slow.correct(CASE, counter.id, {"purpose": "second"}, by="agent:a")
    (document,) = await counter.rows(esign_document)
    assert (document.data["remarks"], document.data["purpose"]) == ("first", FILLED["purpose"])


async def test_after_the_ink_nothing_is_corrected(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    await counter.sign()
    with pytest.raises(NotAllowedNow):
        await counter.reading.correct(CASE, counter.id, {"purpose": "other"}, by="agent:a")


async def test_what_was_signed_can_be_voided_and_is_given_out_no_more(counter: Counter) -> None:
    await counter.present()
    with pytest.raises(NotAllowedNow):
        await counter.reading.void(CASE, counter.id, "wrong_person", by="agent:a")
    await counter.read(1, 2)
    await counter.consent()
    sealed = await counter.sign()
    minded: list[Any] = []
    minds = replace(counter.parts["readings"], on_voided=lambda conn, *said: minded.append(said))
    reading = ReadingService(**{**counter.parts, "readings": minds})
    for _ in range(2):
        await reading.void(CASE, counter.id, "wrong_person", by="agent:a")
    assert minded == [(CASE, counter.id, sealed, "agent:a", counter.time)]
    (shown,) = await counter.esign.ceremonies(CASE)
    assert (shown.state, shown.sealed_sha256) == ("voided", sealed)
    with pytest.raises(DocumentUnknown):
        await counter.esign.pdf(CASE, sealed)
    await counter.esign.resume()
    assert sealed in counter.blobs.kept, "nothing is erased"
    (said,) = await counter.journal("ceremony.voided")
    assert (said["actor"], said["facts"]["reason"]) == ("agent:a", "wrong_person")


async def test_what_was_signed_is_sealed_also_when_its_form_has_gone(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    counter.studio.refusal = None
    counter.drawing["forms"] = Forms([])
    newer = counter.node()  # of a version of the product that has this form no more
    assert await newer.resume() == 1
    assert await counter.state() == "sealed"


async def test_what_waits_for_its_seal_can_be_voided_and_is_never_sealed(counter: Counter) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    await counter.reading.void(CASE, counter.id, "citizen_asked", by="agent:a")
    counter.studio.refusal = None
    assert await counter.esign.resume() == 0
    assert await counter.state() == "voided"
    await keeps_for_a_time_what_was_signed(counter)


async def test_what_waits_for_its_seal_and_is_withdrawn_does_not_vanish_at_once(
    counter: Counter,
) -> None:
    await counter.present()
    await counter.read(1, 2)
    await counter.consent()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.sign()
    await counter.esign.withdraw(CASE, counter.id, by="agent:a", now=counter.time)
    assert await counter.state() == "withdrawn"
    await keeps_for_a_time_what_was_signed(counter)


async def keeps_for_a_time_what_was_signed(counter: Counter) -> None:
    """For as long as recordings, and no second longer; and gives it to nobody."""
    (shown,) = await counter.esign.ceremonies(CASE)
    assert shown.sheets == ()
    files = {one.sha256 for one in await counter.rows(esign_revision)}
    assert shown.sha256 in files
    for sha256 in files:
        with pytest.raises(DocumentUnknown):
            await counter.esign.pdf(CASE, sha256)
    images = {one.sha256 for one in await counter.rows(esign_page_image)}
    assert images
    for sha256 in images:
        with pytest.raises(DocumentUnknown):
            await counter.esign.page_image(CASE, sha256)
    (signed,) = await counter.journal("ceremony.signed")
    before = await counter.kept_and_named()
    counter.time += EVIDENCE_KEPT - timedelta(seconds=1)
    await counter.reading.expire()
    await counter.esign.signing.clear(counter.time)
    (ink,) = await counter.rows(ceremony_ink)
    (document,) = await counter.rows(esign_document)
    assert Ink.load(ink.strokes).sha256 == signed["facts"]["ink_sha256"]
    assert document.data and await counter.kept_and_named() == before
    assert {one.hole_sha256 for one in await counter.rows(esign_ticket)} & before
    counter.time += timedelta(seconds=1)
    await counter.reading.expire()
    (ink,) = await counter.rows(ceremony_ink)
    (document,) = await counter.rows(esign_document)
    assert (ink.strokes, document.data) == (None, {})
    assert ink.sha256 == signed["facts"]["ink_sha256"], "that something was signed stays"
    assert await counter.rows(esign_ticket) == []
    assert await counter.kept_and_named() == set()
    (said,) = await counter.journal("ceremony.forgotten")
    assert said["facts"]["days"] == EVIDENCE_KEPT.days
    await counter.reading.expire()
    assert len(await counter.journal("ceremony.forgotten")) == 1


async def test_declining_says_why(counter: Counter) -> None:
    await counter.present()
    await counter.esign.decline(CASE, counter.id, counter.time, "cannot_write")
    (here,) = await counter.rows(ceremony_attendance)
    assert here.reason == "cannot_write"
    (said,) = await counter.journal("ceremony.declined")
    assert said["facts"]["reason"] == "cannot_write"
