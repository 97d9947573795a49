"""What runs in the worker process: draw, photograph, begin and finish signatures, verify.

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

from counter.esign import seal_pyhanko, verify_pyhanko
from counter.esign.admission_pyhanko import require_signable
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_typst import Press, shipped_forms
from counter.esign.forms import FormTemplate, Language
from counter.esign.ink import drawing
from counter.esign.keys_files import load, load_certificate, load_pkcs12
from counter.esign.pages_pdfium import photograph as photographs
from counter.esign.ports import (
    KeyFiles,
    KeyProvider,
    KeySource,
    PageImage,
    Pkcs12File,
    PreparedForm,
    SigningKeys,
    Verdict,
)
from counter.esign.refusals import FormUndrawable
from counter.esign.seal_pyhanko import Look, Room, field_size
from counter.esign.ticket import (
    CITIZEN,
    FIELDS,
    SEAL,
    Act,
    Begun,
    CertificateChain,
    InkAct,
    Mechanism,
    SealAct,
    SigningTicket,
)

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
    keys: dict[str, KeyProvider]
    "By the field that they sign."
    room: Room
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
        keys={CITIZEN: opened(keys.witness), SEAL: opened(keys.seal)},
        room=Room(),
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
    """Draw a form with empty, tagged signature fields.

    Raises `FormUndrawable`, and a `PdfRefused` for a template that makes what nobody may sign.
    """
    tools = _loaded()
    try:
        drawn = tools.press.form(form, data, now)
        # Whether the seal fits is found out now, not after the citizen has signed.
        box = next(box for box in drawn.boxes if box.name == SEAL)
        tools.press.seal(_seal_words(form.region, data, now, box.width_pt, box.height_pt), now)
    except TypstError as error:
        raise FormUndrawable(f"form {form.id}: the template does not take this data") from error
    pdf = with_signature_fields(drawn, LABELS[language])
    require_signable(pdf, drawn.boxes[0].name)
    return PreparedForm(pdf=pdf, pages=photographs(pdf))


def certificates(field: str) -> CertificateChain:
    """Whose key signs this field."""
    return asyncio.run(_loaded().keys[field].certificates())


def sign_value(field: str, dtbsr: bytes, mechanism: Mechanism) -> bytes:
    """The value that the key of this field gives."""
    return asyncio.run(_loaded().keys[field].sign(dtbsr, mechanism))


def begin(
    pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
) -> Begun:
    """Write the hole, with ink or seal around it."""
    return asyncio.run(_begin(pdf, act, chain, token_bytes, now))


def require_value(ticket: SigningTicket, value: bytes) -> None:
    """Raise `KeyMismatch` when it is no signature of the ticket's certificate."""
    seal_pyhanko.require_value(ticket, value)


def finish(pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime) -> bytes:
    """Fill the hole, and let the result pass only if every signature is sound."""
    return asyncio.run(_finish(pdf, ticket, value, token, now))


def photograph(pdf: bytes) -> tuple[PageImage, ...]:
    """Every page."""
    return photographs(pdf)


def verify(pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
    """Every signature's verdict."""
    return asyncio.run(verify_pyhanko.verify(pdf, _loaded().roots, now))


def opened(source: KeySource) -> KeyProvider:
    """The provider of a key.  Raises `KeyUnusable`."""
    if isinstance(source, KeyFiles):
        return load(source)
    if isinstance(source, Pkcs12File):
        return load_pkcs12(source)
    # Its library is loaded only where an HSM is used.
    from counter.esign.keys_pkcs11 import HardwareKey

    return HardwareKey(source)


async def _begin(
    pdf: bytes, act: Act, chain: CertificateChain, token_bytes: int, now: datetime
) -> Begun:
    tools = _loaded()
    # Sizes come from the document, not the template, which may be a newer one after a restart.
    width_pt, height_pt = field_size(pdf, act.field)
    with tempfile.TemporaryDirectory(prefix="seal-") as directory:
        if isinstance(act, InkAct):
            look = Look(drawing=drawing(act.ink, width_pt=width_pt, height_pt=height_pt))
        else:
            words = _seal_words(act.region, act.data, act.at, width_pt, height_pt)
            page = Path(directory) / "seal.pdf"
            page.write_bytes(tools.press.seal(words, act.at))
            look = Look(page=page)
        return await seal_pyhanko.begin(
            pdf,
            chain,
            field=act.field,
            look=look,
            at=act.at,
            now=now,
            certify=not isinstance(act, SealAct),
            token_bytes=token_bytes,
            room=tools.room,
        )


async def _finish(
    pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
) -> bytes:
    done = await seal_pyhanko.finish(pdf, ticket, value, token)
    signed = FIELDS[: FIELDS.index(ticket.field) + 1]
    await verify_pyhanko.require_sound(done, signed, _loaded().roots, now)
    return done


def _seal_words(
    region: str, data: dict[str, str], now: datetime, width_pt: float, height_pt: float
) -> dict[str, str | float]:
    local = now.astimezone(LOCAL_TIME)
    return {
        "region": region,
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
