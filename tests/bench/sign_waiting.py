"""How long the citizen waits in a whole ceremony, with every service 150 ms away.

Ours: from the form to the row that says that the citizen's own signature is in the document with
its time, as terminal and console ask for it, with real rows, files and the process that signs.
That row ends the citizen's task on the screen; what agent and department add goes on behind it, and
is told as `sealed`.  Nobody waits for what happens while the citizen reads.  Naive: the same four
signatures by pyHanko as its manual shows it for documents that last (PAdES B-LTA), each with its
own evidence and timestamps; the form lies there drawn.  Time-stamping services, OCSP and CRLs
answer on loopback, each after 150 ms.
"""

import asyncio
import io
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final

from aiohttp import ClientSession
from asn1crypto import pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import create_engine

from counter.esign.archive_pool import ArchivePool
from counter.esign.archive_sql import SqlArchive
from counter.esign.key_ports import SigningKeys
from counter.esign.keys_files import roots_of
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import FIELDS, ORIGIN
from counter.esign.trust import TrustPolicy
from counter.esign.trust_service import TrustService
from counter.ids import CaseId, CeremonyId
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.bench.sign_forms import form
from tests.esign.conftest import FILLED, STROKES
from tests.esign.dying_node import service_on
from tests.esign.trust_services import SLOW_S, TrustServices

SHARE: Final = 0.3
READING_S: Final = 3.0
"A citizen reads for longer."
LOOK_S: Final = 0.01
"Between two looks at the row; a node is woken by it."
BEHIND: Final = timedelta(seconds=5)
"Their clock: nothing is from the future for who began a moment ago."
SIGNERS: Final = ("seal", "witness", "agent", "seal")
"Of the fields, first to last."
Json = dict[str, Any]


class FarServices(TrustServices):
    """All of them 150 ms away, at the time of now."""

    @property
    def time(self) -> datetime:
        return datetime.now(UTC) - BEHIND

    @time.setter
    def time(self, now: datetime) -> None:
        """It is always now."""

    def start(self) -> None:
        super().start()
        self.faults.update(dict.fromkeys(("tsa", "ocsp", "crls", "certs"), "slow"))


class Ours:
    """A counter in a directory of its own."""

    def __init__(self, services: FarServices, directory: Path) -> None:
        engine = create_engine(f"sqlite:///{directory / 'counter.sqlite'}")
        upgrade_engine(engine)
        engine.dispose()
        self.services = services
        self.directory = directory
        self.studio = SignPool(
            SigningKeys(
                witness=services.files("witness"),
                agent=services.files("agent"),
                seal=services.files("seal"),
                roots=services.roots,
            )
        )
        self.lane = SqliteLane(directory / "counter.sqlite")
        self.stamps = HttpStamps(
            services.tsas, roots_of(services.signing), new_nonce=count(1).__next__
        )
        self.source = HttpRevocation()
        self.numbers = count(1)
        self.requests = 0
        "To time-stamping services, while somebody waited in the last one."
        self.others = 0
        "To anybody else, from the consent to the own signature."

    async def ceremony(self) -> dict[str, float]:
        """Seconds that somebody waits, by what for; nothing is known of the certificates before."""
        number = next(self.numbers)
        case_id, ceremony_id = CaseId(f"case-{number}"), CeremonyId(f"ceremony-{number}")
        trust = self._trust()
        service = service_on(
            *(self.directory, self.lane, self.studio, self.stamps, _now),
            new_id=lambda: f"id-{next(self.numbers)}",
            trust=trust,
        )
        try:
            used = await self.cpu_s()
            began = time.perf_counter()
            await service.present(
                *(case_id, "certificate_application", FILLED, "zh-Hant"),
                by="agent:a",
                now=_now(),
                ceremony_id=ceremony_id,
            )
            presented = time.perf_counter()
            certified = self.services.asked("tsa")
            used = await self.cpu_s() - used
            await asyncio.sleep(READING_S)
            (shown,) = await service.ceremonies(case_id)
            for page in range(1, len(shown.sheets) + 1):
                await service.page_seen(case_id, ceremony_id, page, _now())
            used -= await self.cpu_s()
            asked = time.perf_counter()
            before = self.services.hits.total()
            await service.consent(case_id, ceremony_id, shown.sha256, _now())
            agreed = time.perf_counter()
            signing = asyncio.create_task(
                service.sign(case_id, ceremony_id, shown.sha256, STROKES, _now())
            )
            while not (await service.ceremonies(case_id))[0].citizen_signed:
                await asyncio.sleep(LOOK_S)
            signed = time.perf_counter()
            self.requests = self.services.asked("tsa")
            self.others = self.services.hits.total() - before - (self.requests - certified)
            used += await self.cpu_s()
            await signing
            sealed = time.perf_counter()
        finally:
            await trust.close()
        waits = {"form": presented - began, "consent": agreed - asked, "ink": signed - agreed}
        ours = sum(waits.values())
        return {**waits, "ours": ours, "ours cpu": used, "sealed": ours + sealed - signed}

    async def cpu_s(self) -> float:
        """Of this process and of the one that signs."""
        there: float = await self.studio.run("time.process_time")
        return there + time.process_time()

    def _trust(self) -> TrustService:
        anchors = tuple(_anchors(self.services))
        return TrustService(
            policy=TrustPolicy(
                version="bench",
                anchors=anchors,
                timestamps=tuple(self.services.tsas),
                grace=False,
            ),
            keys=self.studio.keys(),
            revocation=RevocationService(self.source),
            archivist=ArchivePool(self.studio, anchors),
            records=SqlArchive(executor=self.lane, audiences=lambda conn, case_id: []),
            clock=_now,
        )

    async def close(self) -> None:
        await self.stamps.close()
        await self.source.close()
        await self.studio.close()
        await self.lane.close()


class Naive:
    """As in pyHanko's manual: everything new for each signature."""

    def __init__(self, services: FarServices) -> None:
        self.services = services
        self.form = form()

    async def ceremony(self) -> float:
        """Seconds until the fourth signature is there."""
        began, pdf = time.perf_counter(), self.form
        for field, name in zip(FIELDS, SIGNERS, strict=True):
            pdf = await self._signed(pdf, field, name)
        return time.perf_counter() - began

    async def _signed(self, pdf: bytes, field: str, name: str) -> bytes:
        files = self.services.files(name)
        signer = SimpleSigner.load(
            str(files.key), str(files.certificate), ca_chain_files=tuple(map(str, files.chain))
        )
        roots = [x509.Certificate.load(one) for one in _anchors(self.services)]
        about = PdfSignatureMetadata(
            field_name=field,
            subfilter=SigSeedSubFilter.PADES,
            certify=field == ORIGIN,
            docmdp_permissions=MDPPerm.FILL_FORMS,
            embed_validation_info=True,
            use_pades_lta=True,
            validation_context=ValidationContext(
                trust_roots=roots, allow_fetching=True, revocation_mode="hard-fail"
            ),
        )
        async with ClientSession() as session:
            stamper = HTTPTimeStamper(self.services.tsa(), session=session)
            made = await PdfSigner(about, signer=signer, timestamper=stamper).async_sign_pdf(
                IncrementalPdfFileWriter(io.BytesIO(pdf))
            )
        return bytes(made.getvalue())


async def measured(directory: Path, rounds: int) -> Json:
    """Seconds and requests: medians of `rounds`, taken in turn; of the cold one where that is 0."""
    directory.mkdir()
    services = FarServices(directory / "pki", _now())
    services.start()
    ours, naive = Ours(services, directory), Naive(services)
    spent: dict[str, list[float]] = {}
    requests: dict[str, int] = {}
    try:
        for number in range(rounds + 1):
            services.hits.clear()
            waits = await ours.ceremony()
            requests["ours"] = ours.requests
            requests["others"] = max(requests.get("others", 0), ours.others)
            requests["behind"] = services.asked("tsa") - ours.requests
            requests["while reading"] = services.hits.total() - services.asked("tsa")
            services.hits.clear()
            used = time.process_time()
            waits["naive"] = await naive.ceremony()
            waits["naive cpu"] = time.process_time() - used
            requests["naive"] = services.hits.total()
            if number or not rounds:  # the first is cold
                for name, took_s in waits.items():
                    spent.setdefault(name, []).append(took_s)
    finally:
        await ours.close()
        services.stop()
    found = {name: round(median(values), 3) for name, values in spent.items()}
    for name in ("ours", "naive"):
        alone = requests[name] * SLOW_S + found[f"{name} cpu"]
        found[f"{name} alone"] = round(alone, 3)
    return {**found, "latency_ms": SLOW_S * 1000, "requests": requests}


def goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it is met."""
    share, alone = found["ours"] / found["naive"], found["ours alone"] / found["naive alone"]
    far = f"services {found['latency_ms']:.0f} ms away: a citizen waits {found['ours']} s"
    told = f"{far}, {share:.2f} of the naive sequence ({SHARE}); {alone:.2f} by requests and CPU"
    others = found["requests"]["others"]
    path = f"{others} other requests from the consent to the own signature (0)"
    return [(told, share <= SHARE), (path, others == 0)]


def table(found: Json) -> list[str]:
    """The lines of it, as Markdown."""
    names = ("form", "consent", "ink", "ours", "ours cpu", "ours alone", "sealed")
    ours = " | ".join(str(found[name]) for name in names)
    naive = " | ".join(str(found[name]) for name in ("naive", "naive cpu", "naive alone"))
    asked = found["requests"]
    return [
        "`alone`: requests one after the other, and CPU: what it takes where nothing else runs.",
        "",
        "| seconds of waiting | form | consent | ink | all | CPU | alone | sealed | requests |",
        "|---|---|---|---|---|---|---|---|---|",
        f"| ours | {ours} | {asked['ours']} |",
        f"| naive | | | | {naive} | | {asked['naive']} |",
    ]


def _now() -> datetime:
    return datetime.now(UTC)


def _anchors(services: FarServices) -> list[bytes]:
    return [bytes(pem.unarmor(path.read_bytes())[2]) for path in services.roots]
