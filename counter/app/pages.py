"""The pages of every face, and the API, on the services of a node."""

import asyncio
import secrets
from typing import Literal

from aiohttp import web

from counter.app.clock import clock, new_id
from counter.app.later_papers import (
    ended_of_appointment,
    link_of_appointment,
    owe_links,
    owe_links_again,
)
from counter.app.print_documents import PrintDocuments
from counter.app.services import Parts
from counter.ids import CaseId
from counter.store.back_pressure import Gate
from counter.store.cases import get_case
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
from web.citizen.ports import Ended
from web.citizen.waiting_room_pages import RoomDeps, behind_the_door
from web.console import admin_pages, admin_template_pages, advance_pages, case_pages, stills
from web.console import later_pages as console_later_pages
from web.console import views as console
from web.console.admin_local import departments_in
from web.console.admin_ports import AdminDeps
from web.console.advance_local import LocalBeforeVisits
from web.console.cases_local import LocalCaseFolders
from web.console.counter_local import LocalConsoleCounter
from web.console.later_local import LocalLater, OweWork
from web.console.ports import ConsoleDeps
from web.console.screen import DeskScreens
from web.shared import papers
from web.shared.papers_local import LocalPapers
from web.shared.sealed import Sealer
from web.shared.sessions_identity import IdentitySessions
from web.terminal import capture_pages, print_pages
from web.terminal import views as terminal
from web.terminal.capture_pages import CaptureDeps
from web.terminal.counter_local import LocalTerminalCounter
from web.terminal.ports import TerminalDeps
from web.terminal.screen import TerminalScreens
from web.wall import views as wall
from web.wall.lines_local import LocalLines
from web.wall.ports import WallDeps
from web.wall.wall_local import LocalWall


def pages(
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
    """Every page; key: with which they seal what the browser keeps."""
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

    async def ended(appointment_id: str) -> Ended | None:
        address = parts.link_addresses
        return await executor.read(ended_of_appointment, appointment_id, address, clock())

    bookings = CitizenDeps(
        booking=parts.booking,
        now=clock,
        new_id=new_id,
        sealer=Sealer(secret=key, random_bytes=secrets.token_bytes),
        domain=domain,
        secure=secure,
        documents_of=documents_of,
        ended=ended,
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


def api_deps(parts: Parts, key: bytes, domain: str) -> ApiDeps:
    """What the API is made of."""
    return ApiDeps(
        booking=parts.booking,
        webhooks=parts.webhooks,
        once=LocalOnce(Gate(parts.store.executor)),
        limits=Limits(asyncio.get_running_loop().time),
        now=clock,
        secret=key,
        domain=domain,
    )
