"""The composition root: the only file that knows every part.  The clock and the id maker live here.

A `Node` is one running counter: it takes the data directory, brings the store to the newest schema,
starts what runs beside the event loop (media, scanning, signing), and opens the doors last.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import sys
import uuid
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO, cast

from aiohttp import web
from sqlalchemy import Connection

from booking.appointment import Details, may_arrive
from booking.catalogue import Catalogue
from booking.errors import BookingRefused, NotInCatalogue, NotOfferedHere
from booking.store_booking import find as find_appointment
from booking.store_sql import booking_service, plant_seed
from counter.admin_socket import open_admin_socket
from counter.case import Case
from counter.demo import ask
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.errors import NotAllowedNow, Refusal
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.store_records import SqlRecords
from counter.esign.tsa_development import tsa_application
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.service import IdentityService
from counter.identity.session import Kind
from counter.identity.tls_development import ensure_tls
from counter.ids import AgentId, AppointmentId, DepartmentId, ServiceId, SiteId, TerminalId
from counter.journal import Fault
from counter.media.pool import WorkerPool
from counter.notify.deliverer_store import Deliverer
from counter.notify.sink_directory import DirectorySink
from counter.operations import NodeOperations
from counter.protocol.message import Language, Model
from counter.seed import PEOPLE, names_of, put_people
from counter.settings import Settings
from counter.signaling.gateway_socketio import Audience, Doors, Gateway
from counter.signaling.ports import ArrivedAppointment, FoundAppointment, GatewayPrincipal
from counter.signaling.service import SignalingService
from counter.signaling.service import handlers as signaling_handlers
from counter.signaling.store_asks import COMMANDS, SqlStore, current_epoch, require_current
from counter.signaling.store_screens import departments_of
from counter.signaling.store_step import Hooks
from counter.store import journal_sql, outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.bus import Bus
from counter.store.bus_memory import MemoryBus
from counter.store.bus_redis import RedisBus
from counter.store.cases import audiences, case_of_agent, case_on_terminal
from counter.store.executor import Executor
from counter.store.migrate import upgrade_async, upgrade_engine
from counter.store.postgres_pool import PostgresPool
from counter.store.sqlite_lane import SqliteLane
from web.citizen import routes as citizen
from web.citizen.ports import Deps as CitizenDeps
from web.console import asks as console_asks
from web.console import views as console
from web.console.counter_local import LocalConsoleCounter
from web.console.ports import ConsoleDeps
from web.console.screen import DeskScreens
from web.shared import health, papers
from web.shared.language import language_of as chosen_language
from web.shared.papers_local import LocalPapers
from web.shared.sealed import Sealer
from web.shared.sessions_identity import DEVICE, STAFF, IdentitySessions
from web.shared.setup import Base, install
from web.shared.wording import screen_language
from web.terminal import asks as terminal_asks
from web.terminal import views as terminal
from web.terminal.counter_local import LocalTerminalCounter
from web.terminal.ports import TerminalDeps
from web.terminal.screen import TerminalScreens
from web.wall import views as wall
from web.wall.ports import WallDeps
from web.wall.wall_local import LocalWall

log = logging.getLogger(__name__)


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh identifier, 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_token() -> str:
    """A fresh secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def random32() -> int:
    """An unpredictable 32-bit number."""
    return secrets.randbits(32)


class AlreadyServed(Exception):
    """Another process serves this data directory."""


class _Snapshot:
    """The catalogue in use, for screens and for signalling (its `Catalogue` port)."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __call__(self) -> Catalogue:
        return self.catalogue

    def prefix(self, department_id: DepartmentId) -> str:
        return self.catalogue.department(department_id).prefix

    def site_of(self, terminal_id: TerminalId) -> SiteId:
        for site in self.catalogue.sites.values():
            if any(terminal.id == terminal_id for terminal in site.terminals):
                return SiteId(site.id)
        raise NotInCatalogue(f"no such terminal: {terminal_id}")

    def walk_in(
        self, terminal_id: TerminalId, service_id: ServiceId, now: datetime
    ) -> DepartmentId:
        here = self.site_of(terminal_id)
        if all(site.id != here for site in self.catalogue.sites_for(service_id)):
            raise NotOfferedHere(f"{service_id} is not given at {here}")
        return DepartmentId(self.catalogue.service(service_id).department)


class Node:
    """One running counter."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.address = ""
        "Where the pages are, once the doors are open."
        self._closing = contextlib.AsyncExitStack()
        self._secure = settings.lan

    async def open(self) -> None:
        """Start everything; the doors last.  What was started is stopped by `close`."""
        data = self.settings.data
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._closing.callback(_hold_directory(data).close)
        await self._open_store(data)
        await self._open_parts(data)
        await self._open_doors(data)

    async def close(self) -> None:
        """Stop in the reverse order; acknowledged facts are in the store already."""
        await self._closing.aclose()

    async def _open_store(self, data: Path) -> None:
        bus: Bus = (
            RedisBus(self.settings.redis, node=new_id()) if self.settings.redis else MemoryBus()
        )
        await bus.start()
        self._closing.push_async_callback(bus.close)
        self._bus = bus
        publishing: set[asyncio.Task[None]] = set()

        def wake(wakes: Iterable[tuple[str, int]]) -> None:
            for audience, seq in wakes:
                task = asyncio.ensure_future(bus.publish(audience, str(seq)))
                publishing.add(task)
                task.add_done_callback(publishing.discard)

        executor: Executor
        if self.settings.postgres:
            pool = PostgresPool(self.settings.postgres, on_wake=wake)
            await upgrade_async(pool.engine)
            executor = pool
        else:
            lane = SqliteLane(data / "counter.sqlite", on_wake=wake)
            await asyncio.to_thread(upgrade_engine, lane.engine)
            executor = lane
        self._closing.push_async_callback(executor.close)
        self.executor = executor
        self.blobs = DirectoryBlobs(data / "blobs")

    async def _open_parts(self, data: Path) -> None:
        settings, executor = self.settings, self.executor
        self.booking = booking_service(
            executor,
            record=journal_sql.record,
            owe=outbox.owe,
            new_id=new_id,
            random_bytes=secrets.token_bytes,
        )
        if settings.profile == "development":
            await plant_seed(executor, clock(), practice=settings.practice)
            await executor.write(put_people, clock())
        self.snapshot = _Snapshot(await self.booking.catalogue())
        self.identity = IdentityService(StoredCommands(executor), Argon2Passphrases(), new_token)

        self.media = WorkerPool(
            data / "media",
            settings.workers,
            settings.media_ip,
            settings.media_udp_port,
            (sys.executable, "-m", "counter", "media"),
        )
        await self.media.start()
        self._closing.push_async_callback(self.media.stop)

        scanner = ScanPool()
        self._closing.push_async_callback(scanner.close)
        self.documents = DocumentsService(
            SqlPapers(executor, audiences), self.blobs, scanner, new_id
        )
        pki = await asyncio.to_thread(ensure, data / "keys" / "pki", clock())
        studio = SignPool(pki.signing, tsa_url=await self._open_tsa(pki))
        self._closing.push_async_callback(studio.close)
        self.forms = shipped_forms()
        self.esign = EsignService(
            records=SqlRecords(executor=executor, audiences=audiences),
            blobs=self.blobs,
            studio=studio,
            forms=self.forms,
            glyphs=shipped_glyphs(),
            new_id=new_id,
        )
        self.signaling = SignalingService(SqlStore(executor, self._hooks()), self.media, clock)
        self._keep(self.signaling.sweep_for_ever())
        self._keep(Deliverer(executor, DirectorySink(data / "notices"), clock).run_for_ever())
        self._keep(_every(60.0, self._once_a_minute))
        self._keep(_warm(scanner.warm_up(), studio.warm()))
        self._keep(_resume(self.esign))

    def _hooks(self) -> Hooks:
        def find(
            conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
        ) -> FoundAppointment:
            view = find_appointment(conn, reference, now)
            here = self.snapshot.site_of(terminal_id)
            may_arrive(view.state, view.start, at_site=view.site, here=here, now=now)
            return FoundAppointment(
                reference=reference,
                appointment_id=AppointmentId(view.appointment_id),
                department_id=DepartmentId(view.department),
                service_id=ServiceId(view.service),
                starts_at=view.start,
            )

        def arrive(
            conn: Connection, reference: str, terminal_id: TerminalId, now: datetime
        ) -> ArrivedAppointment:
            arrived = self.booking.arrive(conn, reference, terminal_id, now)
            return ArrivedAppointment(
                appointment_id=AppointmentId(arrived.appointment_id),
                department_id=DepartmentId(arrived.department),
                service_id=ServiceId(arrived.service),
                starts_at=arrived.start,
                citizen=arrived.name,
                language=screen_language(arrived.language),
                needs=arrived.needs,
            )

        def closed(conn: Connection, case: Case, now: datetime) -> None:
            if case.appointment_id is not None:
                self.booking.fulfil(conn, case.appointment_id, now)

        return Hooks(
            new_id=new_id, catalogue=self.snapshot, find=find, arrive=arrive, closed=closed
        )

    async def _open_tsa(self, pki: DevelopmentPki) -> str:
        runner = web.AppRunner(tsa_application(pki.tsa, clock), access_log=None)
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", self.settings.tsa_port)
        await site.start()
        return f"http://127.0.0.1:{_port_of(runner)}/tsa"

    async def _case_of(self, who: GatewayPrincipal) -> Case:
        def read(conn: Connection) -> Case | None:
            require_current(conn, who)
            if who.audience == "/agent":
                return case_of_agent(conn, AgentId(who.subject))
            return case_on_terminal(conn, TerminalId(who.subject))

        case = await self.executor.read(read)
        if case is None or not case.open:
            raise NotAllowedNow(f"{who.own} has no open case")
        return case

    async def _once_a_minute(self) -> None:
        await self.booking.sweep(clock())
        self.snapshot.catalogue = await self.booking.catalogue()
        await self.esign.resume(clock())

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until the node closes."""
        task = asyncio.create_task(work)

        async def end() -> None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        self._closing.push_async_callback(end)

    async def _open_doors(self, data: Path) -> None:
        settings = self.settings
        sessions = IdentitySessions(self.identity, clock, secure=self._secure)
        secret = await asyncio.to_thread(_secret, data / "keys" / "pages")
        app = web.Application(client_max_size=20 * 1024 * 1024)
        terminals = TerminalScreens(catalogue=self.snapshot, forms=self.forms)
        desks = DeskScreens(catalogue=self.snapshot, forms=self.forms)
        base = Base(
            sessions=sessions,
            random_bytes=secrets.token_bytes,
            secret=secret,
            secure=self._secure,
        )
        install(app, base)
        sealer = Sealer(secret=secret, random_bytes=secrets.token_bytes)
        app.add_routes(
            citizen.routes(
                CitizenDeps(
                    booking=self.booking,
                    now=clock,
                    new_id=new_id,
                    sealer=sealer,
                    secure=self._secure,
                )
            )
        )
        terminal_counter = LocalTerminalCounter(
            executor=self.executor,
            screens=terminals,
            documents=self.documents,
            identity=self.identity,
            sessions=sessions,
            clock=clock,
        )
        app.add_routes(terminal.routes(TerminalDeps(counter=terminal_counter)))
        console_counter = LocalConsoleCounter(
            executor=self.executor,
            screens=desks,
            identity=self.identity,
            sessions=sessions,
            clock=clock,
        )
        app.add_routes(console.routes(ConsoleDeps(counter=console_counter)))
        papers_here = LocalPapers(
            executor=self.executor, documents=self.documents, esign=self.esign, clock=clock
        )
        app.add_routes(papers.routes(papers_here))
        here = LocalWall(executor=self.executor, catalogue=self.snapshot, clock=clock)
        app.add_routes(wall.routes(WallDeps(wall=here)))
        app.add_routes(health.routes(self._ready))

        gateway = Gateway(self.executor, self._gateway_doors(sessions, terminals, desks))
        gateway.attach_to(app)
        self._closing.callback(
            self._bus.subscribe(lambda audience, seq: gateway.wake(audience, int(seq))).close
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        self._closing.push_async_callback(runner.cleanup)
        await gateway.start()
        self._closing.push_async_callback(gateway.close)
        tls = (
            await asyncio.to_thread(ensure_tls, data / "keys" / "tls", clock())
            if settings.lan
            else None
        )
        host = "0.0.0.0" if settings.lan else settings.host
        await web.TCPSite(
            runner, host, settings.port, ssl_context=tls.context if tls else None
        ).start()
        port = _port_of(runner)
        self.address = f"https://{tls.address}:{port}" if tls else f"http://{settings.host}:{port}"
        admin = await open_admin_socket(self._operations(), data / "admin.sock")
        self._closing.push_async_callback(admin.cleanup)

    def _gateway_doors(
        self, sessions: IdentitySessions, terminals: TerminalScreens, desks: DeskScreens
    ) -> Doors:
        async def authenticate(request: web.Request, audience: Audience) -> GatewayPrincipal | None:
            scheme, _, token = request.headers.get("Authorization", "").partition(" ")
            if scheme == "Bearer":
                principal = await sessions.of_token(token)
            else:
                of = DEVICE if audience == "/terminal" else STAFF
                principal = await sessions.of_cookie(request.cookies, of)
            allowed = ("terminal",) if audience == "/terminal" else ("agent", "supervisor")
            if principal.kind not in allowed:
                return None
            language = screen_language(chosen_language(request))
            return GatewayPrincipal(audience=audience, subject=principal.subject, language=language)

        def screen(conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
            if who.audience == "/terminal":
                return terminals.screen(conn, who.subject, now)
            return desks.screen(conn, who.subject, cast(Language, who.language), now)

        def follows(conn: Connection, who: GatewayPrincipal) -> list[str]:
            if who.audience == "/terminal":
                case = case_on_terminal(conn, TerminalId(who.subject))
                return [f"department:{case.department_id}"] if case else []
            return [f"department:{one}" for one in departments_of(conn, who.subject)]

        return Doors(
            authenticate=authenticate,
            attach=self.signaling.attach,
            current_epoch=current_epoch,
            screen=screen,
            follows=follows,
            handlers={
                **signaling_handlers(self.signaling, COMMANDS),
                **terminal_asks.handlers(self._case_of, self.documents, self.esign, clock),
                **console_asks.handlers(
                    self._case_of, self.documents, self.esign, self.snapshot, clock
                ),
            },
            clock=clock,
        )

    def _operations(self) -> NodeOperations:
        return NodeOperations(
            address=self.address,
            development=self.settings.profile == "development",
            identity=self.identity,
            booking=self.booking,
            demo_details=Details(
                name="陳大文", contact="demo@example.org", language="zh_Hant", needs=()
            ),
            refusal=BookingRefused,
            new_id=new_id,
            clock=clock,
        )

    async def _ready(self) -> bool:
        try:
            await self.executor.read(journal_sql.head)
        except Exception:
            return False
        return True

    async def sign_in_words(self) -> list[str]:
        """Development: links that enrol the terminals, and how agents sign in."""
        passphrase = await self._demo_passphrase()
        lines = [f"  agents sign in as {names_of(PEOPLE)}", f"  with the passphrase {passphrase}"]
        for site in self.snapshot().sites.values():
            for terminal_ in site.terminals:
                token = await self.identity.enrolment(terminal_.id, clock())
                lines.append(f"  terminal {terminal_.id}: {self.address}/terminal/start#{token}")
        return lines

    async def _demo_passphrase(self) -> str:
        """Made at the first start, kept where only this user reads; never a default."""
        path = self.settings.data / "keys" / "demo-passphrase"
        if path.exists():
            return path.read_text().strip()
        passphrase = "-".join(secrets.token_hex(2) for _ in range(4))
        for person in PEOPLE:
            kind: Kind = "supervisor" if person.supervisor else "agent"
            await self.identity.let_in(person.id, kind, person.id, passphrase, clock())
        await asyncio.to_thread(_write_secret, path, passphrase.encode())
        return passphrase


async def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Run a node until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    node = Node(settings)
    try:
        await node.open()
        for line in await _greeting(node):
            say(line)
        await stop.wait()
        say("stopping …")
    finally:
        await node.close()


async def ask_operator(settings: Settings, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the running node of this data directory.  Raises `NotRunning`."""
    return await ask(settings.data, path, body)


async def verify_journal(settings: Settings) -> tuple[int, list[Fault]]:
    """Check the journal's chain; works beside a running node."""
    executor: Executor
    if settings.postgres:
        executor = PostgresPool(settings.postgres, size=1)
    else:
        executor = SqliteLane(settings.data / "counter.sqlite")
    try:
        return await executor.read(journal_sql.check)
    finally:
        await executor.close()


async def _greeting(node: Node) -> list[str]:
    lines = [
        "",
        f"The counter is open at {node.address}",
        "",
        f"  citizen    {node.address}/",
        f"  terminal   {node.address}/terminal   (enrol one with a link below, once)",
        f"  console    {node.address}/console",
        f"  wall       {node.address}/wall",
        "",
    ]
    if node.settings.profile == "development":
        lines += await node.sign_in_words()
        lines += ["", "  try it alone: .venv/bin/python -m counter demo", ""]
        if node.settings.practice:
            lines.append("  Practice: every place is open day and night (COUNTER_PRACTICE=false).")
    return [*lines, "  Ctrl-C stops everything.", ""]


async def _every(interval_s: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    while True:
        await asyncio.sleep(interval_s)
        try:
            await work()
        except Exception as problem:
            log.warning("housekeeping: %s", type(problem).__name__)


async def _warm(*work: Coroutine[Any, Any, None]) -> None:
    """So that the first citizen does not wait for a process to start."""
    for done in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(done, Exception):
            log.warning("a worker did not start: %s", type(done).__name__)


async def _resume(esign: EsignService) -> None:
    """Seal what had ink and no seal when the node went down."""
    try:
        await esign.resume(clock())
    except Refusal as refusal:
        log.warning("unfinished signatures wait: %s", refusal.code)


def _hold_directory(data: Path) -> TextIO:
    """One node per data directory: a second one is refused.  Raises `AlreadyServed`."""
    lock = (data / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.close()
        raise AlreadyServed(f"{data} is served by another process; stop it first") from taken
    return lock


def _secret(path: Path) -> bytes:
    if not path.exists():
        _write_secret(path, secrets.token_bytes(32))
    return path.read_bytes()


def _write_secret(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_suffix(".tmp")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)


def _port_of(runner: web.AppRunner) -> int:
    return int(runner.addresses[0][1])
