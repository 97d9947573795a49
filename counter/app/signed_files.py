"""A signed PDF or an audit pack from anywhere, looked at without the network; beside a node."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from asn1crypto import x509

from counter.app.store import plain_executor
from counter.esign import audit_pyhanko, keys_toml, trust_toml
from counter.esign.audit_pack import DOCUMENT, Pack, opened
from counter.esign.audit_pyhanko import PackSeal
from counter.esign.check_pool import CheckPool
from counter.esign.judging import Judgement, judge, worse
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import CheckBusy, PdfRefused
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.store_audit import has_pack
from counter.esign.store_validation import finished_of_beginning, finished_of_bytes
from counter.esign.validation import Found, Manifest
from counter.settings.node import Settings

Sealer = Literal["same", "renewed", "other"]
"""Beside the certificate that sealed the document: the same one; another one of the same holder,
below the same authority; somebody else's."""


class Unreadable(Exception):
    """The file, or a certificate to trust, cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What came of it."""

    judgement: Judgement
    "What the whole document is worth."
    found: Found
    pack: PackSeal | None
    "Who sealed the pack, if it is one."
    voided_at: datetime | None
    record: Manifest | None = None
    "What the pack or the store says about the document."
    contents: Pack | None = None
    "What the pack tells, if it is one and its seal holds."
    sealer: Sealer = "same"
    "Whose certificate sealed the pack."


async def look_at(
    settings: Settings,
    file: Path,
    roots: Sequence[Path] | None,
    now: datetime,
    *,
    record: bool,
) -> Looked:
    """A pack is as good as its document, and as its own seal.

    It is broken when its seal does not hold, or is not by whoever sealed the document and no record
    knows it.

    roots: certificates to trust, PEM; None: the counter's own.  record: whether to ask the store.
    Raises `Unreadable`.
    """
    # It logs pages of object numbers for each changed document; the verdict says it in a word.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        content = file.read_bytes()
        trusted = [load_certificate(path.read_bytes()) for path in roots or own_roots(settings)]
        pack = opened(content) if content.startswith(b"PK") else None
        found = await _found(pack.files[DOCUMENT] if pack else content, trusted, now)
    except (PdfRefused, CheckBusy) as refused:
        raise Unreadable(f"{file.name}: {refused.code}: {refused}") from refused
    except (OSError, ValueError, KeyUnusable) as error:
        raise Unreadable(f"{file.name}: {error}") from error
    except Exception as error:
        # It may be made to break whoever looks at it.
        raise Unreadable(f"{file.name}: {type(error).__name__}") from error
    manifest, seal, recorded = None, None, False
    sealer: Sealer = "same"
    if pack is not None:
        seal = await audit_pyhanko.verify(pack.signature, pack.manifest, trusted, now)
        manifest, sealer = pack.record, _sealer(seal, found)
    if record:
        executor = plain_executor(settings, settings.data)
        try:
            known = await executor.read(finished_of_bytes, found.sha256)
            known = known or await executor.read(finished_of_beginning, found.covered)
            manifest = known.manifest if known else None
            recorded = pack is not None and await executor.read(has_pack, digest(content))
        finally:
            await executor.close()
    if seal is not None and not _stands(seal, sealer, asked=record, recorded=recorded):
        broken = Judgement.BROKEN
        return Looked(judgement=broken, found=found, pack=seal, voided_at=None, sealer=sealer)
    judgement = judge(found, manifest, asked=record)
    if pack is not None and not record and found.sha256 not in pack.record.sha256s:
        judgement = worse(judgement, Judgement.STRANGE)
    if seal is not None and seal.ended is not None:
        judgement = worse(judgement, Judgement.ENDED if recorded else Judgement.LAPSED)
    elif seal is not None and seal.why:
        judgement = worse(judgement, Judgement.UNROOTED if recorded else Judgement.BROKEN)
    return Looked(
        judgement=judgement,
        found=found,
        pack=seal,
        voided_at=manifest.voided_at if manifest else None,
        record=manifest,
        contents=pack,
        sealer=sealer,
    )


def _sealer(seal: PackSeal, found: Found) -> Sealer:
    """The document itself names who closed it; what a pack says of that is its sealer's word."""
    for closed in found.signers[-1:]:
        if seal.certificate_sha256 == closed.certificate_sha256:
            return "same"
        if seal.holder and seal.holder == closed.holder:
            return "renewed"
    return "other"


def _stands(seal: PackSeal, sealer: Sealer, *, asked: bool, recorded: bool) -> bool:
    """Whether the seal is worth a look at what it covers.

    asked: whether the record was asked.  recorded: whether it knows these very bytes.
    """
    aged = seal.ended is not None or (asked and seal.unrooted)
    return (not seal.why or aged) and (sealer != "other" or recorded)


async def _found(pdf: bytes, roots: Sequence[x509.Certificate], now: datetime) -> Found:
    """In a process that holds no key, with so much memory and time: see `check_worker`."""
    pool = CheckPool(lambda: [one.dump() for one in roots])
    try:
        found, _ = await pool.check(pdf, now)
    finally:
        await pool.close()
    return found


def digest(content: bytes) -> str:
    """SHA-256, as the store names what it keeps."""
    return hashlib.sha256(content).hexdigest()


def own_roots(settings: Settings) -> Sequence[Path]:
    """Whom this counter trusts about signatures, as its nodes do.  Raises `PolicyUnfit`."""
    if settings.trust is not None:
        return trust_toml.read(settings.trust).anchors
    if settings.signing is not None:
        return keys_toml.read(settings.signing).keys.roots
    return [settings.keys / "pki" / "root.crt"]
