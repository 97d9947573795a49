"""The `Printer` port on CUPS, through its own `lp`, `lpstat` and `cancel`."""

import getpass
import re
from typing import Final

import aiohttp

from counter.protocol.device import Fault
from counter.terminal.command_child import run
from counter.terminal.ipp import NotIpp, job_answer, job_question, jobs_answer, jobs_question
from counter.terminal.ports import DeviceFailed
from counter.terminal.printing import JobState

PATIENCE_S: Final = 20.0
PATIENCE: Final = aiohttp.ClientTimeout(total=PATIENCE_S)
SOCKET: Final = "/run/cups/cups.sock"
ALERTS: Final[tuple[tuple[str, Fault], ...]] = (
    ("media-jam", "jam"),
    ("media-empty", "paper_out"),
    ("media-needed", "paper_out"),
    ("input-tray-missing", "paper_out"),
    ("cover-open", "cover_open"),
    ("door-open", "cover_open"),
    ("offline", "missing"),
)
"Printer states of RFC 8011 that somebody on the spot can mend."


class CupsPrinter:
    """See `counter.terminal.ports.Printer`."""

    def __init__(self, name: str, *, server: str | None = None) -> None:
        """name: of the queue.  server: `host:port`; None: this machine's."""
        self._name = name
        self._server = ("-h", server) if server else ()
        self._address = server

    async def print(self, document: bytes, title: str) -> str:
        """Hand it over; such as `kiosk-12`.  It lies on no disk but CUPS's own."""
        done = await run(
            ["lp", *self._server, "-d", self._name, "-t", title],
            timeout_s=PATIENCE_S,
            given=document,
        )
        found = re.search(r"request id is (\S+)", done.out.decode(errors="replace"))
        if done.code or found is None:
            missing = "does not exist" in done.said or "scheduler" in done.said
            raise DeviceFailed("missing" if missing else "failed", f"lp: {done.said.strip()[:200]}")
        return found[1]

    async def job(self, job: str) -> JobState:
        """How it ended, which `lpstat` does not tell."""
        question = job_question(int(job.rpartition("-")[2]), getpass.getuser())
        try:
            return job_answer(await self._ipp("/jobs/", question))
        except NotIpp as strange:
            raise DeviceFailed("missing", f"CUPS: {strange}") from strange

    async def find(self, title: str) -> str | None:
        """By its title, which `lpstat` does not tell either."""
        question = jobs_question(self._name, getpass.getuser())
        try:
            found = jobs_answer(await self._ipp(f"/printers/{self._name}", question))
        except NotIpp as strange:
            raise DeviceFailed("missing", f"CUPS: {strange}") from strange
        return f"{self._name}-{found[title]}" if title in found else None

    async def cancel(self, job: str) -> None:
        """Take it from the queue; one that is out, or gone, is left alone."""
        done = await run(["cancel", *self._server, job], timeout_s=PATIENCE_S)
        if done.code and await self.job(job) in ("waiting", "printing"):
            raise DeviceFailed("failed", f"cancel: {done.said.strip()[:200]}")

    async def _ipp(self, path: str, question: bytes) -> bytes:
        connector = None if self._address else aiohttp.UnixConnector(SOCKET)
        url = f"http://{self._address or 'localhost'}{path}"
        headers = {"Content-Type": "application/ipp"}
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as http,
                http.post(url, data=question, headers=headers) as answer,
            ):
                return await answer.read()
        except TimeoutError as late:
            raise DeviceFailed("silent", "CUPS does not say how a job is") from late
        except (aiohttp.ClientError, OSError) as lost:
            raise DeviceFailed("missing", f"CUPS: {type(lost).__name__}") from lost

    async def look(self) -> None:
        """Whether the queue is there, is not stopped, takes jobs, and lacks nothing."""
        done = await run(["lpstat", *self._server, "-l", "-p", self._name], timeout_s=PATIENCE_S)
        told = done.out.decode(errors="replace")
        if done.code or f"printer {self._name} " not in told:
            raise DeviceFailed("missing", f"lpstat: {done.said.strip()[:200] or 'no such printer'}")
        for word, fault in ALERTS:
            if word in told:
                raise DeviceFailed(fault, f"printer {self._name}: {word}")
        if f"printer {self._name} disabled" in told:
            raise DeviceFailed("stopped", f"printer {self._name} is stopped; cupsenable starts it")
        accepts = await run(["lpstat", *self._server, "-a", self._name], timeout_s=PATIENCE_S)
        if "not accepting" in accepts.out.decode(errors="replace"):
            raise DeviceFailed("stopped", f"printer {self._name} takes no jobs; see cupsaccept")
