"""The doors: pages, sockets and health, on the services of a node."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Literal, cast

from aiohttp import web
from sqlalchemy import Connection

from booking.script_opencc import simplified
from counter.app.attending import CALLS
from counter.app.clock import clock, new_id
from counter.app.files import secret
from counter.app.later_papers import link_of_appointment, owe_links, owe_links_again
from counter.app.live_marks import MARKS
from counter.app.paper_work import owe_paper_work
from counter.app.parts import Parts
from counter.app.pointing import POINTER, Pointing
from counter.app.pointing import handlers as pointing_handlers
from counter.app.print_documents import PrintDocuments
from counter.identity.store_proofing_reading import identity_level
from counter.identity.tls_development import ensure_tls
from counter.ids import CaseId
from counter.protocol.message import Language, Model
from counter.settings import Settings
from counter.signaling.gateway_socketio import Audience, Doors, Gateway
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.service import handlers as signaling_handlers
from counter.signaling.store_asks import COMMANDS, current_epoch, follows
from counter.store.back_pressure import Gate
from counter.store.cases import get_case
from web.api import routes as api
from web.api.callers import Callers
from web.api.limits import Limits
from web.api.once_local import LocalOnce
from web.api.ports import ApiDeps
from web.citizen import (
    availability_feed,
    check_pages,
    issued_pages,
    later_pages,
    memo_pages,
    paper_pages,
)
from web.citizen import routes as citizen
from web.citizen.check_pages import CheckDeps
from web.citizen.issued_pages import IssuedDeps
from web.citizen.later_pages import LaterDeps
from web.citizen.memo_pages import MemoDeps
from web.citizen.paper_pages import PaperDeps
from web.citizen.ports import Deps as CitizenDeps
from web.citizen.waiting_room_pages import RoomDeps, behind_the_door
from web.console import (
    admin_pages,
    admin_template_pages,
    advance_pages,
    case_pages,
    party_asks,
    print_asks,
    scan_asks,
    stills,
)
from web.console import asks as console_asks
from web.console import later_pages as console_later_pages
from web.console import reading_asks as console_reading_asks
from web.console import views as console
from web.console.admin_local import departments_in
from web.console.admin_ports import AdminDeps
from web.console.advance_local import LocalBeforeVisits
from web.console.cases_local import LocalCaseFolders
from web.console.counter_local import LocalConsoleCounter
from web.console.later_local import LocalLater, OweWork
from web.console.ports import ConsoleDeps
from web.console.screen import DeskScreens
from web.shared import (
    draft_asks,
    health,
    line_asks,
    originals_local,
    papers,
    proofing_asks,
    recording_asks,
)
from web.shared.certificate_cards import Offered
from web.shared.language import language_of
from web.shared.papers_local import LocalPapers
from web.shared.sealed import Sealer
from web.shared.sessions_identity import DEVICE, STAFF, IdentitySessions
from web.shared.setup import Base, install
from web.shared.wording import screen_language
from web.terminal import asks as terminal_asks
from web.terminal import capture_pages, certificate_asks, print_pages
from web.terminal import print_asks as terminal_print_asks
from web.terminal import reading_asks as terminal_reading_asks
from web.terminal import views as terminal
from web.terminal.capture_pages import CaptureDeps
from web.terminal.counter_local import LocalTerminalCounter
from web.terminal.device_screen import device_screen
from web.terminal.ports import TerminalDeps
from web.terminal.screen import TerminalScreens
from web.wall import views as wall
from web.wall.lines_local import LocalLines
from web.wall.ports import WallDeps
from web.wall.wall_local import LocalWall

SPEAK: dict[Audience, tuple[str, ...]] = {
    "/terminal": ("terminal",),
    "/device": ("device",),
    "/agent": ("agent", "supervisor"),
}
"Whose sessions may speak on which namespace."
BODY_LIMIT_BYTES = 21 * 1024 * 1024
"A PDF of 20 MiB, and what a form puts around it."
BACKLOG = 4096
"""Connections that may wait to be accepted.  A crowd comes within a moment; whoever finds the queue
full is not told, and tries again after 1, 3, 7, 15 seconds."""


async def open_doors(
    settings: Settings,
    parts: Parts,
    ready: Callable[[], Awaitable[bool]],
    closing: AsyncExitStack,
) -> str:
    """Serve everything; returns the address of the first page.  `closing` shuts the doors."""
    secure = settings.secure
    sessions = IdentitySessions(parts.identity, clock, secure=secure)
    key = await asyncio.to_thread(secret, settings.keys / "pages")
    app = web.Application(client_max_size=BODY_LIMIT_BYTES)
    install(
        app,
        Base(
            sessions=Callers(parts.api_keys, sessions),
            random_bytes=secrets.token_bytes,
            secret=key,
            origins=(settings.origin,) if settings.origin else (),
            secure=secure,
        ),
    )
    offered = None
    if parts.certificates is not None:
        citizens = parts.certificates.citizens
        offered = Offered(name=citizens.name, gives=citizens.gives, level=_level)
    terminals = TerminalScreens(
        catalogue=parts.snapshot,
        forms=parts.forms,
        link_address=parts.link_addresses,
        document_address=parts.link_addresses.documents,
        calls=CALLS,
        certificates=offered,
    )
    desks = DeskScreens(
        catalogue=parts.snapshot,
        forms=parts.forms,
        simplify=simplified,
        calls=CALLS,
        certificates=offered,
    )
    app.add_routes(
        _routes(
            parts,
            sessions,
            terminals,
            desks,
            key,
            domain=settings.domain,
            secure=secure,
            document_camera=settings.document_camera,
            printing=settings.page_printing,
            waiting_room_per_s=settings.waiting_room_per_s,
            owe_work=owe_paper_work(settings),
        )
    )
    app.add_routes(api.routes(_api(parts, key, settings.domain)))
    app.add_routes(health.routes(ready))

    origins = (settings.origin,) if settings.origin else ()
    gateway = Gateway(
        parts.store.executor,
        _gateway_doors(parts, sessions, terminals, desks),
        origins=origins,
    )
    gateway.attach_to(app)

    def hear(topic: str, value: str) -> None:
        if topic.startswith(POINTER):
            gateway.pass_on(topic.removeprefix(POINTER), "pointer.moved", json.loads(value))
        elif topic.startswith(MARKS):
            gateway.pass_on(topic.removeprefix(MARKS), "marks.lie", json.loads(value))
        else:
            gateway.wake(topic, int(value))

    closing.callback(parts.store.bus.subscribe(hear).close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    await gateway.start()
    closing.push_async_callback(gateway.close)
    if not settings.lan:
        await web.TCPSite(runner, settings.host, settings.port, backlog=BACKLOG).start()
        return f"http://{settings.host}:{runner.addresses[0][1]}"
    tls = await asyncio.to_thread(ensure_tls, settings.keys / "tls", clock())
    await web.TCPSite(
        runner, "0.0.0.0", settings.port, ssl_context=tls.context, backlog=BACKLOG
    ).start()
    return f"https://{tls.address}:{runner.addresses[0][1]}"


def _routes(
    parts: Parts,
    sessions: IdentitySessions,
    terminals: TerminalScreens,
    desks: DeskScreens,
    key: bytes,
    *,
    domain: str,
    secure: bool,
    document_camera: str,
    printing: Literal["page", "none"],
    waiting_room_per_s: float,
    owe_work: OweWork,
) -> list[web.RouteDef]:
    administration = AdminDeps(
        booking=parts.booking,
        departments=departments_in(parts.store.executor),
        now=clock,
        new_id=new_id,
    )
    executor = parts.store.executor
    terminal_counter = LocalTerminalCounter(
        executor=executor,
        screens=terminals,
        documents=parts.documents,
        previews=parts.previews,
        identity=parts.identity,
        sessions=sessions,
        clock=clock,
    )
    console_counter = LocalConsoleCounter(
        executor=executor,
        screens=desks,
        identity=parts.identity,
        sessions=sessions,
        clock=clock,
    )

    async def documents_of(appointment_id: str) -> str:
        link = await executor.read(link_of_appointment, appointment_id, clock())
        return "" if link is None else f"/signed/{parts.issued.token(link.link_id)}"

    bookings = CitizenDeps(
        booking=parts.booking,
        now=clock,
        new_id=new_id,
        sealer=Sealer(secret=key, random_bytes=secrets.token_bytes),
        domain=domain,
        secure=secure,
        documents_of=documents_of,
    )
    room = RoomDeps(
        catalogue=parts.booking.catalogue,
        now=clock,
        sealer=bookings.sealer,
        random_bytes=secrets.token_bytes,
        secret=key,
        per_s=waiting_room_per_s,
        secure=secure,
    )
    papers_here = LocalPapers(
        executor=executor, documents=parts.documents, esign=parts.esign, clock=clock
    )

    async def service_of(case_id: CaseId) -> str:
        return (await executor.read(get_case, case_id)).service_id

    wall_here = WallDeps(
        wall=LocalWall(executor=executor, catalogue=parts.snapshot, clock=clock),
        lines=LocalLines(executor=executor, catalogue=parts.snapshot, clock=clock),
    )
    return [
        *behind_the_door(citizen.routes(bookings), room),
        *memo_pages.routes(
            MemoDeps(
                memos=parts.memos,
                catalogue=parts.booking.catalogue,
                now=clock,
                still_open=parts.later.still_open,
                link_address=parts.link_addresses,
            )
        ),
        *paper_pages.routes(PaperDeps(citizen=bookings, papers=parts.advance)),
        *later_pages.routes(
            LaterDeps(
                papers=parts.later,
                catalogue=parts.booking.catalogue,
                service_of=service_of,
                now=clock,
                limits=Limits(asyncio.get_running_loop().time),
            )
        ),
        *check_pages.routes(
            CheckDeps(
                checks=parts.checks,
                forms=parts.forms,
                catalogue=parts.booking.catalogue,
                now=clock,
                limits=Limits(asyncio.get_running_loop().time),
            )
        ),
        *issued_pages.routes(
            IssuedDeps(
                documents=parts.issued,
                forms=parts.forms,
                catalogue=parts.booking.catalogue,
                service_of=service_of,
                now=clock,
                limits=Limits(asyncio.get_running_loop().time),
            )
        ),
        *availability_feed.routes(parts.booking, clock),
        *terminal.routes(
            TerminalDeps(
                counter=terminal_counter, document_camera=document_camera, printing=printing
            )
        ),
        *console.routes(ConsoleDeps(counter=console_counter)),
        *advance_pages.routes(
            LocalBeforeVisits(
                executor=executor,
                advance=parts.advance,
                snapshot=parts.snapshot,
                clock=clock,
            )
        ),
        *case_pages.routes(
            LocalCaseFolders(
                executor=executor,
                folders=parts.paper_work.folders,
                forms=parts.forms,
                snapshot=parts.snapshot,
                reads_words=parts.paper_work.tools.complete,
                clock=clock,
                packs=parts.packs.pack,
            )
        ),
        *console_later_pages.routes(
            LocalLater(
                executor=executor,
                later=parts.later,
                documents=parts.documents,
                snapshot=parts.snapshot,
                clock=clock,
                address_of=parts.link_addresses,
                owe=owe_links,
                owe_again=owe_links_again,
                owe_work=owe_work,
            )
        ),
        *admin_pages.routes(administration),
        *admin_template_pages.routes(administration, parts.own_forms),
        *capture_pages.routes(
            CaptureDeps(captures=parts.captures, identity=parts.identity, now=clock)
        ),
        *print_pages.routes(
            PrintDocuments(
                executor=executor,
                folders=parts.paper_work.folders,
                bindery=parts.paper_work.bindery,
                esign=parts.esign,
                forms=parts.forms,
                catalogue=parts.snapshot,
            )
        ),
        *stills.routes(parts.stills),
        *papers.routes(papers_here),
        *wall.routes(wall_here),
    ]


def _api(parts: Parts, key: bytes, domain: str) -> ApiDeps:
    return ApiDeps(
        booking=parts.booking,
        webhooks=parts.webhooks,
        once=LocalOnce(Gate(parts.store.executor)),
        limits=Limits(asyncio.get_running_loop().time),
        now=clock,
        secret=key,
        domain=domain,
    )


def _gateway_doors(
    parts: Parts, sessions: IdentitySessions, terminals: TerminalScreens, desks: DeskScreens
) -> Doors:
    async def authenticate(request: web.Request, audience: Audience) -> GatewayPrincipal | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            principal = await sessions.of_token(token)
        else:
            of = DEVICE if audience == "/terminal" else STAFF
            principal = await sessions.of_cookie(request.cookies, of)
        if principal.kind not in SPEAK[audience]:
            return None
        return GatewayPrincipal(
            audience=audience,
            subject=principal.subject,
            language=screen_language(language_of(request)),
            session=principal.session_id,
            supervisor=principal.kind == "supervisor",
        )

    async def ended(tokens_sha256: Sequence[str]) -> set[str]:
        return await parts.identity.ended(tokens_sha256, clock())

    def screen(conn: Connection, who: GatewayPrincipal, now: datetime) -> Model:
        if who.audience == "/terminal":
            return terminals.screen(conn, who.subject, now)
        if who.audience == "/device":
            return device_screen(conn, who.subject, now)
        language = cast(Language, who.language)
        return desks.screen(conn, who.subject, language, now, supervisor=who.supervisor)

    return Doors(
        authenticate=authenticate,
        attach=parts.signaling.attach,
        current_epoch=current_epoch,
        screen=screen,
        follows=follows,
        handlers={
            **signaling_handlers(parts.signaling, COMMANDS),
            **line_asks.handlers(parts.quality),
            **recording_asks.handlers(parts.recordings),
            **pointing_handlers(
                Pointing(parts.store.executor, parts.store.bus, asyncio.get_running_loop().time)
            ),
            **proofing_asks.handlers(
                parts.case_of, parts.require_current, parts.proofings, parts.zones
            ),
            **originals_local.handlers(parts.store.executor, clock),
            **party_asks.handlers(parts.case_of, parts.store.executor, parts.snapshot, clock),
            **scan_asks.handlers(parts.case_of, parts.store.executor, clock),
            **print_asks.handlers(parts.case_of, parts.store.executor, clock),
            **terminal_print_asks.handlers(parts.store.executor, clock),
            **terminal_reading_asks.handlers(parts.case_of, parts.reading),
            **console_reading_asks.handlers(parts.case_of, parts.reading),
            **certificate_asks.handlers(parts.case_of, parts.certificates),
            **terminal_asks.handlers(
                parts.case_of, parts.documents, parts.esign, parts.store.executor, clock
            ),
            **console_asks.handlers(
                parts.case_of,
                parts.documents,
                parts.checklists,
                parts.esign,
                parts.store.executor,
                parts.forms,
                parts.snapshot,
                clock,
            ),
            **draft_asks.handlers(
                parts.case_of, parts.store.executor, parts.forms, parts.snapshot, clock
            ),
        },
        clock=clock,
        ended=ended,
    )


def _level(conn: Connection, case_id: str) -> str:
    return identity_level(conn, case_id).value
