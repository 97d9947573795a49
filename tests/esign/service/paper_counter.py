"""The signing service on a fresh store, with a studio of paper, for tests."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.signing_refusals import TimestampUnavailable
from counter.esign.store_tables import ceremony_ink
from counter.esign.ticket import KEYS, Witness
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.esign.conftest import FILLED, STROKES
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio

CASE = CaseId("case-1")
HEARS = "terminal:1"


class Counter:
    """The service on a fresh store, with a paper studio."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        forms: Forms,
        glyphs: GlyphTable,
        now: datetime,
    ) -> None:
        self.time = now
        "What the service's clock shows."
        self.witness = Witness(agent_id="lei", name="李慧敏", level="L2")
        "Who serves, and the level reached."
        self.executor = executor
        self.studio = PaperStudio()
        self.blobs = HeapBlobs()
        self.keys = {name: PaperKey() for name in KEYS}
        self.parts: dict[str, Any] = {"forms": forms, "glyphs": glyphs, "new_id": new_id}
        self.service = self.started()

    def started(self) -> EsignService:
        """Return the service as a freshly started node has it."""
        records = SqlRecords(
            executor=self.executor,
            audiences=lambda conn, case_id: [HEARS],
            witness_of=lambda conn, case_id: self.witness,
        )
        return EsignService(
            records=records,
            blobs=self.blobs,
            studio=self.studio,
            keys=self.keys,
            stamps=self.studio,
            clock=lambda: self.time,
            levels=self,
            **self.parts,
        )

    async def level(self, case_id: CaseId) -> str:
        return self.witness.level

    async def present(self, now: datetime, case_id: CaseId = CASE) -> tuple[str, str]:
        """Answer (ceremony id, digest of the document on the screen)."""
        ceremony_id = await self.service.present(
            case_id, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=now
        )
        return ceremony_id, (await self.service.ceremonies(case_id))[0].sha256

    async def to_state(self, state: str, now: datetime) -> tuple[str, str]:
        """Bring a new ceremony into `state`."""
        ceremony_id, sha256 = await self.present(now)
        service = self.service
        if state == "declined":
            await service.decline(CASE, ceremony_id, now)
        elif state == "withdrawn":
            await service.withdraw(CASE, ceremony_id, by="agent:a", now=now)
        elif state != "presented":
            for page in (1, 2):
                await service.page_seen(CASE, ceremony_id, page, now)
            await service.consent(CASE, ceremony_id, sha256, now)
            if state == "signing":
                self.studio.refusal = TimestampUnavailable("down")
                with pytest.raises(TimestampUnavailable):
                    await service.sign(CASE, ceremony_id, sha256, STROKES, now)
                self.studio.refusal = None
            elif state == "sealed":
                await service.sign(CASE, ceremony_id, sha256, STROKES, now)
        assert await self.state() == state
        return ceremony_id, sha256

    async def state(self) -> str:
        return (await self.service.ceremonies(CASE))[0].state

    async def actions(self) -> list[str]:
        entries = await self.executor.read(read_all)
        return [entry.body.split('"action":"')[1].split('"')[0] for entry in entries]

    async def kept_ink(self) -> str | None:
        def query(conn: Connection) -> str | None:
            return conn.execute(select(ceremony_ink.c.strokes)).scalar_one()

        return await self.executor.read(query)
