"""endesive as a peer of `make bench-sign`, in an environment of its own.

It is not among our packages: one that it needs (PyKCS11) is under the GPL.  It is installed from
where packages come from on this machine into build/peers/endesive at the first run; where that
cannot be, the table says so.  Two repairs, both known: oscrypto does not read the version of an
OpenSSL with two digits at its end, and endesive breaks with pypdf 7.
"""

import asyncio
import json
import subprocess
import venv
from pathlib import Path
from typing import Any

from tests.esign.key_rings import Ring

HOME = Path("build/peers/endesive")
PACKAGES = ("endesive==3.0.1", "pypdf<7")
NARROW, WIDE = r"(\\d\\.\\d\\.\\d[a-z]*)", r"(\\d+\\.\\d+\\.\\d+[a-z]*)"
INSTALL_S, RUN_S = 300, 300
PROGRAM = Path(__file__).with_name("sign_endesive_alone.py")
Json = dict[str, Any]


class NotThere(Exception):
    """The peer cannot be had here."""


async def measured(ring: Ring, pdf: bytes, tsa_url: str, rounds: int, directory: Path) -> Json:
    """Its cells, `B-B endesive` and `B-T endesive`.  Raises `NotThere`."""
    return await asyncio.to_thread(_measured, ring, pdf, tsa_url, rounds, directory)


def _measured(ring: Ring, pdf: bytes, tsa_url: str, rounds: int, directory: Path) -> Json:
    python = _installed()
    form = directory / "form.pdf"
    form.write_bytes(pdf)
    words = [str(form), str(ring.files.key), str(ring.files.certificate)]
    words += [str(ring.files.chain[0]), tsa_url, str(rounds)]
    told = _run([str(python), str(PROGRAM), *words], RUN_S)
    found: Json = json.loads(told.splitlines()[-1])
    return found


def _installed() -> Path:
    python = HOME / "bin" / "python"
    ready = HOME / "ready"
    if not ready.exists():
        venv.create(HOME, with_pip=True, clear=True)
        _run([str(python), "-m", "pip", "install", "-q", *PACKAGES], INSTALL_S)
        for file in HOME.glob("lib/python*/site-packages/oscrypto/_openssl/_libcrypto_c*.py"):
            file.write_text(file.read_text().replace(NARROW, WIDE))
        ready.touch()
    return python


def _run(words: list[str], limit_s: int) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=limit_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotThere(type(error).__name__) from error
    if done.returncode:
        raise NotThere((done.stderr.strip().splitlines() or ["it failed"])[-1][:200])
    return done.stdout
