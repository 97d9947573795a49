"""How soon an agent sees a page: from a still of 12 megapixels to its thumbnail and its page.

    python -m tests.bench.relay [--bits 20e6] [--rounds 10]

The terminal's real relay and journal, the counter's real routes, rows, files and scan process, all
on this machine; between the two a line that carries so many bits each way.  The camera's own time
and the agent's line are not in it.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import aiohttp
from aiohttp import web

from counter.documents.capture_service import CaptureService
from counter.documents.captures_sql import SqlCaptures
from counter.documents.page import Limits, ScanResult
from counter.documents.papers_sql import SqlPapers
from counter.documents.sample_page import sample_photograph
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.ids import CaseId, RequestId
from counter.store.cases import audiences
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from counter.terminal.journal import Shot
from counter.terminal.journal_files import FileJournal
from counter.terminal.look_opencv import thumbnail_of
from counter.terminal.relay_service import RelayService
from counter.terminal.uplink_http import HttpUplink
from tests.documents.capture_house import application, ask_for, build, seat
from tests.terminal.cut_line import CutLine

CASE = CaseId("case-1")


class Agent:
    """Looks at the case whenever there is news, and notes when what was there."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.seen: dict[str, float] = {}

    def wake(self, wakes: Iterable[tuple[str, int]]) -> None:
        """As the bus does after COMMIT."""
        self.news.set()

    async def look(self, documents: DocumentsService, number: int) -> None:
        """Until page `number` of the case is there, as bytes."""
        self.seen = {}
        while True:
            self.news.clear()
            now = await documents.documents_of(CASE)
            arriving = now.open_request.arriving if now.open_request else None
            shown = {
                "thumbnail": arriving and arriving.thumb_sha256,
                "preview": arriving and arriving.preview_sha256,
                "page": now.pages[-1].page_sha256 if len(now.pages) == number else None,
            }
            for name, sha256 in shown.items():
                if sha256 and name not in self.seen:
                    await documents.image(CASE, sha256)
                    self.seen[name] = time.perf_counter()
            if "page" in self.seen:
                return
            await self.news.wait()


async def measure(directory: Path, bits_per_s: float, rounds: int) -> list[dict[str, float]]:
    """Seconds from the still to what the agent sees, by round; and its bytes."""
    agent = Agent()
    lane = SqliteLane(directory / "counter.sqlite", on_wake=agent.wake)
    await asyncio.to_thread(upgrade_engine, lane.engine)
    await lane.write(seat)
    chance = random.Random(1)

    def new_id() -> str:
        return f"{chance.getrandbits(128):032x}"

    played = build(lane, directory, new_id)
    scanner, looker, on_terminal = ScanPool(), ScanPool(), ScanPool()
    documents = DocumentsService(SqlPapers(lane, audiences), played.blobs, scanner, new_id)
    captures = CaptureService(
        SqlCaptures(lane, audiences), played.files, documents, played.blobs, looker, new_id
    )
    house = replace(played, captures=captures, documents=documents)
    runner = web.AppRunner(application(house), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found = []
    await asyncio.gather(scanner.warm_up(), looker.warm_up(), on_terminal.warm_up())

    async def flatten(photograph: bytes) -> bytes | None:
        seen = await on_terminal.scan(photograph, Limits())
        return seen.page_jpeg if isinstance(seen, ScanResult) else None

    try:
        async with (
            CutLine(runner.addresses[0][1], bits_per_s=bits_per_s) as line,
            aiohttp.ClientSession() as http,
        ):
            relay = RelayService(
                FileJournal(directory / "journal", b"k" * 32, chance.randbytes),
                HttpUplink(http, f"http://127.0.0.1:{line.port}", "device:hq-1"),
                clock=lambda: datetime.now(UTC),
                chance=chance.random,
                flatten=flatten,
            )
            sending = asyncio.create_task(relay.run_for_ever())
            for number in range(1, rounds + 2):
                await lane.write(ask_for, number)
                still = await asyncio.to_thread(
                    sample_photograph, number, width_px=4032, height_px=3024
                )
                looking = asyncio.create_task(agent.look(documents, number))
                began = time.perf_counter()
                small = await asyncio.to_thread(thumbnail_of, still)
                shot = Shot(
                    request_id=RequestId(f"r-{number}"),
                    photograph=still,
                    thumbnail=small,
                    taken_at=datetime.now(UTC),
                )
                await relay.keep("case-1", shot)
                async with asyncio.timeout(120):
                    await looking
                took = {name: at - began for name, at in agent.seen.items()}
                found.append({**took, "bytes": len(still), "thumbnail bytes": len(small)})
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
    finally:
        await runner.cleanup()
        for pool in (scanner, looker, on_terminal):
            await pool.close()
        await lane.close()
    return found[1:]  # the first one warms connections and caches


def main() -> int:
    """Print medians and the worst."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bits", type=float, default=20e6)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="rvc-relay-"))
    try:
        found = asyncio.run(measure(directory, options.bits, options.rounds))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sizes = median(one["bytes"] for one in found) / 1e6
    print(f"{options.rounds} stills of {sizes:.1f} MB over {options.bits / 1e6:g} Mbit/s each way")
    for name in ("thumbnail", "preview", "page"):
        times = sorted(one[name] for one in found if name in one)
        if times:
            print(f"{name:>10}: median {median(times):.2f} s, worst {times[-1]:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
