"""Signing on a fresh store with a studio and keys of paper, for tests of several kinds."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.ticket import KEYS
from counter.ids import CaseId
from counter.store.executor import Executor
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio

CASE = CaseId("case-1")
HEARS = "terminal:1"


class PaperCounter:
    """A fresh store, and whatever signing needs beside it, of paper."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        forms: Forms,
        glyphs: GlyphTable,
        now: datetime,
    ) -> None:
        self.time = now
        "What the services' clock shows."
        self.executor = executor
        self.studio = PaperStudio()
        self.blobs = HeapBlobs()
        self.keys = {name: PaperKey() for name in KEYS}
        self.drawing: dict[str, Any] = {"forms": forms, "glyphs": glyphs, "new_id": new_id}

    def signing(self, records: SqlRecords, **more: Any) -> EsignService:
        """Return the service as a node has it that was started just now."""
        return EsignService(
            records=records,
            blobs=self.blobs,
            studio=self.studio,
            keys=self.keys,
            stamps=self.studio,
            clock=lambda: self.time,
            **self.drawing,
            **more,
        )
