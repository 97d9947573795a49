"""A node of its own process that keeps the ink and is killed before the seal; see test_killed.py.

Told a directory, the address of a time-stamping service, and where to hang: at the `begin`, the
`key` or the `finish` of a field.  Says `sealing` there: what came before is committed.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from counter.esign.archive_ports import Trust
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.keys_files import roots_of
from counter.esign.pki_development import ensure
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import Act, Begun, SigningTicket
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, STROKES, WITNESS
from tests.esign.forked_pool import ForkedPool, speak_through

CASE = CaseId("case-1")


class Hanging(ForkedPool):
    """Draws like the real one and comes no further than `place`, such as `begin Citizen`."""

    place = "begin Citizen"
    says = "sealing"
    field = ""
    "Of the signature that was begun last."

    async def begin(self, pdf: bytes, act: Act, *words: Any, **named: Any) -> Begun:
        await self._hang("begin", act.field)
        self.field = act.field
        return await super().begin(pdf, act, *words, **named)

    async def finish(self, pdf: bytes, ticket: SigningTicket, *words: Any, **named: Any) -> bytes:
        await self._hang("finish", ticket.field)
        return await super().finish(pdf, ticket, *words, **named)

    async def photograph(self, pdf: bytes) -> Any:
        await self._hang("photograph", self.field)
        return await super().photograph(pdf)

    async def _run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        if job == "sign_value":
            await self._hang("key", self.field)
        return await super()._run(job, *args, **kwargs)

    async def _hang(self, what: str, field: str) -> None:
        if self.place == f"{what} {field}":
            print(self.says, flush=True)
            await asyncio.Event().wait()


def service_on(
    directory: Path,
    executor: Executor,
    studio: SignPool,
    tsa_url: str | HttpStamps,
    clock: Callable[[], datetime],
    new_id: Callable[[], str] | None = None,
    trust: Trust | None = None,
) -> EsignService:
    """Return the service on what lies below `directory`."""
    numbers = count(1)
    return EsignService(
        records=SqlRecords(
            executor=executor,
            audiences=lambda conn, case_id: ["terminal:1"],
            witness_of=lambda conn, case_id: WITNESS,
        ),
        blobs=DirectoryBlobs(directory / "blobs"),
        studio=studio,
        keys=studio.keys(),
        stamps=HttpStamps([tsa_url], roots_of(studio._keys), new_nonce=count(1).__next__)
        if isinstance(tsa_url, str)
        else tsa_url,
        forms=shipped_forms(),
        glyphs=shipped_glyphs(),
        new_id=new_id or (lambda: f"id-{next(numbers)}"),
        clock=clock,
        trust=trust,
    )


def live(said: Connection, directory: Path, tsa_url: str, place: str) -> None:
    """Come as far as the place."""
    speak_through(said)
    asyncio.run(_live(directory, tsa_url, place, NOW))


async def _live(directory: Path, tsa_url: str, place: str, now: datetime) -> None:
    studio = Hanging(ensure(directory / "keys", now).signing)
    studio.place = place
    await studio.warm()
    service = service_on(
        directory, SqliteLane(directory / "counter.sqlite"), studio, tsa_url, lambda: now
    )
    ceremony_id = await service.present(
        CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=now
    )
    sha256 = (await service.ceremonies(CASE))[0].sha256
    for page in (1, 2):
        await service.page_seen(CASE, ceremony_id, page, now)
    await service.consent(CASE, ceremony_id, sha256, now)
    await service.sign(CASE, ceremony_id, sha256, STROKES, now)
