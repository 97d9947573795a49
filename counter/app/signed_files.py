"""A signed PDF from anywhere, looked at without the network; beside a running node."""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from counter.app.store import plain_executor
from counter.esign import keys_toml
from counter.esign.judging import Judgement, judge
from counter.esign.keys_files import load_certificate
from counter.esign.ports import Verdict
from counter.esign.refusals import KeyUnusable, SignatureInvalid
from counter.esign.store_reading import was_given_out
from counter.esign.verify_pyhanko import verify
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
) -> tuple[Judgement, tuple[Verdict, ...]]:
    """What the whole document is worth, and each signature's verdict.

    roots: certificates to trust, PEM; None: the counter's own.  record: whether to ask the store.
    Raises `Unreadable`.
    """
    # It logs pages of object numbers for each changed document; the verdict says it in a word.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        pdf = file.read_bytes()
        trusted = [load_certificate(path.read_bytes()) for path in roots or _own_roots(settings)]
        verdicts = await verify(pdf, trusted, now)
    except (OSError, ValueError, SignatureInvalid, KeyUnusable) as error:
        raise Unreadable(f"{file.name}: {error}") from error
    given_out = None
    if record:
        executor = plain_executor(settings, settings.data)
        try:
            digest = hashlib.sha256(pdf).hexdigest()
            given_out = await executor.read(was_given_out, digest)
        finally:
            await executor.close()
    return judge(verdicts, given_out=given_out), verdicts


def _own_roots(settings: Settings) -> Sequence[Path]:
    if settings.signing is not None:
        return keys_toml.read(settings.signing).keys.roots
    return [settings.keys / "pki" / "root.crt"]
