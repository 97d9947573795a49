"""Book until killed: prints each answer that somebody got, the moment they got it.

    python -m tests.bench.booking_killed ENGINE WHERE PEOPLE SEED

`killed` starts it and ends it with SIGKILL somewhere in the middle.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.booking_audit import faults, lost
from tests.bench.booking_crowd import crowd
from tests.bench.booking_place import chance_of, made, service_on

READY = b"ready\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What was found after one kill."""

    seed: int
    holds: int
    "Acknowledged."
    bookings: int
    lost_holds: int
    lost_bookings: int
    faults: dict[str, int]
    finished: bool
    "Everybody was served before the kill came."


def killed(engine: str, where: str, people: int, seed: int, after: int) -> Killed:
    """Kill it after so many answers.  where: a store that is made when it is not there."""
    command = ["tests.bench.booking_killed", engine, where, str(people), str(seed)]
    told, finished = told_until_killed(command, after)
    holds, bookings = lost(engine, where, told)
    return Killed(
        seed=seed,
        holds=sum(state == "held" for _, state in told),
        bookings=sum(state == "booked" for _, state in told),
        lost_holds=holds,
        lost_bookings=bookings,
        faults=faults(engine, where),
        finished=finished,
    )


def told_until_killed(module: Sequence[str], after: int) -> tuple[list[tuple[str, str]], bool]:
    """What a program said before it was killed after so many answers; whether it had finished."""
    process = subprocess.Popen([sys.executable, "-m", *module], stdout=subprocess.PIPE)
    assert process.stdout is not None
    told: list[tuple[str, str]] = []
    try:
        for line in process.stdout:
            if line == READY:
                continue
            told.append(_pair(line))
            if len(told) == after:
                process.send_signal(signal.SIGKILL)
                break
        # What it had said before it died counts as well.
        told += [pair for pair in map(_pair, process.stdout) if pair[1]]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return told, process.returncode == 0


def moment(seed: int, people: int) -> int:
    """After how many answers the kill comes: somewhere in the first two thirds."""
    return random.Random(seed).randrange(1, max(2, people * 4 // 3))


def _pair(line: bytes) -> tuple[str, str]:
    words = line.decode().split()
    return (words[0], words[1]) if len(words) == 2 else ("", "")


async def _run(engine: str, where: str, people: int, seed: int) -> None:
    executor = await made(engine, where)
    name = f"s{seed}"
    booking = service_on(executor, chance_of(name), name)
    out = sys.stdout.fileno()
    os.write(out, READY)

    def say(appointment_id: str, state: str) -> None:
        os.write(out, f"{appointment_id} {state}\n".encode())  # at once, whole, unbuffered

    await crowd(booking, people, seed, acknowledged=say)
    await executor.close()


if __name__ == "__main__":
    engine, where, people, seed = sys.argv[1:]
    asyncio.run(_run(engine, where, int(people), int(seed)))
