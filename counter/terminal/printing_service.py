"""Prints what the counter asks for: once, watched until it is out, and said how it went.

Promise: whatever is killed, and whenever, nothing is printed twice without somebody being asked;
what is not wanted any more, because its citizen has left, is taken from the printer's queue.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from counter.errors import Refusal, StoreUnavailable
from counter.protocol.device import DevicePrint, Fault
from counter.protocol.printing import PrintReason
from counter.terminal.ports import DeviceFailed, LineLost, Printer, PrintNotes
from counter.terminal.printing import Note, Stage, next_step, reason_of

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"Between looks at a job."
TROUBLE_LOOKS: Final = 5
"A printer that lacks something for so many looks in a row will not print by itself."
FETCHES: Final = 4
MOST_LOOKS: Final = 90
"The counter gives a print up after two minutes."

Report = Callable[
    [str, Literal["printing", "printed", "failed"], PrintReason | None], Awaitable[None]
]
"Tells the counter.  Raises what it refuses, `LineLost`, `StoreUnavailable`."


class PrintingService:
    """One terminal's prints, one after the other."""

    def __init__(
        self,
        printer: Printer | None,
        notes: PrintNotes,
        *,
        fetch: Callable[[str], Awaitable[bytes]],
        report: Report,
        tell: Callable[[str], None] = log.info,
        look_s: float = LOOK_S,
    ) -> None:
        """fetch: the PDF of a print.  Raises `LineLost`; `Refusal` when there is none any more."""
        self._printer = printer
        self._notes = notes
        self._fetch = fetch
        self._report = report
        self._tell = tell
        self._look_s = look_s
        self._card: DevicePrint | None = None
        self._over: set[str] = set()
        "Said in this life; a screen that is not new yet shows them still."
        self._news = asyncio.Event()

    def follow(self, card: DevicePrint | None) -> None:
        """What the newest screen wants printed; None: nothing."""
        self._card = card
        self._news.set()

    async def run_for_ever(self) -> None:
        """Until cancelled; begins when there was a first screen."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self._withdraw()
            card = self._card
            if card is None or card.print_id in self._over:
                continue
            try:
                await self._make(card)
            except (LineLost, StoreUnavailable) as lost:
                log.info("print %s waits: %s", card.print_id, lost)
                await asyncio.sleep(self._look_s)
                self._news.set()
            except Refusal as refused:
                log.info("print %s is not wanted any more: %s", card.print_id, refused)
                self._over.add(card.print_id)
                await self._forget(card.print_id)

    async def _make(self, card: DevicePrint) -> None:
        """Raises what the counter refuses, `LineLost`, `StoreUnavailable`."""
        print_id, note = card.print_id, await self._notes.of(card.print_id)
        step = next_step(card.state, note)
        if step == "unsure":
            await self._end(print_id, "unsure")
            return
        if step == "watch":
            assert note is not None
            await self._watch(print_id, note.job)
            return
        self._tell("prints for the citizen")
        if step == "take":
            await self._notes.keep(print_id, Note(stage=Stage.TAKEN))
            await self._report(print_id, "printing", None)
        try:
            await self._hand(print_id)
        except DeviceFailed as failed:
            log.warning("not printed: %s", failed)
            # A command that was ended for being slow may have been heard all the same.
            unsure = failed.fault == "silent" and await self._stage(print_id) is Stage.HANDING
            await self._end(print_id, "unsure" if unsure else reason_of(failed.fault))

    async def _hand(self, print_id: str) -> None:
        """Give it to the printer and watch it there.  Raises `DeviceFailed` and as `_make`."""
        printer = self._require()
        await printer.look()
        document = await self._fetched(print_id)
        if document is None:
            await self._end(print_id, "picture")
            return
        if self._unwanted(print_id):
            return
        await self._notes.keep(print_id, Note(stage=Stage.HANDING))
        job = await printer.print(document, print_id)
        await self._notes.keep(print_id, Note(stage=Stage.HANDED, job=job))
        await self._watch(print_id, job)

    async def _fetched(self, print_id: str) -> bytes | None:
        """None when it does not come, however often it is asked for."""
        for _ in range(FETCHES):
            try:
                return await self._fetch(print_id)
            except LineLost as lost:
                log.info("print %s: %s", print_id, lost)
                await asyncio.sleep(self._look_s)
        return None

    async def _watch(self, print_id: str, job: str) -> None:
        """Until it is out, will not come out, or is not wanted any more."""
        troubles, fault = 0, None
        for _ in range(MOST_LOOKS):
            if self._unwanted(print_id):
                return  # it is withdrawn next
            state, fault = await self._look(job)
            if state != "waiting":
                await self._end(print_id, None if state == "done" else "printer")
                return
            troubles = troubles + 1 if fault else 0
            if troubles >= TROUBLE_LOOKS:
                break
            await asyncio.sleep(self._look_s)
        await self._end(print_id, await self._stopped(job, reason_of(fault or "failed")))

    async def _look(self, job: str) -> tuple[Literal["waiting", "done", "lost"], Fault | None]:
        """How the job stands, and what keeps the printer from printing it."""
        try:
            state = await self._require().job(job)
            if state == "waiting":
                await self._require().look()
        except DeviceFailed as failed:
            return "waiting", failed.fault
        return state, None

    async def _stopped(self, job: str, reason: PrintReason) -> PrintReason | None:
        """Take it from the queue, or it would come out later.  None: it is out after all."""
        try:
            await self._require().cancel(job)
            state = await self._require().job(job)
        except DeviceFailed as failed:
            log.warning("job %s: %s", job, failed)
            return "unsure"
        return None if state == "done" else reason if state == "lost" else "unsure"

    async def _withdraw(self) -> None:
        """Take back what the counter does not want any more."""
        wanted = self._card.print_id if self._card else None
        for print_id in await self._notes.ids():
            if print_id == wanted:
                continue
            note = await self._notes.of(print_id)
            if note is not None and note.job:
                await self._stopped(note.job, "left")
            await self._forget(print_id)

    async def _end(self, print_id: str, reason: PrintReason | None) -> None:
        await self._report(print_id, "failed" if reason else "printed", reason)
        self._tell(f"print: {reason or 'printed'}")
        self._over.add(print_id)
        await self._forget(print_id)

    async def _forget(self, print_id: str) -> None:
        await self._notes.forget(print_id)

    async def _stage(self, print_id: str) -> Stage | None:
        note = await self._notes.of(print_id)
        return note.stage if note else None

    def _unwanted(self, print_id: str) -> bool:
        return self._card is None or self._card.print_id != print_id

    def _require(self) -> Printer:
        if self._printer is None:
            raise DeviceFailed("missing", "this terminal has no printer")
        return self._printer
