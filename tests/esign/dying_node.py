"""A node of its own process that keeps the ink and is killed before the seal; see test_killed.py.

Called with a directory, the address of a time-stamping service, and where to hang: `begin`, or the
field whose key is asked.  Says `sealing` there: the ink, or the ticket too, is committed.
"""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.pki_development import ensure
from counter.esign.ports import Activation, KeyProvider
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_records import SqlRecords
from counter.esign.ticket import FIELDS, Begun, CertificateChain, Mechanism
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, STROKES

CASE = CaseId("case-1")


class HangingKey:
    """Hangs when it is asked to sign, and so holds the ticket that was kept before."""

    def __init__(self, key: KeyProvider) -> None:
        self._key = key

    async def certificates(self) -> CertificateChain:
        return await self._key.certificates()

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        print("sealing", flush=True)
        await asyncio.Event().wait()
        raise AssertionError


class Hanging(SignPool):
    """Draws like the real one and comes no further than `place`: `begin` or the key of a field."""

    place = "begin"

    async def begin(self, *words: Any, **named: Any) -> Begun:
        if self.place == "begin":
            print("sealing", flush=True)
            await asyncio.Event().wait()
        return await super().begin(*words, **named)

    def key(self, field: str) -> Any:
        found = super().key(field)
        return HangingKey(found) if self.place == field else found


def service_on(
    directory: Path,
    executor: Executor,
    studio: SignPool,
    tsa_url: str | HttpStamps,
    clock: Callable[[], datetime],
    new_id: Callable[[], str] | None = None,
) -> EsignService:
    """Return the service on what lies below `directory`."""
    numbers = count(1)
    return EsignService(
        records=SqlRecords(executor=executor, audiences=lambda conn, case_id: ["terminal:1"]),
        blobs=DirectoryBlobs(directory / "blobs"),
        studio=studio,
        keys={field: studio.key(field) for field in FIELDS},
        stamps=HttpStamps([tsa_url], new_nonce=count(1).__next__)
        if isinstance(tsa_url, str)
        else tsa_url,
        forms=shipped_forms(),
        glyphs=shipped_glyphs(),
        new_id=new_id or (lambda: f"id-{next(numbers)}"),
        clock=clock,
    )


async def live(directory: Path, tsa_url: str, place: str, now: datetime) -> None:
    """Come as far as the ink."""
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


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], sys.argv[3], NOW))
