"""Makes every service out of its adapters, and hands one part's service to another's port."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from ipaddress import ip_network
from typing import cast

from aiohttp import ClientSession, web

from booking.availability_service import AT_NINE
from booking.script_opencc import simplified
from booking.store_sql import booking_service, plant_seed
from counter.app.advance_papers import lock, over, require_coming
from counter.app.attending import CALLS
from counter.app.bridged_calls import BridgedCalls
from counter.app.call_lines import listeners, speaks_in
from counter.app.clock import clock, new_id, new_token, random_bytes
from counter.app.damaged_bytes import FinishedBytes
from counter.app.examiners import open_examiners
from counter.app.files import secret
from counter.app.hooks import Snapshot, hooks_of
from counter.app.identifying import (
    IdentifiedCitizens,
    KnownLevels,
    ZoneDesk,
    officers,
    surroundings,
    witness_of,
)
from counter.app.kept_bytes import named_bytes
from counter.app.lasting_documents import lasting_documents, policy_of
from counter.app.later_papers import LinkAddresses
from counter.app.live_marks import StoredLiveMarks
from counter.app.live_stills import LiveStills
from counter.app.media_processes import media_pool
from counter.app.paper_work import open_paper_work, owe_paper_work
from counter.app.recorded_calls import RECORDED_CALLS
from counter.app.seed import put_people
from counter.app.services import Parts
from counter.app.store import Store
from counter.app.voided_documents import document_voided
from counter.documents.admit import PAPER_PAGES, AdmitLimits
from counter.documents.admit_process import AdmitProcesses
from counter.documents.admit_service import AdmitService
from counter.documents.advance_service import AdvanceService
from counter.documents.advance_sql import SqlAdvancePapers
from counter.documents.capture_files import CaptureFiles
from counter.documents.capture_service import CaptureService
from counter.documents.captures_sql import SqlCaptures
from counter.documents.check_clamd import ClamdCheck
from counter.documents.checklist_service import ChecklistService
from counter.documents.checklist_sql import SqlChecklists
from counter.documents.facing_process import TesseractFacing
from counter.documents.facing_service import FacingService
from counter.documents.later_service import LaterService
from counter.documents.later_sql import SqlLaterPapers
from counter.documents.papers_sql import SqlPapers
from counter.documents.preview_service import PreviewService
from counter.documents.scan_pool import ScanPool
from counter.documents.seal_cryptography import PaperSeal
from counter.documents.service import DocumentsService
from counter.documents.text_process import find_tools
from counter.esign import keys_toml
from counter.esign.activations_sql import SqlActivations
from counter.esign.audit_service import AuditService
from counter.esign.certificate_service import CertificateParts, CertificateService
from counter.esign.check_service import CheckService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.draw_process import DrawProcesses
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import Language
from counter.esign.issued_service import IssuedService
from counter.esign.issued_sql import SqlIssued
from counter.esign.keys_files import roots_of
from counter.esign.keys_toml import SigningSetup
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.reading_service import ReadingService
from counter.esign.readings_sql import SqlReadings
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_audit import SqlPacks
from counter.esign.store_finished import finished_bytes
from counter.esign.store_forms import SqlForms
from counter.esign.store_validation import SqlChecks
from counter.esign.tsa_development import tsa_application
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
from counter.store.cases import audiences, require_led, require_open

log = logging.getLogger(__name__)


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

    # Of their own, so that no still waits for previews, nor at the counter for those from home.
    scanner, looker, previewer, comparer = ScanPool(), ScanPool(), ScanPool(), ScanPool()
    for pool in (scanner, looker, previewer, comparer):
        closing.push_async_callback(pool.close)
    taken = AdmitLimits(pages_max=PAPER_PAGES)
    decoder_of_files = AdmitProcesses(taken)
    closing.push_async_callback(decoder_of_files.close)
    reader = AdmitService(decoder_of_files, looker, _virus_check(settings), limits=taken)
    seal = PaperSeal(secret(settings.keys / "papers.key"), random_bytes)
    later = LaterService(
        SqlLaterPapers(executor, audiences),
        store.blobs,
        reader,
        seal,
        new_id,
        secret(settings.keys / "paper-links.key"),
    )
    setup, authorities = await _signing(settings, closing)
    for one in sorted({*setup.keys.seals, *setup.keys.witnesses} - set(snapshot().departments)):
        log.warning("signing: no department has the id %s: its keys sign nothing", one)
    policy, setup = await asyncio.to_thread(policy_of, settings, setup)
    stamps = HttpStamps(setup.tsa_urls, new_nonce=lambda: secrets.randbits(63))
    closing.push_async_callback(stamps.close)
    own_press = DrawProcesses("counter.app.form_child")
    closing.push_async_callback(own_press.close)
    studio = SignPool(setup.keys, own_press)
    closing.push_async_callback(studio.close)
    examiners = open_examiners(lambda: roots_of(setup.keys), closing)
    keys = studio.keys()
    lasting = lasting_documents(policy, authorities, store, studio, stamps, keys, closing)
    decoder = StillDecoder()
    closing.push_async_callback(decoder.close)
    muxing = MuxPool(settings.recordings, store.blobs, random_bytes)
    closing.push_async_callback(muxing.close)
    vault = Vault(secret(settings.keys / "recordings.key"), random_bytes)
    recordings = SqlRecordings(executor, RECORDED_CALLS)
    forms = shipped_forms()
    glyphs = shipped_glyphs()
    own_forms = OwnFormsService(SqlForms(executor=executor), own_press, forms, glyphs, clock)
    await own_forms.refresh()

    def check_address(reference: str) -> str:
        return f"{link_addresses.base}/c/{reference}"

    ceremonies = SqlRecords(
        executor=executor,
        audiences=audiences,
        require_open=require_open,
        require_led=require_led,
        witness_of=witness_of,
        calls=CALLS,
    )
    esign = EsignService(
        records=ceremonies,
        certificate=setup.citizen.gives if setup.citizen else None,
        levels=KnownLevels(executor),
        blobs=store.blobs,
        studio=studio,
        keys=keys,
        stamps=stamps,
        forms=forms,
        glyphs=glyphs,
        new_id=new_id,
        clock=clock,
        check_address=check_address,
        trust=lasting.trust,
    )
    certificates = None
    if setup.citizen is not None:
        if setup.citizen.by_word:
            log.warning(
                "signing: [citizen] has no policies and no statements: that its certificates are "
                "%s is not read in them",
                setup.citizen.gives,
            )
        session = await closing.enter_async_context(ClientSession())
        certificates = CertificateService(
            CertificateParts(
                esign=esign,
                records=ceremonies,
                activations=SqlActivations(
                    executor=executor,
                    audiences=audiences,
                    require_led=require_led,
                    witness_of=witness_of,
                    calls=CALLS,
                ),
                studio=studio,
                stamps=stamps,
                trust=lasting.trust,
                identity=IdentifiedCitizens(executor, simplified),
                clock=clock,
            ),
            CscCitizens(session, setup.citizen),
        )
    issued = IssuedService(
        SqlIssued(executor), esign, new_id, secret(settings.keys / "document-links.key")
    )
    link_addresses = LinkAddresses(later.token, issued.token)
    signaling = SignalingService(
        SqlStore(executor, hooks_of(snapshot, booking, owe_paper_work(settings), issued.new_link)),
        BridgedCalls(media),
        _relays(settings),
        clock,
    )
    papers = SqlPapers(executor, audiences, require_open, require_led)
    tools = await asyncio.to_thread(find_tools)
    documents = DocumentsService(
        papers,
        store.blobs,
        scanner,
        new_id,
        comparer=comparer,
        turner=looker,
        facing=FacingService(papers, store.blobs, looker, TesseractFacing(tools)),
    )
    closing.push_async_callback(documents.close)
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
        documents=documents,
        previews=PreviewService(
            papers,
            previewer,
            time.monotonic,
            marks=StoredLiveMarks(executor, store.bus, clock),
        ),
        captures=CaptureService(
            SqlCaptures(executor, audiences),
            CaptureFiles(settings.captures),
            documents,
            store.blobs,
            previewer,  # small and of our own terminals, as previews are
            new_id,
        ),
        checklists=ChecklistService(SqlChecklists(executor, audiences, require_open, require_led)),
        advance=AdvanceService(
            SqlAdvancePapers(executor, require_coming, lock, over),
            store.blobs,
            reader,
            seal,
            new_id,
        ),
        later=later,
        link_addresses=link_addresses,
        issued=issued,
        esign=esign,
        certificates=certificates,
        reading=ReadingService(
            readings=SqlReadings(
                executor=executor,
                audiences=audiences,
                calls=CALLS,
                require_open=require_open,
                require_led=require_led,
                on_voided=document_voided,
            ),
            blobs=store.blobs,
            forms=forms,
            glyphs=glyphs,
            draw=esign.draw,
            certify=esign.certifying.certify,
            clock=clock,
        ),
        packs=AuditService(
            records=SqlPacks(executor=executor, officers=officers),
            blobs=store.blobs,
            studio=studio,
            examiner=examiners.ours,
            keys=studio.keys(),
            stamps=stamps,
            clock=clock,
            title=lambda done: forms.title(done.form, cast(Language, done.language)),
        ),
        checks=CheckService(examiners.strangers, SqlChecks(executor=executor)),
        lasting=lasting,
        forms=forms,
        own_forms=own_forms,
        signaling=signaling,
        scanner=scanner,
        studio=studio,
        media=media,
        media_proof=media_proof,
        stills=LiveStills(executor, media, decoder),
        paper_work=await open_paper_work(settings, store, snapshot, closing, tools=tools),
        proofings=SqlProofings(executor, surroundings(snapshot), secrets.randbelow, clock),
        zones=ZoneDesk(
            executor, store.blobs, scanner, secret(settings.keys / "identity.key"), clock
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


def _virus_check(settings: Settings) -> ClamdCheck | None:
    if settings.clamd is None:
        return None
    return ClamdCheck(settings.clamd, required=settings.clamd_required)


def _relays(settings: Settings) -> Relays:
    secret = settings.turn_secret
    return Relays(
        urls=settings.turn_urls,
        secret=secret.get_secret_value() if secret else "",
        only=settings.only_relayed,
        new_name=new_id,
    )


async def _signing(
    settings: Settings, closing: AsyncExitStack
) -> tuple[SigningSetup, DevelopmentPki | None]:
    """Keys and services of the operator's; else our own, which say that they are none."""
    if settings.signing is not None:
        return await asyncio.to_thread(keys_toml.read, settings.signing), None
    pki = await asyncio.to_thread(ensure, settings.keys / "pki", clock())
    tsa_url = await _open_tsa(settings, pki, closing)
    return SigningSetup(keys=pki.signing, tsa_urls=(tsa_url,)), pki


async def _open_tsa(settings: Settings, pki: DevelopmentPki, closing: AsyncExitStack) -> str:
    runner = web.AppRunner(tsa_application(pki.tsa, clock), access_log=None)
    await runner.setup()
    closing.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", settings.tsa_port).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/tsa"
