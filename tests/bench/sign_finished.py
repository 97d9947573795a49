"""What a finished ceremony weighs, and what its checks and its audit pack cost.

Real ceremonies with the development keys (P-256), archived by the real job.  CPU is that of this
process and of the process that signs; documents are examined here, where it can be counted.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final

from asn1crypto import pem, x509
from sqlalchemy import Connection, create_engine, select

from counter.app.signed_files import look_at
from counter.esign.archive_pool import ArchivePool
from counter.esign.archive_service import ArchiveService
from counter.esign.archive_sql import SqlArchive
from counter.esign.audit_service import AuditService
from counter.esign.judging import Judgement
from counter.esign.lasting_pyhanko import require_archived
from counter.esign.pki_development import DevelopmentPki
from counter.esign.report_pyhanko import report
from counter.esign.revocation_development import DevelopmentRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_audit import SqlPacks
from counter.esign.store_lasting import lasting_of
from counter.esign.store_tables import esign_revision
from counter.esign.ticket import FIELDS
from counter.esign.trust import TrustPolicy
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.ids import CaseId, CeremonyId
from counter.settings.node import Settings
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.migrate import upgrade_engine
from counter.store.sqlite_lane import SqliteLane
from tests.bench.sign_loop import ceremony
from tests.esign.ceremonies import add_case
from tests.esign.dying_node import service_on

GROWTH_KB: Final = 95.0
LTA_MS: Final = 250.0
Json = dict[str, Any]


class Examiner:
    """`counter.esign.check_ports.Examiner` in this process."""

    def __init__(self, roots: list[x509.Certificate]) -> None:
        self._roots = roots

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        return await validate(pdf, self._roots, now), await report(pdf, self._roots, now)


class Bench:
    """A counter's signing, archive and packs, in a directory of its own."""

    def __init__(self, pki: DevelopmentPki, tsa_url: str, directory: Path) -> None:
        engine = create_engine(f"sqlite:///{directory / 'counter.sqlite'}")
        upgrade_engine(engine)
        engine.dispose()
        self.asked = 0
        self.numbers = count(1)
        self.pki = pki
        self.directory = directory
        self.anchors = tuple(bytes(pem.unarmor(path.read_bytes())[2]) for path in pki.roots)
        self.roots = [x509.Certificate.load(one) for one in self.anchors]
        self.studio = SignPool(pki.signing)
        self.lane = SqliteLane(directory / "counter.sqlite")
        self.stamps = HttpStamps([tsa_url], self.anchors, new_nonce=self._nonce)
        self.blobs = DirectoryBlobs(directory / "blobs")
        self.service = service_on(directory, self.lane, self.studio, self.stamps, clock)
        policy = TrustPolicy(
            version="bench", anchors=self.anchors, timestamps=(tsa_url,), grace=False
        )
        self.archive = ArchiveService(
            records=SqlArchive(executor=self.lane, audiences=lambda conn, case_id: []),
            blobs=self.blobs,
            archivist=ArchivePool(self.studio, self.anchors),
            revocation=RevocationService(DevelopmentRevocation(pki)),
            stamps=self.stamps,
            policy=policy,
            new_id=lambda: f"t-{next(self.numbers)}",
            clock=clock,
        )
        self.packs = AuditService(
            records=SqlPacks(executor=self.lane),
            blobs=self.blobs,
            studio=self.studio,
            examiner=Examiner(self.roots),
            keys=self.studio.keys(),
            stamps=self.stamps,
            clock=clock,
        )
        self.spent: dict[str, list[float]] = {}

    def _nonce(self) -> int:
        self.asked += 1
        return next(self.numbers)

    async def timed(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do it and keep what it took, in milliseconds."""
        used, began = await self._cpu_s(), time.perf_counter()
        done = await work()
        wall_s = time.perf_counter() - began
        self.keep(f"{name} cpu_ms", (await self._cpu_s() - used) * 1000)
        self.keep(f"{name} ms", wall_s * 1000)
        return done

    def keep(self, name: str, value: float) -> None:
        self.spent.setdefault(name, []).append(value)

    async def _cpu_s(self) -> float:
        there: float = await self.studio.run("time.process_time")
        return there + time.process_time()

    async def one(self, number: int) -> None:
        """A whole ceremony, its archive, its pack, and every check."""
        case_id, ceremony_id = CaseId(f"case-{number}"), CeremonyId(f"ceremony-{number}")
        await self.lane.write(add_case, case_id, clock())
        before = self.asked
        await self.timed("ceremony", partial(ceremony, self.service, case_id, ceremony_id))
        await self.timed("archive", self.archive.work_one)
        requests = self.asked - before
        (state,) = await self.service.ceremonies(case_id)
        (lasting,) = (await self.lane.read(lasting_of, case_id)).values()
        if state.sealed_sha256 is None or lasting.archived_sha256 is None:
            raise RuntimeError(f"it was not finished: {state.state}, {lasting.pending}")
        sealed = await self.blobs.get(state.sealed_sha256)
        archived = await self.blobs.get(lasting.archived_sha256)
        seen = await self.timed("check", partial(validate, archived, self.roots, clock()))
        if not all(one.sound for one in seen.signatures):
            raise RuntimeError("it is not sound")
        lta = partial(require_archived, archived, FIELDS, self.anchors, clock())
        await self.timed("LTA", lta)
        pack = await self.timed("pack", partial(self.packs.pack, case_id, ceremony_id))
        await self.timed("pack check", partial(self._look_at, pack))
        self.keep("drawn KB", await self.lane.read(_drawn, state.document_id) / 1024)
        self.keep("sealed KB", len(sealed) / 1024)
        self.keep("archived KB", len(archived) / 1024)
        self.keep("pack KB", len(pack) / 1024)
        self.keep("requests", requests)
        self.keep("signatures", len(seen.signers))

    async def _look_at(self, pack: bytes) -> None:
        file = self.directory / "pack.asice"
        file.write_bytes(pack)
        roots = list(self.pki.roots)
        looked = await look_at(Settings(), file, roots, clock(), record=False)
        if looked.judgement is not Judgement.UNCOMPARED or looked.pack is None:
            raise RuntimeError(f"the pack is {looked.judgement}")

    async def close(self) -> None:
        await self.stamps.close()
        await self.studio.close()
        await self.lane.close()


async def measured(pki: DevelopmentPki, tsa_url: str, directory: Path, rounds: int) -> Json:
    """Sizes in KB, times in ms: medians of `rounds`; where that is 0, of the cold one."""
    directory.mkdir()
    bench = Bench(pki, tsa_url, directory)
    try:
        for number in range(rounds + 1):
            await bench.one(number)
            if number == 0 < rounds:
                bench.spent.clear()  # the first is cold
    finally:
        await bench.close()
    return {name: round(median(values), 1) for name, values in bench.spent.items()}


def clock() -> datetime:
    return datetime.now(UTC)


def goals(found: Json) -> list[tuple[str, bool]]:
    """Each goal in words, and whether it is met."""
    grown = round(found["archived KB"] - found["drawn KB"], 1)
    sealed = round(found["sealed KB"] - found["drawn KB"], 1)
    whole = f"a finished document adds {grown} KB to its form (at most {GROWTH_KB:.0f})"
    asked, signed = found["requests"], found["signatures"]
    requests = f"{asked:.0f} timestamp requests for {signed:.0f} signatures and the archive"
    lta = found["LTA cpu_ms"]
    return [
        (f"{whole}, {sealed} of them until the seal", grown <= GROWTH_KB),
        (f"{requests} ({signed + 1:.0f})", asked == signed + 1),
        (f"LTA validation of {signed:.0f} takes {lta} ms of CPU ({LTA_MS:.0f})", lta <= LTA_MS),
    ]


def table(found: Json) -> list[str]:
    """The lines of it, as Markdown."""
    lines = ["| a finished ceremony | median |", "|---|---|"]
    return lines + [f"| {name} | {value} |" for name, value in found.items()]


def _drawn(conn: Connection, document_id: str) -> int:
    return int(
        conn.execute(
            select(esign_revision.c.size_bytes).where(
                esign_revision.c.document_id == document_id, esign_revision.c.kind == "prepared"
            )
        ).scalar_one()
    )
