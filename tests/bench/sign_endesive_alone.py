"""Runs in the peer's own environment: signs a form again and again with endesive.

    python sign_endesive_alone.py FORM KEY CERTIFICATE ISSUER TSA ROUNDS

Says its cells as JSON, as `tests.bench.sign` has them.
"""

import json
import logging
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from endesive.pdf import cms  # type: ignore[import-not-found]

WHERE = {
    "aligned": 0,
    "sigflags": 3,
    "sigandcertify": False,
    "sigpage": 0,
    "sigfield": "Citizen",
    "auto_sigfield": False,
    "signaturebox": (57, 500, 539, 590),
    "signature": "x",
    "contact": "",
    "location": "",
    "signingdate": "D:20261123090000+00'00'",
    "reason": "",
    "sigbutton": False,
    "signform": False,
}


def main(form: str, key: str, certificate: str, issuer: str, tsa: str, rounds: str) -> None:
    """Measure and tell."""
    pdf = Path(form).read_bytes()
    private = serialization.load_pem_private_key(Path(key).read_bytes(), None)
    own, above = (
        x509.load_pem_x509_certificate(Path(one).read_bytes()) for one in (certificate, issuer)
    )
    found: dict[str, Any] = {}
    for name, url in (("B-B endesive", None), ("B-T endesive", tsa)):
        wall, cpu, grown = [], [], 0
        for _ in range(int(rounds) + 1):
            began, used = time.perf_counter(), time.process_time()
            more = cms.sign(pdf, dict(WHERE), private, own, [above], "sha256", None, url)
            cpu.append((time.process_time() - used) * 1000)
            wall.append((time.perf_counter() - began) * 1000)
            grown = len(more)
        found[name] = {
            "ms": round(median(wall[1:]), 3),
            "cpu_ms": round(median(cpu[1:]), 3),
            "tsa_requests": int(url is not None),
            "growth_kb": round(grown / 1024, 1),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    main(*sys.argv[1:])
