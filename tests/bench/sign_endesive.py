"""endesive as a peer of `make bench-sign`, in an environment of its own.

It is not among our packages: one that it needs (PyKCS11) is under the GPL.  Two repairs, both
known: oscrypto does not read the version of an OpenSSL with two digits at its end, and endesive
breaks with pypdf 7.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.bench.environments import installed, run
from tests.esign.key_rings import Ring

PACKAGES = ("endesive==3.0.1", "pypdf<7")
NARROW, WIDE = r"(\\d\\.\\d\\.\\d[a-z]*)", r"(\\d+\\.\\d+\\.\\d+[a-z]*)"
RUN_S = 300
PROGRAM = Path(__file__).with_name("sign_endesive_alone.py")
Json = dict[str, Any]


async def measured(ring: Ring, pdf: bytes, tsa_url: str, rounds: int, directory: Path) -> Json:
    """Its cells, `B-B endesive` and `B-T endesive`.  Raises `NotThere`."""
    return await asyncio.to_thread(_measured, ring, pdf, tsa_url, rounds, directory)


def _measured(ring: Ring, pdf: bytes, tsa_url: str, rounds: int, directory: Path) -> Json:
    python = installed("endesive", PACKAGES, _repaired)
    form = directory / "form.pdf"
    form.write_bytes(pdf)
    words = [str(form), str(ring.files.key), str(ring.files.certificate)]
    words += [str(ring.files.chain[0]), tsa_url, str(rounds)]
    told = run([str(python), str(PROGRAM), *words], RUN_S)
    found: Json = json.loads(told.splitlines()[-1])
    return found


def _repaired(home: Path) -> None:
    for file in home.glob("lib/python*/site-packages/oscrypto/_openssl/_libcrypto_c*.py"):
        file.write_text(file.read_text().replace(NARROW, WIDE))
