import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from counter.app.kept_bytes import named_bytes
from counter.errors import BadInput, NotAllowedNow, Refusal
from counter.esign.certifying_service import CERTIFYING, PRESENTING
from counter.esign.draft import Draft
from counter.esign.form_ports import PageImage
from counter.esign.form_refusals import DataMissing
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.ports import CeremonyState
from counter.esign.refusals import (
    CeremonyOpen,
    CeremonyUnknown,
    ClassOutOfReach,
    DigestMismatch,
    DocumentUnknown,
    IdentityTooLow,
    InkMissing,
    PagesUnseen,
)
from counter.esign.service import EsignService
from counter.esign.signing_refusals import (
    CertificateExpired,
    KeyMismatch,
    KeyUnusable,
    SignatureInvalid,
    StampInvalid,
    TimestampUnavailable,
    TokenTooLong,
)
from counter.esign.store_attendance import NO_CALLS
from counter.esign.store_drafts import begin, bring_back, drafts_of, fill, take
from counter.esign.store_reading import open_before_ink
from counter.esign.store_records import SqlRecords
from counter.esign.store_remains import remains
from counter.esign.store_tables import ceremony, ceremony_ink
from counter.esign.store_watched import watched_of
from counter.esign.ticket import (
    AGENT_KEY,
    FIELDS,
    FIELDS_BEFORE,
    KEYS,
    ORIGIN,
    SEAL_KEY,
    WITNESS_KEY,
    CertificateChain,
    Witness,
)
from counter.ids import CaseId, CeremonyId
from counter.store.executor import Executor
from counter.store.journal_sql import check, read_all
from counter.store.session_log import tail
from tests.esign.ceremonies import add_case
from tests.esign.conftest import FILLED, STROKES
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio

CASE = CaseId("case-1")
HEARS = "terminal:1"


class Counter:
    """The service on a fresh store, with a paper studio."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        forms: Forms,
        glyphs: GlyphTable,
        now: datetime,
    ) -> None:
        self.time = now
        "What the service's clock shows."
        self.witness = Witness(agent_id="lei", name="李慧敏", level="L2")
        "Who serves, and the level reached."
        self.executor = executor
        self.studio = PaperStudio()
        self.blobs = HeapBlobs()
        self.keys = {name: PaperKey() for name in KEYS}
        self.parts: dict[str, Any] = {"forms": forms, "glyphs": glyphs, "new_id": new_id}
        self.service = self.started()

    def started(self) -> EsignService:
        """Return the service as a freshly started node has it."""
        records = SqlRecords(
            executor=self.executor,
            audiences=lambda conn, case_id: [HEARS],
            witness_of=lambda conn, case_id: self.witness,
        )
        return EsignService(
            records=records,
            blobs=self.blobs,
            studio=self.studio,
            keys=self.keys,
            stamps=self.studio,
            clock=lambda: self.time,
            levels=self,
            **self.parts,
        )

    async def level(self, case_id: CaseId) -> str:
        return self.witness.level

    async def present(self, now: datetime, case_id: CaseId = CASE) -> tuple[str, str]:
        """Answer (ceremony id, digest of the document on the screen)."""
        ceremony_id = await self.service.present(
            case_id, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=now
        )
        return ceremony_id, (await self.service.ceremonies(case_id))[0].sha256

    async def to_state(self, state: str, now: datetime) -> tuple[str, str]:
        """Bring a new ceremony into `state`."""
        ceremony_id, sha256 = await self.present(now)
        service = self.service
        if state == "declined":
            await service.decline(CASE, ceremony_id, now)
        elif state == "withdrawn":
            await service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
        elif state != "presented":
            for page in (1, 2):
                await service.page_seen(CASE, ceremony_id, page, now)
            await service.consent(CASE, ceremony_id, sha256, now)
            if state == "signing":
                self.studio.refusal = TimestampUnavailable("down")
                with pytest.raises(TimestampUnavailable):
                    await service.sign(CASE, ceremony_id, sha256, STROKES, now)
                self.studio.refusal = None
            elif state == "sealed":
                await service.sign(CASE, ceremony_id, sha256, STROKES, now)
        assert await self.state() == state
        return ceremony_id, sha256

    async def state(self) -> str:
        return (await self.service.ceremonies(CASE))[0].state

    async def actions(self) -> list[str]:
        entries = await self.executor.read(read_all)
        return [entry.body.split('"action":"')[1].split('"')[0] for entry in entries]

    async def kept_ink(self) -> str | None:
        def query(conn: Connection) -> str | None:
            return conn.execute(select(ceremony_ink.c.strokes)).scalar_one()

        return await self.executor.read(query)


@pytest.fixture
def counter(
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
) -> Counter:
    return Counter(executor, new_id, forms, glyphs, now)


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


async def test_what_is_read_is_what_the_department_certified(
    counter: Counter, now: datetime
) -> None:
    _, sha256 = await counter.present(now)
    assert counter.blobs.kept[sha256].endswith(f" certified {now}".encode())
    assert counter.studio.begun == [ORIGIN]
    (shown,) = await counter.service.ceremonies(CASE)
    for sheet in shown.sheets:
        assert counter.blobs.kept[sheet.sha256].endswith(counter.blobs.kept[sha256])


async def test_the_agent_s_word_has_level_and_case_as_they_were_when_the_ink_came(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("signing", now)
    was = counter.witness
    counter.witness = Witness(agent_id="ana", name="Ana", level="L0")
    signed = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert f" witnessed {was} A-0042".encode() in counter.blobs.kept[signed.sha256]


async def test_a_name_that_cannot_be_drawn_gives_way_to_the_number(
    counter: Counter, now: datetime
) -> None:
    counter.witness = replace(counter.witness, name="\U0003134a")
    ceremony_id, sha256 = await counter.to_state("consented", now)
    signed = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    told = f" witnessed {replace(counter.witness, name='')}"
    assert told.encode() in counter.blobs.kept[signed.sha256]


async def test_an_agent_with_a_key_of_his_own_witnesses_with_it(
    counter: Counter, now: datetime
) -> None:
    counter.keys["agent:lei"] = PaperKey()
    await counter.to_state("sealed", now)
    assert len(counter.keys["agent:lei"].asked) == 1
    assert not counter.keys[AGENT_KEY].asked


async def test_a_department_s_own_keys_sign_its_forms_and_nobody_else_s(
    counter: Counter, now: datetime
) -> None:
    own = {name: PaperKey() for name in ("seal:dsi", "witness:dsi", "seal:dsf", "witness:dsf")}
    counter.keys |= own
    await counter.executor.write(add_case, CASE, now)  # of the DSI
    await counter.to_state("sealed", now)
    asked = {name: len(key.asked) for name, key in counter.keys.items() if key.asked}
    assert asked == {"seal:dsi": 2, "witness:dsi": 1, AGENT_KEY: 1}


async def test_a_form_that_cannot_be_certified_is_on_no_screen(
    counter: Counter, now: datetime
) -> None:
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.present(now)
    counter.studio.refusal = None
    (gone,) = await counter.service.ceremonies(CASE)
    assert (gone.state, gone.sheets) == ("withdrawn", ())
    assert not any(content.endswith(b" hole") for content in counter.blobs.kept.values())
    await counter.present(now)


async def test_a_node_that_dies_before_the_form_is_certified_presents_it_when_it_starts_again(
    counter: Counter, now: datetime
) -> None:
    key = counter.keys[SEAL_KEY]
    key.dies = True
    dying = asyncio.create_task(counter.present(now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await counter.service.ceremonies(CASE) == ()

    key.dies = False
    node = counter.started()
    assert await node.resume() == 0, "somebody may be at it still"
    counter.time = now + timedelta(hours=1)
    assert await node.resume() == 1
    assert key.asked[0] == key.asked[1]
    assert counter.studio.begun == [ORIGIN], "never a second hole"
    (shown,) = await node.ceremonies(CASE)
    assert shown.state == "presented" and len(shown.sheets) == 2
    assert not any(content.endswith(b" hole") for content in counter.blobs.kept.values())


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (TimestampUnavailable("down"), "not_certified"),
        (KeyUnusable("gone"), "seal_unfit"),
        (CertificateExpired("over"), "seal_unfit"),
    ],
)
async def test_what_can_not_be_certified_is_taken_back_told_and_a_draft_again(
    counter: Counter, now: datetime, refusal: Refusal, reason: str
) -> None:
    key = counter.keys[SEAL_KEY]
    key.dies = True
    dying = asyncio.create_task(counter.present(now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    key.dies = False
    counter.studio.refusal = refusal
    node = counter.started()
    counter.time = now + PRESENTING - timedelta(seconds=1)
    assert await node.resume() == 0
    assert await node.ceremonies(CASE) == (), "somebody may be at it still"
    counter.time = now + PRESENTING
    with pytest.raises(type(refusal)):
        await node.resume()
    (shown,) = await node.ceremonies(CASE)
    assert (shown.state, shown.sheets) == ("withdrawn", ())
    watched = await counter.executor.read(watched_of, CASE, NO_CALLS)
    assert watched[shown.ceremony_id].reason == reason
    (draft,) = await counter.executor.read(drafts_of, CASE)
    assert draft.shown and draft.form == "certificate_application"
    typed = {field.name for field in node.form(draft.form).typed}
    assert {name: one.text for name, one in draft.typed.items()} == {
        name: text for name, text in FILLED.items() if name in typed and text
    }
    # Nothing of it waits any more: another form can be presented at once.
    counter.studio.refusal = None
    assert await node.resume() == 0
    await counter.present(now)
    assert await counter.state() == "presented"


async def test_a_form_that_is_gone_is_taken_back_too_and_is_no_draft(
    counter: Counter, now: datetime
) -> None:
    key = counter.keys[SEAL_KEY]
    key.dies = True
    dying = asyncio.create_task(counter.present(now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    key.dies = False
    counter.studio.refusal = KeyUnusable("gone")
    counter.parts["forms"] = Forms([])
    counter.time = now + PRESENTING
    node = counter.started()
    with pytest.raises(KeyUnusable):
        await node.resume()
    (shown,) = await node.ceremonies(CASE)
    assert (shown.state, shown.sheets) == ("withdrawn", ())
    watched = await counter.executor.read(watched_of, CASE, NO_CALLS)
    assert watched[shown.ceremony_id].reason == "seal_unfit"
    assert await counter.executor.read(drafts_of, CASE) == ()
    assert await node.resume() == 0


async def test_a_fault_without_a_name_is_tried_for_five_minutes(
    counter: Counter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = counter.keys[SEAL_KEY]
    key.dies = True
    dying = asyncio.create_task(counter.present(now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    key.dies = False

    async def full(*words: Any, **named: Any) -> bytes:
        raise OSError("disk")

    monkeypatch.setattr(counter.studio, "finish", full)
    for after, over in ((CERTIFYING - timedelta(seconds=1), False), (CERTIFYING, True)):
        counter.time = now + after
        with pytest.raises(OSError, match="disk"):
            await counter.service.resume()
        assert bool(await counter.service.ceremonies(CASE)) == over


async def test_of_what_could_not_be_presented_at_all_nothing_stays(
    counter: Counter, now: datetime
) -> None:
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.present(now)
    (left,) = await counter.executor.read(remains, now)
    assert left.case_id == CASE and left.files


async def test_asking_again_with_the_same_id_goes_on_with_what_is_drawn(
    counter: Counter, now: datetime
) -> None:
    async def present() -> str:
        return await counter.service.present(
            CASE,
            "certificate_application",
            FILLED,
            "pt",
            by="agent:a",
            now=now,
            ceremony_id=CeremonyId("key-1"),
        )

    key = counter.keys[SEAL_KEY]
    key.dies = True
    dying = asyncio.create_task(present())
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    key.dies = False
    assert await present() == "key-1"
    assert await counter.state() == "presented"
    assert counter.studio.begun == [ORIGIN]


async def test_asking_again_for_what_was_given_up_is_refused_and_its_draft_is_there(
    counter: Counter, now: datetime
) -> None:
    form = counter.service.form("certificate_application")
    filled = {one.name: FILLED[one.name] for one in form.typed if FILLED.get(one.name)}

    def heard(conn: Connection, case_id: str) -> list[str]:
        return [HEARS]

    async def present() -> str:
        def looked_at(draft: Draft) -> dict[str, str]:
            return {name: one.text for name, one in draft.typed.items()}

        write = counter.executor.write
        data = await write(take, heard, CASE, "draft-1", looked_at, now=now)
        try:
            return await counter.service.present(
                CASE,
                form.id,
                {**FILLED, **data},
                "pt",
                by="agent:a",
                now=now,
                ceremony_id=CeremonyId("key-1"),
            )
        except Refusal:
            await write(bring_back, heard, CASE, "draft-1", now=now)
            raise

    def begun(conn: Connection) -> None:
        begin(conn, heard, "draft-1", CASE, form, by="agent:a", now=now)
        for name, text in filled.items():
            writes = next(one.filled_by for one in form.fields if one.name == name)
            fill(
                conn,
                heard,
                CASE,
                "draft-1",
                counter.parts["forms"].of,
                name=name,
                written=text,
                version=0,
                writes=writes,
                now=now,
            )

    await counter.executor.write(begun)
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await present()
    counter.studio.refusal = None
    # Its answer was lost; the same key comes again.
    with pytest.raises(NotAllowedNow):
        await present()
    (shown,) = await counter.service.ceremonies(CASE)
    assert shown.state == "withdrawn"
    watched = await counter.executor.read(watched_of, CASE, NO_CALLS)
    assert watched[shown.ceremony_id].reason == "not_certified"
    (draft,) = await counter.executor.read(drafts_of, CASE)
    assert draft.shown and draft.draft_id == "draft-1"
    assert {name: one.text for name, one in draft.typed.items()} == filled


async def test_a_visit_that_ends_while_the_form_is_certified_ends_the_form(
    counter: Counter, now: datetime
) -> None:
    counter.studio.hold()
    presenting = asyncio.create_task(counter.present(now))
    await counter.studio.seal_begun.wait()
    (waiting,) = await counter.executor.read(open_before_ink, CASE)
    await counter.service.withdraw(CASE, waiting, by="citizen:left", now=now)
    counter.studio.may_seal.set()
    with pytest.raises(NotAllowedNow):
        await presenting
    assert await counter.service.ceremonies(CASE) == ()
    assert "document.presented" not in await counter.actions()


async def test_a_ceremony_from_before_ends_with_the_two_signatures_it_began_with(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    counter.studio.begun.clear()

    def as_before(conn: Connection) -> None:
        conn.execute(update(ceremony).values(fields=None, presented_by=None))

    await counter.executor.write(as_before)
    signed = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert counter.studio.begun == list(FIELDS_BEFORE)
    assert b"witnessed" not in counter.blobs.kept[signed.sha256]
    assert await counter.state() == "sealed"


def demanding(counter: Counter, **demands: str) -> None:
    """Let the form demand something."""
    forms = [form.model_copy(update=demands) for form in counter.parts["forms"].all()]
    counter.parts["forms"] = Forms(forms)
    counter.service = counter.started()


async def test_a_level_that_is_too_low_is_refused_before_anything_is_drawn(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_level="L3")
    with pytest.raises(IdentityTooLow):
        await counter.present(now)
    assert not counter.blobs.kept and await counter.actions() == []
    counter.witness = replace(counter.witness, level="L3")
    await counter.present(now)


async def test_a_level_that_was_taken_back_is_refused_before_consent(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_class="advanced")
    ceremony_id, sha256 = await counter.present(now)
    for page in (1, 2):
        await counter.service.page_seen(CASE, ceremony_id, page, now)
    counter.witness = replace(counter.witness, level="L0")
    with pytest.raises(IdentityTooLow):
        await counter.service.consent(CASE, ceremony_id, sha256, now)
    assert await counter.state() == "presented"


async def test_a_level_that_was_taken_back_after_consent_keeps_the_pen_from_writing(
    counter: Counter, now: datetime
) -> None:
    """Also where the ink would be enough for the class that the form demands."""
    demanding(counter, minimum_level="L2")
    counter.witness = replace(counter.witness, level="L2")
    ceremony_id, sha256 = await counter.to_state("consented", now)
    counter.witness = replace(counter.witness, level="L0")
    with pytest.raises(IdentityTooLow):
        await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert await counter.state() == "consented"
    counter.witness = replace(counter.witness, level="L2")
    await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert await counter.state() == "sealed"


async def test_a_class_that_nothing_here_gives_is_refused_before_anything_is_drawn(
    counter: Counter, now: datetime
) -> None:
    demanding(counter, minimum_class="qualified")
    with pytest.raises(ClassOutOfReach):
        await counter.present(now)
    assert not counter.blobs.kept and await counter.actions() == []


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


async def test_missing_data_is_refused_before_anything_is_drawn(
    counter: Counter, now: datetime
) -> None:
    with pytest.raises(DataMissing) as refused:
        await counter.service.present(
            CASE, "certificate_application", {}, "pt", by="agent:a", now=now
        )
    assert "applicant_name" in refused.value.names
    assert "date" not in refused.value.names
    assert await counter.service.ceremonies(CASE) == ()
    assert not counter.blobs.kept


async def test_one_form_at_a_time_and_the_next_one_after_it(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, _ = await counter.present(now)
    with pytest.raises(CeremonyOpen):
        await counter.present(now)
    await counter.present(now, CaseId("case-2"))
    await counter.service.decline(CASE, ceremony_id, now)
    second, _ = await counter.present(now)
    assert [one.ceremony_id for one in await counter.service.ceremonies(CASE)] == [
        second,
        ceremony_id,
    ]


async def test_two_forms_presented_at_once_are_one(counter: Counter, now: datetime) -> None:
    answers = await asyncio.gather(
        *(counter.present(now + timedelta(seconds=i)) for i in range(3)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [type(one) for one in refused] == [CeremonyOpen, CeremonyOpen]
    assert len(await counter.service.ceremonies(CASE)) == 1


async def test_presenting_again_with_the_same_id_is_the_same_ceremony(
    counter: Counter, now: datetime
) -> None:
    async def present(case_id: CaseId = CASE) -> str:
        return await counter.service.present(
            case_id,
            "certificate_application",
            FILLED,
            "pt",
            by="agent:a",
            now=now,
            ceremony_id=CeremonyId("key-1"),
        )

    assert set(await asyncio.gather(present(), present())) == {"key-1"}
    assert await present() == "key-1"
    assert len(await counter.service.ceremonies(CASE)) == 1
    assert await counter.actions() == ["document.prepared", "document.presented"]
    with pytest.raises(CeremonyOpen):
        await present(CaseId("case-2"))


async def test_without_timestamps_nothing_is_presented_or_agreed_to(
    counter: Counter, now: datetime
) -> None:
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.present(now)
    assert await counter.state() == "withdrawn"

    counter.studio.refusal = None
    ceremony_id, sha256 = await counter.present(now)
    for page in (1, 2):
        await counter.service.page_seen(CASE, ceremony_id, page, now)
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.service.consent(CASE, ceremony_id, sha256, now)
    assert await counter.state() == "presented"


async def test_ink_outlives_an_outage_and_signing_again_goes_on(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("signing", now)
    assert await counter.kept_ink()
    other_ink = [[(0.0, 0.0, 0.0, 1.0), (90.0, 90.0, 9.0, 1.0)]]
    signed = await counter.service.sign(CASE, ceremony_id, sha256, other_ink, now)
    assert await counter.state() == "sealed"
    assert await counter.kept_ink() is None, "the strokes are in the document and nowhere else"
    again = await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    assert again == signed
    assert counter.studio.sealings == 1


async def test_a_node_killed_between_ink_and_seal_finishes_once_when_it_starts_again(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    counter.studio.hold()
    dying = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await counter.studio.seal_begun.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert await counter.state() == "signing"

    counter.studio.may_seal.set()
    node = counter.started()
    later = counter.time = now + timedelta(hours=1)
    assert await node.resume() == 1
    assert await node.resume() == 0
    assert counter.studio.sealings == 1
    (done,) = await node.ceremonies(CASE)
    assert done.state == "sealed"
    assert done.sealed_sha256 is not None
    pdf = await node.pdf(CASE, done.sealed_sha256)
    assert f"{now} witnessed".encode() in pdf, "the ink keeps its own time"
    assert pdf.endswith(f" sealed {later}".encode())


@pytest.mark.parametrize("name", KEYS)
async def test_a_node_that_dies_while_a_key_is_asked_asks_again_for_the_same_hash(
    counter: Counter, now: datetime, name: str
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    key = counter.keys[name]
    key.asked.clear()
    key.has_signed.clear()
    key.dies = True
    dying = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    key.dies = False
    counter.time = now + timedelta(hours=1)
    assert await counter.started().resume() == 1
    assert len(key.asked) == 2 and key.asked[0] == key.asked[1]
    assert counter.studio.begun == list(FIELDS), "never a second hole"
    assert await counter.state() == "sealed"


async def test_a_value_that_is_known_is_not_asked_for_again(
    counter: Counter, now: datetime
) -> None:
    await counter.to_state("signing", now)
    assert len(counter.keys[WITNESS_KEY].asked) == 1, "signed; the timestamp was missing"
    assert await counter.started().resume() == 1
    assert len(counter.keys[WITNESS_KEY].asked) == 1
    assert counter.studio.begun == list(FIELDS)


async def test_a_key_that_was_changed_in_between_does_not_sign_what_was_begun(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    key = counter.keys[WITNESS_KEY]
    key.dies = True
    dying = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await key.has_signed.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    key.dies, key.chain = False, CertificateChain(certificate=b"another", issuers=())
    with pytest.raises(KeyMismatch):
        await counter.started().resume()
    assert len(key.asked) == 1
    await counter.service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
    assert await counter.state() == "withdrawn"


@pytest.mark.parametrize("end", ["sealed", "withdrawn"])
async def test_no_document_with_a_hole_is_left_behind_once_it_is_sealed(
    counter: Counter, now: datetime, end: str
) -> None:
    ceremony_id, _ = await counter.to_state("signing", now)
    assert any(content.endswith(b" hole") for content in counter.blobs.kept.values())
    if end == "sealed":
        await counter.service.resume()
    else:
        await counter.service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
    held = any(content.endswith(b" hole") for content in counter.blobs.kept.values())
    assert held == (end == "withdrawn"), "what was signed and never sealed is evidence for a time"


async def test_two_nodes_that_seal_at_once_agree_on_one_document(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("signing", now)
    nodes = [counter.started(), counter.started()]
    await asyncio.gather(*(node.resume() for node in nodes))
    answers = [await node.sign(CASE, ceremony_id, sha256, STROKES, now) for node in nodes]
    assert answers[0] == answers[1]
    assert (await counter.actions()).count("document.sealed") == 1


@pytest.mark.parametrize("problem", [TokenTooLong("11 bytes"), OSError("full")])
async def test_whatever_is_wrong_with_one_the_others_are_sealed(
    counter: Counter, now: datetime, problem: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.to_state("signing", now)
    other = CaseId("case-2")
    ceremony_id, sha256 = await counter.present(now + timedelta(seconds=1), other)
    for page in (1, 2):
        await counter.service.page_seen(other, ceremony_id, page, now)
    await counter.service.consent(other, ceremony_id, sha256, now)
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(Refusal):
        await counter.service.sign(other, ceremony_id, sha256, STROKES, now)
    counter.studio.refusal = None
    stamp, failing = counter.studio.stamp, [problem]

    async def fails_once(*words: Any, **named: Any) -> bytes:
        if failing:
            raise failing.pop()
        return await stamp(*words, **named)

    monkeypatch.setattr(counter.studio, "stamp", fails_once)
    with pytest.raises(type(problem)):
        await counter.started().resume()
    states = {await counter.state(), (await counter.service.ceremonies(other))[0].state}
    assert states == {"sealed", "signing"}, "whichever came first failed, the other one did not"


async def test_one_bad_document_does_not_hold_up_the_others(
    counter: Counter, now: datetime
) -> None:
    await counter.to_state("signing", now)
    other = CaseId("case-2")
    ceremony_id, sha256 = await counter.present(now + timedelta(seconds=1), other)
    for page in (1, 2):
        await counter.service.page_seen(other, ceremony_id, page, now)
    await counter.service.consent(other, ceremony_id, sha256, now)
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(Refusal):
        await counter.service.sign(other, ceremony_id, sha256, STROKES, now)
    counter.studio.refusal = None
    first = (await counter.service.ceremonies(CASE))[0].sha256
    begun = counter.blobs.kept[first]
    hole = next(
        sha256
        for sha256, content in counter.blobs.kept.items()
        if content.startswith(begun) and content.endswith(b" hole")
    )
    counter.blobs.kept[hole] = b"not what was kept"
    with pytest.raises(SignatureInvalid):
        await counter.started().resume()
    assert (await counter.service.ceremonies(other))[0].state == "sealed"
    assert await counter.state() == "signing"


@pytest.mark.parametrize(
    ("unfit", "tokens"), [(StampInvalid("its token"), 1), (SignatureInvalid("the signer's"), 0)]
)
async def test_whose_token_does_not_verify_is_not_asked_next_and_nobody_else(
    counter: Counter,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    unfit: SignatureInvalid,
    tokens: int,
) -> None:
    await counter.to_state("signing", now)

    async def unsound(*words: Any) -> bytes:
        raise unfit

    monkeypatch.setattr(counter.studio, "finish", unsound)
    with pytest.raises(SignatureInvalid):
        await counter.service.resume()
    assert [token[:3] for token in counter.studio.distrusted] == [b"at "] * tokens


async def test_the_time_is_read_when_it_is_needed_however_long_a_round_takes(
    counter: Counter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await counter.to_state("signing", now)
    stamp, shown = counter.studio.stamp, []

    async def slow(digest: bytes, at: datetime, *, room_bytes: int) -> bytes:
        shown.append(at)
        counter.time += timedelta(minutes=2)
        return await stamp(digest, at, room_bytes=room_bytes)

    monkeypatch.setattr(counter.studio, "stamp", slow)
    assert await counter.service.resume() == 1
    assert shown == [now + timedelta(minutes=two) for two in (0, 2, 4)]


async def test_a_form_withdrawn_while_it_is_sealed_stays_withdrawn(
    counter: Counter, now: datetime
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    counter.studio.hold()
    signing = asyncio.create_task(counter.service.sign(CASE, ceremony_id, sha256, STROKES, now))
    await counter.studio.seal_begun.wait()
    await counter.service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
    counter.studio.may_seal.set()
    with pytest.raises(NotAllowedNow):
        await signing
    assert await counter.state() == "withdrawn"
    assert await counter.kept_ink() is not None, "a signature that was given is evidence"


async def test_of_a_form_withdrawn_while_it_is_photographed_no_row_has_a_page_with_ink(
    counter: Counter, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony_id, sha256 = await counter.to_state("consented", now)
    (shown,) = await counter.service.ceremonies(CASE)
    photograph, pages = counter.studio.photograph, list[str]()

    async def withdrawn(pdf: bytes) -> tuple[PageImage, ...]:
        await counter.service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
        of_both = await photograph(pdf)
        pages.append(hashlib.sha256(of_both[1].image).hexdigest())
        unchanged = counter.blobs.kept[shown.sheets[0].sha256]
        return (replace(of_both[0], image=unchanged), of_both[1])

    monkeypatch.setattr(counter.studio, "photograph", withdrawn)
    with pytest.raises(NotAllowedNow):
        await counter.service.sign(CASE, ceremony_id, sha256, STROKES, now)
    (inked,) = pages
    assert inked in counter.blobs.kept
    assert inked not in await counter.executor.read(named_bytes(), inked[:2]), "is collected"
    for sheet in shown.sheets:
        assert sheet.sha256 in counter.blobs.kept, "those of the bare form stay"
        with pytest.raises(DocumentUnknown):
            await counter.service.page_image(CASE, sheet.sha256)


async def test_another_case_gets_nothing(counter: Counter, now: datetime) -> None:
    ceremony_id, sha256 = await counter.to_state("sealed", now)
    (shown,) = await counter.service.ceremonies(CASE)
    foreign = CaseId("case-2")
    for asked in (sha256, shown.sealed_sha256, "0" * 64, "../x"):
        with pytest.raises(DocumentUnknown):
            await counter.service.pdf(foreign, str(asked))
    with pytest.raises(DocumentUnknown):
        await counter.service.page_image(foreign, shown.sheets[0].sha256)
    with pytest.raises(CeremonyUnknown):
        await counter.service.page_seen(foreign, ceremony_id, 1, now)
    with pytest.raises(CeremonyUnknown):
        await counter.service.consent(foreign, ceremony_id, sha256, now)


async def test_a_half_signed_document_is_not_given_out(counter: Counter, now: datetime) -> None:
    await counter.to_state("sealed", now)
    half = [
        sha256
        for sha256, content in counter.blobs.kept.items()
        if b" signed 1" in content and b"sealed" not in content and b"page" not in content
    ]
    assert len(half) == 2, "with the ink, and with the agent's word"
    for one in half:
        with pytest.raises(DocumentUnknown):
            await counter.service.pdf(CASE, one)


async def test_bytes_changed_on_the_disk_are_not_given_out(counter: Counter, now: datetime) -> None:
    await counter.to_state("sealed", now)
    (shown,) = await counter.service.ceremonies(CASE)
    assert shown.sealed_sha256 is not None
    counter.blobs.kept[shown.sealed_sha256] += b" "
    with pytest.raises(SignatureInvalid):
        await counter.service.pdf(CASE, shown.sealed_sha256)
