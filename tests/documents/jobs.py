"""What a scan worker is made to do in tests; a module of its own because workers import it."""

import os
import resource
import signal
import time

from counter.documents.page import Limits, ScanRefused, ScanResult
from counter.documents.scan_opencv.scan import scan


def die_over_x(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Be killed by the photograph `x`; scan every other."""
    if content == b"x":
        os.kill(os.getpid(), signal.SIGKILL)
    return scan(content, limits)


def hang_over_x(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Never finish with the photograph `x`; scan every other."""
    while content == b"x":
        time.sleep(0.05)
    return scan(content, limits)


def raise_over_x(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Fail over the photograph `x`; scan every other."""
    if content == b"x":
        raise ValueError("a library did not like this")
    return scan(content, limits)


def eat_memory(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Ask for more memory than a worker may have."""
    return ScanRefused(code=str(len(bytearray(4 * 1024**3))), findings=None)


def tell_confinement(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Answer with what this process may use."""
    memory, _ = resource.getrlimit(resource.RLIMIT_AS)
    file_size, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    pixels = os.popen("printenv OPENCV_IO_MAX_IMAGE_PIXELS").read().strip()
    return ScanRefused(code=f"{memory} {file_size} {pixels}", findings=None)
