"""Keys at a remote service: each activated for one hash, and what goes wrong over there."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from counter.esign.certificate_refusals import (
    ActivationLocked,
    ActivationPinRefused,
    ActivationRefused,
)
from counter.esign.forms import Forms
from counter.esign.key_ports import Activation, Pkcs12File
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.keys_files import load
from counter.esign.pki_development import DevelopmentPki
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import KeyMismatch, KeyUnavailable, KeyUnusable
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import OriginAct
from tests.esign.conftest import FILLED, NOW, fulfil
from tests.esign.csc_fake import OTP, PIN
from tests.esign.key_rings import Ring
from tests.esign.keys.key_holders import CODES, DIGEST, Remote, WithCodes, credential, remote_key


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
    with pytest.raises(ActivationPinRefused):
        await remote.key.sign(DIGEST, "ecdsa_sha256", Activation(pin="1", otp=OTP))
    asked = len(remote.service.seen)
    for nothing in (None, Activation(pin=PIN), Activation(otp=OTP)):
        with pytest.raises(ActivationRefused):
            await remote.key.sign(DIGEST, "ecdsa_sha256", nothing)
    assert len(remote.service.seen) == asked
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


@pytest.mark.parametrize("codes_come", ["own", "never"])
async def test_no_code_is_sent_for_a_key_that_wants_none_sent(
    remote: Remote, codes_come: Any
) -> None:
    remote.service.codes_come = codes_come
    with pytest.raises(KeyUnusable, match="no code"):
        await remote.key.send_code()
    assert [call for call, _ in remote.service.seen] == ["credentials/info"]
    assert (await remote.key.wants())[0] == "pin"


def test_codes_are_in_no_text_of_theirs() -> None:
    assert PIN not in repr(CODES) and OTP not in repr(CODES)
    assert "secret" not in repr(Pkcs12File(path=Path("a"), passphrase="secret"))
    assert "secret" not in repr(
        Credential(url="", version=1, credential_id="", access_token="secret")
    )
