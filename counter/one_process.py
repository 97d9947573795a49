"""A pool of one process: what may hang or crash over there holds up nobody here."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor


def one_process(start: Callable[..., object], *given: object) -> ProcessPoolExecutor:
    """Its process begins with `start(*given)` when it is first asked, and after that is asked jobs.

    Spawned, not forked: a fork would carry the counter's sockets, threads and secrets.
    """
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=start,
        initargs=given,
    )


def kill(pool: ProcessPoolExecutor) -> None:
    """End its process, whatever it is busy with; who waits for it gets `BrokenProcessPool`."""
    for process in list((pool._processes or {}).values()):
        process.kill()
