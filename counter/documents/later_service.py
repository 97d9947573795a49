"""Papers that come after the visit, over a link: uploaded, looked at, sent, and the link used up.

Bytes are durable before the row that names them, and the row before the answer.  Until it is sent a
page is sealed under a key that only its row holds, and seen by nobody but who has the link.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime

from counter.documents.admit_ports import Reader
from counter.documents.advance import Look
from counter.documents.later import Asked, Link, NewSheet, digest_of, token_of
from counter.documents.sealing_service import SealedPictures
from counter.documents.sent_ports import LaterPapers, RemovableBlobs, Seal
from counter.errors import Crowded
from counter.ids import CaseId, Digest, NewId, PageId

MOST_WAITING = 8
"Files to be looked at, on this node."
COME_BACK_S = 15


class LaterService:
    """One method per use case.  token: the link's, which is all that its holder has to show."""

    def __init__(
        self,
        papers: LaterPapers,
        blobs: RemovableBlobs,
        reader: Reader,
        seal: Seal,
        new_id: NewId,
        secret: bytes,
    ) -> None:
        """secret: of the site, 32 bytes; tokens are made with it."""
        self._papers = papers
        self._blobs = blobs
        self._reader = reader
        self._pictures = SealedPictures(blobs, seal)
        self._new_id = new_id
        self._secret = secret
        self._waiting: set[str] = set()

    def token(self, link_id: str) -> str:
        """For the screens and letters that may hand the link over."""
        return token_of(self._secret, link_id)

    async def make(
        self,
        case_id: CaseId,
        item: str,
        expires_at: datetime,
        *,
        by: str,
        now: datetime,
        link_id: str | None = None,
    ) -> Link:
        """Let this paper be sent later; an older open link for it holds no more.

        link_id: the asker's own key, so that asking again with it changes nothing.
        """
        link_id = link_id or self._new_id()
        digest = digest_of(self.token(link_id))
        return await self._papers.make(link_id, case_id, item, digest, expires_at, by=by, now=now)

    async def still_open(self, link_ids: Sequence[str], now: datetime) -> set[str]:
        """Those of these links that take something now."""
        return await self._papers.still_open(link_ids, now) if link_ids else set()

    async def revoke(self, case_id: CaseId, link_id: str, *, by: str, now: datetime) -> None:
        """Take it back.  Raises `NotFound` for another case's."""
        await self._papers.revoke(case_id, link_id, by=by, now=now)

    async def asked(self, token: str, now: datetime) -> Asked:
        """What is asked for, by when, and what was uploaded.  Raises `LinkOver`."""
        return await self._papers.asked(digest_of(token), now)

    async def take(self, token: str, content: bytes, now: datetime) -> None:
        """Keep the pages of a file; the same file again is once.

        Raises a `PhotographRefused` by its code, `LinkOver`, `TooManyPhotographs`, `Crowded`.
        """
        digest = digest_of(token)
        original = Digest(await asyncio.to_thread(_sha256, content))
        if await self._papers.upload_known(digest, original, now):
            return
        self._reader.require_header(content)
        if len(self._waiting) >= MOST_WAITING or digest in self._waiting:
            raise Crowded("files are waiting to be looked at", COME_BACK_S)
        self._waiting.add(digest)
        try:
            looks = await self._reader.read(content)
            await self._keep(digest, [await self._sealed(original, look) for look in looks], now)
        finally:
            self._waiting.remove(digest)

    async def remove(self, token: str, sheet_id: str, now: datetime) -> None:
        """Take a page away.  Raises `LinkOver`."""
        await self._pictures.remove(await self._papers.remove(digest_of(token), sheet_id, now))

    async def image(self, token: str, sheet_id: str, now: datetime) -> bytes:
        """The thumbnail of an uploaded page.  Raises `LinkOver`, `PageUnknown`."""
        return await self._picture(digest_of(token), sheet_id, "thumb", now)

    async def send(self, token: str, now: datetime) -> Asked:
        """Hand them in; the link is used up.

        Raises `LinkOver`, `NothingToSend`; `OtherPhotograph` when there are other pages by now.
        """
        digest = digest_of(token)
        found = await self._papers.asked(digest, now)
        plain: dict[str, tuple[Digest, Digest]] = {}
        for sheet in found.sheets:
            pictures = [
                await self._blobs.put(await self._picture(digest, sheet.sheet_id, picture, now))
                for picture in ("page", "thumb")
            ]
            plain[sheet.sheet_id] = (pictures[0], pictures[1])
        sent, gone = await self._papers.send(digest, plain, now)
        await self._pictures.remove(gone)
        return sent

    async def sweep(self, now: datetime) -> int:
        """Forget what was never sent; how many pictures there were."""
        gone = await self._papers.forget(now)
        await self._pictures.remove(gone)
        return len(gone)

    async def _picture(self, digest: Digest, sheet_id: str, picture: str, now: datetime) -> bytes:
        where = await self._papers.sealed(digest, sheet_id, picture, now)
        return await self._pictures.get(where, picture)

    async def _sealed(self, original: Digest, look: Look) -> NewSheet:
        sheet_id = PageId(self._new_id())
        key = self._pictures.new_key(sheet_id)
        return NewSheet(
            sheet_id=sheet_id,
            original_sha256=original,
            sealed=await self._pictures.put(sheet_id, key, look),
            wrapped_key=key,
            look=look,
        )

    async def _keep(self, digest: Digest, sheets: Sequence[NewSheet], now: datetime) -> None:
        blobs = [blob for one in sheets for blob in (one.sealed.page_blob, one.sealed.thumb_blob)]
        async with self._pictures.unless_refused(blobs):
            kept = await self._papers.add(digest, sheets, now)
        if not kept:
            await self._pictures.remove(blobs)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
