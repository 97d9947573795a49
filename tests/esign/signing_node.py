"""A node of its own process that serves one ceremony after the other until it is killed.

    python -m tests.esign.signing_node DIRECTORY TSA FIRST LAST

It seals first what an earlier one left, then leads the cases FIRST to LAST through every stage,
each as far as it is not yet.  What it says on standard output was answered: `CASE STAGE`, and with
the last stage the digest of the sealed document.
"""

import asyncio
import sys
import uuid
from itertools import count
from pathlib import Path

from counter.esign.pki_development import ensure
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.ids import CaseId, CeremonyId
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, STROKES
from tests.esign.dying_node import service_on


async def serve(directory: Path, tsa_url: str, first: int, last: int) -> None:
    """See the module."""
    studio = SignPool(ensure(directory / "keys", NOW).signing)
    lane = SqliteLane(directory / "counter.sqlite")
    stamps = HttpStamps([tsa_url], new_nonce=count(1).__next__)
    service = service_on(directory, lane, studio, stamps, lambda: NOW, lambda: uuid.uuid4().hex)
    print("up", flush=True)
    await service.resume()
    for number in range(first, last + 1):
        await lead(service, CaseId(f"case-{number}"), CeremonyId(f"ceremony-{number}"))
    await stamps.close()
    await studio.close()
    await lane.close()


async def lead(service: EsignService, case_id: CaseId, ceremony_id: CeremonyId) -> None:
    """From where it is to the seal; each step asked as a face asks it, and again after a death."""
    await service.present(
        case_id,
        "certificate_application",
        FILLED,
        "zh-Hant",
        by="agent:a",
        now=NOW,
        ceremony_id=ceremony_id,
    )
    print(f"{case_id} presented", flush=True)
    (shown,) = await service.ceremonies(case_id)
    if shown.state == "presented":
        for page in range(1, len(shown.sheets) + 1):
            await service.page_seen(case_id, ceremony_id, page, NOW)
        await service.consent(case_id, ceremony_id, shown.sha256, NOW)
        print(f"{case_id} consented", flush=True)
    signed = await service.sign(case_id, ceremony_id, shown.sha256, STROKES, NOW)
    print(f"{case_id} sealed {signed.sha256}", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
