"""Previews of a page under the camera: only for an open request, answered, and kept nowhere.

What a sheet with marks looks like is remembered here while it is marked, and is in no store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from counter.documents.capture_ports import LiveMarks, Previewer
from counter.documents.marks import (
    REMEMBERED_S,
    Corners,
    Looks,
    Lying,
    Points,
    Tied,
    after,
    looked,
    plan,
    unmoved,
)
from counter.documents.page import Limits, ScanRefused
from counter.documents.ports import Papers
from counter.documents.preview import FINER_MAX, PREVIEW_FILES, Pace, Preview, preview_of
from counter.documents.refusals import TooManyPreviews, refusal_of
from counter.documents.sniff import sniff
from counter.ids import CaseId, RequestId

NO_PHOTOGRAPH = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """The marked sheets of one terminal, and when it was looked at them here."""

    request_id: RequestId
    looks: Looks
    sheets: tuple[Tied, ...] = ()


class PreviewService:
    """One method.  Nothing is journalled: a preview changes nothing."""

    def __init__(
        self,
        papers: Papers,
        previewer: Previewer,
        ticks: Callable[[], float],
        limits: Limits | None = None,
        marks: LiveMarks | None = None,
    ) -> None:
        """ticks: seconds of a clock that only grows.  marks: `None`: nobody draws."""
        self._papers = papers
        self._previewer = previewer
        self._ticks = ticks
        self._limits = limits or Limits()
        self._pace = Pace()
        self._marks = marks
        self._remembered: dict[str, _Remembered] = {}

    async def look(
        self, terminal_id: str, case_id: CaseId, request_id: RequestId, jpeg: bytes, finer: float
    ) -> Preview:
        """Where the page is, and what to do about it.

        finer: how many times as wide the camera's own picture is.
        Raises `TooManyPreviews` while one is looked at or when they come too fast, `ScanNotAsked`,
        and a `PhotographRefused` for what is no small picture.
        """
        at_s = self._ticks()
        if not self._pace.begin(terminal_id, at_s):
            raise TooManyPreviews(f"terminal {terminal_id}: previews come too fast")
        self._forget(at_s)
        try:
            sniff(jpeg, PREVIEW_FILES)
            await self._papers.may_receive(case_id, request_id, NO_PHOTOGRAPH)
            glance = await self._previewer.preview(jpeg, min(max(finer, 1.0), FINER_MAX))
            if isinstance(glance, ScanRefused):
                raise refusal_of(glance.code)(f"request {request_id}: a preview")
            seen = preview_of(glance, self._limits)
            places = await self._lie(terminal_id, case_id, request_id, jpeg, seen.corners, at_s)
            return replace(seen, marks=places)
        finally:
            self._pace.end(terminal_id)

    async def _lie(
        self,
        terminal_id: str,
        case_id: CaseId,
        request_id: RequestId,
        jpeg: bytes,
        page: Corners | None,
        at_s: float,
    ) -> Mapping[str, Points]:
        """Where what is drawn on the sheet lies now."""
        if self._marks is None:
            return {}
        known = self._remembered.get(terminal_id)
        if known and known.request_id != request_id:
            known = None
        now = _Remembered(request_id=request_id, looks=looked(known.looks if known else None, at_s))
        drawn = await self._marks.drawn(case_id, request_id)
        if not drawn:
            self._remembered[terminal_id] = now
            return {}
        todo = plan(known.sheets if known else (), drawn, at_s, known.looks if known else None)
        if todo.hide:
            await self._marks.hide(case_id, todo.hide)
        lying = Lying(sheets=todo.follow, places={})
        if todo.follow or todo.new:
            found = await self._previewer.lie(jpeg, page, todo.follow, todo.new)
            lying = lying if isinstance(found, ScanRefused) else unmoved(found)
        self._remembered[terminal_id] = replace(now, sheets=after(todo, lying, at_s))
        await self._marks.tell(case_id, request_id, lying.places)
        return lying.places

    def _forget(self, at_s: float) -> None:
        for terminal_id, one in list(self._remembered.items()):
            if at_s - one.looks.last_s > REMEMBERED_S:
                del self._remembered[terminal_id]
