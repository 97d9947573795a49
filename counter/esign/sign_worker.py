"""What runs in the worker process: draw, photograph, sign, verify.

Loaded once per process by `start`; then each function is one job, called by name from the pool.
Everything that comes in and goes out can be pickled.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from asn1crypto import x509
from typst import TypstError

from counter.esign import verify_pyhanko
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_typst import Press, shipped_forms
from counter.esign.forms import FormTemplate, Language
from counter.esign.ink import Ink, drawing
from counter.esign.keys_files import KeyMaterial, load, load_certificate
from counter.esign.pages_pdfium import photograph
from counter.esign.ports import PreparedForm, SealedForm, SigningKeys, Verdict
from counter.esign.refusals import FormUndrawable
from counter.esign.seal_pyhanko import Look, Stamps, field_size, sign

CITIZEN, SEAL = "Citizen", "Seal"

LOCAL_TIME = timezone(timedelta(hours=8), "+08:00")
"Macau and Hengqin, all year."

LABELS: dict[Language, dict[str, str]] = {
    "zh-Hant": {CITIZEN: "申請人簽名", SEAL: "部門電子印章"},
    "zh-Hans": {CITIZEN: "申请人签名", SEAL: "部门电子印章"},
    "pt": {CITIZEN: "Assinatura do requerente", SEAL: "Selo electrónico do serviço"},
    "en": {CITIZEN: "Applicant's signature", SEAL: "Electronic seal of the department"},
}
"What a screen reader says at a signature field: part of the document, not of a face."


@dataclass(slots=True, kw_only=True)
class _Tools:
    press: Press
    witness: KeyMaterial
    seal: KeyMaterial
    roots: list[x509.Certificate]


_tools: _Tools | None = None


def start(keys: SigningKeys) -> None:
    """Prepare this process: parse the keys, warm the press, end with the parent."""
    global _tools
    # Ctrl-C reaches the whole process group; the parent decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # It logs pages of object numbers for each changed document; the verdict says it in a word.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    _tools = _Tools(
        press=Press(),
        witness=load(keys.witness),
        seal=load(keys.seal),
        roots=[load_certificate(path.read_bytes()) for path in keys.roots],
    )
    for form in shipped_forms().all():
        _tools.press.form(form, _specimen(form), datetime(2026, 1, 1, tzinfo=LOCAL_TIME))


def ready() -> bool:
    """A job that shows that `start` has finished."""
    return _tools is not None


def prepare(
    form: FormTemplate, data: dict[str, str], language: Language, now: datetime
) -> PreparedForm:
    """Draw a form with empty, tagged signature fields.  Raises `FormUndrawable`."""
    tools = _loaded()
    try:
        drawn = tools.press.form(form, data, now)
        # Whether the seal fits is found out now, not after the citizen has signed.
        box = next(box for box in drawn.boxes if box.name == SEAL)
        tools.press.seal(_seal_words(form, data, now, box.width_pt, box.height_pt), now)
    except TypstError as error:
        raise FormUndrawable(f"form {form.id}: the template does not take this data") from error
    pdf = with_signature_fields(drawn, LABELS[language])
    return PreparedForm(pdf=pdf, pages=photograph(pdf))


def seal(
    pdf: bytes,
    form: FormTemplate,
    data: dict[str, str],
    ink: Ink,
    *,
    signed_at: datetime,
    now: datetime,
    tsa_url: str,
) -> SealedForm:
    """Both signatures, each verified before it is given back."""
    return asyncio.run(_seal(pdf, form, data, ink, signed_at, now, tsa_url))


def verify(pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
    """Every signature's verdict."""
    return asyncio.run(verify_pyhanko.verify(pdf, _loaded().roots, now))


def timestamp(tsa_url: str) -> None:
    """Ask for one timestamp and throw it away.  Raises `TimestampUnavailable`."""
    asyncio.run(Stamps(tsa_url).async_timestamp(bytes(32), "sha256"))


async def _seal(
    pdf: bytes,
    form: FormTemplate,
    data: dict[str, str],
    ink: Ink,
    signed_at: datetime,
    now: datetime,
    tsa_url: str,
) -> SealedForm:
    tools = _loaded()
    stamps = Stamps(tsa_url)
    # Sizes come from the document, not the template, which may be a newer one after a restart.
    width_pt, height_pt = field_size(pdf, CITIZEN)
    pen = Look(drawing=drawing(ink, width_pt=width_pt, height_pt=height_pt))
    signed = await sign(
        pdf, tools.witness, stamps, field=CITIZEN, look=pen, at=signed_at, certify=True
    )
    await verify_pyhanko.require_sound(signed, [CITIZEN], tools.roots, now)
    words = _seal_words(form, data, now, *field_size(pdf, SEAL))
    with tempfile.TemporaryDirectory(prefix="seal-") as directory:
        page = Path(directory) / "seal.pdf"
        page.write_bytes(tools.press.seal(words, now))
        sealed = await sign(
            signed, tools.seal, stamps, field=SEAL, look=Look(page=page), at=now, certify=False
        )
    await verify_pyhanko.require_sound(sealed, [CITIZEN, SEAL], tools.roots, now)
    return SealedForm(signed=signed, sealed=sealed, pages=photograph(sealed))


def _seal_words(
    form: FormTemplate, data: dict[str, str], now: datetime, width_pt: float, height_pt: float
) -> dict[str, str | float]:
    local = now.astimezone(LOCAL_TIME)
    return {
        "region": form.region,
        "width_pt": round(width_pt, 2),
        "height_pt": round(height_pt, 2),
        "department_name": data["department_name"],
        "case_number": data["case_number"],
        "sealed_at": f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
    }


def _specimen(form: FormTemplate) -> dict[str, str]:
    return {field.name: "—" for field in form.fields}


def _loaded() -> _Tools:
    assert _tools is not None  # the pool calls `start` before any job
    return _tools


def _end_with_parent() -> None:
    """A worker whose parent was killed has nobody to work for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
