"""What can be done with a case's papers: ask for a scan, take a photograph, decide, show.

Bytes are durable before the row that names them, and the row before the answer.  A photograph that
cannot be read becomes no page: the request stays open and both screens hear why.
"""

import asyncio
import hashlib
import hmac
import logging
from datetime import datetime

from counter.documents.facing_service import FacingService
from counter.documents.page import Limits, RequestState, ScanRefused, ScanResult
from counter.documents.papers import CaseDocuments, NewPage, OpenRequest, PageRow, Picture
from counter.documents.ports import Blobs, Comparer, Papers, Scanner, Turner
from counter.documents.refusals import (
    DigestMismatch,
    PageUnknown,
    PhotographRefused,
    ScanFailed,
    refusal_of,
)
from counter.documents.sameness import COMPARED_MAX
from counter.documents.sniff import sniff
from counter.errors import Refusal
from counter.ids import CaseId, Digest, NewId, PageId, RequestId

log = logging.getLogger(__name__)


class DocumentsService:
    """One method per use case.  `by` is who does it, as `kind:id`, for the journal."""

    def __init__(
        self,
        papers: Papers,
        blobs: Blobs,
        scanner: Scanner,
        new_id: NewId,
        limits: Limits | None = None,
        comparer: Comparer | None = None,
        turner: Turner | None = None,
        facing: FacingService | None = None,
    ) -> None:
        """Without a comparer nobody notices a sheet twice, without a turner no page is turned.

        Without `facing` no page is turned by itself, and no side of a card is told.
        """
        self._papers = papers
        self._blobs = blobs
        self._scanner = scanner
        self._new_id = new_id
        self._limits = limits or Limits()
        self._comparer = comparer
        self._turner = turner
        self._facing = facing
        self._looking = set[asyncio.Task[None]]()

    async def request_scan(
        self,
        case_id: CaseId,
        *,
        item: str,
        by: str,
        now: datetime,
        label_id: str | None = None,
        request_id: RequestId | None = None,
        retake_of: PageId | None = None,
    ) -> OpenRequest:
        """Ask the citizen for one page of `item`.

        An older open request of this case is cancelled.  request_id: the asker's own key, so that
        asking again with it changes nothing; made here when there is none.  retake_of: the page
        that the answer stands in for.  Raises `PageUnknown`, `NotAllowedNow`.
        """
        return await self._papers.request_scan(
            case_id,
            request_id or RequestId(self._new_id()),
            item=item,
            label_id=label_id,
            by=by,
            now=now,
            retake_of=retake_of,
        )

    async def cancel(
        self, case_id: CaseId, request_id: RequestId, *, by: str, now: datetime
    ) -> None:
        """Take a request back.  Raises `ScanNotAsked` when it was answered or never asked."""
        await self._papers.cancel_request(case_id, request_id, by=by, now=now)

    async def decline(
        self, case_id: CaseId, request_id: RequestId, *, by: str, now: datetime
    ) -> None:
        """The citizen does not have this paper here.  Raises `ScanNotAsked`."""
        await self._papers.cancel_request(
            case_id, request_id, by=by, now=now, to=RequestState.DECLINED
        )

    async def take_shot(
        self, case_id: CaseId, request_id: RequestId, *, by: str, now: datetime
    ) -> None:
        """The paper lies there: have the terminal's program photograph it, once.

        Raises `ScanNotAsked`.
        """
        await self._papers.take_shot(case_id, request_id, by=by, now=now)

    async def fail_shot(
        self, case_id: CaseId, request_id: RequestId, *, code: str, now: datetime
    ) -> None:
        """The terminal's program could take no photograph; the request stays open."""
        await self._papers.tell_refused(case_id, request_id, code=code, now=now)

    async def receive(
        self,
        case_id: CaseId,
        request_id: RequestId,
        photograph: bytes,
        sha256: str,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        """Take a photograph as the answer to an open request.

        sha256: the digest the sender announced, hexadecimal.  The same upload repeated, in whole
        or after a lost answer, is answered with the same page.
        Raises `ScanNotAsked`, and a `PhotographRefused` by its code when it cannot be read.
        """
        digest = await asyncio.to_thread(_digest, photograph)  # 10 MiB would hold the loop up
        if known := await self._papers.may_receive(case_id, request_id, digest):
            return known
        try:
            if not hmac.compare_digest(digest.encode(), sha256.lower().encode()):
                raise DigestMismatch(f"request {request_id}: the bytes changed on their way")
            result = await self._read(request_id, photograph)
        except PhotographRefused as refused:
            await self._papers.tell_refused(case_id, request_id, code=refused.code, now=now)
            raise
        new = NewPage(
            page_id=PageId(self._new_id()),
            original_sha256=await self._blobs.put(photograph),
            page_sha256=await self._blobs.put(result.page_jpeg),
            thumb_sha256=await self._blobs.put(result.thumb_jpeg),
            width_px=result.width_px,
            height_px=result.height_px,
            findings=result.findings,
            notes=result.notes,
            codes=result.codes,
        )
        page = await self._papers.add_page(case_id, request_id, new, by=by, now=now)
        self._look_later(case_id, page, result.page_jpeg, by=by, now=now)
        return page

    async def decide(
        self, case_id: CaseId, page_id: PageId, *, accept: bool, by: str, now: datetime
    ) -> PageRow:
        """Accept or reject a stored page.  Raises `PageUnknown`, `NotAllowedNow`."""
        return await self._papers.decide_page(case_id, page_id, accept=accept, by=by, now=now)

    async def turn(
        self,
        case_id: CaseId,
        page_id: PageId,
        sha256: str,
        quarters: int,
        *,
        by: str,
        now: datetime,
    ) -> PageRow:
        """Turn a stored page clockwise by 1 to 3 quarters; its original stays as it is.

        sha256: the picture that is to be turned; when another is shown by now, nothing changes, so
        that asking twice turns once.  Raises `PageUnknown`, `NotAllowedNow`, `ScanFailed`.
        """
        faced = await self._papers.faced(case_id, page_id)
        if faced.row.page_sha256 != sha256:
            return faced.row
        total = (faced.quarters + quarters) % 4
        picture = await self._turned(faced.flat, total)
        return await self._papers.turn_page(
            case_id, page_id, faced.row.page_sha256, picture, total, by=by, now=now
        )

    async def documents_of(self, case_id: CaseId) -> CaseDocuments:
        """What both screens draw."""
        return await self._papers.documents_of(case_id)

    async def image(self, case_id: CaseId, sha256: str) -> bytes:
        """The JPEG of a page or thumbnail of this case.

        Raises `PageUnknown` alike for what there is not, what belongs to another case, and for a
        photograph as it came up: only what was re-encoded here goes to a screen.
        """
        if not await self._papers.shows(case_id, sha256):
            raise PageUnknown(f"case {case_id} shows no image {sha256[:12]}")
        return await self._blobs.get(sha256)

    async def note_shown(self, case_id: CaseId, sha256: str, *, by: str, now: datetime) -> None:
        """An agent has been given this page to look at."""
        await self._papers.note_shown(case_id, sha256, by=by, now=now)

    async def close(self) -> None:
        """Let go of what is looked at once more: a note is missing, and no page."""
        for looking in self._looking:
            looking.cancel()
        if self._looking:
            await asyncio.wait(self._looking)

    def _look_later(
        self, case_id: CaseId, page: PageRow, jpeg: bytes, *, by: str, now: datetime
    ) -> None:
        """Whether the case has this sheet already, and how it lies; nobody waits for it."""
        looking = asyncio.create_task(self._look(case_id, page, jpeg, by=by, now=now))
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)

    async def _look(
        self, case_id: CaseId, page: PageRow, jpeg: bytes, *, by: str, now: datetime
    ) -> None:
        try:
            page = await self._compared(case_id, page, jpeg, by=by, now=now)
            await self._set_upright(case_id, page, jpeg, now)
        except Exception as problem:
            # The page is stored and answered, and that is what was promised.
            why = getattr(problem, "code", type(problem).__name__)
            log.warning("page %s is looked at no further: %s", page.page_id, why)

    async def _compared(
        self, case_id: CaseId, page: PageRow, jpeg: bytes, *, by: str, now: datetime
    ) -> PageRow:
        if self._comparer is None:
            return page
        before = (await self._papers.kept_before(case_id, page.page_id))[:COMPARED_MAX]
        if not before:
            return page
        try:
            others = [await self._blobs.get(sha256) for _, sha256 in before]
        except Refusal as unreadable:
            log.warning("page %s is compared with none: %s", page.page_id, unreadable.code)
            return page
        place = await self._comparer.find_same(jpeg, others)
        if place is None:
            return page
        return await self._papers.note_same(case_id, page.page_id, before[place][0], by=by, now=now)

    async def _set_upright(
        self, case_id: CaseId, page: PageRow, jpeg: bytes, now: datetime
    ) -> None:
        """Turn a page that lies wrongly; say of a card when it shows the same side again."""
        if self._facing is None:
            return
        page, found = await self._facing.look_at(case_id, page, jpeg, now)
        if found is None or found.quarters == 0:
            return
        faced = await self._papers.faced(case_id, page.page_id)
        if faced.turned_before:
            return
        picture = await self._turned(faced.flat, found.quarters)
        await self._papers.set_upright(
            case_id,
            page.page_id,
            page.page_sha256,
            picture,
            found.quarters,
            told_by=found.told_by,
            now=now,
        )

    async def _turned(self, flat: Picture, quarters: int) -> Picture:
        before = await self._blobs.get(flat.sha256)  # a row names only what is there
        if quarters == 0:
            await self._blobs.get(flat.thumb_sha256)
            return flat
        turned = None
        if self._turner is not None:
            turned = await self._turner.turn(before, quarters)
        if turned is None:
            raise ScanFailed(f"page {flat.sha256[:12]} could not be turned")
        return Picture(
            sha256=await self._blobs.put(turned.page_jpeg),
            thumb_sha256=await self._blobs.put(turned.thumb_jpeg),
            width_px=turned.width_px,
            height_px=turned.height_px,
        )

    async def _read(self, request_id: RequestId, photograph: bytes) -> ScanResult:
        sniff(photograph, self._limits.files)
        answer = await self._scanner.scan(photograph, self._limits)
        if isinstance(answer, ScanRefused):
            raise refusal_of(answer.code)(
                f"request {request_id}: {answer.findings or 'not measured'}"
            )
        return answer


def _digest(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())
