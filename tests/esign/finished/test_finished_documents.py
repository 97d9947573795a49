"""What becomes of a finished document, as everybody hears of it: archived, corrected, taken back.

Each part was tested by itself; here they meet, with real keys, a real archive and a real reader.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from cryptography import x509

from counter.__main__ import main
from counter.app.case_folders import _archived
from counter.errors import NotAllowedNow
from counter.esign import audit_pack
from counter.esign.archive import Level
from counter.esign.attendance import MOMENT
from counter.esign.judging import Judgement
from counter.esign.pki_development import DevelopmentPki
from counter.esign.store_lasting import lasting_of
from counter.esign.store_validation import revoked_later
from counter.store.alerts import open_alerts
from counter.store.journal_sql import read_all
from tests.esign.ceremonies import CASE
from tests.esign.conftest import FILLED, NOW, STROKES
from tests.esign.finished.finished_house import YEAR, ChecksHere, House, Lent, reference_of


@pytest.mark.one_engine
async def test_each_revision_of_the_archive_is_sound_and_bytes_behind_it_are_not(
    house: House,
) -> None:
    sealed = await house.sealed()
    assert await house.judged(sealed) == (Judgement.SOUND, "B_T")
    archived = await house.archived()
    house.passes(YEAR)
    renewed = await house.archived()
    assert archived.startswith(sealed) and renewed.startswith(archived)
    for made in (archived, renewed):
        assert await house.judged(made) == (Judgement.SOUND, "B_LTA")
        assert await house.judged(made, reference_of(house)) == (Judgement.SOUND, "B_LTA")
    assert await house.judged(sealed) == (Judgement.SOUND, "B_T")
    for made in (sealed, archived, renewed):
        for reference in ("", reference_of(house)):
            judgement, _ = await house.judged(made + b"\n%behind\n", reference)
            assert judgement is Judgement.APPENDED


@pytest.mark.one_engine
async def test_a_document_that_was_taken_back_is_never_called_genuine(house: House) -> None:
    sealed = await house.sealed()
    archived = await house.archived()
    house.passes(timedelta(hours=1))
    await house.void()
    for made in (sealed, archived):
        for reference in ("", reference_of(house)):
            said = await house.counter.checks.check(made, reference, house.time)
            assert said.judgement is Judgement.VOIDED
            assert said.recorded is not None
            assert said.recorded.manifest.voided_at == house.time
    # What is not this document is not called it, voided or not.
    assert (await house.judged(sealed + b"more"))[0] is Judgement.APPENDED
    recorded = await house.counter.checks.recorded(reference_of(house))
    assert recorded is not None and recorded.manifest.voided_at == house.time
    # A revision that the archive makes later says so too.
    house.passes(YEAR)
    assert (await house.judged(await house.archived()))[0] is Judgement.VOIDED


async def test_a_pack_from_before_is_made_anew_and_says_that_it_was_taken_back(
    house: House,
) -> None:
    sealed = await house.sealed()
    assert await house.packs.make_due() == 1
    ceremony = await house.ceremony()
    before = await house.packs.pack(CASE, ceremony)
    assert audit_pack.opened(before).record.voided_at is None
    house.passes(timedelta(minutes=1))
    await house.void()
    house.passes(timedelta(minutes=1))
    assert await house.packs.make_due() == 1 and await house.packs.make_due() == 0
    pack = audit_pack.opened(await house.packs.pack(CASE, ceremony))
    assert pack.record.voided_at == house.time - timedelta(minutes=1)
    assert pack.files[audit_pack.DOCUMENT] == sealed
    actions = [json.loads(one["body"])["action"] for one in _events(pack)["entries"]]
    assert actions[-1] == "ceremony.voided" or "ceremony.voided" in actions
    summary = pypdfium2.PdfDocument(pack.files[audit_pack.SUMMARY])[0].get_textpage()
    assert "retirado pelo serviço" in summary.get_text_range()
    first = pypdfium2.PdfDocument(audit_pack.opened(before).files[audit_pack.SUMMARY])[0]
    assert "retirado" not in first.get_textpage().get_text_range()


async def test_a_pack_is_not_kept_that_missed_that_it_was_taken_back(house: House) -> None:
    await house.sealed()
    records = house.packs._records
    done = await records.finished(CASE, await house.ceremony())
    assert done is not None
    await house.void()
    with pytest.raises(NotAllowedNow):
        await records.keep_pack(done, done.newest_sha256, 1, house.time)  # type: ignore[arg-type]


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_the_command_line_says_first_that_it_was_taken_back(
    house: House,
    executor: Any,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    monkeypatch.setattr("counter.app.signed_files.CheckPool", ChecksHere)
    file = tmp_path / "form.pdf"

    async def told(content: bytes, *more: str) -> tuple[int, str]:
        file.write_bytes(content)
        words = ["--root", str(pki.roots[0]), "--at", house.time.isoformat(), "--data"]
        status = await asyncio.to_thread(
            main, ["verify", str(file), *words, str(tmp_path / "var"), *more]
        )
        return status, capsys.readouterr().out.partition("\n")[0]

    sealed, archived = await house.sealed(), await house.archived()
    for made in (sealed, archived):
        assert await told(made, "--record") == (
            0,
            "VALID: signed and sealed, and not changed since",
        )
    house.passes(timedelta(days=1))
    await house.void()
    said = "TAKEN BACK: signed, and taken back by the department on 2026-11-24 02:00:00 UTC"
    for made in (sealed, archived):
        assert await told(made, "--record") == (4, said)
        assert (await told(made))[0] == 3  # nobody was asked
    # A pack that was made since says it without the store.
    pack = await house.packs.pack(CASE, await house.ceremony())
    assert await told(pack) == (4, said)
    assert (await told(pack, "--record")) == (4, said)


async def test_a_corrected_form_keeps_its_code_which_leads_to_what_was_signed(
    house: House,
) -> None:
    esign = house.counter.esign
    ceremony = await esign.present(
        CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=house.time
    )
    first = (await esign.ceremonies(CASE))[0].sha256
    changed = await house.reading.correct(CASE, ceremony, {"purpose": "申請入學"}, by="agent:a")
    assert changed == ("purpose",)
    shown = (await esign.ceremonies(CASE))[0]
    assert shown.sha256 != first
    assert await house.counter.checks.recorded(reference_of(house)) is None
    for sheet in shown.sheets:
        await house.reading.page_shown(CASE, ceremony, sheet.page)
        house.passes(MOMENT)
        await house.reading.page_read(CASE, ceremony, sheet.page)
    await esign.consent(CASE, ceremony, shown.sha256, house.time)
    done = await esign.sign(CASE, ceremony, shown.sha256, STROKES, house.time)
    sealed = await house.counter.blobs.get(done.sha256)
    # Drawn twice with one code, which is on every page of what was signed.
    assert len(set(house.counter.addresses)) == 1
    pages = pypdfium2.PdfDocument(sealed)
    read = {zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())[0].text for page in pages}
    assert read == {house.counter.addresses[-1]}
    recorded = await house.counter.checks.recorded(reference_of(house))
    assert recorded is not None and recorded.sealed_sha256 == done.sha256
    assert (await house.judged(sealed, reference_of(house)))[0] is Judgement.SOUND


@pytest.mark.parametrize("new_executor", ["sqlite"], indirect=True)
async def test_a_certificate_revoked_after_the_seal_does_no_harm_and_is_told_to_who_checks(
    house: House,
    executor: Any,
    pki: DevelopmentPki,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await house.sealed()
    certificate = x509.load_pem_x509_certificate(pki.agent.certificate.read_bytes())
    at = house.time + timedelta(seconds=5)
    house.revocation.revoked.append((certificate.serial_number, at))
    house.passes(timedelta(seconds=30))
    archived = await house.archived()
    (lasting,) = (await house.counter.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == (Level.B_LTA, "")
    assert not await house.counter.executor.read(open_alerts)
    assert await house.judged(archived) == (Judgement.SOUND, "B_LTA")

    monkeypatch.setattr("counter.app.signed_files.plain_executor", lambda *_: Lent(executor))
    monkeypatch.setattr("counter.app.signed_files.CheckPool", ChecksHere)
    file = tmp_path / "form.pdf"
    file.write_bytes(archived)
    words = ["--root", str(pki.roots[0]), "--at", house.time.isoformat(), "--record", "--data"]
    status = await asyncio.to_thread(main, ["verify", str(file), *words, str(tmp_path / "var")])
    told = capsys.readouterr().out
    assert (status, told.partition("\n")[0]) == (
        0,
        "VALID: signed and sealed, and not changed since",
    )
    later = "holds; certificate revoked later, on 2026-11-23 02:00:05 UTC"
    assert [line.strip()[:6] for line in told.splitlines() if later in line] == ["Agent:"]
    bodies = [one.body for one in await executor.read(read_all)]
    assert sum('"revoked_later":"Agent"' in body for body in bodies) == 1
    (told_of,) = (await executor.read(revoked_later, CASE)).values()
    assert told_of == {"Agent": at}


async def test_a_key_that_was_stolen_before_it_signed_stops_the_archive(
    house: House, pki: DevelopmentPki
) -> None:
    """It was revoked later, and the proof says since when it may have been somebody else's."""
    await house.sealed()
    certificate = x509.load_pem_x509_certificate(pki.agent.certificate.read_bytes())
    house.revocation.revoked.append((certificate.serial_number, NOW + timedelta(seconds=5)))
    house.revocation.stolen = NOW - timedelta(days=1)
    house.passes(timedelta(seconds=30))
    assert await house.archive.work_one()
    (lasting,) = (await house.counter.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == (Level.B_T, "certificate_revoked")
    (alert,) = await house.counter.executor.read(open_alerts)
    assert alert.facts["code"] == "certificate_revoked"
    # An authority may forget it one day: the document does not become good by waiting for that.
    house.revocation.revoked.clear()
    house.passes(timedelta(days=1))
    assert not await house.archive.work_one()
    (lasting,) = (await house.counter.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == (Level.B_T, "certificate_revoked")
    assert await house.counter.executor.read(open_alerts) == [alert]


@pytest.mark.one_engine
async def test_a_certificate_revoked_as_it_signed_is_told_to_the_agent_and_to_who_checks(
    house: House, pki: DevelopmentPki
) -> None:
    sealed = await house.sealed()
    certificate = x509.load_pem_x509_certificate(pki.agent.certificate.read_bytes())
    house.revocation.revoked.append((certificate.serial_number, house.time))
    house.passes(timedelta(seconds=30))
    assert await house.archive.work_one()
    (lasting,) = (await house.counter.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == (Level.B_T, "certificate_revoked")
    (alert,) = await house.counter.executor.read(open_alerts)
    assert alert.facts["code"] == "certificate_revoked"
    said = await house.counter.checks.check(sealed, "", house.time)
    assert said.recorded is not None
    assert said.recorded.not_archived == "certificate_revoked"


async def test_what_mends_itself_is_not_told_to_who_checks(house: House) -> None:
    sealed = await house.sealed()
    await house.tsa.stop()
    assert await house.archive.work_one()
    (lasting,) = (await house.counter.executor.read(lasting_of, CASE)).values()
    assert lasting.pending == "timestamp_unavailable"
    said = await house.counter.checks.check(sealed, "", house.time)
    assert said.recorded is not None and said.recorded.not_archived == ""


async def test_the_folder_of_a_case_takes_what_lasts_longest(house: House) -> None:
    await house.sealed()

    async def given() -> tuple[str, ...]:
        (one,) = await house.counter.esign.ceremonies(CASE)
        return await house.counter.executor.read(_archived, one)

    assert await given() == ()
    archived = await house.archived()
    house.passes(YEAR)
    renewed = await house.archived()
    assert [await house.counter.blobs.get(one) for one in await given()] == [archived, renewed]
    await house.void()
    assert await given() == ()


def _events(pack: audit_pack.Pack) -> Any:
    return json.loads(pack.files[audit_pack.EVENTS])
