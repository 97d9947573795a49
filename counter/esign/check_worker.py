"""What runs in the process that meets signed PDFs from anywhere.  It holds no key.

It may use so much memory and time of the processor, writes no file and leaves no core; it goes
when the counter goes.
"""

import asyncio
import logging
import math
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import x509

from counter.esign.pdf_refusals import DocumentDamaged, PdfRefused
from counter.esign.report_pyhanko import report
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found

MEMORY_BYTES = 1536 * 1024**2
"Address space, libraries included."
_roots: list[x509.Certificate] = []


def start(roots: Sequence[bytes], niceness: int) -> None:
    """Confine this process.  roots: certificates to trust, DER.  niceness: 0 to 19."""
    os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _roots[:] = [x509.Certificate.load(one) for one in roots]


def allow(cpu_s: int) -> None:
    """End this process when it has used so many seconds more of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime) + cpu_s
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def check(pdf: bytes, now: datetime) -> tuple[Found, bytes]:
    """What is found, and the report of ETSI TS 119 102-2 as XML; empty without a signature.

    Raises what `admission_pyhanko.opened` raises, and `MemoryError`.
    """
    try:
        found = asyncio.run(validate(pdf, _roots, now))
        return found, asyncio.run(report(pdf, _roots, now))
    except (PdfRefused, MemoryError):
        raise
    except Exception as error:
        # No list of what the libraries raise over a stranger's file is ever complete.
        raise DocumentDamaged(f"it cannot be judged: {type(error).__name__}") from error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
