"""The agent chooses with what a paper is taken: on the real store, on both engines."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from counter.case import Case
from counter.documents.papers_sql import SqlPapers
from counter.documents.refusals import ScanNotAsked
from counter.documents.store_documents import documents_of
from counter.errors import NotAllowedNow
from counter.ids import RequestId
from counter.protocol.desk import ScanChoose
from counter.signaling.device_health import SILENT
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_device import scan_sources
from counter.signaling.tables import device_state
from counter.store.cases import get_case
from counter.store.executor import Executor
from counter.store.metadata import insert_for
from tests.app.folder_floor import CASE, Floor, actions
from web.console.scan_asks import handlers
from web.shared.case_cards import scan_card
from web.terminal.device_screen import device_screen

SCANNER = {"state": "good", "fault": "", "can": ["flatbed", "feeder"]}
CAMERA = {"state": "good", "fault": "", "can": []}


class Choosing:
    """The floor with an open request, and the program's devices."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.terminal = str(floor.case.terminal_id)
        self.who = GatewayPrincipal(audience="/agent", subject="lei")
        self.ask = handlers(self.case_of, floor.executor, lambda: floor.now)[ScanChoose]

    async def case_of(self, who: GatewayPrincipal) -> Case:
        return await self.floor.executor.read(get_case, CASE)

    async def has(self, **devices: Any) -> None:
        at = self.floor.now
        health = {name: {**one, "since": at.isoformat()} for name, one in devices.items()}

        def put(conn: Connection) -> None:
            conn.execute(
                insert_for(conn, device_state).values(
                    terminal_id=self.terminal, epoch=1, beat_at=at, health=health
                )
            )

        await self.floor.executor.write(put)

    async def request(self) -> None:
        papers = SqlPapers(self.floor.executor, lambda conn, case_id: [])
        await papers.request_scan(
            CASE,
            RequestId("r-9"),
            item=self.floor.item,
            label_id=None,
            by="agent:lei",
            now=self.floor.now,
        )

    async def choose(self, source: Any, request: str = "r-9") -> None:
        await self.ask(self.who, ScanChoose(key="k" * 16, request_id=request, source=source))

    async def sources(self) -> list[str]:
        return await self.floor.executor.read(scan_sources, self.terminal, self.floor.now)


@pytest.fixture
async def choosing(executor: Executor, tmp_path: Path, now: datetime) -> AsyncIterator[Choosing]:
    async with AsyncExitStack() as closing:
        floor = Floor(executor, tmp_path, now)
        await floor.open(closing)
        yield Choosing(floor)


async def test_a_scanner_is_chosen_and_the_program_and_both_screens_know(
    choosing: Choosing,
) -> None:
    await choosing.has(camera=CAMERA, scanner=SCANNER)
    await choosing.request()
    for _ in range(2):
        await choosing.choose("feeder")
    floor = choosing.floor

    def read(conn: Connection) -> tuple[Any, Any]:
        case, documents = get_case(conn, CASE), documents_of(conn, CASE)
        sources = scan_sources(conn, choosing.terminal, floor.now)
        catalogue = floor.snapshot()
        card = scan_card(case, documents, catalogue, "en", by_device=True, sources=sources)
        return card, device_screen(conn, choosing.terminal, floor.now).scan

    card, scan = await floor.executor.read(read)
    assert (card.source, card.sources) == ("feeder", ["camera", "flatbed", "feeder"])
    assert (scan.request_id, scan.source) == ("r-9", "feeder")
    assert (await floor.executor.read(actions)).count("scan.choose") == 1
    await choosing.choose("camera")
    with pytest.raises(ScanNotAsked):
        await choosing.choose("flatbed", "r-1")


async def test_what_a_terminal_has_not_is_not_chosen(choosing: Choosing) -> None:
    await choosing.request()
    assert await choosing.sources() == []
    with pytest.raises(NotAllowedNow):
        await choosing.choose("flatbed")
    await choosing.has(
        camera={**CAMERA, "state": "broken"}, scanner={**SCANNER, "can": ["flatbed"]}
    )
    assert await choosing.sources() == ["flatbed"]
    with pytest.raises(NotAllowedNow):
        await choosing.choose("feeder")
    choosing.who = GatewayPrincipal(audience="/agent", subject="wong")
    with pytest.raises(NotAllowedNow):
        await choosing.choose("flatbed")
    choosing.floor.now += SILENT
    assert await choosing.sources() == []
