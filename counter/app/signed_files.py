"""A signed PDF or an audit pack from anywhere, looked at without the network; beside a node."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from counter.app.store import plain_executor
from counter.esign import audit_pyhanko, keys_toml, trust_toml
from counter.esign.audit_pack import DOCUMENT, opened
from counter.esign.audit_pyhanko import PackSeal
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.pdf_refusals import PdfRefused
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.store_validation import finished_of_bytes
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.settings import Settings


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


async def look_at(
    settings: Settings,
    file: Path,
    roots: Sequence[Path] | None,
    now: datetime,
    *,
    record: bool,
) -> Looked:
    """A pack is as good as its document.

    It is broken when its seal does not hold or is not by the certificate that sealed the document.

    roots: certificates to trust, PEM; None: the counter's own.  record: whether to ask the store.
    Raises `Unreadable`.
    """
    # It logs pages of object numbers for each changed document; the verdict says it in a word.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        content = file.read_bytes()
        trusted = [load_certificate(path.read_bytes()) for path in roots or own_roots(settings)]
        pack = opened(content) if content.startswith(b"PK") else None
        found = await validate(pack.files[DOCUMENT] if pack else content, trusted, now)
    except PdfRefused as refused:
        raise Unreadable(f"{file.name}: {refused.code}: {refused}") from refused
    except (OSError, ValueError, KeyUnusable) as error:
        raise Unreadable(f"{file.name}: {error}") from error
    manifest, seal = None, None
    if pack is not None:
        seal = await audit_pyhanko.verify(pack.signature, pack.manifest, trusted, now)
        manifest = pack.record
        # Signed before that was recorded: the document names its seal, and is judged below.
        closing = (manifest.signers or found.signers)[-1:]
        closed_by = [one.certificate_sha256 for one in closing]
        if seal.why or closed_by != [seal.certificate_sha256]:
            return Looked(judgement=Judgement.BROKEN, found=found, pack=seal, voided_at=None)
    if record:
        executor = plain_executor(settings, settings.data)
        try:
            known = await executor.read(finished_of_bytes, found.sha256)
            manifest = known.manifest if known else None
        finally:
            await executor.close()
    judgement = judge(found, manifest, asked=record)
    if pack is not None and not record and found.sha256 not in pack.record.sha256s:
        judgement = min(judgement, Judgement.STRANGE, key=list(Judgement).index)
    return Looked(
        judgement=judgement,
        found=found,
        pack=seal,
        voided_at=manifest.voided_at if manifest else None,
    )


def own_roots(settings: Settings) -> Sequence[Path]:
    """Whom this counter trusts about signatures, as its nodes do.  Raises `PolicyUnfit`."""
    if settings.trust is not None:
        return trust_toml.read(settings.trust).anchors
    if settings.signing is not None:
        return keys_toml.read(settings.signing).keys.roots
    return [settings.keys / "pki" / "root.crt"]
