"""A node of its own process at which a citizen signs with his own certificate, until it is killed.

Told a directory, the addresses of a time-stamping and of a signing service, and where to
hang; see `PLACES` and test_certificate_killed.py.  Says `there` when it hangs: what came before is
committed.  The code comes through a pipe, as a citizen types it; the PIN he knows.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from aiohttp import ClientSession

from counter.esign.activations_sql import SqlActivations
from counter.esign.certificate_ports import CitizenProvider, CscAccess
from counter.esign.certificate_service import CertificateParts, CertificateService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import Forms
from counter.esign.key_ports import Activation
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.keys_files import roots_of
from counter.esign.pki_development import ensure
from counter.esign.records_sql import SqlRecords
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CertificateChain, Mechanism, SigningTicket
from counter.ids import CaseId
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import FILLED, NOW, WITNESS
from tests.esign.csc_fake import PIN, TOKEN
from tests.esign.dying_node import Hanging
from tests.esign.forked_pool import speak_through

CASE, USER, FORM = CaseId("case-1"), "+85366123456", "certificate_application"
PLACES = (
    "begin Citizen",  # chosen; no hole is written
    "send",  # the hole waits; no code was sent
    "ask",  # the citizen has typed PIN and code; the provider has not heard of it
    "authorized",  # the provider has taken the code, and is not asked for the value yet
    "lost",  # the provider has signed, its answer is on the way
    "answered Citizen",  # the value is here, and in no row
    "finish Citizen",  # the value is kept, and in no document
)


class HangingStudio(Hanging):
    """Comes no further than its place."""

    says = "there"

    async def require_value(self, ticket: SigningTicket, value: bytes) -> None:
        await super().require_value(ticket, value)
        await self._hang("answered", ticket.field)


class HangingKey(CscKey):
    """The same."""

    place = ""

    async def send_code(self) -> None:
        await self._hang("send")
        await super().send_code()

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        await self._hang("ask")
        return await super().sign(dtbsr, mechanism, activation)

    async def _value(self, dtbsr: bytes, algorithm: str, sad: str) -> bytes:
        await self._hang("authorized")
        return await super()._value(dtbsr, algorithm, sad)

    async def _hang(self, where: str) -> None:
        if self.place == where:
            print("there", flush=True)
            await asyncio.Event().wait()


class HangingCitizens(CscCitizens):
    """Their keys."""

    place = ""

    def key(self, credential_id: str) -> CscKey:
        access = self._of.access
        made = HangingKey(
            self._session,
            Credential(
                url=access.url,
                version=access.version,
                credential_id=credential_id,
                access_token=access.access_token,
            ),
        )
        made.place = self.place
        return made


class EverybodyHolds:
    """`counter.esign.certificate_ports.CitizenTrust`: looked at elsewhere."""

    async def require_citizen(self, chain: CertificateChain, now: datetime) -> None:
        return None


class EverybodyIsKnown:
    """`counter.esign.certificate_ports.KnownIdentity`: compared elsewhere."""

    async def agrees(self, case_id: CaseId, name: str, number: str) -> bool:
        return True


def provider(csc_url: str) -> CitizenProvider:
    """The service on loopback."""
    access = CscAccess(url=csc_url, version=2, access_token=TOKEN)
    return CitizenProvider(name="eSignCloud", gives="qualified", access=access)


def forms() -> Forms:
    """The shipped ones; the one that is used may be signed by either means."""
    return Forms(
        [
            one.model_copy(update={"acts": "both"}) if one.id == FORM else one
            for one in shipped_forms().all()
        ]
    )


def services_on(
    directory: Path,
    executor: Executor,
    studio: SignPool,
    stamps: HttpStamps,
    citizens: CscCitizens,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
) -> tuple[EsignService, CertificateService]:
    """The services on what lies below `directory`."""
    records = SqlRecords(
        executor=executor,
        audiences=lambda conn, case_id: ["terminal:1"],
        witness_of=lambda conn, case_id: WITNESS,
    )
    esign = EsignService(
        records=records,
        blobs=DirectoryBlobs(directory / "blobs"),
        studio=studio,
        keys=studio.keys(),
        stamps=stamps,
        forms=forms(),
        glyphs=shipped_glyphs(),
        new_id=new_id,
        clock=clock,
        certificate=citizens.gives,
    )
    parts = CertificateParts(
        esign=esign,
        records=records,
        activations=SqlActivations(
            executor=executor, audiences=records.audiences, witness_of=records.witness_of
        ),
        studio=studio,
        stamps=stamps,
        trust=EverybodyHolds(),
        identity=EverybodyIsKnown(),
        clock=clock,
    )
    return esign, CertificateService(parts, citizens)


def live(
    said: Connection, typed: Connection, directory: Path, tsa_url: str, csc_url: str, place: str
) -> None:
    """Come as far as the place."""
    speak_through(said)
    asyncio.run(_live(typed, directory, tsa_url, csc_url, place, NOW))


async def _live(
    typed: Connection, directory: Path, tsa_url: str, csc_url: str, place: str, now: datetime
) -> None:
    numbers = iter(range(1, 1000))
    studio = HangingStudio(ensure(directory / "keys", now).signing)
    studio.place = place
    await studio.warm()
    stamps = HttpStamps([tsa_url], roots_of(studio._keys), new_nonce=lambda: next(numbers))
    async with ClientSession() as session:
        citizens = HangingCitizens(session, provider(csc_url))
        citizens.place = place
        esign, certificates = services_on(
            directory,
            SqliteLane(directory / "counter.sqlite"),
            studio,
            stamps,
            citizens,
            lambda: now,
            lambda: f"id-{next(numbers)}",
        )
        ceremony_id = await esign.present(CASE, FORM, FILLED, "zh-Hant", by="agent:a", now=now)
        (shown,) = await esign.ceremonies(CASE)
        for sheet in shown.sheets:
            await esign.page_seen(CASE, ceremony_id, sheet.page, now)
        await esign.consent(CASE, ceremony_id, shown.sha256, now)
        await certificates.choose(CASE, ceremony_id, shown.sha256, USER)
        print("code?", flush=True)
        code = await asyncio.to_thread(typed.recv)
        await certificates.sign(CASE, ceremony_id, shown.sha256, code, pin=PIN)
