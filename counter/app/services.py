"""Every service of a node, by name, and what they do once a minute."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from booking.service import BookingService
from counter.app.clock import clock, new_id
from counter.app.hooks import Snapshot
from counter.app.identifying import ZoneDesk
from counter.app.lasting_documents import (
    LastingDocuments,
    tell_unsealed,
)
from counter.app.later_papers import LinkAddresses
from counter.app.live_stills import LiveStills
from counter.app.paper_work import PaperWork
from counter.app.rounds import once
from counter.app.store import Store
from counter.app.terminal_outages import tell_booking
from counter.app.to_move import tell_departments
from counter.case import Case
from counter.documents.advance_service import AdvanceService
from counter.documents.capture_service import CaptureService
from counter.documents.checklist_service import ChecklistService
from counter.documents.later_service import LaterService
from counter.documents.preview_service import PreviewService
from counter.documents.scan_pool import ScanPool
from counter.documents.service import DocumentsService
from counter.documents.store_printing import give_up_silent
from counter.errors import NotAllowedNow
from counter.esign.audit_service import AuditService
from counter.esign.certificate_service import CertificateService
from counter.esign.check_service import CheckService
from counter.esign.forms import Forms
from counter.esign.issued_service import IssuedService
from counter.esign.own_forms_service import OwnFormsService
from counter.esign.reading_service import ReadingService
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.identity.api_key_service import ApiKeyService
from counter.identity.proofing_sql import SqlProofings
from counter.identity.service import IdentityService
from counter.ids import AgentId, TerminalId
from counter.media.mutual_tls import TlsRenewal
from counter.media.pool import WorkerPool
from counter.media.quality_service import QualityService
from counter.media.recording_keeping_service import RecordingKeeper
from counter.media.recording_service import RecordingService
from counter.media.store_quality import tidy as tidy_lines
from counter.notify import store_memos, store_webhooks
from counter.notify.store_memos import SqlMemos
from counter.notify.webhook_service import WebhookService
from counter.signaling.ports import GatewayPrincipal
from counter.signaling.service import SignalingService
from counter.signaling.store_asks import require_current
from counter.store.blobs_collecting import BlobCollector
from counter.store.cases import (
    audiences,
    case_of_agent,
    case_on_terminal,
)
from counter.store.housekeeping import tidy


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Every service of a node."""

    store: Store
    collector: BlobCollector
    booking: BookingService
    snapshot: Snapshot
    identity: IdentityService
    api_keys: ApiKeyService
    documents: DocumentsService
    captures: CaptureService
    "Photographs that come up in parts."
    checklists: ChecklistService
    previews: PreviewService
    advance: AdvanceService
    "Papers before the trip."
    later: LaterService
    "Papers after the visit."
    link_addresses: LinkAddresses
    issued: IssuedService
    esign: EsignService
    certificates: CertificateService | None
    "None: no provider of citizens' certificates is set up."
    reading: ReadingService
    packs: AuditService
    checks: CheckService
    "Whether a document from anywhere is sound."
    lasting: LastingDocuments
    "Trust, and the archive of signed documents."
    forms: Forms
    own_forms: OwnFormsService
    "Forms of departments, beside the product's."
    signaling: SignalingService
    scanner: ScanPool
    studio: SignPool
    media: WorkerPool
    media_proof: TlsRenewal | None
    "What this node proves itself to media nodes with."
    quality: QualityService
    recordings: RecordingService
    recording_keeper: RecordingKeeper
    stills: LiveStills
    paper_work: PaperWork
    "What is done with papers afterwards."
    proofings: SqlProofings
    zones: ZoneDesk
    memos: SqlMemos
    webhooks: WebhookService

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

    async def require_current(self, who: GatewayPrincipal) -> None:
        """Raises `UsedElsewhere` when another window of this desk took over."""
        await self.store.executor.read(require_current, who)

    async def warm_up(self) -> None:
        """So that the first citizen does not wait for a process to start."""
        await asyncio.gather(self.scanner.warm_up(), self.studio.warm())

    async def once_a_minute(self) -> None:
        """What nothing depends on, and what is better done soon."""
        write = self.store.executor.write
        steps: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
            ("appointments", lambda: self.booking.sweep(clock())),
            ("the catalogue", self._read_catalogue),
            ("departments", lambda: tell_departments(self.store.executor, self.booking, clock())),
            ("tidying", lambda: write(tidy, clock())),
            ("tidying lines", lambda: write(tidy_lines, clock())),
            ("tidying memos", lambda: write(store_memos.tidy, clock())),
            ("tidying webhooks", lambda: write(store_webhooks.tidy, clock())),
            ("papers before the trip", lambda: self.advance.sweep(clock())),
            ("silent printers", lambda: write(give_up_silent, audiences, clock())),
            ("readings of zones", self.zones.tidy),
            ("papers after the visit", lambda: self.later.sweep(clock())),
            ("photographs in parts", lambda: self.captures.sweep(clock())),
            # Told of before it is mended: whoever holds keys and time may take long to answer.
            ("unsealed documents", lambda: write(tell_unsealed, clock())),
            ("the clock", self.lasting.tell_clock),
            ("unfinished signatures", self.esign.resume),
            ("audit packs", self.packs.make_due),
            ("useless bytes", lambda: self.collector.round(clock())),
            ("the proof to media nodes", self._look_at_media_proof),
        )
        for what, work in steps:
            await once(what, work)

    async def _read_catalogue(self) -> None:
        self.snapshot.catalogue = await self.booking.catalogue()
        await tell_booking(
            self.store.executor, self.booking, self.snapshot.catalogue, new_id, clock()
        )

    async def _look_at_media_proof(self) -> None:
        if self.media_proof is not None:
            self.media_proof.look()
