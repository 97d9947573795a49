"""Previews of a page under the camera: only for an open request, answered, and kept nowhere."""

from collections.abc import Callable

from counter.documents.capture_ports import Previewer
from counter.documents.page import Limits, ScanRefused
from counter.documents.ports import Papers
from counter.documents.preview import FINER_MAX, PREVIEW_FILES, Pace, Preview, preview_of
from counter.documents.refusals import TooManyPreviews, refusal_of
from counter.documents.sniff import sniff
from counter.ids import CaseId, RequestId

NO_PHOTOGRAPH = "0" * 64


class PreviewService:
    """One method.  Nothing is journalled: a preview changes nothing."""

    def __init__(
        self,
        papers: Papers,
        previewer: Previewer,
        ticks: Callable[[], float],
        limits: Limits | None = None,
    ) -> None:
        """ticks: seconds of a clock that only grows."""
        self._papers = papers
        self._previewer = previewer
        self._ticks = ticks
        self._limits = limits or Limits()
        self._pace = Pace()

    async def look(
        self, terminal_id: str, case_id: CaseId, request_id: RequestId, jpeg: bytes, finer: float
    ) -> Preview:
        """Where the page is, and what to do about it.

        finer: how many times as wide the camera's own picture is.
        Raises `TooManyPreviews` while one is looked at or when they come too fast, `ScanNotAsked`,
        and a `PhotographRefused` for what is no small picture.
        """
        if not self._pace.begin(terminal_id, self._ticks()):
            raise TooManyPreviews(f"terminal {terminal_id}: previews come too fast")
        try:
            sniff(jpeg, PREVIEW_FILES)
            await self._papers.may_receive(case_id, request_id, NO_PHOTOGRAPH)
            glance = await self._previewer.preview(jpeg, min(max(finer, 1.0), FINER_MAX))
            if isinstance(glance, ScanRefused):
                raise refusal_of(glance.code)(f"request {request_id}: a preview")
            return preview_of(glance, self._limits)
        finally:
            self._pace.end(terminal_id)
