"""`counter terminal`: puts the program beside a terminal's page together, and runs it.

It dials out only.  Its state directory holds what makes this machine this terminal: the secret that
enrolment gave it, the key of the journal, and the journal.
"""

import asyncio
import json
import logging
import random
import re
import signal
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import cv2
import numpy as np
from socketio.exceptions import ConnectionError as NoConnection

from counter.app.clock import clock, new_id, random_bytes
from counter.app.files import secret, write_secret
from counter.documents.page import Limits, ScanResult
from counter.documents.preview import Glance, preview_of
from counter.documents.sample_page import draw_mat, encode_jpeg, sample_photograph
from counter.documents.scan_opencv.bed import bed_state
from counter.documents.scan_pool import ScanPool
from counter.terminal.bed_files import FileBedPicture
from counter.terminal.bed_service import BedGuard, BedSeen
from counter.terminal.browser_process import ChromiumProcess
from counter.terminal.camera_opencv import OpenCvCamera
from counter.terminal.devices_simulated import SWITCHES, Bench, How
from counter.terminal.journal_files import FileJournal
from counter.terminal.line_socketio import Line
from counter.terminal.look_opencv import seen_in, thumbnail_of
from counter.terminal.pages_http import HttpPages
from counter.terminal.ports import DocumentCamera, Printer
from counter.terminal.printer_cups import CupsPrinter
from counter.terminal.printing_service import PrintingService
from counter.terminal.prints_files import FilePrintNotes
from counter.terminal.probe_http import HttpProbe
from counter.terminal.program_service import ProgramService
from counter.terminal.reader_pcsc import pcsc_reader
from counter.terminal.relay_service import RelayService
from counter.terminal.scanner_sane import SaneScanner
from counter.terminal.selftest_service import Devices, SelfTest
from counter.terminal.sound_child import AlsaLoop
from counter.terminal.uplink_http import HttpUplink

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
"Between tries to reach the counter at the start; later losses heal by themselves."
FAULTS_S: Final = 1.0


class NotEnrolled(Exception):
    """This machine is no terminal: somebody has to give it a link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOptions:
    """What the command line says."""

    state: Path
    server: str | None = None
    enrol: str | None = None
    trust: Path | None = None
    learn_bed: bool = False
    simulate: bool = False
    faults: tuple[str, ...] = ()
    camera: str | None = None
    scanner: str | None = None
    printer: str | None = None
    print_server: str | None = None
    sound: bool = False
    browser: str | None = None
    profiles: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who this machine is."""

    server: str
    token: str


async def run_terminal(options: TerminalOptions, tell: Callable[[str], None]) -> None:
    """Until cancelled, as SIGTERM does.

    Raises `NotEnrolled`; `ValueError` for a fault that there is not.
    """
    own = asyncio.current_task()
    assert own is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, own.cancel)
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as closing:
        http = await closing.enter_async_context(_session(options.trust))
        who = await _identity(options)
        tray = options.state / "printed"
        bench = Bench(draw, faults=options.faults, tray=tray) if options.simulate else None
        devices = bench.devices if bench else _real(options, http, who)
        if devices.camera is not None:
            closing.push_async_callback(devices.camera.close)
        journal = FileJournal(
            options.state / "journal", secret(options.state / "journal.key"), random_bytes
        )
        scanning = ScanPool()
        closing.push_async_callback(scanning.close)
        relay = RelayService(
            journal,
            HttpUplink(http, who.server, who.token),
            clock=clock,
            chance=random.SystemRandom().random,
            flatten=lambda photograph: _flatten(scanning, photograph),
        )
        relay.on_end(lambda entry, state, code: tell(f"paper {entry.name.seq}: {code or state}"))
        line = Line(who.server, "/device", who.token, new_id, http)
        browser = _browser(options, http, who)
        program = ProgramService(
            line,
            relay,
            journal,
            devices,
            SelfTest(devices, seen_in),
            _printing(options, http, who, line, devices.printer, tell),
            _bed(options, scanning, devices.camera),
            clock=clock,
            thumbnail=thumbnail_of,
            browser=browser,
            tell=tell,
        )
        tasks = [asyncio.create_task(program.run_for_ever())]
        if browser is not None:
            tasks.append(asyncio.create_task(browser.run_for_ever()))
        if bench is not None:
            tasks.append(asyncio.create_task(_follow_faults(bench, options)))
        closing.push_async_callback(_end, tasks)
        await _connect(line, tell)
        closing.push_async_callback(line.close)
        await asyncio.gather(*tasks)


def draw(number: int, how: How) -> bytes:
    """What a simulated camera sees: a drawn letter, in the dark, or out of focus; or nothing."""
    if how == "empty":
        return encode_jpeg(draw_mat(np.random.default_rng(1), 2592, 1944), 90)
    still = sample_photograph(number)
    if not how:
        return still
    image = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    changed = image // 40 if how == "dark" else cv2.GaussianBlur(image, (0, 0), 40)
    return encode_jpeg(changed.astype(np.uint8), 90)


async def _end(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        if not task.cancelling():  # once more would break off the wiping that the first began
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _connect(line: Line, tell: Callable[[str], None]) -> None:
    """Reach the counter for the first time, however long that takes."""
    while True:
        try:
            await line.open()
        except (NoConnection, TimeoutError, OSError) as failed:
            log.warning("the counter cannot be reached yet: %s", type(failed).__name__)
            await asyncio.sleep(RETRY_S)
        else:
            tell("connected")
            return


async def _identity(options: TerminalOptions) -> Identity:
    """Who this machine is: as it was enrolled now, or before."""
    kept = options.state / "identity.json"
    if options.enrol is not None:
        link = urlsplit(options.enrol)
        server = options.server or f"{link.scheme}://{link.netloc}"
        said = {
            "server": server,
            "token": await _enrol(server.rstrip("/"), link.fragment, options.trust),
        }
        await asyncio.to_thread(write_secret, kept, json.dumps(said).encode())
    if not kept.exists():
        raise NotEnrolled("this machine is no terminal yet: --enrol LINK, of `counter enrol`")
    known = json.loads(kept.read_text())
    return Identity(server=options.server or known["server"], token=known["token"])


async def _enrol(server: str, proof: str, trust: Path | None) -> str:
    """Do what the page of the link does, and keep the secret instead of a cookie.

    Raises `NotEnrolled`.
    """
    try:
        async with _session(trust) as http:
            async with http.get(f"{server}/terminal/start") as page:
                found = re.search(r'data-csrf="([^"]+)"', await page.text())
            if found is None:
                raise NotEnrolled(f"{server} is no counter, or another version of it")
            headers = {"Accept": "application/json", "Origin": server, "X-CSRF": found[1]}
            body = {"token": proof, "as": "device"}
            async with http.post(f"{server}/terminal/enrol", json=body, headers=headers) as answer:
                told = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as lost:
        raise NotEnrolled(f"{server} does not answer as a counter") from lost
    if not told.get("ok"):
        raise NotEnrolled(f"the link was refused ({told.get('code')}): ask for another one")
    return str(told["token"])


def _session(trust: Path | None) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cafile=str(trust) if trust else None)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context),
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # a counter may be called by its number
    )


def _real(options: TerminalOptions, http: aiohttp.ClientSession, who: Identity) -> Devices:
    probe = HttpProbe(http, who.server, clock)
    return Devices(
        camera=OpenCvCamera(options.camera) if options.camera else None,
        scanner=SaneScanner(options.scanner) if options.scanner else None,
        printer=CupsPrinter(options.printer, server=options.print_server)
        if options.printer
        else None,
        reader=pcsc_reader(),
        sound=AlsaLoop() if options.sound else None,
        clock=probe,
        line=probe,
    )


def _printing(
    options: TerminalOptions,
    http: aiohttp.ClientSession,
    who: Identity,
    line: Line,
    printer: Printer | None,
    tell: Callable[[str], None],
) -> PrintingService:
    pages = HttpPages(http, who.server, who.token)

    async def report(print_id: str, state: str, reason: str | None) -> None:
        said = {"print_id": print_id, "state": state, "reason": reason}
        await line.ask("print.report", said)

    notes = FilePrintNotes(options.state / "prints")
    return PrintingService(printer, notes, fetch=pages.to_print, report=report, tell=tell)


def _bed(options: TerminalOptions, scanning: ScanPool, camera: DocumentCamera | None) -> BedGuard:
    async def compare(still: bytes, empty: bytes) -> BedSeen:
        return await asyncio.to_thread(seen_on_bed, still, empty)

    async def holds_page(still: bytes) -> bool:
        glance = await scanning.preview(thumbnail_of(still), 1.0)
        return not isinstance(glance, Glance) or preview_of(glance, Limits()).corners is not None

    kept = options.state / "empty-bed.jpg"
    if options.learn_bed:
        kept.unlink(missing_ok=True)
    return BedGuard(camera, FileBedPicture(kept), compare=compare, holds_page=holds_page)


def seen_on_bed(still: bytes, empty: bytes) -> BedSeen:
    """What lies under the camera; both JPEG."""
    how = cv2.IMREAD_REDUCED_COLOR_8
    pictures = [cv2.imdecode(np.frombuffer(one, np.uint8), how) for one in (still, empty)]
    if any(one is None for one in pictures):
        return "unknown"
    now, before = (np.asarray(one, np.uint8) for one in pictures)
    return bed_state(now, before).value


def _browser(
    options: TerminalOptions, http: aiohttp.ClientSession, who: Identity
) -> ChromiumProcess | None:
    if options.browser is None:
        return None

    async def address() -> str:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {who.token}"}
        async with http.post(f"{who.server}/terminal/boot", headers=headers) as answer:
            answer.raise_for_status()
            told = await answer.json()
        return f"{who.server}/terminal/start#{told['ticket']}"

    profiles = options.profiles or options.state / "browser"
    return ChromiumProcess(options.browser, address, profiles)


async def _flatten(scanning: ScanPool, photograph: bytes) -> bytes | None:
    seen = await scanning.scan(photograph, Limits())
    return seen.page_jpeg if isinstance(seen, ScanResult) else None


async def _follow_faults(bench: Bench, options: TerminalOptions) -> None:
    """Let simulated devices fail as the words in `STATE/faults` say, at any time."""
    file = options.state / "faults"
    while True:
        await asyncio.sleep(FAULTS_S)
        with suppress(OSError, UnicodeDecodeError):
            wanted = set(file.read_text().split()) if file.exists() else set(options.faults)
            for fault in SWITCHES:
                bench.switch(fault, on=fault in wanted)
