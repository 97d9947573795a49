"""A form until it is on the screen: certified, asked for again, given up."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from counter.errors import NotAllowedNow, Refusal
from counter.esign.certifying_service import CERTIFYING, PRESENTING
from counter.esign.draft import Draft
from counter.esign.form_refusals import DataMissing
from counter.esign.forms import Forms
from counter.esign.refusals import CeremonyOpen
from counter.esign.signing_refusals import CertificateExpired, KeyUnusable, TimestampUnavailable
from counter.esign.store_attendance import NO_CALLS
from counter.esign.store_drafts import begin, bring_back, drafts_of, fill, take
from counter.esign.store_reading import open_before_ink
from counter.esign.store_remains import remains
from counter.esign.store_watched import watched_of
from counter.esign.ticket import ORIGIN, SEAL_KEY
from counter.ids import CaseId, CeremonyId
from tests.esign.conftest import FILLED
from tests.esign.paper import CASE, HEARS
from tests.esign.service.paper_counter import Counter


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
    counter.drawing["forms"] = Forms([])
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
                counter.drawing["forms"].of,
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
