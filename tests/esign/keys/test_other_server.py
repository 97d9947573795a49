"""Keys at a remote service that we did not write."""

from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientSession

from counter.esign.certificate_ports import CitizenProvider, CscAccess
from counter.esign.certificate_refusals import ActivationPinRefused
from counter.esign.citizens_csc import CscCitizens
from counter.esign.forms import Forms
from counter.esign.key_ports import Activation
from counter.esign.keys_csc import Credential, CscKey
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import KeyUnusable
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CertificateAct, OriginAct, SealAct, WitnessAct
from tests.esign.conftest import FILLED, NOW, WITNESS, fulfil
from tests.esign.csc_dummy import CITIZEN, dummy_service
from tests.esign.keys.key_holders import CODES, DIGEST, WithCodes
from tests.esign.trust_services import TrustServices


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


async def test_that_server_asks_a_wrong_pin_again(
    services: TrustServices, open_: AsyncExitStack
) -> None:
    url = await open_.enter_async_context(dummy_service(services))
    session = await open_.enter_async_context(ClientSession())
    key = CscKey(session, Credential(url=url, version=1, credential_id=CITIZEN, access_token=""))
    assert await key.wants() == ("pin",)
    with pytest.raises(ActivationPinRefused):
        await key.sign(DIGEST, "ecdsa_sha256", Activation(pin="0000"))
    assert await key.sign(DIGEST, "ecdsa_sha256", CODES)


async def test_that_server_by_itself_asks_the_person_and_is_refused(
    services: TrustServices, open_: AsyncExitStack
) -> None:
    url = await open_.enter_async_context(dummy_service(services, with_pin=False))
    session = await open_.enter_async_context(ClientSession())
    key = CscKey(session, Credential(url=url, version=1, credential_id=CITIZEN, access_token=""))
    with pytest.raises(KeyUnusable, match="implicit"):
        await key.certificates()


async def test_that_server_with_scal1_is_refused(
    services: TrustServices, open_: AsyncExitStack
) -> None:
    url = await open_.enter_async_context(dummy_service(services, scal=1))
    session = await open_.enter_async_context(ClientSession())
    key = CscKey(session, Credential(url=url, version=1, credential_id=CITIZEN, access_token=""))
    with pytest.raises(KeyUnusable, match="SCAL1"):
        await key.certificates()
