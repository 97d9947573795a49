"""Processes that are killed on purpose, forked from one that has loaded their libraries.

What dies then is work, not an import; and a hundred of them cost no second of imports each.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

LOADED = (
    "tests.documents.capture_house",
    "tests.documents.dying_handover",
    "tests.esign.dying_certificate",
    "tests.esign.signing_node",
    "tests.terminal.relay_program",
)
NODES = multiprocessing.get_context("forkserver")
NODES.set_forkserver_preload(list(LOADED))


def death_of(live: Callable[..., None], *words: object) -> int | None:
    """How a process that does this ended; None: it did not."""
    node = NODES.Process(target=live, args=words)
    node.start()
    node.join(60)
    return node.exitcode


async def ended(node: BaseProcess) -> int | None:
    """How it ended, when it has."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(node.sentinel, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(node.sentinel)
    return node.exitcode


def be_silent() -> None:
    """Say nothing from now on, in a node of its own."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)


async def reader(end: Connection) -> tuple[asyncio.StreamReader, Callable[[], None]]:
    """The lines that come out of a pipe, and what closes it."""
    lines = asyncio.StreamReader()
    file = os.fdopen(os.dup(end.fileno()), "rb", 0)
    end.close()
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), file)
    return lines, pipe.close
