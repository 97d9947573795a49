"""Makes every service out of its adapters, and hands one part's service to another's port."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network

from booking.availability_service import AT_NINE
from booking.script_opencc import simplified
from booking.store_sql import booking_service, plant_seed
from counter.app.bridged_calls import BridgedCalls
from counter.app.call_lines import listeners, speaks_in
from counter.app.clock import clock, new_id, new_token, random_bytes
from counter.app.damaged_bytes import FinishedBytes
from counter.app.files import secret
from counter.app.hooks import Snapshot, hooks_of
from counter.app.identifying import ZoneDesk, surroundings
from counter.app.kept_bytes import named_bytes
from counter.app.live_stills import LiveStills
from counter.app.media_processes import media_pool
from counter.app.paper_parts import open_paper_parts
from counter.app.paper_work import open_paper_work, owe_paper_work
from counter.app.recorded_calls import RECORDED_CALLS
from counter.app.seed import put_people
from counter.app.services import Parts
from counter.app.signing_parts import open_signing_parts
from counter.app.store import Store
from counter.esign.store_finished import finished_bytes
from counter.identity.api_key_service import ApiKeyService
from counter.identity.commands_store import StoredCommands
from counter.identity.passphrases_argon2 import Argon2Passphrases
from counter.identity.proofing_sql import SqlProofings
from counter.identity.service import IdentityService
from counter.identity.store_api_keys import SqlApiKeys
from counter.media.mux_pool import MuxPool
from counter.media.quality_service import QualityService
from counter.media.recording_keeping_service import RecordingKeeper
from counter.media.recording_service import RecordingService
from counter.media.recordings_sql import SqlRecordings
from counter.media.still_process import StillDecoder
from counter.media.store_quality import SqlQuality
from counter.media.turn import Relays
from counter.media.vault_cryptography import Vault
from counter.notify.sender_webhook import WebhookSender
from counter.notify.store_memos import SqlMemos
from counter.notify.store_webhooks import SqlWebhooks
from counter.notify.webhook_service import WebhookService
from counter.settings.node import Settings
from counter.signaling.service import SignalingService
from counter.signaling.store_asks import SqlStore
from counter.store import journal_sql, outbox
from counter.store.back_pressure import Gate
from counter.store.blobs_collecting import BlobCollector


async def open_parts(
    settings: Settings, store: Store, keeps_calls: Callable[[], bool], closing: AsyncExitStack
) -> Parts:
    """Start what runs beside the event loop and make the services; `closing` stops it.

    keeps_calls: asked at the end, whether calls shall go on until the next start.
    """
    media, media_proof = media_pool(settings, store)

    async def end_media() -> None:
        await (media.leave() if keeps_calls() and media.calls else media.stop())

    starting = asyncio.create_task(media.start())  # takes a second: the rest goes on beside it
    closing.push_async_callback(end_media)
    executor = store.executor
    booking = booking_service(
        Gate(executor),
        record=journal_sql.record,
        owe=outbox.owe,
        new_id=new_id,
        random_bytes=secrets.token_bytes,
        freshness=AT_NINE,
        simplify=simplified,
    )
    invented = settings.profile == "development"
    await plant_seed(executor, clock(), practice=invented and settings.practice)
    if invented:
        await executor.write(put_people, clock())
    snapshot = Snapshot(await booking.catalogue())
    papers = await open_paper_parts(settings, store, closing)
    signing = await open_signing_parts(
        settings, store, snapshot().departments, papers.later.token, closing
    )
    decoder = StillDecoder()
    closing.push_async_callback(decoder.close)
    muxing = MuxPool(settings.recordings, store.blobs, random_bytes)
    closing.push_async_callback(muxing.close)
    vault = Vault(secret(settings.keys / "recordings.key"), random_bytes)
    recordings = SqlRecordings(executor, RECORDED_CALLS)
    signaling = SignalingService(
        SqlStore(
            executor, hooks_of(snapshot, booking, owe_paper_work(settings), signing.issued.new_link)
        ),
        BridgedCalls(media),
        _relays(settings),
        clock,
    )
    media.on_gone = signaling.legs.worker_gone
    await starting
    return Parts(
        store=store,
        collector=BlobCollector(
            executor,
            settings.blobs,
            named_bytes(),
            look=FinishedBytes(store.blobs, executor, finished_bytes, named_bytes(), clock).look,
        ),
        booking=booking,
        snapshot=snapshot,
        identity=IdentityService(StoredCommands(executor), Argon2Passphrases(), new_token),
        api_keys=ApiKeyService(SqlApiKeys(executor), new_id, new_token, clock),
        documents=papers.documents,
        previews=papers.previews,
        captures=papers.captures,
        checklists=papers.checklists,
        advance=papers.advance,
        later=papers.later,
        link_addresses=signing.link_addresses,
        issued=signing.issued,
        esign=signing.esign,
        certificates=signing.certificates,
        reading=signing.reading,
        packs=signing.packs,
        checks=signing.checks,
        lasting=signing.lasting,
        forms=signing.forms,
        own_forms=signing.own_forms,
        signaling=signaling,
        scanner=papers.scanner,
        studio=signing.studio,
        media=media,
        media_proof=media_proof,
        stills=LiveStills(executor, media, decoder),
        paper_work=await open_paper_work(settings, store, snapshot, closing, tools=papers.tools),
        proofings=SqlProofings(executor, surroundings(snapshot), secrets.randbelow, clock),
        zones=ZoneDesk(
            executor, store.blobs, papers.scanner, secret(settings.keys / "identity.key"), clock
        ),
        memos=SqlMemos(executor),
        webhooks=WebhookService(
            SqlWebhooks(executor),
            WebhookSender([ip_network(one) for one in settings.webhook_networks]),
            new_id,
            random_bytes,
            clock,
            plain_http=settings.profile == "development",
        ),
        quality=QualityService(SqlQuality(executor, speaks_in, listeners), media, clock),
        recordings=RecordingService(recordings, media, vault, clock, days=settings.recording_days),
        recording_keeper=RecordingKeeper(recordings, media, vault, muxing, clock),
    )


def _relays(settings: Settings) -> Relays:
    secret = settings.turn_secret
    return Relays(
        urls=settings.turn_urls,
        secret=secret.get_secret_value() if secret else "",
        only=settings.only_relayed,
        new_name=new_id,
    )
