"""Photographs that come up in parts from a terminal's program, and become pages.

Promise: a terminal that keeps a photograph until it hears `stored`, `refused` or `dropped` loses
none, wherever link, program or counter breaks; and none becomes two pages.  `stored` is answered
after COMMIT.  An answer that was lost is found again by asking.
"""

import asyncio
import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import datetime

from counter.documents.capture import (
    CHUNK_MAX_BYTES,
    ON_ITS_WAY,
    PREVIEW_MAX_BYTES,
    THUMB_MAX_BYTES,
    Announced,
    Capture,
    CaptureState,
    quarters,
)
from counter.documents.capture_ports import CaptureBytes, Captures, Miniatures
from counter.documents.page import Limits
from counter.documents.refusals import (
    CaptureOffset,
    ChunkDamaged,
    DigestMismatch,
    ImageTooLarge,
    PhotographRefused,
    ScanFailed,
    ScanNotAsked,
)
from counter.documents.sent_ports import RemovableBlobs
from counter.documents.service import DocumentsService
from counter.errors import BadInput
from counter.ids import Digest, NewId

SCANS_MAX = 3
"So often one photograph may end the scanner's process; then another is asked for."


class CaptureService:
    """One method per use case.  `terminal_id`: whose program speaks; it sees only its own."""

    def __init__(
        self,
        captures: Captures,
        files: CaptureBytes,
        documents: DocumentsService,
        blobs: RemovableBlobs,
        miniatures: Miniatures,
        new_id: NewId,
        limits: Limits | None = None,
    ) -> None:
        self._captures = captures
        self._files = files
        self._documents = documents
        self._blobs = blobs
        self._miniatures = miniatures
        self._new_id = new_id
        self._limits = limits or Limits()

    async def announce(
        self, terminal_id: str, new: Announced, thumbnail: bytes | None, now: datetime
    ) -> tuple[Capture, int]:
        """The capture, and how many of its bytes are here.  Announcing again changes nothing.

        thumbnail: a small JPEG for the screens; one that cannot be drawn is left out.
        Raises `ImageTooLarge`, `ScanNotAsked`.
        """
        if not 0 < new.length <= self._limits.files.bytes_max:
            raise ImageTooLarge(f"request {new.request_id}: {new.length} bytes announced")
        thumb = await self._miniature(thumbnail, THUMB_MAX_BYTES) if thumbnail else None
        made = await self._captures.announce(terminal_id, new, self._new_id(), thumb, now)
        return made, await self._size(made)

    async def where(self, terminal_id: str, capture_id: str) -> tuple[Capture, int]:
        """The capture, and how many of its bytes are here.  Raises `CaptureUnknown`."""
        one = await self._captures.of(terminal_id, capture_id)
        return one, await self._size(one)

    async def add_preview(
        self, terminal_id: str, capture_id: str, preview: bytes, now: datetime
    ) -> None:
        """Let the screens show the page as the terminal flattened it, until the real one is here.

        Raises `CaptureUnknown`, `ImageTooLarge`, `BadInput` for what is no picture.
        """
        one = await self._captures.of(terminal_id, capture_id)
        if len(preview) > PREVIEW_MAX_BYTES:
            raise ImageTooLarge(f"capture {capture_id}: a preview of {len(preview)} bytes")
        sha256 = await self._miniature(preview, PREVIEW_MAX_BYTES)
        if sha256 is None:
            raise BadInput(f"capture {capture_id}: the preview is no picture")
        if one.state in ON_ITS_WAY:
            await self._captures.add_preview(one, sha256, now)

    async def append(
        self,
        terminal_id: str,
        capture_id: str,
        offset: int,
        chunk: bytes,
        checksum: str,
        now: datetime,
    ) -> tuple[Capture, int]:
        """Take the next part; with the last one the photograph becomes a page.

        checksum: of `chunk`, as `sha256 <base64>`.  With an empty chunk at the end, a photograph
        that is whole is judged again, as after a crash.
        Raises `CaptureUnknown`, `ChunkDamaged`, `CaptureOffset`, `ImageTooLarge`, `Busy`,
        `DigestMismatch` (then it begins at 0 again), `ScanFailed` (then it is judged when asked
        again, a few times), and a `PhotographRefused` or `ScanNotAsked`, after which it has ended.
        """
        if len(chunk) > CHUNK_MAX_BYTES:
            raise ImageTooLarge(f"capture {capture_id}: a part of {len(chunk)} bytes")
        if not hmac.compare_digest(await asyncio.to_thread(checksum_of, chunk), checksum):
            raise ChunkDamaged(f"capture {capture_id}: a part changed on its way")
        one = await self._captures.of(terminal_id, capture_id)
        if one.state not in ON_ITS_WAY:
            return one, one.length
        if offset + len(chunk) > one.length:
            raise CaptureOffset(f"capture {capture_id}: {one.length} bytes were announced")
        if chunk:
            here = await self._files.append(capture_id, offset, chunk)
        elif (here := await self._files.size(capture_id)) != offset:
            raise CaptureOffset(f"capture {capture_id} ends at {here}, not at {offset}")
        if here < one.length:
            if quarters(here, one.length) != quarters(one.received, one.length) or not one.received:
                await self._captures.note_progress(one, here, now)
            return one, here
        return await self._finish(one, now), one.length

    async def sweep(self, now: datetime) -> None:
        """Drop what never came, and the bytes that nobody needs."""
        for one in await self._captures.overdue(now):
            await self._captures.end(one, CaptureState.DROPPED, now, code="capture_expired")
        names = set(await self._files.names())
        for name in names - await self._captures.on_their_way(names):
            await self._files.remove(name)
        for sha256 in await self._captures.forget_pictures(now):
            await self._blobs.remove(sha256)

    async def _finish(self, one: Capture, now: datetime) -> Capture:
        photograph = await self._files.read(one.capture_id)
        try:
            await self._captures.require_asked(one)
            page = await self._documents.receive(
                one.case_id,
                one.request_id,
                photograph,
                one.sha256,
                by=f"device:{one.terminal_id}",
                now=now,
            )
        except DigestMismatch:
            await self._files.remove(one.capture_id)
            await self._captures.note_progress(one, 0, now)
            raise
        except ScanFailed as failed:
            # Once it says nothing of the photograph: asked again, it is judged again.
            if await self._captures.count_failure(one) >= SCANS_MAX:
                await self._end(one, CaptureState.REFUSED, failed.code, now)
            raise
        except ScanNotAsked as unasked:
            await self._end(one, CaptureState.DROPPED, unasked.code, now)
            raise
        except PhotographRefused as refused:
            await self._end(one, CaptureState.REFUSED, refused.code, now)
            raise
        await self._captures.end(one, CaptureState.STORED, now, page_id=page.page_id)
        await self._files.remove(one.capture_id)
        return replace(one, state=CaptureState.STORED, page_id=page.page_id)

    async def _end(self, one: Capture, state: CaptureState, code: str, now: datetime) -> None:
        await self._captures.end(one, state, now, code=code)
        await self._files.remove(one.capture_id)

    async def _size(self, one: Capture) -> int:
        on_its_way = one.state in ON_ITS_WAY
        return await self._files.size(one.capture_id) if on_its_way else one.length

    async def _miniature(self, picture: bytes, most_bytes: int) -> Digest | None:
        """Drawn again here, so that nothing of the file but its pixels goes to a screen."""
        if len(picture) > most_bytes:
            return None
        drawn = await self._miniatures.redraw(picture)
        return await self._blobs.put(drawn) if drawn else None


def checksum_of(chunk: bytes) -> str:
    """`sha256 <base64>`, as tus writes it."""
    return f"sha256 {base64.b64encode(hashlib.sha256(chunk).digest()).decode()}"
