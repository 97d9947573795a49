"""The relay of a terminal's program alone, so that it can be killed.

It photographs papers, a few at a time, and sends them.  What was kept is noted in the file `taken`
of its state: that must not be lost.
"""

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from counter.ids import RequestId
from counter.terminal.journal import Shot
from counter.terminal.journal_files import FileJournal
from counter.terminal.relay_service import RelayService
from counter.terminal.uplink_http import HttpUplink
from tests.documents.capture_house import photograph
from tests.forked import be_silent

KEY = b"m" * 32
AT_ONCE = 3


def size_of(seed: int, number: int) -> int:
    """Bytes of a photograph: from 20 KB to 600 KB, so of one part and of several."""
    return random.Random(seed * 100_003 + number).randint(20_000, 600_000)


def live(state: Path, server: str, pages: int, seed: int) -> None:
    """Until all are there and the journal is empty, or until it is killed."""
    be_silent()
    asyncio.run(_run(state, server, pages, seed))


async def _run(state: Path, server: str, pages: int, seed: int) -> None:
    chance = random.SystemRandom()
    journal = FileJournal(state / "journal", KEY, chance.randbytes)
    taken = state / "taken"
    done = {int(line) for line in taken.read_text().split()} if taken.exists() else set()
    async with aiohttp.ClientSession() as http:
        relay = RelayService(
            journal,
            HttpUplink(http, server, "device:hq-1"),
            clock=lambda: datetime.now(UTC),
            chance=chance.random,
        )
        ended = asyncio.Event()
        relay.on_end(lambda entry, end, code: ended.set())
        sending = asyncio.create_task(relay.run_for_ever())
        for number in range(pages):
            while len(await journal.entries()) >= AT_ONCE:
                ended.clear()
                await ended.wait()
            if number in done:
                continue
            if not await relay.holds(f"r-{number}"):
                shot = Shot(
                    request_id=RequestId(f"r-{number}"),
                    photograph=photograph(number, size_of(seed, number)),
                    thumbnail=b"\xff\xd8 thumbnail",
                    taken_at=datetime.now(UTC),
                )
                await relay.keep(f"case-{number}", shot)
            with taken.open("a") as noted:
                noted.write(f"{number}\n")
        while await journal.entries():
            ended.clear()
            await ended.wait()
        sending.cancel()
        for sitting in await journal.sittings():
            await journal.wipe(sitting)
