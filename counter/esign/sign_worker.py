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
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import x509
from typst import TypstError

from counter.esign import audit_pyhanko, seal_pyhanko, verify_pyhanko
from counter.esign.admission_pyhanko import require_signable
from counter.esign.audit_pack import EVENTS
from counter.esign.check_ports import Verdict
from counter.esign.field_labels import LABELS
from counter.esign.field_words_typst import LOCAL_TIME, certificate_words, seal_words, witness_words
from counter.esign.fields_pikepdf import with_signature_fields
from counter.esign.form_ports import PageImage, PreparedForm
from counter.esign.form_refusals import FormUndrawable
from counter.esign.form_typst import Press, shipped_forms, template_sha256
from counter.esign.forms import FormTemplate, Language
from counter.esign.holders_cryptography import holder_of
from counter.esign.ink import drawing
from counter.esign.key_ports import KeyFiles, KeyProvider, Pkcs11Key, Pkcs12File, SigningKeys
from counter.esign.keys_files import load, load_certificate, load_pkcs12
from counter.esign.pages_pdfium import photograph as photographs
from counter.esign.seal_pyhanko import Look, Room, Saying, field_names, field_size
from counter.esign.signing_refusals import SignatureInvalid
from counter.esign.ticket import (
    CITIZEN,
    FIELDS,
    FIELDS_BEFORE,
    ORIGIN,
    SEAL,
    Act,
    Begun,
    CertificateAct,
    CertificateChain,
    InkAct,
    Mechanism,
    OriginAct,
    SealAct,
    SigningTicket,
    Witness,
    WitnessAct,
)


@dataclass(slots=True, kw_only=True)
class _Tools:
    press: Press
    keys: dict[str, KeyProvider]
    "By name, see `ticket.KEYS`."
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
        keys={
            name: opened(source)
            for name, source in keys.named().items()
            if not isinstance(source, Pkcs11Key)  # see `token_worker`
        },
        room=Room(),
        roots=[load_certificate(path.read_bytes()) for path in keys.roots],
    )
    for form in shipped_forms().all():
        _tools.press.form(form, _specimen(form), datetime(2026, 1, 1, tzinfo=LOCAL_TIME))


def ready() -> bool:
    """A job that shows that `start` has finished."""
    return _tools is not None


def prepare(
    form: FormTemplate,
    data: dict[str, str],
    language: Language,
    now: datetime,
    *,
    photographed: bool = True,
) -> PreparedForm:
    """Draw a form with empty, tagged signature fields.

    Raises `FormUndrawable`, and a `PdfRefused` for a template that makes what nobody may sign.
    """
    tools = _loaded()
    try:
        drawn = tools.press.form(form, data, now)
        # Whether the seal fits is found out now, not after the citizen has signed.
        box = next(box for box in drawn.boxes if box.name == SEAL)
        tools.press.seal(seal_words(form.region, data, now, box.width_pt, box.height_pt), now)
    except TypstError as error:
        raise FormUndrawable(f"form {form.id}: the template does not take this data") from error
    pdf = with_signature_fields(drawn, LABELS[language])
    require_signable(pdf, FIELDS[0])
    return PreparedForm(
        pdf=pdf,
        pages=photographs(pdf) if photographed else (),
        template_sha256=template_sha256(form),
    )


def accept(
    form: FormTemplate,
    pdf: bytes,
    data: dict[str, str],
    now: datetime,
    *,
    template_sha256: str,
    photographed: bool = True,
) -> PreparedForm:
    """Take in a form that another process drew, of a template that is not ours.

    template_sha256: see `form_typst`.  Raises as `prepare` does.
    """
    require_signable(pdf, FIELDS[0])
    try:
        width_pt, height_pt = field_size(pdf, SEAL)
        words = seal_words(form.region, data, now, width_pt, height_pt)
        _loaded().press.seal(words, now)
    except TypstError as error:
        raise FormUndrawable(f"form {form.id}: its seal does not take this data") from error
    return PreparedForm(
        pdf=pdf,
        pages=photographs(pdf) if photographed else (),
        template_sha256=template_sha256,
    )


def certificates(key: str) -> CertificateChain:
    """Who signs with the key of this name."""
    return asyncio.run(_loaded().keys[key].certificates())


def sign_value(key: str, dtbsr: bytes, mechanism: Mechanism) -> bytes:
    """The value that the key of this name gives."""
    return asyncio.run(_loaded().keys[key].sign(dtbsr, mechanism))


def begin(
    pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
) -> Begun:
    """Write the hole, with what is seen of the act around it."""
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


def audit_summary(said: dict[str, object], now: datetime) -> bytes:
    """The page for people of an audit pack.

    A signer whose name the font cannot draw is named by the certificate's digest, an officer by the
    id, a form by its id, and a sentence by the file in which it stands.
    """
    press = _loaded().press
    missing = press.glyphs.missing
    drawn: dict[str, Any] = dict(said)
    drawn["signers"] = [
        {**one, "signer": one["certificate"]} if missing(one["signer"]) else one
        for one in drawn["signers"]
    ]
    if missing(drawn["title"]):
        drawn["title"] = ""
    if (found := drawn["identified"]) is not None:
        officers = [
            {**one, "name": ""} if missing(one["name"]) else one for one in found["officers"]
        ]
        drawn["identified"] = {**found, "officers": officers}
    if (agreed := drawn["agreed"]) is not None and missing(agreed["sentence"]):
        drawn["agreed"] = {**agreed, "sentence": EVENTS}
    return press.page("audit_summary", drawn, now)


def pack_begin(manifest: bytes, chain: CertificateChain, at: datetime) -> tuple[bytes, Mechanism]:
    """What the seal of an audit pack signs, and how."""
    attributes = asyncio.run(audit_pyhanko.begin(manifest, chain, at))
    return attributes, seal_pyhanko.mechanism_of(chain)


def pack_finish(attributes: bytes, chain: CertificateChain, value: bytes, token: bytes) -> bytes:
    """The seal of an audit pack."""
    return asyncio.run(audit_pyhanko.finish(attributes, chain, value, token))


def holder(chain: CertificateChain) -> str:
    """Whose a chain's certificate is, whether renewed or not; see `holders_cryptography`."""
    issuers = map(x509.Certificate.load, chain.issuers)
    return holder_of(x509.Certificate.load(chain.certificate), [*issuers, *_loaded().roots])


def require_pack(signature: bytes, manifest: bytes, now: datetime) -> None:
    """Let the seal of an audit pack pass that was made just now.  Raises `SignatureInvalid`."""
    found = asyncio.run(audit_pyhanko.verify(signature, manifest, _loaded().roots, now))
    if found.why:
        raise SignatureInvalid(f"seal of an audit pack: {found.why}")


def verify(pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
    """Every signature's verdict."""
    return asyncio.run(verify_pyhanko.verify(pdf, _loaded().roots, now))


def opened(source: KeyFiles | Pkcs12File) -> KeyProvider:
    """The provider of a key in files.  Raises `KeyUnusable`."""
    return load(source) if isinstance(source, KeyFiles) else load_pkcs12(source)


async def _begin(
    pdf: bytes, act: Act, chain: CertificateChain, token_bytes: int, now: datetime
) -> Begun:
    tools = _loaded()
    # Sizes come from the document, not the template, which may be a newer one after a restart.
    width_pt, height_pt = field_size(pdf, act.field)
    with tempfile.TemporaryDirectory(prefix="seal-") as directory:
        page = Path(directory) / "look.pdf"
        if not (width_pt and height_pt):
            look = Look()
        elif isinstance(act, InkAct):
            look = Look(drawing=drawing(act.ink, width_pt=width_pt, height_pt=height_pt))
        elif isinstance(act, CertificateAct):
            shown = certificate_words(act, chain, width_pt, height_pt)
            page.write_bytes(tools.press.certificate(shown, act.at))
            look = Look(page=page)
        elif isinstance(act, WitnessAct):
            page.write_bytes(tools.press.witness(witness_words(act, width_pt, height_pt), act.at))
            look = Look(page=page)
        elif isinstance(act, SealAct):
            words = seal_words(act.region, act.data, act.at, width_pt, height_pt)
            page.write_bytes(tools.press.seal(words, act.at))
            look = Look(page=page)
        else:
            look = Look()
        return await seal_pyhanko.begin(
            pdf,
            chain,
            field=act.field,
            look=look,
            at=act.at,
            now=now,
            saying=_saying(act, order_of(pdf)),
            token_bytes=token_bytes,
            room=tools.room,
        )


async def _finish(
    pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
) -> bytes:
    done = await seal_pyhanko.finish(pdf, ticket, value, token)
    order = order_of(pdf)
    signed = order[: order.index(ticket.field) + 1]
    await verify_pyhanko.require_sound(done, signed, _loaded().roots, now)
    return done


def order_of(pdf: bytes) -> tuple[str, ...]:
    """In which order this form is signed: as it was when the form was drawn."""
    return FIELDS if ORIGIN in field_names(pdf) else FIELDS_BEFORE


def _saying(act: Act, order: tuple[str, ...]) -> Saying:
    if isinstance(act, OriginAct):
        return Saying(commitment="origin", certify=True)
    if isinstance(act, InkAct):
        # The witness key does not approve in the citizen's stead: it made what was drawn lasting.
        if order[0] == CITIZEN:
            return Saying(commitment="approval", certify=True)
        return Saying(commitment="creation")
    if isinstance(act, CertificateAct):
        return Saying(commitment="approval")
    if isinstance(act, WitnessAct):
        return Saying(commitment="receipt", claims=_claims(act.witness, act.case_number))
    return Saying(commitment="origin")


def _claims(witness: Witness, case_number: str) -> tuple[str, ...]:
    return (
        f"agent {witness.agent_id}",
        f"identity level {witness.level}",
        f"case {case_number}",
    )


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
