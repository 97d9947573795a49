"""A counter at which citizens sign with keys of their own at the fake service."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import Connection, select

from counter.errors import Refusal
from counter.esign.activations_sql import SqlActivations
from counter.esign.certificate_ports import CitizenProvider, CscAccess
from counter.esign.certificate_service import CertificateParts, CertificateService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.key_ports import Activation
from counter.esign.keys_files import load
from counter.esign.record_ports import ConsentWords
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.ticket import KEYS, CertificateChain, Mechanism, Witness
from counter.ids import CaseId
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from counter.store.session_log import tail
from tests.esign.conftest import FILLED
from tests.esign.csc_fake import CREDENTIAL, TOKEN, FakeService, served
from tests.esign.fakes import HeapBlobs, PaperKey, PaperStudio
from tests.esign.key_rings import Ring

CASE, USER, HEARS = CaseId("case-1"), "+85366123456", "terminal:1"
FORM = "certificate_application"


class PaperSigner:
    """What the service signs with: values of which the paper studio knows whose they are."""

    async def certificates(self) -> CertificateChain:
        raise NotImplementedError  # the service shows those of its own key

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        return b"signed " + dtbsr


@dataclass
class PaperTrust:
    """`counter.esign.certificate_ports.CitizenTrust`: as it is told."""

    refusal: Refusal | None = None
    asked: list[CertificateChain] = field(default_factory=list)

    async def require_citizen(self, chain: CertificateChain, now: datetime) -> None:
        self.asked.append(chain)
        if self.refusal is not None:
            raise self.refusal


@dataclass
class PaperIdentity:
    """`counter.esign.certificate_ports.KnownIdentity`: as it is told."""

    is_his: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def agrees(self, case_id: CaseId, name: str, number: str) -> bool:
        self.asked.append((name, number))
        return self.is_his


class CertifiedCounter:
    """The services on a fresh store, with a paper studio and a service over HTTP."""

    def __init__(
        self,
        executor: Executor,
        new_id: Callable[[], str],
        glyphs: GlyphTable,
        now: datetime,
        service: FakeService,
        session: ClientSession,
    ) -> None:
        self.now = now
        self.executor = executor
        self.fake = service
        self.session = session
        self.studio, self.blobs, self.trust = PaperStudio(), HeapBlobs(), PaperTrust()
        self.identity = PaperIdentity()
        self.keys = {name: PaperKey() for name in KEYS}
        self.gives: Any = "qualified"
        self.policies: tuple[str, ...] = ()
        self.statements: tuple[str, ...] = ()
        self.level_now = "L2"
        self.parts: dict[str, Any] = {"glyphs": glyphs, "new_id": new_id}
        self.forms: Forms | None = None

    async def level(self, case_id: CaseId) -> str:
        return self.level_now

    def start(self, forms: Forms, **changes: Any) -> None:
        """Start as a node does; form: how the one of `FORM` is signed."""
        changed = [one.model_copy(update=changes) if one.id == FORM else one for one in forms.all()]
        self.forms = Forms(changed)
        self.restart()

    def restart(self) -> None:
        """Forget all that is in memory only."""
        assert self.forms is not None
        records = SqlRecords(
            executor=self.executor,
            audiences=lambda conn, case_id: [HEARS],
            witness_of=lambda conn, case_id: Witness(agent_id="lei", name="李慧敏", level="L2"),
        )
        self.esign = EsignService(
            records=records,
            blobs=self.blobs,
            studio=self.studio,
            keys=self.keys,
            stamps=self.studio,
            clock=lambda: self.now,
            levels=self,
            forms=self.forms,
            certificate=self.gives,
            **self.parts,
        )
        provider = CitizenProvider(
            name="eSignCloud",
            gives=self.gives,
            policies=self.policies,
            statements=self.statements,
            access=CscAccess(
                url=self.fake.url,
                version=1 if self.fake.version == 1 else 2,
                access_token=TOKEN,
            ),
        )
        parts = CertificateParts(
            esign=self.esign,
            records=records,
            activations=SqlActivations(
                executor=self.executor, audiences=records.audiences, witness_of=records.witness_of
            ),
            studio=self.studio,
            stamps=self.studio,
            trust=self.trust,
            identity=self.identity,
            clock=lambda: self.now,
        )
        self.certificates = CertificateService(parts, CscCitizens(self.session, provider))

    async def consented(self) -> tuple[str, str]:
        """Answer (ceremony id, digest of the document agreed to)."""
        ceremony_id = await self.esign.present(
            CASE, FORM, FILLED, "zh-Hant", by="agent:a", now=self.now
        )
        sha256 = (await self.esign.ceremonies(CASE))[0].sha256
        for page in (1, 2):
            await self.esign.page_seen(CASE, ceremony_id, page, self.now)
        acts = await self.esign.to_agree_to(CASE, ceremony_id)
        words = ConsentWords(
            text_id=f"{acts}-1", acts=acts, language="zh-Hant", text="本人同意簽署。"
        )
        await self.esign.consent(CASE, ceremony_id, sha256, self.now, words)
        return ceremony_id, sha256

    async def chosen(self) -> tuple[str, str]:
        """The same, and the citizen has a code."""
        ceremony_id, sha256 = await self.consented()
        await self.certificates.choose(CASE, ceremony_id, sha256, USER)
        return ceremony_id, sha256

    async def state(self) -> str:
        return (await self.esign.ceremonies(CASE))[0].state

    async def written(self) -> str:
        """All that the journal and the screens were told."""
        entries = await self.executor.read(read_all)
        rows = await self.executor.read(tail, [HEARS], {})
        return str([entry.body for entry in entries]) + str([row.body for row in rows])

    def holes(self) -> int:
        return sum(content.endswith(b" hole") for content in self.blobs.kept.values())


@asynccontextmanager
async def certified_counter(
    executor: Executor,
    new_id: Callable[[], str],
    glyphs: GlyphTable,
    now: datetime,
    ring: Ring,
    version: int,
) -> AsyncIterator[CertifiedCounter]:
    service = FakeService(load(ring.files), ring.mechanism, version)
    service.signs_with = PaperSigner()
    service.pin = None
    service.users = {USER: [CREDENTIAL]}
    async with served(service), ClientSession() as session:
        yield CertifiedCounter(executor, new_id, glyphs, now, service, session)


both_versions = pytest.mark.parametrize("counter", [1, 2], indirect=True)


def calls(counter: CertifiedCounter) -> list[str]:
    return [call.partition("/")[2] for call, _ in counter.fake.seen]


async def rows(counter: CertifiedCounter, table: Any) -> list[Any]:
    def query(conn: Connection) -> list[Any]:
        return list(conn.execute(select(table)).all())

    return await counter.executor.read(query)
