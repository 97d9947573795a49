"""Makes the services of papers: scanned at the counter, sent from home before or after."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from counter.app.advance_papers import lock, over, require_coming
from counter.app.clock import clock, new_id, random_bytes
from counter.app.files import secret
from counter.app.live_marks import StoredLiveMarks
from counter.app.store import Store
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
from counter.documents.text_layer import TextTools
from counter.documents.text_process import find_tools
from counter.settings.node import Settings
from counter.store.cases import audiences, require_led, require_open


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperParts:
    """What handles papers, by name."""

    scanner: ScanPool
    tools: TextTools
    documents: DocumentsService
    previews: PreviewService
    captures: CaptureService
    "Photographs that come up in parts."
    checklists: ChecklistService
    advance: AdvanceService
    "Papers before the trip."
    later: LaterService
    "Papers after the visit."


async def open_paper_parts(settings: Settings, store: Store, closing: AsyncExitStack) -> PaperParts:
    """Start the processes that look at papers and make the services; `closing` stops them."""
    executor = store.executor
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
    return PaperParts(
        scanner=scanner,
        tools=tools,
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
    )


def _virus_check(settings: Settings) -> ClamdCheck | None:
    if settings.clamd is None:
        return None
    return ClamdCheck(settings.clamd, required=settings.clamd_required)
