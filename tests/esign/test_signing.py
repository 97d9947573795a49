"""Real Typst, real keys, a real time-stamping service over HTTP, and three judges."""

import asyncio
import hashlib
import io
import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from counter.esign import sign_pool
from counter.esign.field_labels import LABELS
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_refusals import FormUndrawable
from counter.esign.form_typst import Press
from counter.esign.forms import Forms
from counter.esign.ink import ink
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load, load_certificate, roots_of
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import (
    CertificateExpired,
    ClockWrong,
    KeyMismatch,
    SignatureInvalid,
    SignerUnavailable,
    StampInvalid,
    TimestampUnavailable,
)
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import (
    AGENT,
    FIELDS_BEFORE,
    SEAL_KEY,
    WITNESS_KEY,
    InkAct,
    OriginAct,
    SealAct,
)
from counter.esign.validate_pyhanko import validate
from counter.esign.verify_pyhanko import verify
from tests.esign.conftest import FILLED, NOW, STROKES, SealedForm, Tsa, fulfil, seal

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


async def judged(pdf: bytes, pki: DevelopmentPki) -> Judgement:
    """Say what it is worth when nobody asks the record."""
    roots = [load_certificate(path.read_bytes()) for path in pki.roots]
    return judge(await validate(pdf, roots, NOW), None, asked=False)


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
    assert tsa.asked == 4, "one request per signature and no other"

    verdicts = await pool.verify(done.sealed, NOW)
    origin, citizen, agent, seal = verdicts
    assert [one.field for one in verdicts] == ["Origin", "Citizen", "Agent", "Seal"]
    assert all(one.sound and one.timestamp == NOW for one in verdicts)
    assert [one.covers_file for one in verdicts] == [False, False, False, True]
    assert "Department Seal" in origin.signer
    assert "Witness of Handwriting" in citizen.signer
    assert "Agents of the Counter" in agent.signer
    assert "Department Seal" in seal.signer

    said = pdfsig(done.sealed, tmp_path)
    assert said.count("Signature Validation: Signature is Valid.") == 4
    assert said.count("ETSI.CAdES.detached") == 4
    assert "Total document signed" in said
    checked = subprocess.run(
        ["qpdf", "--check", tmp_path / "judged.pdf"], capture_output=True, timeout=60, check=False
    )
    assert checked.returncode == 0, checked.stdout


async def test_signing_only_appends(pool: SignPool, stamps: HttpStamps, forms: Forms) -> None:
    chosen = forms.of(MACAU)
    prepared = await pool.prepare(chosen, DATA, "pt", NOW)
    done = await seal(pool, stamps, prepared.pdf, chosen, DATA, signed_at=NOW, now=NOW)
    steps = (prepared.pdf, done.certified, done.signed, done.witnessed, done.sealed)
    for before, after in pairwise(steps):
        assert after.startswith(before) and len(after) > len(before)


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


async def test_ink_witness_and_seal_can_be_seen_and_the_certification_cannot(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    done = await sealed_form(pool, stamps, forms)
    revisions = (done.certified, done.signed, done.witnessed, done.sealed)
    seen = [await pool.photograph(one) for one in revisions]
    assert seen[0] == prepared.pages
    assert {pages[0].image for pages in seen} == {prepared.pages[0].image}
    assert len({pages[1].image for pages in seen}) == 4


async def test_each_signature_says_what_it_stands_for_and_none_gives_a_reason(
    pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    done = await sealed_form(pool, stamps, forms)
    told = []
    for signature in PdfFileReader(io.BytesIO(done.sealed)).embedded_regular_signatures:
        assert "/Reason" not in signature.sig_object
        said = {one["type"].native: one["values"] for one in signature.signer_info["signed_attrs"]}
        claims = said.get("signer_attributes_v2")
        told.append(
            (
                said["commitment_type"][0]["commitment_type_id"].native,
                [one["values"][0].native for one in claims[0]["claimed_attributes"]]
                if claims
                else [],
            )
        )
    assert told == [
        ("proof_of_origin", []),
        ("proof_of_creation", []),
        ("proof_of_receipt", ["agent lei", "identity level L2", "case A-0042"]),
        ("proof_of_origin", []),
    ]


async def test_a_form_from_before_is_still_signed_twice_and_its_ink_certifies(
    pool: SignPool, stamps: HttpStamps, forms: Forms, pki: DevelopmentPki
) -> None:
    form = forms.of(MACAU)
    labels = {name: LABELS["pt"][name] for name in FIELDS_BEFORE}
    pdf = with_signature_fields(Press().form(form, DATA, NOW), labels)
    inked, _ = await fulfil(
        pool, stamps, pdf, InkAct(department="dsaj", ink=ink(STROKES), at=NOW), now=NOW
    )
    closing = SealAct(department="dsaj", region=form.region, data=DATA, at=NOW)
    sealed, _ = await fulfil(pool, stamps, inked, closing, now=NOW)
    assert await judged(sealed, pki) is Judgement.UNCOMPARED
    with pikepdf.open(io.BytesIO(sealed)) as file:
        assert file.Root.Perms.DocMDP.M == file.Root.AcroForm.Fields[0].V.M


async def test_a_form_without_a_box_for_the_agent_is_witnessed_unseen(
    pool: SignPool, stamps: HttpStamps, forms: Forms, pki: DevelopmentPki
) -> None:
    form = forms.of(MACAU)
    drawn = Press().form(form, DATA, NOW)
    boxes = tuple(box for box in drawn.boxes if box.name != AGENT)
    pdf = with_signature_fields(replace(drawn, boxes=boxes), LABELS["pt"])
    done = await seal(pool, stamps, pdf, form, DATA, signed_at=NOW, now=NOW)
    assert await judged(done.sealed, pki) is Judgement.UNCOMPARED
    assert await pool.photograph(done.signed) == await pool.photograph(done.witnessed)


@pytest.mark.parametrize("name", ["李慧敏", "Maria da Conceição de Sousa " * 5, "名" * 400])
async def test_the_witness_always_fits(name: str) -> None:
    words: dict[str, str | float] = {
        "region": "TW",
        "width_pt": 226.0,
        "height_pt": 85.0,
        "agent_name": name,
        "agent_number": "lei",
        "level": "L3",
        "case_number": "A-0042",
        "handwritten": True,
        "witnessed_at": "2026-11-23 10:00:00 +08:00",
    }
    assert Press().witness(words, NOW).startswith(b"%PDF")


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
    assert [verdict.sound for verdict in verdicts] == [False] * 4
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
    stamps = HttpStamps([tsa.url], roots_of(pki.signing), new_nonce=count(1).__next__)
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

    assert await sound(later) == [True] * 4
    assert await sound(NOW + timedelta(days=4 * 365)) == [True] * 4, "expired since"
    assert await sound(later + timedelta(days=4 * 365)) == [False] * 4, "so did the timestamp's"


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
    revisions = (done.certified, done.signed, done.witnessed, done.sealed)
    for ticket, pdf in zip(done.tickets, revisions, strict=True):
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
    act = InkAct(department="dsaj", ink=ink(STROKES), at=NOW)
    chain = await pool.key(WITNESS_KEY).certificates()
    begun = await pool.begin(prepared.pdf, act, chain, token_bytes=3000, now=NOW)
    other = await pool.key(SEAL_KEY).sign(begun.ticket.dtbsr, begun.ticket.mechanism)
    with pytest.raises(KeyMismatch):
        await pool.require_value(begun.ticket, other)
    with pytest.raises(KeyMismatch):
        await pool.finish(begun.pdf, begun.ticket, other, b"", NOW)
    good = await pool.key(WITNESS_KEY).sign(begun.ticket.dtbsr, begun.ticket.mechanism)
    await pool.require_value(begun.ticket, good)
    with pytest.raises(SignatureInvalid):
        await pool.finish(begun.pdf + b" ", begun.ticket, good, b"", NOW)
    with pytest.raises(SignatureInvalid):
        await pool.finish(begun.pdf, begun.ticket, good, b"no token", NOW)


async def test_a_token_that_does_not_hold_is_told_from_a_signer_who_does_not(
    pool: SignPool, stamps: HttpStamps, forms: Forms, pki: DevelopmentPki
) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    await stamps.require(NOW)
    act = OriginAct(department="dsaj", at=NOW)
    for files, foreign, refusal in (
        (pki.seal, True, StampInvalid),
        (pki.seal, False, None),
        (pki.tsa, False, SignatureInvalid),  # a certificate that is not for signing documents
    ):
        key = load(files)
        begun = await pool.begin(
            prepared.pdf, act, await key.certificates(), token_bytes=stamps.token_bytes, now=NOW
        )
        value = await key.sign(begun.ticket.dtbsr, begun.ticket.mechanism)
        imprint = bytes(32) if foreign else hashlib.sha256(value).digest()
        token = await stamps.stamp(imprint, NOW, room_bytes=begun.ticket.token_room_bytes)
        if refusal is None:
            await pool.finish(begun.pdf, begun.ticket, value, token, NOW)
            continue
        with pytest.raises(SignatureInvalid) as told:
            await pool.finish(begun.pdf, begun.ticket, value, token, NOW)
        assert type(told.value) is refusal


async def test_an_expired_certificate_begins_nothing(pool: SignPool, forms: Forms) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    act = InkAct(department="dsaj", ink=ink(STROKES), at=NOW)
    chain = await pool.key(WITNESS_KEY).certificates()
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
            await pool.key(SEAL_KEY).certificates()
        await pool.key(SEAL_KEY).certificates()
    finally:
        await pool.close()
