"""How long the event loop of a web process is held while ceremonies run in it.

A ticker asks every millisecond for its turn.  What counts is the CPU time that this thread spent
between two turns, which a busy machine does not stretch; the wall time is told beside it.
"""

import asyncio
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from counter.esign.keys_files import roots_of
from counter.esign.pki_development import DevelopmentPki
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.ids import CaseId, CeremonyId
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, STROKES
from tests.esign.dying_node import service_on

CEREMONIES = 20
"At once."
Json = dict[str, Any]


async def measured(
    pki: DevelopmentPki, tsa_url: str, directory: Path, ceremonies: int = CEREMONIES
) -> Json:
    """The cell `loop held`, in milliseconds: p50, p99 and the longest."""
    engine = create_engine(f"sqlite:///{directory / 'counter.sqlite'}")
    upgrade_engine(engine)
    engine.dispose()
    studio, lane = SignPool(pki.signing), SqliteLane(directory / "counter.sqlite")
    stamps = HttpStamps([tsa_url], roots_of(pki.signing), new_nonce=count(1).__next__)
    service = service_on(directory, lane, studio, stamps, lambda: datetime.now(UTC))
    try:
        await _numbered(service, 0)  # imports, the connection, the room
        cpu: list[float] = []
        wall: list[float] = []
        ticker = asyncio.create_task(_tick(cpu, wall))
        began = time.perf_counter()
        await asyncio.gather(*(_numbered(service, number) for number in range(1, ceremonies + 1)))
        took_s = time.perf_counter() - began
        ticker.cancel()
    finally:
        await stamps.close()
        await studio.close()
        await lane.close()
    return {
        "ceremonies": ceremonies,
        "seconds": round(took_s, 2),
        "turns": len(cpu),
        "cpu_ms": _spread(cpu),
        "wall_ms": _spread(wall),
    }


def _spread(values: list[float]) -> Json:
    found = sorted(values)
    return {
        "p50": round(found[len(found) // 2], 3),
        "p99": round(found[int(len(found) * 0.99)], 3),
        "most": round(found[-1], 3),
    }


async def _tick(cpu: list[float], wall: list[float]) -> None:
    while True:
        used, at = time.thread_time(), time.perf_counter()
        await asyncio.sleep(0.001)
        cpu.append((time.thread_time() - used) * 1000)
        wall.append((time.perf_counter() - at) * 1000 - 1)


async def _numbered(service: EsignService, number: int) -> None:
    await ceremony(service, CaseId(f"case-{number}"), CeremonyId(f"ceremony-{number}"))


async def ceremony(service: EsignService, case_id: CaseId, ceremony_id: CeremonyId) -> None:
    """A whole one, from the form to the seal."""
    now = datetime.now(UTC)
    await service.present(
        case_id,
        "certificate_application",
        FILLED,
        "zh-Hant",
        by="agent:a",
        now=now,
        ceremony_id=ceremony_id,
    )
    (shown,) = await service.ceremonies(case_id)
    for page in range(1, len(shown.sheets) + 1):
        await service.page_seen(case_id, ceremony_id, page, now)
    await service.consent(case_id, ceremony_id, shown.sha256, now)
    await service.sign(case_id, ceremony_id, shown.sha256, STROKES, now)
