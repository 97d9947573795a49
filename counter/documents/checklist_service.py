"""What an agent says of the papers of an open case beside their pages."""

from datetime import datetime

from counter.documents.ports import Checklists
from counter.ids import CaseId


class ChecklistService:
    """One method per use case.  `by` is who says it, as `kind:id`, for the journal."""

    def __init__(self, checklists: Checklists) -> None:
        self._checklists = checklists

    async def attest(
        self, case_id: CaseId, item: str, *, seen: bool, by: str, now: datetime
    ) -> None:
        """The original was seen, or was not after all.  Raises `NotAllowedNow` when closed."""
        await self._checklists.attest(case_id, item, seen=seen, by=by, now=now)

    async def need(
        self, case_id: CaseId, item: str, *, needed: bool, by: str, now: datetime
    ) -> None:
        """This matter needs the paper, or does without.  Raises `NotAllowedNow` when closed."""
        await self._checklists.need(case_id, item, needed=needed, by=by, now=now)
