"""A node of its own process that keeps the ink and is killed before the seal; see test_killed.py.

Called with a directory and the address of a time-stamping service.  Says `sealing` when the
ink is committed, and then hangs.
"""

import asyncio
import sys
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.pki_development import ensure
from counter.esign.ports import SealedForm
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.store_records import SqlRecords
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, STROKES

CASE = CaseId("case-1")


class Hanging(SignPool):
    """Draws like the real one and never comes to the seal."""

    async def seal(self, *words: Any, **named: Any) -> SealedForm:
        print("sealing", flush=True)
        await asyncio.Event().wait()
        raise AssertionError


def service_on(directory: Path, executor: Executor, studio: SignPool) -> EsignService:
    """Return the service on what lies below `directory`."""
    numbers = count(1)
    return EsignService(
        records=SqlRecords(executor=executor, audiences=lambda conn, case_id: ["terminal:1"]),
        blobs=DirectoryBlobs(directory / "blobs"),
        studio=studio,
        forms=shipped_forms(),
        glyphs=shipped_glyphs(),
        new_id=lambda: f"id-{next(numbers)}",
    )


async def live(directory: Path, tsa_url: str, now: datetime) -> None:
    """Come as far as the ink."""
    studio = Hanging(ensure(directory / "keys", now).signing, tsa_url=tsa_url)
    await studio.warm()
    service = service_on(directory, SqliteLane(directory / "counter.sqlite"), studio)
    ceremony_id = await service.present(
        CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=now
    )
    sha256 = (await service.ceremonies(CASE))[0].sha256
    for page in (1, 2):
        await service.page_seen(CASE, ceremony_id, page, now)
    await service.consent(CASE, ceremony_id, sha256, now)
    await service.sign(CASE, ceremony_id, sha256, STROKES, now)


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), sys.argv[2], NOW))
