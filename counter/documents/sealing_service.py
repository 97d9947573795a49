"""Pictures of papers that are no pages of a case yet: sealed, opened, and gone when refused.

Bytes that a crash leaves behind are noise: only a row holds what opens them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from counter.documents.advance import Look, Sealed, SealedSheet, purpose_of
from counter.documents.sent_ports import RemovableBlobs, Seal
from counter.errors import Refusal, StoreUnavailable
from counter.ids import Digest


class SealedPictures:
    """For the services of papers that come before the visit, and after it."""

    def __init__(self, blobs: RemovableBlobs, seal: Seal) -> None:
        self._blobs = blobs
        self._seal = seal

    def new_key(self, paper_id: str) -> bytes:
        """See `Seal.new_key`."""
        return self._seal.new_key(paper_id)

    async def put(self, paper_id: str, key: bytes, look: Look, number: int = 1) -> SealedSheet:
        """Keep page and thumbnail, durable when this returns.  number: of the page, from 1."""
        blobs = [
            await self._blobs.put(
                await asyncio.to_thread(
                    self._seal.seal, paper_id, purpose_of(picture, number), key, content
                )
            )
            for picture, content in (("page", look.page_jpeg), ("thumb", look.thumb_jpeg))
        ]
        return SealedSheet(
            page_blob=blobs[0],
            thumb_blob=blobs[1],
            width_px=look.width_px,
            height_px=look.height_px,
        )

    async def get(self, where: Sealed, picture: str, number: int = 1) -> bytes:
        """The JPEG.  Raises `PaperSealed`."""
        sealed = await self._blobs.get(where.blob)
        purpose = purpose_of(picture, number)
        return await asyncio.to_thread(
            self._seal.open, where.paper_id, purpose, where.wrapped_key, sealed
        )

    async def remove(self, blobs: Sequence[Digest]) -> None:
        """Keep them no more."""
        for blob in blobs:
            await self._blobs.remove(blob)

    @asynccontextmanager
    async def unless_refused(self, blobs: Sequence[Digest]) -> AsyncIterator[None]:
        """Around the command that names them: what it refuses is not kept."""
        try:
            yield
        except StoreUnavailable:  # it may be gone in the middle of COMMIT: perhaps the row is there
            raise
        except Refusal:  # of any other failure it is not known either
            await self.remove(blobs)
            raise
