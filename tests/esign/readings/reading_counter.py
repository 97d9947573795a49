"""A counter at which a document is read: both services on a fresh store, with a paper studio."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from counter.app.kept_bytes import named_bytes
from counter.esign.attendance import MOMENT, Turned, Turner
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.reading_service import ReadingService
from counter.esign.readings_sql import SqlReadings
from counter.esign.record_ports import ConsentWords
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.store_attendance import Calls
from counter.esign.ticket import KEYS, Witness
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import tail
from tests.esign.conftest import FILLED, STROKES
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio

CASE = CaseId("case-1")
S = timedelta(seconds=1)
WORDS = ConsentWords(
    text_id="handwritten-1", acts="handwritten", language="pt", text="Li tudo e concordo."
)


class Counter:
    """Both services on a fresh store with a paper studio, and a conversation to interrupt."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        forms: Forms,
        glyphs: GlyphTable,
        now: datetime,
    ) -> None:
        self.time = now
        self.executor = executor
        self.call: str | None = "call-1"
        self.ended: dict[str, datetime] = {}
        self.known: set[str] = {"call-1"}
        self.turned: Turned | None = None
        self.studio, self.blobs = PaperStudio(), HeapBlobs()
        calls = Calls(
            now=lambda conn, case_id: self.call,
            ended_at=lambda conn, call_id: self.ended.get(call_id),
            last=lambda conn, case_id: next(reversed(self.ended), None),
            known_again=lambda conn, case_id, call_id: call_id in self.known,
            turned=lambda conn, case_id: self.turned,
        )
        hears: dict[str, Any] = {"audiences": lambda conn, case_id: ["terminal:1"], "calls": calls}
        self.records = SqlRecords(
            executor=executor,
            witness_of=lambda conn, case_id: Witness(agent_id="lei", name="-", level="L2"),
            **hears,
        )
        self.drawing: dict[str, Any] = {"forms": forms, "glyphs": glyphs, "new_id": new_id}
        self.esign = self.node()
        self.parts: dict[str, Any] = {
            "readings": SqlReadings(executor=executor, **hears),
            "blobs": self.blobs,
            "forms": forms,
            "glyphs": glyphs,
            "draw": self.esign.draw,
            "certify": self.esign.certifying.certify,
            "clock": lambda: self.time,
        }
        self.reading = ReadingService(**self.parts)
        self.id = ""

    def node(self) -> EsignService:
        """Return the service as one more node has it."""
        return EsignService(
            records=self.records,
            blobs=self.blobs,
            studio=self.studio,
            keys={name: PaperKey() for name in KEYS},
            stamps=self.studio,
            clock=lambda: self.time,
            **self.drawing,
        )

    async def present(self) -> str:
        self.id = await self.esign.present(
            CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=self.time
        )
        return self.id

    async def shown(self, page: int | None, *, still: bool = False) -> None:
        await self.reading.page_shown(CASE, self.id, page, still=still)

    async def turn(self, page: int, by: Turner) -> None:
        """Somebody turns to a page, and the terminal shows it."""
        self.turned = Turned(ceremony_id=self.id, page=page, by=by)
        await self.shown(page)

    async def read(self, *pages: int) -> None:
        for page in pages:
            await self.shown(page)
            self.time += MOMENT
            await self.reading.page_read(CASE, self.id, page)

    async def consent(self, sha256: str | None = None) -> None:
        digest = sha256 or await self.sha256()
        await self.esign.consent(CASE, self.id, digest, self.time, WORDS)

    async def sign(self) -> str:
        return (
            await self.esign.sign(CASE, self.id, await self.sha256(), STROKES, self.time)
        ).sha256

    async def hang_up(self, call: str = "call-1") -> None:
        self.call, self.ended[call] = None, self.time

    async def sha256(self) -> str:
        return (await self.esign.ceremonies(CASE))[0].sha256

    async def state(self) -> str:
        return (await self.esign.ceremonies(CASE))[0].state

    async def kept_and_named(self) -> set[str]:
        """Bytes that a row names; the collector takes all others."""
        named = named_bytes()
        return {
            sha256
            for sha256 in self.blobs.kept
            if sha256 in await self.executor.read(named, sha256[:2])
        }

    async def rows(self, table: Any) -> list[Any]:
        def query(conn: Connection) -> list[Any]:
            return list(conn.execute(select(table)).all())

        return await self.executor.read(query)

    async def journal(self, action: str) -> list[dict[str, Any]]:
        entries = [json.loads(one.body) for one in await self.executor.read(read_all)]
        return [one for one in entries if one["action"] == action]

    async def told(self) -> list[str]:
        rows = await self.executor.read(tail, ["terminal:1"], {})
        return [one.kind for one in rows]
