"""The citizen signs with his own certificate at a remote service, on both engines."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

from counter.errors import NotAllowedNow, Refusal
from counter.esign.certificate import TRIES, Activating
from counter.esign.certificate_refusals import (
    ActivationLapsed,
    ActivationLocked,
    ActivationRefused,
    ActivationUnanswered,
    CredentialUnfit,
    CredentialUnknown,
    MeansNotOpen,
)
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.keys_files import load
from counter.esign.pki_development import DevelopmentPki
from counter.esign.refusals import CeremonyUnknown, ClassOutOfReach, DigestMismatch
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    KeyMismatch,
    KeyUnavailable,
    KeyUnusable,
    TimestampUnavailable,
)
from counter.esign.store_tables import ceremony_certificate, esign_ticket
from counter.esign.ticket import CertificateChain
from counter.ids import CaseId
from counter.store.executor import Executor
from tests.esign.certified_citizens import CASE, USER, CertifiedCounter, certified_counter
from tests.esign.certified_names import certified
from tests.esign.conftest import STROKES
from tests.esign.csc_fake import CREDENTIAL
from tests.esign.key_rings import Ring, ring


@pytest.fixture(scope="session")
def citizen(tmp_path_factory: pytest.TempPathFactory, pki: DevelopmentPki) -> Ring:
    return ring("ec", tmp_path_factory.mktemp("citizen"), pki)


@pytest.fixture(params=[2])
async def counter(
    request: pytest.FixtureRequest,
    executor: Executor,
    new_id: Callable[[], str],
    forms: Forms,
    glyphs: GlyphTable,
    now: datetime,
    citizen: Ring,
) -> AsyncIterator[CertifiedCounter]:
    version = request.param
    async with certified_counter(executor, new_id, glyphs, now, citizen, version) as made:
        made.start(forms, acts="both")
        yield made


both_versions = pytest.mark.parametrize("counter", [1, 2], indirect=True)


def calls(counter: CertifiedCounter) -> list[str]:
    return [call.partition("/")[2] for call, _ in counter.fake.seen]


async def rows(counter: CertifiedCounter, table: Any) -> list[Any]:
    def query(conn: Connection) -> list[Any]:
        return list(conn.execute(select(table)).all())

    return await counter.executor.read(query)


@both_versions
async def test_a_citizen_signs_with_his_own_certificate_and_the_chain_is_as_with_ink(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    assert counter.studio.begun == ["Origin", "Citizen"], "the hole is there before any code"
    assert await counter.state() == "consented"
    signed = await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.studio.begun == ["Origin", "Citizen", "Agent", "Seal"]
    assert await counter.state() == "sealed"
    assert not counter.keys["witness"].asked, "no key of ours signs for him"
    content = counter.blobs.kept[signed.sha256].decode()
    assert f" by certificate 1 Test ec {counter.now} witnessed" in content
    again = await counter.certificates.sign(CASE, ceremony_id, sha256, "")
    assert again == signed and len(counter.fake.signed) == 1
    assert counter.holes() == 0
    assert '"act":"certificate"' in await counter.written()


async def test_codes_and_who_he_is_at_the_provider_are_nowhere_when_it_is_done(
    counter: CertifiedCounter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    with pytest.raises(ActivationRefused) as refused:
        await counter.certificates.sign(CASE, ceremony_id, sha256, "999999")
    await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    kept = str(await rows(counter, ceremony_certificate)) + str(await rows(counter, esign_ticket))
    told = await counter.written() + kept + str(refused.value) + repr(refused.value)
    for secret in (code, "999999", USER, CREDENTIAL):
        assert secret not in told
    logged = [one for one in caplog.records if one.name.startswith("counter")]
    for secret in (code, "999999", USER, CREDENTIAL):
        assert not any(secret in one.getMessage() for one in logged)


async def test_three_wrong_codes_lock_it_and_ink_is_another_means(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES - 1):
        with pytest.raises(ActivationRefused):
            await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
        counter.restart()  # what is counted outlives the process
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    asked = len(counter.fake.seen)
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    with pytest.raises(ActivationLocked):
        await counter.certificates.send_again(CASE, ceremony_id)
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.seen) == asked, "the service is not asked again"
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed"
    assert counter.holes() == 0, "the hole for the certificate is gone as well"
    assert len(counter.keys["witness"].asked) == 1


async def test_a_locked_citizen_may_decline_where_ink_is_not_allowed(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="certificate")
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES):
        with pytest.raises((ActivationRefused, ActivationLocked)):
            await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    with pytest.raises(MeansNotOpen):
        await counter.certificates.leave(CASE, ceremony_id)
    await counter.esign.decline(CASE, ceremony_id, counter.now)
    assert await counter.esign.resume() == 0
    assert counter.holes() == 0
    (row,) = await rows(counter, ceremony_certificate)
    assert row.credential_id is None


async def test_ink_is_refused_where_only_the_certificate_reaches_the_class(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="both", minimum_class="qualified")
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "consented"


async def test_a_provider_that_gives_too_little_is_said_before_anybody_reads(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.gives = "advanced"
    counter.start(forms, acts="certificate", minimum_class="qualified")
    with pytest.raises(ClassOutOfReach):
        await counter.consented()


async def test_ink_that_opens_after_the_consent_was_not_agreed_to(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="both", minimum_class="advanced")
    counter.level_now = "L1"
    ceremony_id, sha256 = await counter.consented()
    counter.level_now = "L2"
    with pytest.raises(MeansNotOpen):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.esign.to_agree_to(CASE, ceremony_id) == "certificate"
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert '"text":"certificate-1"' in await counter.written()


async def test_a_form_for_the_hand_alone_is_not_signed_with_a_certificate(
    counter: CertifiedCounter, forms: Forms
) -> None:
    counter.start(forms, acts="handwritten")
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(MeansNotOpen):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.seen == []


async def test_an_activation_that_became_too_old_is_no_wrong_code_and_signs_the_same_hash(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.fault = "expire"
    for _ in range(TRIES + 1):
        for _ in range(2):  # the second time it is used up, and no wrong one either
            with pytest.raises(ActivationLapsed):
                await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
        await counter.certificates.send_again(CASE, ceremony_id)
    counter.fake.fault = None
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    hashes = {
        str(asked.get("hashes")) for call, asked in counter.fake.seen if call.endswith("authorize")
    }
    assert len(hashes) == 1
    assert counter.studio.begun.count("Citizen") == 1


async def test_a_used_or_older_code_is_worth_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.send_again(CASE, ceremony_id)
    older, newest = counter.fake.codes
    with pytest.raises(ActivationRefused):
        await counter.certificates.sign(CASE, ceremony_id, sha256, older)
    await counter.certificates.sign(CASE, ceremony_id, sha256, newest)


async def test_a_value_whose_answer_was_lost_is_asked_for_again_with_the_same_hash(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.loses_answer = asyncio.Event()
    dying = asyncio.create_task(
        counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    )
    await counter.fake.loses_answer.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    counter.fake.loses_answer = None
    counter.restart()
    assert await counter.esign.resume() == 0, "the value is unknown: nobody can go on alone"
    assert counter.holes() == 1, "and the hole waits"
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert len(counter.fake.signed) == 2 and len(set(counter.fake.signed)) == 1
    assert counter.studio.begun.count("Citizen") == 1, "never a second hole"


async def test_a_value_that_is_kept_is_finished_without_the_citizen(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert await counter.state() == "signing"
    counter.studio.refusal = None
    counter.restart()
    asked = len(counter.fake.seen)
    assert await counter.esign.resume() == 1
    assert await counter.state() == "sealed"
    assert len(counter.fake.seen) == asked and counter.studio.begun.count("Citizen") == 1


async def test_a_service_that_does_not_answer_costs_no_try(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.fault = "credentials/authorize:500"
    for _ in range(TRIES + 1):
        with pytest.raises(KeyUnavailable):
            await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.fake.fault = None
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])


@both_versions
@pytest.mark.parametrize("call", ["credentials/authorize", "signatures/signHash"])
async def test_a_code_that_a_lost_answer_used_up_is_no_wrong_one(
    counter: CertifiedCounter, call: str
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES + 1):
        code = counter.fake.codes[-1]
        counter.fake.cuts = call
        with pytest.raises(ActivationUnanswered):
            await counter.certificates.sign(CASE, ceremony_id, sha256, code)
        counter.fake.cuts = None
        counter.restart()
        with pytest.raises(ActivationLapsed):
            await counter.certificates.sign(CASE, ceremony_id, sha256, code)
        await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("signed", 0)
    hashes = {
        str(asked.get("hashes", asked.get("hash")))
        for called, asked in counter.fake.seen
        if called in ("credentials/authorize", "signatures/signHash")
    }
    assert len(hashes) == 1 and counter.studio.begun.count("Citizen") == 1
    assert len(counter.fake.signed) == (1 if call == "credentials/authorize" else TRIES + 2)
    assert await counter.state() == "sealed" and counter.holes() == 0


async def test_a_lost_answer_lets_one_code_be_tried_and_no_more(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.cuts = "signatures/signHash"
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.fake.cuts = None
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    asked = len(counter.fake.seen)
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000001")
    assert len(counter.fake.seen) == asked, "without a new code the service is not asked"
    # Chosen again, a new code is sent: from here on each wrong one counts.
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    with pytest.raises(ActivationRefused) as wrong:
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    assert wrong.type is ActivationRefused
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("coded", 1)


async def test_that_an_answer_was_lost_is_known_until_a_new_code_is_there(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    counter.fake.cuts = "signatures/signHash"
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    counter.fake.cuts, counter.fake.fault = None, "credentials/getChallenge:500"
    for ask in (
        counter.certificates.choose(CASE, ceremony_id, sha256, USER),
        counter.certificates.send_again(CASE, ceremony_id),
    ):
        with pytest.raises(KeyUnavailable):
            await ask
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)


async def test_two_taps_at_once_are_one_signature(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    done = await asyncio.gather(
        *(counter.certificates.sign(CASE, ceremony_id, sha256, code) for _ in range(2))
    )
    assert done[0] == done[1] and len(counter.fake.signed) == 1


@both_versions
async def test_scal1_is_refused_before_any_code_is_sent(counter: CertifiedCounter) -> None:
    counter.fake.scal = "1"
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit, match="SCAL1"):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert calls(counter) == ["list", "info"]
    assert counter.studio.begun == ["Origin"]


@pytest.mark.parametrize(
    "why", [CertificateExpired("over"), CertificateRevoked("revoked"), KeyUnusable("no root")]
)
async def test_a_certificate_that_does_not_hold_is_refused_before_the_hole(
    counter: CertifiedCounter, why: Refusal
) -> None:
    counter.trust.refusal = why
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.codes == [] and counter.studio.begun == ["Origin"]
    assert await rows(counter, ceremony_certificate) == []


async def test_a_certificate_that_was_revoked_meanwhile_signs_nothing(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.trust.refusal = CertificateRevoked("since")
    with pytest.raises(CredentialUnfit):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == [] and await counter.state() == "consented"


async def test_who_is_unknown_at_the_provider_may_type_it_again(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnknown):
        await counter.certificates.choose(CASE, ceremony_id, sha256, "nobody")
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)


async def test_a_list_that_is_none_is_an_outage(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.consented()
    counter.fake.fault = "credentials/list:list"
    with pytest.raises(KeyUnavailable):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)


async def test_the_hole_is_for_one_certificate_and_for_no_other(
    counter: CertifiedCounter, citizen: Ring, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.key = load(pki.seal)
    with pytest.raises(KeyMismatch):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


async def test_a_number_that_belongs_to_somebody_else_is_corrected(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.consented()
    own, counter.fake.key = counter.fake.key, load(pki.seal)
    counter.fake.users["+85366123457"] = ["stranger"]
    await counter.certificates.choose(CASE, ceremony_id, sha256, "+85366123457")
    for _ in range(2):  # pressed twice it is once
        await counter.certificates.another(CASE, ceremony_id)
    assert counter.holes() == 0, "the hole for the stranger's certificate is gone"
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong, row.credential_id) == ("another", 1, None)
    counter.fake.key = own
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    signed = await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.studio.begun.count("Citizen") == 2 and counter.holes() == 0
    assert " by certificate 2 Test ec " in counter.blobs.kept[signed.sha256].decode()


async def test_of_several_credentials_the_first_that_is_for_signing_signs(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    counter.fake.users = {USER: ["login", CREDENTIAL]}
    counter.fake.others = {"login": load(pki.tsa)}
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    asked = {said["credentialID"] for call, said in counter.fake.seen if "authorize" in call}
    assert asked == {CREDENTIAL}
    counter.fake.users = {USER: ["login"]}
    with pytest.raises(CredentialUnfit, match="not for signing"):
        await counter.certificates.citizens.find(USER)


@pytest.mark.parametrize("asked", [{"policies": ("1.2.3.4",)}, {"statements": ("0.4.0.1862.1.1",)}])
async def test_a_certificate_that_does_not_say_what_is_asked_for_signs_nothing(
    counter: CertifiedCounter, asked: dict[str, Any]
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    vars(counter).update(asked)
    counter.restart()
    with pytest.raises(CredentialUnfit, match="qualified"):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    with pytest.raises(CredentialUnfit, match="qualified"):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


QUALIFIED = bytes.fromhex("3016300a06082b06010505070b023008060604008e460101")
"id-qcs-pkixQCSyntax-v2 and QcCompliance."


@pytest.mark.parametrize(
    ("policies", "statements", "carries", "reached"),
    [
        ((), (), {}, True),
        (("1.2.3",), (), {}, False),
        (("1.2.3", "1.2.4"), (), {"policies": ["1.2.9", "1.2.4"]}, True),
        (("1.2.3",), (), {"policies": ["1.2.3.1"]}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": QUALIFIED}, True),
        ((), ("0.4.0.1862.1.1", "0.4.0.1862.1.4"), {"statements": QUALIFIED}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": QUALIFIED[:-2]}, False),
        ((), ("0.4.0.1862.1.1",), {"statements": b"junk"}, False),
        (("1.2.3",), ("0.4.0.1862.1.1",), {"statements": QUALIFIED}, False),
    ],
)
def test_the_class_is_read_in_the_certificate_where_that_is_asked_for(
    counter: CertifiedCounter,
    policies: tuple[str, ...],
    statements: tuple[str, ...],
    carries: dict[str, Any],
    reached: bool,
) -> None:
    counter.policies, counter.statements = policies, statements
    counter.restart()
    certificate = certified({"common_name": "X"}, **carries)
    chain = CertificateChain(certificate=certificate, issuers=())
    assert counter.certificates.citizens.reaches(chain) is reached


def digest(counter: CertifiedCounter) -> str:
    return counter.trust.asked[-1].sha256


async def test_of_a_name_that_nobody_made_sure_of_the_agent_is_asked_before_any_code(
    counter: CertifiedCounter,
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    assert counter.identity.asked == [("Test ec", "")]
    assert counter.fake.codes == []
    for ask in (
        counter.certificates.sign(CASE, ceremony_id, sha256, "424240"),
        counter.certificates.send_again(CASE, ceremony_id),
        counter.certificates.confirm(CASE, ceremony_id, "ab" * 32, by="agent:a"),
        counter.certificates.confirm(CaseId("case-2"), ceremony_id, digest(counter), by="agent:a"),
    ):
        with pytest.raises((NotAllowedNow, CeremonyUnknown)):
            await ask
    counter.restart()
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.codes == [], "asking again is no answer"
    for _ in range(2):  # said twice it is sent once
        await counter.certificates.confirm(CASE, ceremony_id, digest(counter), by="agent:a")
    assert len(counter.fake.codes) == 1
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.codes) == 2, "it is known whose it is"
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    written = await counter.written()
    assert "Test ec" not in written and "ceremony.certificate_confirmed" in written
    assert digest(counter) in written


async def test_a_certificate_that_the_agent_says_is_not_his_signs_nothing(
    counter: CertifiedCounter,
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.deny(CASE, ceremony_id, by="agent:a")
    assert counter.fake.codes == [] and counter.holes() == 0
    with pytest.raises(NotAllowedNow):
        await counter.certificates.deny(CASE, ceremony_id, by="agent:a")
    with pytest.raises(NotAllowedNow):
        await counter.certificates.confirm(CASE, ceremony_id, digest(counter), by="agent:a")
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("another", 1)
    assert "ceremony.certificate_denied" in await counter.written()
    await counter.certificates.leave(CASE, ceremony_id)
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed"


async def test_a_confirmation_is_for_the_certificate_that_was_seen(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    counter.identity.is_his = False
    ceremony_id, sha256 = await counter.chosen()
    seen = digest(counter)
    counter.fake.key = load(pki.seal)
    counter.fake.users["+85366123457"] = ["stranger"]
    await counter.certificates.choose(CASE, ceremony_id, sha256, "+85366123457")
    with pytest.raises(NotAllowedNow):
        await counter.certificates.confirm(CASE, ceremony_id, seen, by="agent:a")
    records = counter.certificates._of.activations
    with pytest.raises(NotAllowedNow):  # sent for the first one, by whom this crossed
        await records.to_be_typed(CASE, ceremony_id, CREDENTIAL, ["code"], counter.now)
    assert counter.fake.codes == []
    (row,) = await rows(counter, ceremony_certificate)
    assert row.state == "asked"


async def test_typing_another_number_after_going_back_is_the_same_and_costs_a_try(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.consented()
    both = [counter.fake.key, load(pki.seal)]
    for turn in range(TRIES):
        counter.fake.key = both[turn % 2]
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
        await counter.certificates.leave(CASE, ceremony_id)
    sent = len(counter.fake.codes)
    counter.fake.key = both[TRIES % 2]
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert len(counter.fake.codes) == sent == TRIES, "nobody is sent a fourth code"
    with pytest.raises(ActivationLocked):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    assert await counter.state() == "sealed" and counter.holes() == 0


async def test_a_value_for_a_hole_that_was_let_go_is_not_put_into_the_next_one(
    counter: CertifiedCounter, pki: DevelopmentPki
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.loses_answer = asyncio.Event()
    late = asyncio.create_task(
        counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    )
    await counter.fake.loses_answer.wait()
    counter.fake.key = load(pki.seal)
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    counter.fake.answers.set()
    with pytest.raises(NotAllowedNow):
        await late
    assert await counter.state() == "consented"
    (ticket,) = [row for row in await rows(counter, esign_ticket) if row.field == "Citizen"]
    assert ticket.value is None


async def test_nothing_is_chosen_before_consent_nor_for_another_document(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(DigestMismatch):
        await counter.certificates.choose(CASE, ceremony_id, "0" * 64, USER)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "123456")
    await counter.esign.withdraw(CASE, ceremony_id, by="agent:a", now=counter.now)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert counter.fake.seen == []


async def test_a_code_after_the_ink_signs_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    await counter.certificates.leave(CASE, ceremony_id)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    counter.studio.refusal = TimestampUnavailable("down")
    with pytest.raises(TimestampUnavailable):
        await counter.esign.sign(CASE, ceremony_id, sha256, STROKES, counter.now)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert counter.fake.signed == []


async def test_who_goes_back_to_the_pen_may_choose_his_certificate_again(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    with pytest.raises(ActivationRefused):
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000")
    await counter.certificates.leave(CASE, ceremony_id)
    await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    (row,) = await rows(counter, ceremony_certificate)
    assert (row.state, row.wrong) == ("coded", 1), "wrong codes are not forgotten"
    assert counter.studio.begun.count("Citizen") == 1
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])


async def test_another_case_s_citizen_activates_nothing(counter: CertifiedCounter) -> None:
    ceremony_id, sha256 = await counter.chosen()
    other = CaseId("case-2")
    for ask in (
        counter.certificates.choose(other, ceremony_id, sha256, USER),
        counter.certificates.sign(other, ceremony_id, sha256, counter.fake.codes[-1]),
        counter.certificates.send_again(other, ceremony_id),
        counter.certificates.leave(other, ceremony_id),
    ):
        with pytest.raises(CeremonyUnknown):
            await ask
    assert len(counter.fake.codes) == 1


def test_the_third_wrong_code_locks() -> None:
    one = Activating(credential_id="c", state="coded", wrong=0)
    seen = []
    for _ in range(4):
        one = one.refused()
        seen.append((one.state, one.left))
    assert seen == [("coded", 2), ("coded", 1), ("locked", 0), ("locked", 0)]
    assert "credential_id" not in repr(one)
