"""The program of a terminal: follows its screen, photographs, prints, forgets, tests itself.

It dials out and listens nowhere.  Each of its tasks is owned here and ends with it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from counter.errors import Refusal
from counter.ids import RequestId
from counter.protocol.device import DeviceHealth, DeviceLight, DeviceScreen, ScanSource
from counter.terminal.bed_service import BedGuard, BedSeen
from counter.terminal.journal import Shot
from counter.terminal.ports import DeviceFailed, Journal, LineLost
from counter.terminal.printing_service import PrintingService
from counter.terminal.program import EndSitting, TakeShot, deeds, page_died
from counter.terminal.relay_service import RelayService
from counter.terminal.selftest_service import USUAL_LIGHT, Devices, SelfTest

log = logging.getLogger(__name__)

BEAT_S: Final = 10.0
BED_S: Final = 3.0
"Between looks at the place for papers, while something may lie there."
TEST_S: Final = 600.0
"Between self-tests while nobody is here."


class ScreenLine(Protocol):
    """The line to the counter: the latest screen, and asks."""

    screen: dict[str, Any] | None

    async def news(self, timeout_s: float) -> bool: ...

    async def ask(
        self, event: str, body: Mapping[str, Any], *, tries: int = 20
    ) -> dict[str, Any]: ...


class Browser(Protocol):
    """The browser that shows the terminal's page."""

    @property
    def age(self) -> timedelta:
        """Since it was started last."""
        ...

    async def renew(self) -> None:
        """End it, delete everything that it kept, and start it afresh."""
        ...


class ProgramService:
    """One terminal's program."""

    def __init__(
        self,
        line: ScreenLine,
        relay: RelayService,
        journal: Journal,
        devices: Devices,
        selftest: SelfTest,
        printing: PrintingService,
        bed: BedGuard,
        *,
        clock: Callable[[], datetime],
        thumbnail: Callable[[bytes], bytes],
        browser: Browser | None = None,
        tell: Callable[[str], None] = log.info,
    ) -> None:
        """thumbnail: a small copy; it takes a while and runs in a thread."""
        self._line = line
        self._relay = relay
        self._journal = journal
        self._devices = devices
        self._selftest = selftest
        self._printing = printing
        self._bed = bed
        self._bed_said: tuple[str | None, BedSeen] = (None, "unknown")
        "Of which sitting what was said last."
        self._clock = clock
        self._thumbnail = thumbnail
        self._browser = browser
        self._tell = tell
        self._sitting: str | None = None
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._taken: set[TakeShot] = set()
        "Of this sitting; a screen that is not new yet asks for them again."
        self._lit: DeviceLight | None = None
        "What the lamp was made to last; None: as usual."
        self._testing = asyncio.Lock()

    async def run_for_ever(self) -> None:
        """Until cancelled.  Begins with a self-test; ends what it started.

        Raises what any of its tasks died of: half a program would look alive.
        """
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._follow_for_ever(),
                self._relay.run_for_ever(),
                self._printing.run_for_ever(),
                self._watch_bed_for_ever(),
                self._beat_for_ever(),
                self._test_for_ever(),
            )
        ]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            tasks += self._taking.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def follow(self, screen: DeviceScreen) -> None:
        """Do what this screen asks for."""
        todo = deeds(self._sitting, screen)
        self._sitting = screen.sitting
        self._printing.follow(screen.print)
        await self._light(screen.light)
        for deed in todo:
            if isinstance(deed, EndSitting):
                await self._end(deed.sitting)
            elif deed.request_id not in self._taking and deed not in self._taken:
                task = asyncio.create_task(self._take(deed))
                self._taking[deed.request_id] = task
                task.add_done_callback(
                    lambda _, request=deed.request_id: self._taking.pop(request, None)  # type: ignore[misc]
                )

    async def tidy(self) -> int:
        """Destroy the keys of sittings that are over and sent; how many photographs still wait."""
        over = [name for name in await self._journal.sittings() if name != self._sitting]
        return sum([await self._journal.wipe(name) for name in over])

    async def test(self) -> list[DeviceHealth]:
        """Look at every device and tell the counter."""
        async with self._testing:
            found = await self._selftest.run()
        wrong = [f"{one.device}: {one.fault}" for one in found if one.state in ("weak", "broken")]
        self._tell(f"self-test: {', '.join(wrong) or 'everything works'}")
        devices = [one.model_dump() for one in found]
        await self._ask("health.report", {"devices": devices})
        if self._sitting is None:
            await self._say_bed(await self._bed.learn())
        return found

    async def look_at_bed(self) -> None:
        """Look whether a paper lies there, and say so."""
        await self._say_bed(await self._bed.look())

    async def _say_bed(self, seen: BedSeen) -> None:
        """Tell the counter what it was not told yet."""
        if self._bed_said == (self._sitting, seen) and seen != "empty":
            return
        said = {"sitting": self._sitting or "", "seen": seen}
        if await self._ask("bed.report", said, tries=1) is not None:
            self._bed_said = (self._sitting, seen)

    async def _light(self, wish: DeviceLight | None) -> None:
        """Make the lamp as the agent wants it; as usual when nobody wants anything any more."""
        lamp = self._devices.lamp
        if wish == self._lit or lamp is None:
            return
        try:
            await lamp.set(wish.percent if wish else USUAL_LIGHT)
        except DeviceFailed as failed:
            log.warning("the lamp: %s", failed)
            made = False
        else:
            made = True
        self._lit = wish
        if wish is not None:
            await self._ask("lamp.report", {"rev": wish.rev, "made": made}, tries=2)

    async def _take(self, deed: TakeShot) -> None:
        if await self._relay.holds(deed.request_id):
            return  # an earlier life took it; it is on its way
        self._tell("photographs a paper")
        try:
            photograph = await self._photograph(deed.source)
            thumbnail = await asyncio.to_thread(self._thumbnail, photograph)
        except DeviceFailed as failed:
            log.warning("no photograph: %s", failed)
            about = {"request_id": deed.request_id, "fault": failed.fault}
            await self._ask("shot.fail", about)
            return
        await self._relay.keep(
            deed.sitting,
            Shot(
                request_id=RequestId(deed.request_id),
                photograph=photograph,
                thumbnail=thumbnail,
                taken_at=self._clock(),
            ),
        )
        self._taken.add(deed)

    async def _photograph(self, source: ScanSource) -> bytes:
        """By what the agent chose; by the scanner only where there is no camera.

        When a camera fails the agent chooses: on the glass may lie somebody else's paper.
        """
        camera, scanner = self._devices.camera, self._devices.scanner
        if source != "camera":
            if scanner is None:
                raise DeviceFailed("missing", "this terminal has no scanner")
            return await scanner.scan(source)
        if camera is not None:
            return await camera.still()
        if scanner is None:
            raise DeviceFailed("missing", "this terminal photographs no papers")
        return await scanner.scan("flatbed")

    async def _end(self, sitting: str) -> None:
        """Forget a sitting: the browser's profile, and of the journal what the counter has."""
        self._tell("forgets who was here")
        self._taken.clear()
        if self._browser is not None:
            await self._browser.renew()
        kept = await self.tidy()
        await self._ask("sitting.wipe", {"sitting": sitting, "kept": kept})
        await self.test()

    async def _follow_for_ever(self) -> None:
        while True:
            await self._line.news(5.0)
            if self._line.screen is not None:
                await self.follow(DeviceScreen.model_validate(self._line.screen))

    async def _watch_bed_for_ever(self) -> None:
        while True:
            if self._line.screen is not None and self._line.screen.get("watch_bed"):
                await self.look_at_bed()
            await asyncio.sleep(BED_S)

    async def _beat_for_ever(self) -> None:
        while True:
            await self.tidy()  # what was sent after its citizen had left
            answer = await self._ask("device.beat", {}, tries=1)
            silent_s = (answer or {}).get("page_silent_s", 0.0)
            if self._browser is not None and page_died(silent_s, self._browser.age):
                log.warning("the page is silent; its browser is started again")
                await self._browser.renew()
            await asyncio.sleep(BEAT_S)

    async def _test_for_ever(self) -> None:
        while True:
            if self._sitting is None:
                await self.test()
            await asyncio.sleep(TEST_S)

    async def _ask(
        self, event: str, body: Mapping[str, Any], *, tries: int = 20
    ) -> dict[str, Any] | None:
        """None when the counter did not answer, or said no: nothing here depends on it."""
        try:
            return await self._line.ask(event, body, tries=tries)
        except (Refusal, LineLost) as refused:
            log.info("%s: %s", event, refused)
            return None
