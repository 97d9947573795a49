"""A paper left under the camera: seen by the program, asked for at closing, then on the wall."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Connection

from counter.case import Case
from counter.documents.refusals import OriginalsLying
from counter.documents.store_documents import documents_of
from counter.ids import TerminalId
from counter.protocol.device import BedReport
from counter.protocol.terminal import OriginalsTaken
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.store_device import attach_device
from counter.signaling.store_step import in_step
from counter.store.cases import get_case, put_case
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.app.folder_floor import CASE, Floor
from web.shared import originals_local
from web.shared.originals_local import lying_papers, seen_lying
from web.terminal.device_screen import device_screen
from web.wall.wall_local import LocalWall

KEY = "k" * 16


class Place:
    """A floor whose terminal has a program with a camera."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.terminal = str(floor.case.terminal_id)
        self.asks = originals_local.handlers(floor.executor, lambda: floor.now)
        self.program = GatewayPrincipal(audience="/device", subject=self.terminal)

    async def open(self) -> None:
        terminal = TerminalId(self.terminal)
        epoch = await self.floor.executor.write(
            in_step, self.floor.hooks, self.floor.now, attach_device, terminal
        )
        self.program = GatewayPrincipal(audience="/device", subject=terminal, epoch=epoch)

    async def sees(
        self, seen: Literal["empty", "paper", "unknown"], sitting: str = str(CASE)
    ) -> None:
        self.floor.now += timedelta(seconds=3)
        await self.asks[BedReport](self.program, BedReport(key=KEY, sitting=sitting, seen=seen))

    async def lying(self) -> tuple[list[str], bool, bool]:
        """The papers in words, whether one is seen, whether the program is to look."""

        def read(conn: Connection) -> tuple[list[str], bool, bool]:
            case, documents = get_case(conn, CASE), documents_of(conn, CASE)
            words = lying_papers(conn, case, documents, self.floor.snapshot(), "en")
            screen = device_screen(conn, self.terminal, self.floor.now)
            return words, seen_lying(conn, case, documents), screen.watch_bed

        return await self.floor.executor.read(read)

    async def closing(self) -> None:
        await self.floor.executor.read(lambda conn: self.floor.hooks.originals(conn, self.case))

    @property
    def case(self) -> Case:
        return self.floor.case

    async def leave(self) -> None:
        def command(conn: Connection) -> None:
            case = get_case(conn, CASE)
            put_case(conn, case.left(self.floor.now))
            self.floor.hooks.left(conn, case, self.floor.now)

        await self.floor.executor.write(command)

    async def on_the_wall(self) -> list[tuple[str, str]]:
        floor = self.floor
        wall = LocalWall(executor=floor.executor, catalogue=floor.snapshot, clock=lambda: floor.now)
        state = await wall.read("en")
        tile = next(one for one in state.terminals if one.terminal_id == self.terminal)
        return [(one.device, one.fault) for one in tile.devices]

    async def journalled(self) -> list[str]:
        def read(conn: Connection) -> list[str]:
            said = [json.loads(entry.body)["action"] for entry in read_all(conn)]
            return [one for one in said if one.startswith("originals.")]

        return await self.floor.executor.read(read)


@pytest.fixture
async def place(executor: Executor, tmp_path: Path, now: datetime) -> AsyncIterator[Place]:
    async with AsyncExitStack() as closing:
        floor = Floor(executor, tmp_path, now)
        await floor.open(closing)
        made = Place(floor)
        await made.open()
        yield made


async def test_what_the_camera_sees_settles_what_is_asked(place: Place) -> None:
    words, seen, watching = await place.lying()
    assert words and not seen and watching
    await place.closing()  # nobody saw it lying there

    await place.sees("paper")
    assert (await place.lying())[1:] == (True, True)
    with pytest.raises(OriginalsLying):
        await place.closing()

    await place.sees("empty")
    assert await place.lying() == ([], False, False)
    await place.closing()
    assert await place.journalled() == ["originals.seen", "originals.seen"]


async def test_who_says_to_have_it_is_asked_again_while_it_lies_there(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(originals_local, "require_current", lambda conn, who: None)
    terminal: Any = GatewayPrincipal(audience="/terminal", subject=place.terminal)
    await place.asks[OriginalsTaken](terminal, OriginalsTaken(key=KEY))
    assert await place.lying() == ([], False, True)
    await place.sees("paper")
    words, seen, _ = await place.lying()
    assert len(words) == 1 and seen


async def test_what_was_forgotten_stands_on_the_wall_until_it_is_gone(place: Place) -> None:
    await place.sees("paper")
    assert ("bed", "forgotten") not in await place.on_the_wall(), "its owner sits there"
    await place.leave()
    assert ("bed", "forgotten") in await place.on_the_wall()
    assert (await place.journalled())[-1] == "originals.left_behind"
    screen = await place.floor.executor.read(device_screen, place.terminal, place.floor.now)
    assert screen.watch_bed, "so that the wall hears when somebody has taken it"
    await place.sees("unknown", "")
    assert ("bed", "forgotten") in await place.on_the_wall()
    await place.sees("empty", "")
    assert ("bed", "forgotten") not in await place.on_the_wall()


async def test_what_is_said_of_an_earlier_sitting_is_not_of_this_case(place: Place) -> None:
    await place.sees("paper", "case-0")
    assert (await place.lying())[1] is False
