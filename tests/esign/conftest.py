"""One development PKI, one worker process and one time-stamping service per need."""

import hashlib
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web

from counter.esign.check_pool import CheckPool
from counter.esign.form_ports import PageImage
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import Forms, FormTemplate
from counter.esign.glyphs import GlyphTable
from counter.esign.ink import ink
from counter.esign.key_ports import KeyProvider
from counter.esign.keys_files import roots_of
from counter.esign.pki_development import DevelopmentPki, ensure
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import (
    Act,
    InkAct,
    OriginAct,
    SealAct,
    SigningTicket,
    Witness,
    WitnessAct,
)
from counter.esign.tsa_development import tsa_application
from tests.esign.key_rings import TOKEN, Ring, plant, ring
from tests.esign.moment import NOW as NOW
from tests.esign.signed_forms import with_text_field
from tests.esign.trust_services import TrustServices

FILLED = {
    "applicant_name": "陳大文",
    "applicant_name_latin": "João da Conceição CHAN",
    "document_number": "1234567(8)",
    "purpose": "申請簽證\nPedido de visto",
    "department_name": "身份證明局 Direcção dos Serviços de Identificação",
    "service_name": "刑事紀錄證明書 Certificado de Registo Criminal",
    "case_number": "A-0042",
    "date": "2026-11-23",
}

FORM = "certificate_application"
DATA = {**FILLED, "remarks": ""}

BY_KIND = {
    "text": "陳大文",
    "date": "2026-11-23",
    "number": "12",
    "phone": "+853 6612 3456",
    "yes_no": "yes",
    "id_number": "1234567(8)",
}


def filled_in(form: FormTemplate) -> dict[str, str]:
    """A text for every field, each one that the field takes."""
    by_rule = {"credit_code": "91440400MA4W1X2T3G"}
    return {
        field.name: (field.choices[0].id if field.choices else FILLED.get(field.name))
        or by_rule.get(field.number)
        or BY_KIND[field.kind]
        for field in form.fields
    }


WITNESS = Witness(agent_id="lei", name="李慧敏", level="L2")

STROKES = [
    [(40.0 + 50 * s + i, 60 + 30 * math.sin(i / 6 + s), 8.0 * i, 0.5) for i in range(60)]
    for s in range(4)
]


class Tsa:
    """A time-stamping service on loopback that can be stopped, and counts what it is asked."""

    def __init__(self, pki: DevelopmentPki) -> None:
        self.time = NOW
        self.asked = 0
        self._keys = pki.tsa
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/tsa"

    def _clock(self) -> datetime:
        self.asked += 1
        return self.time

    async def start(self) -> None:
        """Listen; after a stop, on the same port."""
        self._runner = web.AppRunner(tsa_application(self._keys, self._clock))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> DevelopmentPki:
    return ensure(tmp_path_factory.mktemp("pki") / "keys", NOW)


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory, pki: DevelopmentPki) -> dict[str, Ring]:
    directory = tmp_path_factory.mktemp("rings")
    return {kind: ring(kind, directory, pki) for kind in ("ec", "rsa")}


@pytest.fixture(scope="session")
def softhsm(rings: dict[str, Ring], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a token of SoftHSM2 with both keys; answers the file of settings that leads to it.

    One for all: SoftHSM2 reads it once in a process.
    """
    place = tmp_path_factory.mktemp("softhsm")
    (place / "tokens").mkdir()
    (place / "conf").write_text(f"directories.tokendir = {place}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(place / "conf"))
        plant(list(rings.values()))
    return place / "conf"


@pytest.fixture(scope="session")
def token(softhsm: Path) -> str:
    """Return the label of that token."""
    return TOKEN


@pytest.fixture(scope="session")
def forms() -> Forms:
    return shipped_forms()


@pytest.fixture(scope="session")
def glyphs() -> GlyphTable:
    return shipped_glyphs()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lone service however busy the machine is: only who hangs runs out of time."""
    monkeypatch.setattr("counter.esign.stamps_http.LAST_PATIENCE_S", 60.0)


@pytest.fixture
async def tsa(pki: DevelopmentPki) -> AsyncIterator[Tsa]:
    made = Tsa(pki)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def stamps(tsa: Tsa, pki: DevelopmentPki) -> AsyncIterator[HttpStamps]:
    made = HttpStamps([tsa.url], roots_of(pki.signing), new_nonce=count(1).__next__)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def one_pool(pki: DevelopmentPki) -> Iterator[SignPool]:
    """Yield one worker process for all tests: starting it takes a second."""
    made = SignPool(pki.signing)
    yield made
    made.close_now()


@pytest.fixture
async def pool(one_pool: SignPool) -> SignPool:
    await one_pool.warm()
    return one_pool


@pytest.fixture(scope="session")
async def examiner(pki: DevelopmentPki) -> AsyncIterator[CheckPool]:
    """Yield one process that looks at documents, for all tests."""
    made = CheckPool(lambda: roots_of(pki.signing))
    yield made
    await made.close()


@pytest.fixture(scope="session")
def all_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrustServices]:
    made = TrustServices(tmp_path_factory.mktemp("trust"), NOW)
    made.start()
    yield made
    made.stop()


@contextmanager
def patience() -> Iterator[None]:
    """Only who hangs runs out of time, while something is made that many tests use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("counter.esign.stamps_http.LAST_PATIENCE_S", 60.0)
        patch.setattr("counter.esign.stamps_http.PATIENCE_S", 60.0)
        patch.setattr("counter.esign.revocation_http.PATIENCE_S", 60.0)
        yield


@pytest.fixture
def services(
    all_services: TrustServices, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrustServices]:
    """Yield the whole PKI, well and with nothing counted yet."""
    # Only who hangs shall run out of time, however busy the machine is.
    monkeypatch.setattr("counter.esign.stamps_http.PATIENCE_S", 60.0)
    monkeypatch.setattr("counter.esign.revocation_http.PATIENCE_S", 60.0)
    all_services.reset(NOW)
    yield all_services
    all_services.reset(NOW)


@pytest.fixture
async def two_stamps(services: TrustServices) -> AsyncIterator[HttpStamps]:
    made = HttpStamps(services.tsas, roots_of(services.signing), new_nonce=count(1).__next__)
    yield made
    await made.close()


@pytest.fixture(scope="session")
def one_certified_pool(all_services: TrustServices) -> Iterator[SignPool]:
    made = SignPool(all_services.signing)
    yield made
    made.close_now()


@pytest.fixture
async def certified_pool(one_certified_pool: SignPool) -> SignPool:
    """Return a worker whose keys have certificates that can be revoked."""
    await one_certified_pool.warm()
    return one_certified_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedForm:
    """A form with all signatures."""

    certified: bytes
    signed: bytes
    witnessed: bytes
    sealed: bytes
    pages: tuple[PageImage, ...]
    tickets: tuple[SigningTicket, ...]


async def fulfil(
    pool: SignPool,
    stamps: HttpStamps,
    pdf: bytes,
    act: Act,
    *,
    now: datetime,
    key: KeyProvider | None = None,
) -> tuple[bytes, SigningTicket]:
    """One signature as the service makes it, without the records."""
    holder = key or pool.key(act.key.partition(":")[0])
    chain = await holder.certificates()
    begun = await pool.begin(pdf, act, chain, token_bytes=stamps.token_bytes, now=now)
    ticket = begun.ticket
    value = await holder.sign(ticket.dtbsr, ticket.mechanism)
    await pool.require_value(ticket, value)
    digest = hashlib.sha256(value).digest()
    token = await stamps.stamp(digest, now, room_bytes=ticket.token_room_bytes)
    return await pool.finish(begun.pdf, ticket, value, token, now), ticket


async def seal(
    pool: SignPool,
    stamps: HttpStamps,
    pdf: bytes,
    form: FormTemplate,
    data: dict[str, str],
    *,
    signed_at: datetime,
    now: datetime,
) -> SealedForm:
    """All signatures of a prepared form."""
    region = form.region
    acts = (
        OriginAct(department="dsaj", at=signed_at),
        InkAct(department="dsaj", ink=ink(STROKES), at=signed_at),
        WitnessAct(
            region=region,
            case_number=data["case_number"],
            witness=WITNESS,
            handwritten=True,
            at=now,
        ),
        SealAct(department="dsaj", region=region, data=data, at=now),
    )
    made, tickets = [pdf], []
    for act in acts:
        revision, ticket = await fulfil(pool, stamps, made[-1], act, now=now)
        made.append(revision)
        tickets.append(ticket)
    return SealedForm(
        certified=made[1],
        signed=made[2],
        witnessed=made[3],
        sealed=made[4],
        pages=await pool.photograph(made[4]),
        tickets=tuple(tickets),
    )


@pytest.fixture(scope="session")
async def prepared(one_pool: SignPool, forms: Forms) -> bytes:
    """A form before anybody signed it."""
    await one_pool.warm()
    return (await one_pool.prepare(forms.of(FORM), DATA, "zh-Hant", NOW)).pdf


@pytest.fixture(scope="session")
async def done(
    one_pool: SignPool, pki: DevelopmentPki, forms: Forms, prepared: bytes
) -> SealedForm:
    """A form with all its signatures."""
    async with stamps_of(pki) as stamps:
        later = NOW + timedelta(seconds=1)
        form = forms.of(FORM)
        return await seal(one_pool, stamps, prepared, form, DATA, signed_at=NOW, now=later)


@pytest.fixture(scope="session")
async def done_with_text(
    one_pool: SignPool, pki: DevelopmentPki, forms: Forms, prepared: bytes
) -> bytes:
    """The same, had it a field for its reader to fill."""
    async with stamps_of(pki) as stamps:
        base, form = with_text_field(prepared), forms.of(FORM)
        return (await seal(one_pool, stamps, base, form, DATA, signed_at=NOW, now=NOW)).sealed


@asynccontextmanager
async def stamps_of(pki: DevelopmentPki) -> AsyncIterator[HttpStamps]:
    """A time-stamping service for what is made once for all tests."""
    tsa = Tsa(pki)
    await tsa.start()
    stamps = HttpStamps([tsa.url], roots_of(pki.signing), new_nonce=count(1).__next__)
    with patience():
        yield stamps
    await stamps.close()
    await tsa.stop()
