"""A node of its own process that serves one ceremony after the other until it is killed.

It seals first what an earlier one left, then leads its cases through every stage, each as far as
it is not yet.  What it says of a case was answered: `CASE STAGE`, and with the last stage the
digest of the sealed document; `job NAME` is what its worker begins.
"""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, TypeVar

from counter.esign.keys_files import roots_of
from counter.esign.pki_development import ensure
from counter.esign.record_ports import CeremonyState
from counter.esign.service import EsignService
from counter.esign.signing_refusals import SignerUnavailable, TimestampUnavailable
from counter.esign.stamps_http import HttpStamps
from counter.ids import CaseId, CeremonyId
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, STROKES
from tests.esign.dying_node import service_on
from tests.esign.forked_pool import ForkedPool, speak_through

LATER: Final = (TimestampUnavailable, SignerUnavailable)
"What a slow machine comes to: whoever is told so asks again, and `resume` goes on by itself."
PAUSE_S: Final = 0.5
T = TypeVar("T")


class Telling(ForkedPool):
    """Says which job begins."""

    async def _run(self, job: str, *args: Any, **kwargs: Any) -> Any:
        say("job", job)
        return await super()._run(job, *args, **kwargs)


def live(said: Connection, directory: Path, tsa_url: str, first: int, last: int) -> None:
    """Serve the cases FIRST to LAST, as a process group of its own."""
    speak_through(said)
    asyncio.run(serve(directory, tsa_url, first, last))


async def serve(directory: Path, tsa_url: str, first: int, last: int) -> None:
    """See the module."""
    studio = Telling(ensure(directory / "keys", NOW).signing)
    await studio.warm()
    lane = SqliteLane(directory / "counter.sqlite")
    stamps = HttpStamps([tsa_url], roots_of(studio._keys), new_nonce=count(1).__next__)
    service = service_on(directory, lane, studio, stamps, lambda: NOW, lambda: uuid.uuid4().hex)
    say("up")
    await resume(service)
    for number in range(first, last + 1):
        await lead(service, CaseId(f"case-{number}"))
    await stamps.close()
    await studio.close()
    await lane.close()


async def lead(service: EsignService, case_id: CaseId) -> None:
    """From where it is to the seal; each step asked as a face asks it, and again after a death."""
    shown = await present(service, case_id)
    ceremony_id = shown.ceremony_id
    say(case_id, "presented")
    if shown.state == "presented":
        for page in range(1, len(shown.sheets) + 1):
            await service.page_seen(case_id, ceremony_id, page, NOW)
        await patiently(service, lambda: service.consent(case_id, ceremony_id, shown.sha256, NOW))
        say(case_id, "consented")
    signed = await patiently(
        service, lambda: service.sign(case_id, ceremony_id, shown.sha256, STROKES, NOW)
    )
    say(case_id, "sealed", signed.sha256)


async def present(service: EsignService, case_id: CaseId) -> CeremonyState:
    """What the screens show.  A form that could not be certified is withdrawn: another is made."""
    for attempt in count(1):
        ceremony_id = CeremonyId(f"{case_id}-{attempt}")
        try:
            await service.present(
                *(case_id, "certificate_application", FILLED, "zh-Hant"),
                by="agent:a",
                now=NOW,
                ceremony_id=ceremony_id,
            )
        except LATER as why:
            say("again", why.code)
            await asyncio.sleep(PAUSE_S)
            continue
        for one in await service.ceremonies(case_id):
            if one.ceremony_id == ceremony_id:
                return one
        say(case_id, "withdrawn")
    raise AssertionError


async def patiently(service: EsignService, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until it is answered."""
    while True:
        try:
            return await ask()
        except LATER as why:
            say("again", why.code)
            await asyncio.sleep(PAUSE_S)
            await resume(service)


async def resume(service: EsignService) -> None:
    """As the node does after its start and once a minute: what does not work now is left."""
    try:
        await service.resume()
    except LATER as why:
        say("again", why.code)


def say(*words: str) -> None:
    """One line, which arrives whole or not at all."""
    os.write(1, (" ".join(words) + "\n").encode())
