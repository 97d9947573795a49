"""Real Typst, real keys, a real time-stamping service over HTTP, and three judges."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from counter.esign import sign_pool
from counter.esign.forms import Forms
from counter.esign.ink import ink
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.refusals import (
    CertificateExpired,
    ClockWrong,
    FormUndrawable,
    KeyMismatch,
    SignatureInvalid,
    SignerUnavailable,
    TimestampUnavailable,
)
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CITIZEN, SEAL, InkAct
from counter.esign.verify_pyhanko import verify
from tests.esign.conftest import FILLED, NOW, STROKES, SealedForm, Tsa, seal

DATA = {**FILLED, "remarks": ""}
MACAU = "certificate_application"


async def sealed_form(
    pool: SignPool, stamps: HttpStamps, forms: Forms, form: str = MACAU
) -> SealedForm:
    chosen = forms.of(form)
    prepared = await pool.prepare(chosen, DATA, "zh-Hant", NOW)
    return await seal(
        pool, stamps, prepared.pdf, chosen, DATA, signed_at=NOW, now=NOW + timedelta(seconds=1)
    )


def pdfsig(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "judged.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, timeout=60, check=False)
    return told.stdout.decode()


@pytest.mark.parametrize("form", [MACAU, "hengqin_application"])
async def test_a_sealed_form_is_accepted_by_pyhanko_pdfsig_and_qpdf(
    pool: SignPool, stamps: HttpStamps, forms: Forms, form: str, tsa: Tsa, tmp_path: Path
) -> None:
    done = await sealed_form(pool, stamps, forms, form)
    assert tsa.asked == 2, "one request per signature and no other"

    citizen, seal = await pool.verify(done.sealed, NOW)
    assert (citizen.field, seal.field) == ("Citizen", "Seal")
    assert citizen.sound and seal.sound
    assert citizen.timestamp == seal.timestamp == NOW
    assert seal.covers_file and not citizen.covers_file
    assert "Witness of Handwriting" in citizen.signer
    assert "Department Seal" in seal.signer

    said = pdfsig(done.sealed, tmp_path)
    assert said.count("Signature Validation: Signature is Valid.") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert "Total document signed" in said
    checked = subprocess.run(
        ["qpdf", "--check", tmp_path / "judged.pdf"], capture_output=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout


async def test_signing_only_appends(pool: SignPool, stamps: HttpStamps, forms: Forms) -> None:
    chosen = forms.of(MACAU)
    prepared = await pool.prepare(chosen, DATA, "pt", NOW)
    done = await seal(pool, stamps, prepared.pdf, chosen, DATA, signed_at=NOW, now=NOW)
    assert done.signed.startswith(prepared.pdf)
    assert done.sealed.startswith(done.signed)


async def test_signing_keeps_the_marks_tags_and_embedded_fonts(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    done = await sealed_form(pool, stamps, forms)
    with pikepdf.open(io.BytesIO(done.sealed)) as pdf:
        marks = pdf.open_metadata()
        assert (marks["pdfaid:part"], marks["pdfaid:conformance"]) == ("2", "A")
        assert marks["pdfuaid:part"] == "1"
        assert all("/StructParent" in field for field in pdf.Root.AcroForm.Fields)
        fonts = {
            str(thing.get("/BaseFont", thing.get("/FontName")))
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary)
            and thing.get("/Type") in ("/Font", "/FontDescriptor")
        }
        assert fonts
        assert all("NotoSansCJKtc" in font for font in fonts)
        certified = pdf.Root.Perms.DocMDP
        assert int(certified.Reference[0].TransformParams.P) == 2


async def test_ink_and_seal_can_be_seen(pool: SignPool, stamps: HttpStamps, forms: Forms) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    done = await sealed_form(pool, stamps, forms)
    assert prepared.pages[0].image == done.pages[0].image
    assert prepared.pages[1].image != done.pages[1].image


async def test_bytes_behind_the_end_show_as_not_covered(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    done = await sealed_form(pool, stamps, forms)
    verdicts = await pool.verify(done.sealed + b"more" * 10, NOW)
    assert not verdicts[-1].covers_file


async def test_what_is_no_pdf_has_no_verdict(pool: SignPool) -> None:
    for junk in (b"", b"%PDF-1.7\n", b"GIF89a"):
        with pytest.raises(SignatureInvalid):
            await pool.verify(junk, NOW)


async def test_a_stranger_s_certificate_is_not_trusted(
    pool: SignPool, stamps: HttpStamps, forms: Forms, tmp_path: Path
) -> None:
    done = await sealed_form(pool, stamps, forms)
    strangers = ensure(tmp_path / "strangers", NOW)
    roots = [load_certificate(path.read_bytes()) for path in strangers.signing.roots]
    verdicts = await verify(done.sealed, roots, NOW)
    assert [verdict.sound for verdict in verdicts] == [False, False]
    assert "not trusted" in verdicts[0].why


async def test_a_document_outlives_the_certificate_that_signed_it_while_its_timestamp_holds(
    forms: Forms, tmp_path: Path
) -> None:
    ensure(tmp_path / "keys", NOW)
    later = NOW + timedelta(days=900)
    for file in (tmp_path / "keys").rglob("tsa.*"):
        file.unlink()
    pki = ensure(tmp_path / "keys", later)  # only the time-stamping service gets a new one
    pool, tsa = SignPool(pki.signing), Tsa(pki)
    tsa.time = later
    await tsa.start()
    stamps = HttpStamps([tsa.url], new_nonce=count(1).__next__)
    try:
        form = forms.of(MACAU)
        prepared = await pool.prepare(form, DATA, "zh-Hant", later)
        done = await seal(pool, stamps, prepared.pdf, form, DATA, signed_at=later, now=later)
    finally:
        await stamps.close()
        await tsa.stop()
        await pool.close()
    roots = [load_certificate(path.read_bytes()) for path in pki.signing.roots]

    async def sound(at: datetime) -> list[bool]:
        return [verdict.sound for verdict in await verify(done.sealed, roots, at)]

    assert await sound(later) == [True, True]
    assert await sound(NOW + timedelta(days=4 * 365)) == [True, True], "expired since"
    assert await sound(later + timedelta(days=4 * 365)) == [False, False], "so did the timestamp's"


async def test_without_timestamps_nothing_is_signed(
    pool: SignPool, stamps: HttpStamps, forms: Forms, tsa: Tsa
) -> None:
    await tsa.stop()
    with pytest.raises(TimestampUnavailable):
        await sealed_form(pool, stamps, forms)
    await tsa.start()
    await sealed_form(pool, stamps, forms)


async def test_a_clock_that_is_wrong_stops_signing(
    pool: SignPool, stamps: HttpStamps, forms: Forms, tsa: Tsa
) -> None:
    tsa.time = NOW + timedelta(minutes=2)
    with pytest.raises(ClockWrong):
        await sealed_form(pool, stamps, forms)


async def test_the_ticket_s_hash_is_over_what_is_signed_and_the_hole_is_measured(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    await stamps.require(NOW)
    done = await sealed_form(pool, stamps, forms)
    for ticket, pdf in zip(done.tickets, (done.signed, done.sealed), strict=True):
        assert hashlib.sha256(ticket.signed_attributes).digest() == ticket.dtbsr
        around = pdf[: ticket.hole_start] + pdf[ticket.hole_end :]
        assert hashlib.sha256(around).digest() == ticket.document_digest
        content = pdf[ticket.hole_start + 1 : ticket.hole_end - 1]
        used = len(content.rstrip(b"0"))
        assert 0.15 < (len(content) - used) / len(content) < 0.25, "measured, and a quarter more"


async def test_a_value_of_another_key_is_noticed_before_it_costs_a_timestamp(
    pool: SignPool, forms: Forms
) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    act = InkAct(ink=ink(STROKES), at=NOW)
    chain = await pool.key(CITIZEN).certificates()
    begun = await pool.begin(prepared.pdf, act, chain, token_bytes=3000, now=NOW)
    other = await pool.key(SEAL).sign(begun.ticket.dtbsr, begun.ticket.mechanism)
    with pytest.raises(KeyMismatch):
        await pool.require_value(begun.ticket, other)
    with pytest.raises(KeyMismatch):
        await pool.finish(begun.pdf, begun.ticket, other, b"", NOW)
    good = await pool.key(CITIZEN).sign(begun.ticket.dtbsr, begun.ticket.mechanism)
    await pool.require_value(begun.ticket, good)
    with pytest.raises(SignatureInvalid):
        await pool.finish(begun.pdf + b" ", begun.ticket, good, b"", NOW)
    with pytest.raises(SignatureInvalid):
        await pool.finish(begun.pdf, begun.ticket, good, b"no token", NOW)


async def test_an_expired_certificate_begins_nothing(pool: SignPool, forms: Forms) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    act = InkAct(ink=ink(STROKES), at=NOW)
    chain = await pool.key(CITIZEN).certificates()
    for then in (NOW - timedelta(days=2), NOW + timedelta(days=4 * 365)):
        with pytest.raises(CertificateExpired):
            await pool.begin(prepared.pdf, act, chain, token_bytes=3000, now=then)


async def test_data_that_does_not_fit_is_found_before_anybody_signs(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    with pytest.raises(FormUndrawable):
        await pool.prepare(
            forms.of(MACAU), {**DATA, "department_name": "部" * 3000}, "zh-Hant", NOW
        )


class Hung:
    """A pool whose process never answers."""

    def __init__(self) -> None:
        self._processes: dict[int, Any] = {}
        self.asked: list[Future[Any]] = []

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        self.asked.append(Future())
        return self.asked[-1]

    def shutdown(self, *, wait: bool, cancel_futures: bool = False) -> None:
        for one in self.asked:
            if cancel_futures:
                one.cancel()


class Prompt(Hung):
    """A pool that answers at once."""

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        done = super().submit(call)
        done.set_result(True)
        return done


async def test_who_waits_behind_a_job_that_hangs_gets_the_next_worker(
    pki: DevelopmentPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung: Any = Hung()
    pool = SignPool(pki.signing)
    monkeypatch.setattr(sign_pool, "JOB_PATIENCE_S", 0.01)
    monkeypatch.setattr(pool, "_pool", hung)
    monkeypatch.setattr(pool, "_new_pool", Prompt)
    answers = await asyncio.gather(*(pool.warm() for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in answers] == [SignerUnavailable, type(None), type(None)]
    assert len(hung.asked) == 1


async def test_a_worker_that_hangs_does_not_hold_up_the_end(
    pki: DevelopmentPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = SignPool(pki.signing)
    await pool.warm()
    (process,) = pool._pool._processes.values()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    monkeypatch.setattr(sign_pool, "CLOSE_PATIENCE_S", 0.01)
    try:
        async with asyncio.timeout(30):
            await pool.close()
    finally:
        process.kill()
    assert not process.is_alive()


async def test_a_killed_worker_is_replaced(pki: DevelopmentPki) -> None:
    pool = SignPool(pki.signing)
    try:
        await pool.warm()
        (process,) = pool._pool._processes.values()
        process.kill()
        process.join()
        with pytest.raises(SignerUnavailable):
            await pool.key(SEAL).certificates()
        await pool.key(SEAL).certificates()
    finally:
        await pool.close()
