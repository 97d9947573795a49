"""Which bytes a case gets."""

from datetime import datetime

import pytest

from counter.esign.refusals import CeremonyUnknown, DocumentUnknown
from counter.esign.signing_refusals import SignatureInvalid
from counter.ids import CaseId
from tests.esign.paper import CASE
from tests.esign.service.paper_counter import Counter


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
