"""What follows the pen and needs nobody: outages, deaths, other nodes."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from counter.app.kept_bytes import named_bytes
from counter.errors import NotAllowedNow, Refusal
from counter.esign.form_ports import PageImage
from counter.esign.refusals import DocumentUnknown
from counter.esign.signing_refusals import (
    KeyMismatch,
    SignatureInvalid,
    StampInvalid,
    TimestampUnavailable,
    TokenTooLong,
)
from counter.esign.store_tables import ceremony
from counter.esign.ticket import FIELDS, FIELDS_BEFORE, KEYS, WITNESS_KEY, CertificateChain
from counter.ids import CaseId
from tests.esign.conftest import STROKES
from tests.esign.paper import CASE
from tests.esign.service.paper_counter import Counter


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
