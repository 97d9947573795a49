"""A signed PDF or an audit pack from anywhere, looked at without the network; beside a node."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from counter.app.store import plain_executor
from counter.esign import keys_toml
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.refusals import KeyUnusable, PdfRefused
from counter.esign.store_validation import manifest_of_bytes
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.settings import Settings


class Unreadable(Exception):
    """The file, or a certificate to trust, cannot be read."""


async def look_at(
    settings: Settings,
    file: Path,
    roots: Sequence[Path] | None,
    now: datetime,
    *,
    record: bool,
) -> tuple[Judgement, Found]:
    """What the whole document is worth, and what was found in it.

    roots: certificates to trust, PEM; None: the counter's own.  record: whether to ask the store.
    Raises `Unreadable`.
    """
    # It logs pages of object numbers for each changed document; the verdict says it in a word.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        pdf = file.read_bytes()
        trusted = [load_certificate(path.read_bytes()) for path in roots or own_roots(settings)]
        found = await validate(pdf, trusted, now)
    except PdfRefused as refused:
        raise Unreadable(f"{file.name}: {refused.code}: {refused}") from refused
    except (OSError, ValueError, KeyUnusable) as error:
        raise Unreadable(f"{file.name}: {error}") from error
    manifest = None
    if record:
        executor = plain_executor(settings, settings.data)
        try:
            manifest = await executor.read(manifest_of_bytes, found.sha256)
        finally:
            await executor.close()
    return judge(found, manifest, asked=record), found


def own_roots(settings: Settings) -> Sequence[Path]:
    """Whom this counter trusts about signatures."""
    if settings.signing is not None:
        return keys_toml.read(settings.signing).keys.roots
    return [settings.keys / "pki" / "root.crt"]
