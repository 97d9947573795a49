"""Real Typst, real keys, a real time-stamping service over HTTP, and three judges."""

import io
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import DictionaryObject, StreamObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from counter.esign.forms import Forms
from counter.esign.ink import ink
from counter.esign.keys_files import load_certificate
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.ports import SealedForm
from counter.esign.refusals import (
    ClockWrong,
    FormUndrawable,
    SignatureInvalid,
    SignerUnavailable,
    TimestampUnavailable,
)
from counter.esign.sign_pool import SignPool
from counter.esign.verify_pyhanko import verify
from tests.esign.conftest import FILLED, NOW, STROKES, Tsa

DATA = {**FILLED, "remarks": ""}
MACAU = "certificate_application"


async def sealed_form(pool: SignPool, forms: Forms, form: str = MACAU) -> SealedForm:
    chosen = forms.of(form)
    prepared = await pool.prepare(chosen, DATA, "zh-Hant", NOW)
    return await pool.seal(
        prepared.pdf, chosen, DATA, ink(STROKES), signed_at=NOW, now=NOW + timedelta(seconds=1)
    )


def pdfsig(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "judged.pdf"
    file.write_bytes(pdf)
    told = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, timeout=60, check=False)
    return told.stdout.decode()


@pytest.mark.parametrize("form", [MACAU, "hengqin_application"])
async def test_a_sealed_form_is_accepted_by_pyhanko_pdfsig_and_qpdf(
    pool: SignPool, forms: Forms, form: str, tsa: Tsa, tmp_path: Path
) -> None:
    done = await sealed_form(pool, forms, form)
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


async def test_signing_only_appends(pool: SignPool, forms: Forms) -> None:
    chosen = forms.of(MACAU)
    prepared = await pool.prepare(chosen, DATA, "pt", NOW)
    done = await pool.seal(prepared.pdf, chosen, DATA, ink(STROKES), signed_at=NOW, now=NOW)
    assert done.signed.startswith(prepared.pdf)
    assert done.sealed.startswith(done.signed)


async def test_signing_keeps_the_marks_tags_and_embedded_fonts(
    pool: SignPool, forms: Forms
) -> None:
    done = await sealed_form(pool, forms)
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


async def test_ink_and_seal_can_be_seen(pool: SignPool, forms: Forms) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    done = await sealed_form(pool, forms)
    assert prepared.pages[0].image == done.pages[0].image
    assert prepared.pages[1].image != done.pages[1].image


def flipped(pdf: bytes) -> bytes:
    middle = len(pdf) // 3
    return pdf[:middle] + bytes([pdf[middle] ^ 1]) + pdf[middle + 1 :]


def painted_over(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    paint = writer.add_object(StreamObject(stream_data=b"1 0 0 rg 57 600 200 100 re f"))
    page["/Contents"] = paint
    writer.update_container(page)
    return appended(writer)


def given_a_script(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root["/OpenAction"] = DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
    writer.update_root()
    return appended(writer)


def moved(pdf: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    field = writer.root["/AcroForm"]["/Fields"][0]
    field["/Rect"][0] = field["/Rect"][2]
    writer.update_container(field["/Rect"])
    return appended(writer)


def appended(writer: IncrementalPdfFileWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize("attack", [flipped, painted_over, given_a_script, moved])
async def test_a_changed_document_is_noticed(
    pool: SignPool, forms: Forms, attack: Callable[[bytes], bytes]
) -> None:
    done = await sealed_form(pool, forms)
    verdicts = await pool.verify(attack(done.sealed), NOW)
    assert [verdict.field for verdict in verdicts] == ["Citizen", "Seal"]
    assert not any(verdict.sound for verdict in verdicts)
    assert all(verdict.why for verdict in verdicts)


async def test_bytes_behind_the_end_show_as_not_covered(pool: SignPool, forms: Forms) -> None:
    done = await sealed_form(pool, forms)
    verdicts = await pool.verify(done.sealed + b"more" * 10, NOW)
    assert not verdicts[-1].covers_file


async def test_what_is_no_pdf_has_no_verdict(pool: SignPool) -> None:
    for junk in (b"", b"%PDF-1.7\n", b"GIF89a"):
        with pytest.raises(SignatureInvalid):
            await pool.verify(junk, NOW)


async def test_a_stranger_s_certificate_is_not_trusted(
    pool: SignPool, forms: Forms, tmp_path: Path
) -> None:
    done = await sealed_form(pool, forms)
    strangers = ensure(tmp_path / "strangers", NOW)
    roots = [load_certificate(path.read_bytes()) for path in strangers.signing.roots]
    verdicts = await verify(done.sealed, roots, NOW)
    assert [verdict.sound for verdict in verdicts] == [False, False]
    assert "not trusted" in verdicts[0].why


async def test_without_timestamps_nothing_is_signed(pool: SignPool, forms: Forms, tsa: Tsa) -> None:
    prepared = await pool.prepare(forms.of(MACAU), DATA, "zh-Hant", NOW)
    await tsa.stop()
    with pytest.raises(TimestampUnavailable):
        await pool.require_timestamps()
    with pytest.raises(TimestampUnavailable):
        await pool.seal(prepared.pdf, forms.of(MACAU), DATA, ink(STROKES), signed_at=NOW, now=NOW)
    await tsa.start()
    await pool.require_timestamps()


async def test_a_service_that_answers_rubbish_is_as_good_as_down(pool: SignPool, tsa: Tsa) -> None:
    pool.tsa_url = tsa.url.removesuffix("/tsa") + "/other"
    with pytest.raises(TimestampUnavailable):
        await pool.require_timestamps()


async def test_a_clock_that_is_wrong_stops_signing(pool: SignPool, forms: Forms, tsa: Tsa) -> None:
    tsa.time = NOW + timedelta(minutes=2)
    with pytest.raises(ClockWrong):
        await sealed_form(pool, forms)


async def test_data_that_does_not_fit_is_found_before_anybody_signs(
    pool: SignPool, forms: Forms
) -> None:
    with pytest.raises(FormUndrawable):
        await pool.prepare(
            forms.of(MACAU), {**DATA, "department_name": "部" * 3000}, "zh-Hant", NOW
        )


async def test_a_killed_worker_is_replaced(pki: DevelopmentPki, tsa: Tsa) -> None:
    pool = SignPool(pki.signing, tsa_url=tsa.url)
    try:
        await pool.warm()
        (process,) = pool._pool._processes.values()
        process.kill()
        process.join()
        with pytest.raises(SignerUnavailable):
            await pool.require_timestamps()
        await pool.require_timestamps()
    finally:
        await pool.close()
