"""Prints what the counter asks for: once, watched until it is out, and said how it went.

Promise: whatever is killed, and whenever, nothing is printed twice without somebody being asked;
what is not wanted any more, because its citizen has left, is taken from the printer's queue.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Literal

from counter.errors import Refusal, StoreUnavailable
from counter.protocol.device import DevicePrint, Fault
from counter.protocol.printing import PrintReason
from counter.terminal.ports import DeviceFailed, LineLost, Printer, PrintNotes, Refused
from counter.terminal.printing import (
    MOST_LOOKS,
    JobState,
    Note,
    Stage,
    next_step,
    patience,
    reason_of,
)

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"Between looks at a job."
TROUBLE_LOOKS: Final = 5
"A printer that lacks something for so many looks in a row will not print by itself."
FETCHES: Final = 4
STILL_LOOKS: Final = 20
"As often the counter hears that it is still being printed; it gives one up after two minutes."
AGAIN_S: Final = 10.0
"Until what could not be taken back is tried again."
OVER: Final = frozenset({"not_found", "not_allowed_now"})
"Refusals by which the counter says that it wants this print no more; others pass."

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
        again_s: float = AGAIN_S,
    ) -> None:
        """fetch: the PDF of a print.  Raises `LineLost`; `Refusal` when there is none any more."""
        self._printer = printer
        self._notes = notes
        self._fetch = fetch
        self._report = report
        self._tell = tell
        self._look_s = look_s
        self._again_s = again_s
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
        clean = True
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if clean else self._again_s):
                    await self._news.wait()
            self._news.clear()
            clean = await self._withdraw()
            card = self._card
            if card is None or card.print_id in self._over:
                continue
            try:
                await self._make(card)
            except (LineLost, StoreUnavailable) as lost:
                await self._wait(card.print_id, lost)
            except Refusal as refused:
                if _code(refused) not in OVER:
                    await self._wait(card.print_id, refused)
                    continue
                log.info("print %s is not wanted any more: %s", card.print_id, refused)
                self._over.add(card.print_id)
                self._news.set()  # it is withdrawn next

    async def _wait(self, print_id: str, trouble: Exception) -> None:
        """It passes; then the same print is gone on with."""
        log.info("print %s waits: %s", print_id, trouble)
        await asyncio.sleep(self._look_s)
        self._news.set()

    async def _make(self, card: DevicePrint) -> None:
        """Raises what the counter refuses, `LineLost`, `StoreUnavailable`."""
        print_id, note = card.print_id, await self._notes.of(card.print_id)
        step = next_step(card.state, note)
        if step == "unsure":
            await self._taken_back(print_id, note)
            await self._end(print_id, "unsure")
            return
        if step == "watch":
            assert note is not None
            await self._watch(card, note.job)
            return
        self._tell("prints for the citizen")
        if step == "take":
            await self._notes.keep(print_id, Note(stage=Stage.TAKEN))
            await self._report(print_id, "printing", None)
        try:
            await self._hand(card)
        except DeviceFailed as failed:
            log.warning("not printed: %s", failed)
            # A command that was ended for being slow may have been heard all the same.
            note = await self._notes.of(print_id)
            unsure = failed.fault == "silent" and note is not None and note.stage is Stage.HANDING
            if unsure:
                await self._taken_back(print_id, note)
            await self._end(print_id, "unsure" if unsure else reason_of(failed.fault))

    async def _hand(self, card: DevicePrint) -> None:
        """Give it to the printer and watch it there.  Raises `DeviceFailed` and as `_make`."""
        print_id, printer = card.print_id, self._require()
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
        await self._watch(card, job)

    async def _fetched(self, print_id: str) -> bytes | None:
        """None when it does not come, however often it is asked for."""
        for _ in range(FETCHES):
            try:
                return await self._fetch(print_id)
            except LineLost as lost:
                log.info("print %s: %s", print_id, lost)
                await asyncio.sleep(self._look_s)
        return None

    async def _watch(self, card: DevicePrint, job: str) -> None:
        """Until it is out, will not come out, or is not wanted any more."""
        print_id, troubles, fault = card.print_id, 0, None
        for look in range(1, MOST_LOOKS + 1):
            if self._unwanted(print_id):
                return  # it is withdrawn next
            state, fault = await self._look(job)
            if state in ("done", "lost"):
                await self._end(print_id, None if state == "done" else "printer")
                return
            troubles = troubles + 1 if fault else 0
            # What moves is left alone: half of it is in the tray.
            late = look >= patience(card.sheets) and state == "waiting"
            if troubles >= TROUBLE_LOOKS or late:
                break
            if look % STILL_LOOKS == 0:
                await self._report(print_id, "printing", None)
            await asyncio.sleep(self._look_s)
        await self._end(print_id, await self._stopped(job, reason_of(fault or "failed")))

    async def _look(self, job: str) -> tuple[JobState, Fault | None]:
        """How the job stands, and what keeps the printer from printing it."""
        state: JobState = "waiting"
        try:
            state = await self._require().job(job)
            if state in ("waiting", "printing"):
                await self._require().look()
        except DeviceFailed as failed:
            return state, failed.fault
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

    async def _withdraw(self) -> bool:
        """Take back what the counter does not want any more; False: something may still come."""
        wanted = self._card.print_id if self._card else None
        clean = True
        for print_id in await self._notes.ids():
            if print_id == wanted and print_id not in self._over:
                continue
            if await self._taken_back(print_id, await self._notes.of(print_id)):
                await self._forget(print_id)
            else:
                clean = False
        return clean

    async def _taken_back(self, print_id: str, note: Note | None) -> bool:
        """Nothing of it can come out any more; False when the printer does not say so.

        What was being handed over is looked for by its title, which is the print's id.
        """
        if note is not None and note.stage is Stage.TAKEN:
            return True
        try:
            job = note.job if note and note.job else await self._require().find(print_id)
        except DeviceFailed as failed:
            log.warning("print %s: %s", print_id, failed)
            return False
        return job is None or await self._stopped(job, "left") != "unsure"

    async def _end(self, print_id: str, reason: PrintReason | None) -> None:
        """Say how it ended.  Of what may still come out the note stays until it is taken back."""
        await self._report(print_id, "failed" if reason else "printed", reason)
        self._tell(f"print: {reason or 'printed'}")
        self._over.add(print_id)
        if reason == "unsure":
            self._news.set()
        else:
            await self._forget(print_id)

    async def _forget(self, print_id: str) -> None:
        await self._notes.forget(print_id)

    def _unwanted(self, print_id: str) -> bool:
        return self._card is None or self._card.print_id != print_id

    def _require(self) -> Printer:
        if self._printer is None:
            raise DeviceFailed("missing", "this terminal has no printer")
        return self._printer


def _code(refused: Refusal) -> str:
    return refused.reason if isinstance(refused, Refused) else refused.code
