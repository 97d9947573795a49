"""Runs a program of the system as a child that may take so long and no longer."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from counter.terminal.ports import DeviceFailed

OUTPUT_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a program ended."""

    code: int
    out: bytes
    said: str
    "What it wrote to its standard error."


async def run(command: Sequence[str], *, timeout_s: float, given: bytes = b"") -> Finished:
    """Run it without a shell, in plain English, and end it and its children when it takes too long.

    given: its standard input.
    Raises `DeviceFailed`: `missing` when there is no such program, `silent` when it was ended.
    """
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"},  # noqa: TID251  # its own words are read
            start_new_session=True,
            limit=OUTPUT_MAX_BYTES,
        )
    except FileNotFoundError as gone:
        raise DeviceFailed("missing", f"{command[0]} is not installed") from gone
    try:
        async with asyncio.timeout(timeout_s):
            out, said = await child.communicate(given)
    except TimeoutError as late:
        raise DeviceFailed("silent", f"{command[0]} took longer than {timeout_s} s") from late
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    return Finished(code=child.returncode or 0, out=out, said=said.decode(errors="replace"))
