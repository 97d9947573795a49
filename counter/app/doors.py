"""The doors: pages, sockets and health, on the services of a node."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from aiohttp import web
from sqlalchemy import Connection

from booking.script_opencc import simplified
from counter.app.attending import CALLS
from counter.app.clock import clock
from counter.app.files import secret
from counter.app.live_marks import MARKS
from counter.app.pages import api_deps, pages
from counter.app.paper_work import owe_paper_work
from counter.app.pointing import POINTER
from counter.app.services import Parts
from counter.app.sockets import socket_doors
from counter.identity.store_proofing_reading import identity_level
from counter.identity.tls_development import ensure_tls
from counter.settings.node import Settings
from counter.signaling.gateway_socketio import Gateway
from web.api import routes as api
from web.api.callers import Callers
from web.console.screen import DeskScreens
from web.shared import (
    health,
)
from web.shared.certificate_cards import Offered
from web.shared.sessions_identity import IdentitySessions
from web.shared.setup import Base, install
from web.terminal.screen import TerminalScreens

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
            proxies=settings.proxies,
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
        pages(
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
    app.add_routes(api.routes(api_deps(parts, key, settings.domain)))
    app.add_routes(health.routes(ready))

    origins = (settings.origin,) if settings.origin else ()
    gateway = Gateway(
        parts.store.executor,
        socket_doors(parts, sessions, terminals, desks),
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


def _level(conn: Connection, case_id: str) -> str:
    return identity_level(conn, case_id).value
