"""A small counter that takes captures: its real routes, rules, rows and files.

Only what looks at photographs is played: whatever begins like a JPEG is a page.  It also `live`s
in a process of its own, so that it can be killed.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from multiprocessing.connection import Connection as PipeEnd
from pathlib import Path

from aiohttp import web
from sqlalchemy import Connection

from counter.case import Case
from counter.documents import store_requests
from counter.documents.capture_files import CaptureFiles
from counter.documents.capture_service import CaptureService
from counter.documents.captures_sql import SqlCaptures
from counter.documents.page import Findings, Limits, ScanRefused, ScanResult
from counter.documents.papers_sql import SqlPapers
from counter.documents.service import DocumentsService
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.service import IdentityService
from counter.ids import CaseId, DepartmentId, NewId, RequestId, ServiceId, SiteId, TerminalId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.cases import audiences, put_case
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.forked import be_silent
from web.shared.access import NOBODY, Principal
from web.shared.setup import Base, install
from web.terminal import capture_pages
from web.terminal.capture_pages import CaptureDeps

TERMINAL = TerminalId("hq-1")
CASE = CaseId("case-1")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0001108") + bytes(
    (3, 0, 4, 0, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1)
)
"The beginning of a JPEG of 1024 x 768 pixels: all that the header's reader wants to see."
FINDINGS = Findings(
    score=1.5,
    corners=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),
    whole_frame=False,
    cut_sides=0,
    format="a-series",
    dpi=200.0,
    edge_width_px=1.2,
    glare_share=0.0,
    ink_share=0.05,
)


def photograph(number: int, size: int = 200_000) -> bytes:
    """Bytes that begin like a JPEG, others for each number, always the same."""
    rest = hashlib.shake_256(f"photograph {number}".encode()).digest(size - len(JPEG))
    return JPEG + rest


class PlayedScanner:
    """Every photograph is a page; what `refuses` says is refused."""

    def __init__(self) -> None:
        self.refuses: list[str] = []
        self.scanned = 0

    async def scan(self, photograph: bytes, limits: Limits) -> ScanResult | ScanRefused:
        self.scanned += 1
        if self.refuses:
            return ScanRefused(code=self.refuses.pop(), findings=None)
        digest = hashlib.sha256(photograph).digest()
        return ScanResult(
            page_jpeg=b"page of " + digest,
            thumb_jpeg=b"thumb of " + digest,
            width_px=1654,
            height_px=2339,
            findings=FINDINGS,
            notes=(),
        )

    async def redraw(self, picture: bytes) -> bytes | None:
        return b"again " + picture if picture.startswith(b"\xff\xd8") else None


class ByBearer:
    """`Bearer device:hq-1` is the program of terminal hq-1."""

    async def principal(self, request: web.Request) -> Principal:
        said = request.headers.get("Authorization", "").removeprefix("Bearer ")
        kind, _, subject = said.partition(":")
        if kind not in ("device", "terminal"):
            return NOBODY
        return Principal(kind=kind, subject=subject, bearer=True)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The services, and what a test looks at."""

    executor: Executor
    captures: CaptureService
    documents: DocumentsService
    files: CaptureFiles
    blobs: DirectoryBlobs
    scanner: PlayedScanner
    identity: IdentityService


def build(executor: Executor, root: Path, new_id: NewId) -> House:
    """On this store and below this directory."""
    scanner, blobs = PlayedScanner(), DirectoryBlobs(root / "blobs")
    documents = DocumentsService(SqlPapers(executor, audiences), blobs, scanner, new_id)
    files = CaptureFiles(root / "captures")
    captures = CaptureService(
        SqlCaptures(executor, audiences), files, documents, blobs, scanner, new_id
    )
    identity = IdentityService(StoredCommands(executor), Argon2Passphrases(), new_id)
    return House(
        executor=executor,
        captures=captures,
        documents=documents,
        files=files,
        blobs=blobs,
        scanner=scanner,
        identity=identity,
    )


def application(house: House, now: datetime = NOW) -> web.Application:
    """The real routes of captures, with their guards."""
    app = web.Application(client_max_size=20 * 1024 * 1024)
    install(
        app,
        Base(
            sessions=ByBearer(),
            random_bytes=lambda size: b"r" * size,
            secret=b"a secret of the tests, not of anybody else",
            secure=False,
        ),
    )
    deps = CaptureDeps(captures=house.captures, identity=house.identity, now=lambda: now)
    app.add_routes(capture_pages.routes(deps))
    return app


def seat(
    conn: Connection,
    case_id: CaseId = CASE,
    terminal_id: TerminalId = TERMINAL,
    *,
    left: bool = False,
) -> None:
    """Somebody sits at the terminal; left: not any more, and the case is open."""
    put_case(
        conn,
        Case(
            id=case_id,
            number="A001",
            terminal_id=terminal_id,
            site_id=SiteId("hengqin-centre"),
            department_id=DepartmentId("dsf"),
            service_id=ServiceId("dsf-salaries-tax-certificate"),
            appointment_id=None,
            citizen="",
            language="zh-Hant",
            needs=(),
            agent_id=None,
            opened_at=NOW,
            left_at=NOW if left else None,
        ),
    )


def ask_for(conn: Connection, number: int, case_id: CaseId = CASE) -> None:
    """The agent asks for page `number`; its request is `r-<number>`."""
    store_requests.request_scan(
        conn,
        audiences,
        case_id,
        RequestId(f"r-{number}"),
        item="identity-card",
        label_id=None,
        by="agent:a-1",
        now=NOW,
    )


def live(said: PipeEnd, directory: Path, port: int) -> None:
    """Serve until it is killed; says that it is open."""
    be_silent()
    asyncio.run(_serve(said, directory, port))


async def _serve(said: PipeEnd, directory: Path, port: int) -> None:
    lane = SqliteLane(directory / "counter.sqlite")
    numbers = count(1)
    life = hashlib.sha256(str(datetime.now(UTC)).encode()).hexdigest()[:12]
    house = build(lane, directory, lambda: f"{life}-{next(numbers)}")
    runner = web.AppRunner(application(house), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    said.send("open")
    await asyncio.Event().wait()
