"""One contract for every holder of keys, and what is peculiar to each."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12
from pkcs11.exceptions import PinLocked

from counter.esign import keys_pkcs11
from counter.esign.certificate_ports import CitizenProvider, CscAccess
from counter.esign.certificate_refusals import ActivationLocked, ActivationRefused
from counter.esign.citizens_csc import CscCitizens
from counter.esign.forms import Forms
from counter.esign.key_ports import Activation, KeyProvider, Pkcs11Key, Pkcs12File
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.keys_files import issuers_of, load, load_pkcs12
from counter.esign.keys_pkcs11 import HardwareKey
from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import KeyMismatch, KeyUnavailable, KeyUnusable, PinRefused
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import (
    CertificateAct,
    CertificateChain,
    Mechanism,
    OriginAct,
    SealAct,
    WitnessAct,
)
from tests.esign.conftest import FILLED, NOW, WITNESS, fulfil
from tests.esign.csc_dummy import CITIZEN, dummy_service
from tests.esign.csc_fake import CREDENTIAL, OTP, PIN, TOKEN, FakeService, served
from tests.esign.key_rings import PIN as TOKEN_PIN
from tests.esign.key_rings import SOFTHSM, Ring, plant, ring
from tests.esign.key_rings import TOKEN as TOKEN_LABEL
from tests.esign.trust_services import TrustServices

DIGEST = hashlib.sha256(b"signed attributes").digest()
CODES = Activation(pin=PIN, otp=OTP)
PASSPHRASE = "a long one"


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory, pki: DevelopmentPki) -> dict[str, Ring]:
    directory = tmp_path_factory.mktemp("rings")
    return {kind: ring(kind, directory, pki) for kind in ("ec", "rsa")}


@pytest.fixture(scope="session")
def token(rings: dict[str, Ring], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a token of SoftHSM2 with both keys; answers its label."""
    place = tmp_path_factory.mktemp("softhsm")
    (place / "tokens").mkdir()
    (place / "conf").write_text(f"directories.tokendir = {place}/tokens\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(place / "conf"))
        plant(list(rings.values()))
    return TOKEN_LABEL


def pkcs12_file(one: Ring, directory: Path) -> Pkcs12File:
    path = directory / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal",
            one.key,
            one.certificate,
            list(reversed(one.above)),
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return Pkcs12File(path=path, passphrase=PASSPHRASE)


def hardware_key(one: Ring, *, pin: str = TOKEN_PIN, label: str | None = None) -> HardwareKey:
    return HardwareKey(
        Pkcs11Key(
            library=SOFTHSM,
            token=TOKEN_LABEL,
            label=label or one.kind,
            pin=pin,
            chain=one.files.chain,
        )
    )


@dataclass(slots=True, kw_only=True)
class Remote:
    """A credential at the fake service."""

    key: CscKey
    service: FakeService


class WithCodes:
    """A remote key and the citizen who always types the right codes."""

    def __init__(self, key: KeyProvider) -> None:
        self.key = key

    async def certificates(self) -> CertificateChain:
        return await self.key.certificates()

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        return await self.key.sign(dtbsr, mechanism, CODES)


async def remote_key(one: Ring, version: int, open_: AsyncExitStack) -> Remote:
    service = await open_.enter_async_context(
        served(FakeService(load(one.files), one.mechanism, version))
    )
    session = await open_.enter_async_context(ClientSession())
    return Remote(key=CscKey(session, credential(service)), service=service)


def credential(
    service: FakeService, *, name: str = CREDENTIAL, token: str = TOKEN, patience_s: float = 10.0
) -> Credential:
    return Credential(
        url=service.url,
        version=1 if service.version == 1 else 2,
        credential_id=name,
        access_token=token,
        patience_s=patience_s,
    )


@pytest.fixture
async def open_() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(params=["ec", "rsa"])
def one(request: pytest.FixtureRequest, rings: dict[str, Ring]) -> Ring:
    return rings[request.param]


@pytest.fixture(params=["pem", "pkcs12", "pkcs11", "csc1", "csc2"])
async def holder(
    request: pytest.FixtureRequest, one: Ring, token: str, tmp_path: Path, open_: AsyncExitStack
) -> AsyncIterator[KeyProvider]:
    if request.param == "pem":
        yield load(one.files)
    elif request.param == "pkcs12":
        yield load_pkcs12(pkcs12_file(one, tmp_path))
    elif request.param == "pkcs11":
        key = hardware_key(one)
        yield key
        key.close()
    else:
        yield WithCodes((await remote_key(one, int(request.param[-1]), open_)).key)


def require_signature(one: Ring, value: bytes, digest: bytes) -> None:
    public = one.certificate.public_key()
    hashed = utils.Prehashed(hashes.SHA256())
    if isinstance(public, ec.EllipticCurvePublicKey):
        public.verify(value, digest, ec.ECDSA(hashed))
    else:
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(value, digest, padding.PKCS1v15(), hashed)


async def test_every_holder_names_its_certificate_and_signs_hashes(
    holder: KeyProvider, one: Ring
) -> None:
    chain = await holder.certificates()
    der = serialization.Encoding.DER
    assert chain.certificate == one.certificate.public_bytes(der)
    assert chain.issuers == (one.above[0].public_bytes(der),), "without the root"
    value = await holder.sign(DIGEST, one.mechanism)
    require_signature(one, value, DIGEST)
    with pytest.raises(InvalidSignature):
        require_signature(one, value, bytes(32))


async def test_every_holder_keeps_apart_what_is_asked_at_once(
    holder: KeyProvider, one: Ring
) -> None:
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(8)]
    values = await asyncio.gather(*(holder.sign(digest, one.mechanism) for digest in digests))
    for digest, value in zip(digests, values, strict=True):
        require_signature(one, value, digest)


async def test_every_holder_refuses_what_its_key_cannot_do(holder: KeyProvider, one: Ring) -> None:
    other: Mechanism = "rsa_sha256" if one.kind == "ec" else "ecdsa_sha256"
    with pytest.raises(KeyUnusable):
        await holder.sign(DIGEST, other)


async def test_every_holder_s_signature_makes_a_sound_document(
    holder: KeyProvider, pool: SignPool, stamps: HttpStamps, forms: Forms
) -> None:
    data = {**FILLED, "remarks": ""}
    prepared = await pool.prepare(forms.of("certificate_application"), data, "zh-Hant", NOW)
    act = OriginAct(department="dsaj", at=NOW)
    signed, _ = await fulfil(pool, stamps, prepared.pdf, act, now=NOW, key=holder)
    (verdict,) = await pool.verify(signed, NOW)
    assert verdict.sound and verdict.covers_file, verdict.why


async def test_a_pkcs12_file_needs_its_passphrase(rings: dict[str, Ring], tmp_path: Path) -> None:
    file = pkcs12_file(rings["ec"], tmp_path)
    with pytest.raises(KeyUnusable):
        load_pkcs12(Pkcs12File(path=file.path, passphrase="another"))
    file.path.write_bytes(b"no such thing")
    with pytest.raises(KeyUnusable):
        load_pkcs12(file)


def test_authorities_that_vouch_for_each_other_are_named_once() -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    def issued(subject: str, issuer: str) -> x509.Certificate:
        above, below = [x509.Name.from_rfc4514_string(f"CN={one}") for one in (issuer, subject)]
        until = NOW + timedelta(days=1)
        made = x509.CertificateBuilder(above, below, key.public_key(), 7, NOW, until)
        return made.sign(key, hashes.SHA256())

    above = [issued("a", "b"), issued("b", "a")]
    expected = [one.public_bytes(serialization.Encoding.DER) for one in above]
    assert issuers_of(issued("leaf", "a"), above) == expected


async def test_a_pin_that_was_refused_is_not_tried_again(
    rings: dict[str, Ring], token: str
) -> None:
    key = hardware_key(rings["ec"], pin="0000")
    with pytest.raises(PinRefused, match="PinIncorrect"):
        await key.certificates()
    with pytest.raises(KeyUnusable, match="was refused"):
        await key.sign(DIGEST, "ecdsa_sha256")
    with pytest.raises(KeyUnusable, match="was refused"):
        await hardware_key(rings["rsa"], pin="0000").certificates()
    good = hardware_key(rings["ec"])
    require_signature(rings["ec"], await good.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    good.close()


async def test_a_pin_that_the_token_has_locked_is_said_in_its_own_words_and_tried_once(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def locked(of: Any, pin: str) -> Any:
        tried.append(pin)
        raise PinLocked  # SoftHSM2 itself never locks

    monkeypatch.setattr(keys_pkcs11, "_session_on", locked)
    key = hardware_key(rings["ec"], pin="9999")
    for _ in range(3):
        with pytest.raises(PinRefused) as refused:
            await key.sign(DIGEST, "ecdsa_sha256")
        assert "9999" not in str(refused.value)
    assert len(tried) == 1


async def test_a_session_that_is_lost_twice_is_not_opened_a_third_time(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, session_on = [], keys_pkcs11._session_on

    def lost(of: Any, pin: str) -> Any:
        session = session_on(of, pin)
        opened.append(session)
        session.close()
        return session

    key = hardware_key(rings["ec"])
    await key.sign(DIGEST, "ecdsa_sha256")
    key._session.close()
    monkeypatch.setattr(keys_pkcs11, "_session_on", lost)
    with pytest.raises(KeyUnavailable):
        await key.sign(DIGEST, "ecdsa_sha256")
    assert len(opened) == 1


async def test_a_lost_session_is_opened_once_more(rings: dict[str, Ring], token: str) -> None:
    key = hardware_key(rings["ec"])
    await key.sign(DIGEST, "ecdsa_sha256")
    key._session.close()
    require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    key.close()


async def test_a_key_is_looked_up_once_in_a_session(
    rings: dict[str, Ring], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, session_on = [], keys_pkcs11._session_on

    class Watched:
        def __init__(self, session: Any) -> None:
            self.close = session.close
            self._session = session

        def get_key(self, **wanted: Any) -> Any:
            looked.append(wanted["label"])
            return self._session.get_key(**wanted)

    monkeypatch.setattr(keys_pkcs11, "_session_on", lambda of, pin: Watched(session_on(of, pin)))
    key = hardware_key(rings["ec"])
    for _ in range(3):
        require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    assert looked == ["ec"]
    key._session.close()
    require_signature(rings["ec"], await key.sign(DIGEST, "ecdsa_sha256"), DIGEST)
    assert looked == ["ec", "ec"], "what was looked up belongs to the session that was lost"
    key.close()


async def test_two_keys_of_one_token_sign_in_turn(rings: dict[str, Ring], token: str) -> None:
    keys = {kind: hardware_key(one) for kind, one in rings.items()}
    for _ in range(2):
        for kind, key in keys.items():
            value = await key.sign(DIGEST, rings[kind].mechanism)
            require_signature(rings[kind], value, DIGEST)
        keys["ec"].close()
    keys["rsa"].close()


async def test_a_token_or_label_that_is_not_there_is_said(
    rings: dict[str, Ring], token: str
) -> None:
    nobody = hardware_key(rings["ec"], label="nobody")
    with pytest.raises(KeyUnusable, match="0 certificates"):
        await nobody.certificates()
    nobody.close()
    source = Pkcs11Key(library=SOFTHSM, token="nowhere", label="ec", pin=TOKEN_PIN)
    with pytest.raises(KeyUnavailable):
        await HardwareKey(source).certificates()


@pytest.fixture(params=[1, 2])
async def remote(
    request: pytest.FixtureRequest, rings: dict[str, Ring], open_: AsyncExitStack
) -> Remote:
    return await remote_key(rings["ec"], request.param, open_)


async def test_activation_is_bound_to_the_hash_and_asked_for_each_time(remote: Remote) -> None:
    for digest in (DIGEST, bytes(32)):
        await remote.key.sign(digest, "ecdsa_sha256", CODES)
    calls = [call for call, _ in remote.service.seen]
    assert calls == ["credentials/info", *["credentials/authorize", "signatures/signHash"] * 2]


async def test_scal1_is_refused_before_any_code_is_sent(remote: Remote) -> None:
    remote.service.scal = "1"
    with pytest.raises(KeyUnusable, match="SCAL1"):
        await remote.key.sign(DIGEST, "ecdsa_sha256", CODES)
    assert [call for call, _ in remote.service.seen] == ["credentials/info"]


async def test_a_key_that_is_switched_off_is_not_used(remote: Remote) -> None:
    remote.service.key_status = "disabled"
    with pytest.raises(KeyUnusable, match="disabled"):
        await remote.key.certificates()


async def test_three_wrong_codes_and_the_service_is_not_asked_again(remote: Remote) -> None:
    wrong = Activation(pin=PIN, otp="000000")
    for _ in range(3):
        with pytest.raises(ActivationRefused):
            await remote.key.sign(DIGEST, "ecdsa_sha256", wrong)
    asked = len(remote.service.seen)
    with pytest.raises(ActivationLocked):
        await remote.key.sign(DIGEST, "ecdsa_sha256", CODES)
    assert len(remote.service.seen) == asked


async def test_after_a_wrong_code_or_an_old_activation_a_new_code_helps(remote: Remote) -> None:
    with pytest.raises(ActivationRefused):
        await remote.key.sign(DIGEST, "ecdsa_sha256", Activation(pin="1", otp=OTP))
    with pytest.raises(ActivationRefused):
        await remote.key.sign(DIGEST, "ecdsa_sha256", None)
    remote.service.fault = "expire"
    with pytest.raises(ActivationRefused):
        await remote.key.sign(DIGEST, "ecdsa_sha256", CODES)
    remote.service.fault = None
    assert await remote.key.sign(DIGEST, "ecdsa_sha256", CODES)


@pytest.mark.parametrize(
    "call", ["credentials/info", "credentials/authorize", "signatures/signHash"]
)
@pytest.mark.parametrize("how", ["html", "list", "500", "object", "endless", "deep"])
async def test_a_service_that_answers_rubbish_is_unavailable(
    remote: Remote, call: str, how: str
) -> None:
    remote.service.fault = f"{call}:{how}"
    with pytest.raises(KeyUnavailable):
        await remote.key.sign(DIGEST, "ecdsa_sha256", CODES)
    remote.service.fault = None
    assert await remote.key.sign(DIGEST, "ecdsa_sha256", CODES), "and is asked again later"


async def test_a_service_that_hangs_is_left_after_its_time(
    rings: dict[str, Ring], open_: AsyncExitStack
) -> None:
    remote = await remote_key(rings["ec"], 2, open_)
    session = await open_.enter_async_context(ClientSession())
    hasty = CscKey(session, credential(remote.service, patience_s=1.5))
    remote.service.fault = "signatures/signHash:hang"
    with pytest.raises(KeyUnavailable, match="Timeout"):
        await hasty.sign(DIGEST, "ecdsa_sha256", CODES)


async def test_who_is_not_let_in_or_has_no_such_credential_is_told(
    remote: Remote, open_: AsyncExitStack
) -> None:
    session = await open_.enter_async_context(ClientSession())
    with pytest.raises(KeyUnusable):
        await CscKey(session, credential(remote.service, token="guessed")).certificates()
    with pytest.raises(KeyUnavailable):
        await CscKey(session, credential(remote.service, name="citizen-2")).certificates()
    with pytest.raises(KeyUnusable, match="https"):
        CscKey(
            session,
            Credential(url="http://signing.example", version=2, credential_id="c", access_token=""),
        )


async def test_a_service_that_signs_with_another_key_is_noticed(
    pool: SignPool, stamps: HttpStamps, forms: Forms, remote: Remote, pki: DevelopmentPki
) -> None:
    remote.service.signs_with = load(pki.seal)
    data = {**FILLED, "remarks": ""}
    prepared = await pool.prepare(forms.of("certificate_application"), data, "pt", NOW)
    act = OriginAct(department="dsaj", at=NOW)
    with pytest.raises(KeyMismatch):
        await fulfil(pool, stamps, prepared.pdf, act, now=NOW, key=WithCodes(remote.key))


async def test_a_citizen_s_key_at_a_server_that_we_did_not_write_makes_a_sound_document(
    services: TrustServices,
    certified_pool: SignPool,
    two_stamps: HttpStamps,
    forms: Forms,
    open_: AsyncExitStack,
) -> None:
    url = await open_.enter_async_context(dummy_service(services))
    session = await open_.enter_async_context(ClientSession())
    access = CscAccess(url=url, version=1, access_token="")
    citizens = CscCitizens(session, CitizenProvider(name="dummy", gives="advanced", access=access))
    assert await citizens.find("anybody"), "its list has some that can sign"
    key = WithCodes(citizens.key(CITIZEN))
    form, data = forms.of("certificate_application"), {**FILLED, "remarks": ""}
    pdf = (await certified_pool.prepare(form, data, "zh-Hant", NOW)).pdf
    pdf, _ = await fulfil(
        certified_pool, two_stamps, pdf, OriginAct(department="dsaj", at=NOW), now=NOW
    )
    act = CertificateAct(region=form.region, name="Test citizen 陳大文", at=NOW)
    pdf, _ = await fulfil(certified_pool, two_stamps, pdf, act, now=NOW, key=key)
    witnessing = WitnessAct(
        region=form.region, case_number="A-0042", witness=WITNESS, handwritten=False, at=NOW
    )
    for rest in (witnessing, SealAct(department="dsaj", region=form.region, data=data, at=NOW)):
        pdf, _ = await fulfil(certified_pool, two_stamps, pdf, rest, now=NOW)
    verdicts = await certified_pool.verify(pdf, NOW)
    assert [one.field for one in verdicts] == ["Origin", "Citizen", "Agent", "Seal"]
    assert all(one.sound for one in verdicts), [one.why for one in verdicts]
    assert "Test citizen" in verdicts[1].signer


async def test_that_server_with_scal1_is_refused(
    services: TrustServices, open_: AsyncExitStack
) -> None:
    url = await open_.enter_async_context(dummy_service(services, scal=1))
    session = await open_.enter_async_context(ClientSession())
    key = CscKey(session, Credential(url=url, version=1, credential_id=CITIZEN, access_token=""))
    with pytest.raises(KeyUnusable, match="SCAL1"):
        await key.certificates()


def test_codes_are_in_no_text_of_theirs() -> None:
    assert PIN not in repr(CODES) and OTP not in repr(CODES)
    assert "secret" not in repr(Pkcs12File(path=Path("a"), passphrase="secret"))
    assert "secret" not in repr(
        Credential(url="", version=1, credential_id="", access_token="secret")
    )
