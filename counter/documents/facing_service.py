"""Looks at a page that was just stored: which way up it lies, and which side of a card it is."""

from datetime import datetime

from counter.documents.facing import (
    CARDS_COMPARED_MAX,
    TEXT_FORMATS,
    Facing,
    LyingZone,
    facing,
    is_card,
    may_have_zone,
)
from counter.documents.papers import PageRow
from counter.documents.ports import Blobs, Papers, TextFacing, ZoneFinder
from counter.ids import CaseId


class FacingService:
    """What is read of a zone for that is let go at once."""

    def __init__(
        self, papers: Papers, blobs: Blobs, zones: ZoneFinder, text: TextFacing | None = None
    ) -> None:
        """text: by default only what has a zone is turned."""
        self._papers = papers
        self._blobs = blobs
        self._zones = zones
        self._text = text

    async def look_at(
        self, case_id: CaseId, page: PageRow, jpeg: bytes, now: datetime
    ) -> tuple[PageRow, Facing | None]:
        """The page with what was noted of it, and how it is to be turned; `None`: unknown.

        jpeg: as it was flattened.
        """
        zone = text = None
        if may_have_zone(page.format, page.item):
            zone = await self._zones.lying_zone(jpeg)
        if is_card(page.format, page.item) and await self._is_same_side(case_id, page, zone):
            page = await self._papers.note_same_side(case_id, page.page_id, now=now)
        if zone is None and self._text is not None and page.format in TEXT_FORMATS:
            text = await self._text.lying_text(jpeg)
        return page, facing(zone, text)

    async def _is_same_side(self, case_id: CaseId, page: PageRow, zone: LyingZone | None) -> bool:
        """Its zone was read before, or it looks like another photograph of this item."""
        before = await self._papers.cards_before(case_id, page.page_id)
        if page.same_as in {page_id for page_id, _ in before}:
            return True
        if zone is None:
            return False
        for _, sha256 in before[:CARDS_COMPARED_MAX]:
            other = await self._zones.lying_zone(await self._blobs.get(sha256))
            if other is not None and other.number == zone.number:
                return True
        return False
