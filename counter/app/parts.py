"""Makes every service out of its adapters, and hands one part's service to another's port."""

import asyncio
import secrets
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from aiohttp import web
from sqlalchemy import Connection

from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from counter.app.clock import clock, new_id, new_token
from counter.app.files import kept
from counter.app.hooks import Snapshot, hooks_of
from counter.app.seed import put_people
from counter.app.store import Store
from counter.case import Case
from counter.documents.papers_sql import SqlPapers
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.errors import NotAllowedNow
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import Forms
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.store_records import SqlRecords
from counter.esign.tsa_development import tsa_application
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.service import IdentityService
from counter.identity.tls_development import own_address
from counter.ids import AgentId, TerminalId
from counter.media.pool import WorkerPool
from counter.settings import Settings
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.service import SignalingService
from counter.signaling.store_asks import SqlStore, require_current
from counter.store import journal_sql, outbox
from counter.store.cases import audiences, case_of_agent, case_on_terminal, require_open
from counter.store.housekeeping import tidy
from counter.store.nodes import place_lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Every service of a node."""

    store: Store
    booking: BookingService
    snapshot: Snapshot
    identity: IdentityService
    documents: DocumentsService
    esign: EsignService
    forms: Forms
    signaling: SignalingService
    scanner: ScanPool
    studio: SignPool
    media: WorkerPool

    async def case_of(self, who: GatewayPrincipal) -> Case:
        """The open case of who speaks.  Raises `NotAllowedNow`, `UsedElsewhere`."""

        def read(conn: Connection) -> Case | None:
            require_current(conn, who)
            if who.audience == "/agent":
                return case_of_agent(conn, AgentId(who.subject))
            return case_on_terminal(conn, TerminalId(who.subject))

        case = await self.store.executor.read(read)
        if case is None or not case.open:
            raise NotAllowedNow(f"{who.own} has no open case")
        return case

    async def warm_up(self) -> None:
        """So that the first citizen does not wait for a process to start."""
        await asyncio.gather(self.scanner.warm_up(), self.studio.warm())

    async def once_a_minute(self) -> None:
        """What nothing depends on, and what is better done soon."""
        await self.booking.sweep(clock())
        self.snapshot.catalogue = await self.booking.catalogue()
        await self.store.executor.write(tidy, clock())
        await self.esign.resume(clock())


async def open_parts(
    settings: Settings, store: Store, keeps_calls: Callable[[], bool], closing: AsyncExitStack
) -> Parts:
    """Start what runs beside the event loop and make the services; `closing` stops it.

    keeps_calls: asked at the end, whether calls shall go on until the next start.
    """
    media = _media(settings, store)

    async def end_media() -> None:
        await (media.leave() if keeps_calls() and media.calls else media.stop())

    starting = asyncio.create_task(media.start())  # takes a second: the rest goes on beside it
    closing.push_async_callback(end_media)
    executor = store.executor
    booking = booking_service(
        executor,
        record=journal_sql.record,
        owe=outbox.owe,
        new_id=new_id,
        random_bytes=secrets.token_bytes,
    )
    if settings.profile == "development":
        await plant_seed(executor, clock(), practice=settings.practice)
        await executor.write(put_people, clock())
    snapshot = Snapshot(await booking.catalogue())

    scanner = ScanPool()
    closing.push_async_callback(scanner.close)
    pki = await asyncio.to_thread(ensure, settings.keys / "pki", clock())
    studio = SignPool(pki.signing, tsa_url=await _open_tsa(settings, pki, closing))
    closing.push_async_callback(studio.close)
    forms = shipped_forms()
    await starting
    return Parts(
        store=store,
        booking=booking,
        snapshot=snapshot,
        identity=IdentityService(StoredCommands(executor), Argon2Passphrases(), new_token),
        documents=DocumentsService(
            SqlPapers(executor, audiences, require_open), store.blobs, scanner, new_id
        ),
        esign=EsignService(
            records=SqlRecords(executor=executor, audiences=audiences, require_open=require_open),
            blobs=store.blobs,
            studio=studio,
            forms=forms,
            glyphs=shipped_glyphs(),
            new_id=new_id,
        ),
        forms=forms,
        signaling=SignalingService(SqlStore(executor, hooks_of(snapshot, booking)), media, clock),
        scanner=scanner,
        studio=studio,
        media=media,
    )


def _media(settings: Settings, store: Store) -> WorkerPool:
    command = [sys.executable, "-m", "counter", "media"]
    if settings.media_bind_ip is not None:
        command += ["--bind-ip", settings.media_bind_ip]

    async def lives(place: str) -> bool:
        return await store.executor.read(place_lives, place, clock())

    # With --lan the address that other machines reach is known: they would get no picture else.
    guessed = settings.lan and settings.media_ip == "127.0.0.1"
    return WorkerPool(
        settings.media,
        settings.workers,
        own_address() if guessed else settings.media_ip,
        settings.media_udp_port,
        command,
        place=kept(settings.media / "place", lambda: new_id()[:12].encode()).decode(),
        lives=lives,
    )


async def _open_tsa(settings: Settings, pki: DevelopmentPki, closing: AsyncExitStack) -> str:
    runner = web.AppRunner(tsa_application(pki.tsa, clock), access_log=None)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", settings.tsa_port).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
