"""What a child process that meets other people's bytes takes from itself before it begins."""

import multiprocessing
import os
import resource
import signal
import threading
from multiprocessing.connection import wait


def confine(memory_bytes: int, nice: int = 0) -> None:
    """Run first in the child, before any library that decodes is loaded.

    memory_bytes: address space, libraries included.  It writes no file, leaves no core, and goes
    when the counter goes, even when the counter is killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the counter, which ends us
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(nice)
    # Read by the libraries' own C code when they are loaded, hence not settings of ours.
    os.putenv("OPENCV_IO_MAX_IMAGE_PIXELS", str(64 * 1024 * 1024))
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.putenv(threads, "1")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
