"""What opens the citizen's key: a PIN, a code that comes to him or from his own device, or both."""

from typing import Any

import pytest
from sqlalchemy import Connection, update

from counter.errors import NotAllowedNow
from counter.esign.certificate import TRIES, Activating
from counter.esign.certificate_refusals import (
    ActivationEitherRefused,
    ActivationLapsed,
    ActivationLocked,
    ActivationPinRefused,
    ActivationRefused,
    ActivationUnanswered,
    CredentialUnfit,
)
from counter.esign.store_tables import ceremony_certificate, esign_ticket
from tests.esign.certificate.certified_citizens import (
    CASE,
    USER,
    CertifiedCounter,
    both_versions,
    rows,
)
from tests.esign.csc_fake import CREDENTIAL, PIN

WRONG = "8888"
SENDS = ("credentials/sendOTP", "credentials/getChallenge")


async def row(counter: CertifiedCounter) -> Any:
    (one,) = await rows(counter, ceremony_certificate)
    return one


def given(counter: CertifiedCounter) -> list[dict[str, str]]:
    """What was typed, of each authorization that was asked for."""
    names = {name: kind for kind, name in counter.fake.names.items()} | {"PIN": "pin", "OTP": "otp"}
    asked = [said for call, said in counter.fake.seen if call == "credentials/authorize"]
    typed = [
        said.get(
            "authData", [{"id": one, "value": said[one]} for one in ("PIN", "OTP") if one in said]
        )
        for said in asked
    ]
    return [{names[one["id"]]: one["value"] for one in ones} for ones in typed]


@both_versions
@pytest.mark.parametrize(
    ("pin", "codes_come", "wants"),
    [
        (PIN, "sent", "pin code"),
        (PIN, "own", "pin own_code"),
        (PIN, "never", "pin"),
        (None, "own", "own_code"),
        (None, "sent", "code"),
    ],
)
async def test_what_the_key_wants_is_given_in_one_and_nothing_else(
    counter: CertifiedCounter, pin: str | None, codes_come: Any, wants: str
) -> None:
    counter.fake.pin, counter.fake.codes_come = pin, codes_come
    ceremony_id, sha256 = await counter.chosen()
    counter.restart()
    assert (await row(counter)).wants == wants, "a node that starts knows what to ask for"
    assert bool((await row(counter)).code_sent_at) is (codes_come == "sent")
    assert [call for call, _ in counter.fake.seen if call in SENDS] == (
        [SENDS[counter.fake.version - 1]] if codes_come == "sent" else []
    )
    code = "" if codes_come == "never" else counter.fake.otp
    await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=pin or "")
    typed = {"pin": pin, "otp": code}
    assert given(counter) == [{kind: one for kind, one in typed.items() if one}]
    assert await counter.state() == "sealed" and len(counter.fake.signed) == 1
    told = "ceremony.code_sent" if codes_come == "sent" else "ceremony.activation_asked"
    assert told in await counter.written()


@both_versions
@pytest.mark.parametrize("extra", ["code", "pin", "nothing"])
async def test_too_little_or_too_much_is_not_given_to_the_provider(
    counter: CertifiedCounter, extra: str
) -> None:
    counter.fake.pin = None if extra == "pin" else PIN
    counter.fake.codes_come = "never" if extra == "code" else "sent"
    ceremony_id, sha256 = await counter.chosen()
    typed = {"code": ("424240", PIN), "pin": ("424240", PIN), "nothing": ("424240", "")}[extra]
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, typed[0], pin=typed[1])
    assert given(counter) == []
    assert ((await row(counter)).state, (await row(counter)).wrong) == ("coded", 0)


async def test_pins_are_nowhere_when_it_is_done(
    counter: CertifiedCounter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    counter.fake.pin = "71940628"
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    with pytest.raises(ActivationPinRefused) as refused:
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin="63158204")
    await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin="71940628")
    kept = str(await rows(counter, ceremony_certificate)) + str(await rows(counter, esign_ticket))
    told = await counter.written() + kept + str(refused.value) + repr(refused.value)
    logged = [one for one in caplog.records if one.name.startswith("counter")]
    for secret in ("71940628", "63158204", code, USER, CREDENTIAL):
        assert secret not in told
        assert not any(secret in one.getMessage() for one in logged)


@both_versions
@pytest.mark.parametrize(("pin", "code"), [(WRONG, None), (PIN, "000000"), (WRONG, "000000")])
@pytest.mark.parametrize("vague", [False, True])
async def test_whichever_is_wrong_costs_a_try_and_the_third_locks(
    counter: CertifiedCounter, pin: str, code: str | None, vague: bool
) -> None:
    counter.fake.pin, counter.fake.vague = PIN, vague
    which = ActivationPinRefused if pin == WRONG else ActivationRefused
    ceremony_id, sha256 = await counter.chosen()
    code = code or counter.fake.codes[-1]
    for left in range(TRIES - 1, 0, -1):
        with pytest.raises(ActivationRefused) as wrong:
            await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=pin)
        assert wrong.type is (ActivationEitherRefused if vague else which)
        assert (await row(counter)).wrong == TRIES - left
        counter.restart()
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=pin)
    asked = len(counter.fake.seen)
    with pytest.raises(ActivationLocked):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.otp, pin=PIN)
    assert len(counter.fake.seen) == asked and counter.fake.signed == []


@pytest.mark.parametrize("burns", [False, True])
async def test_a_code_that_a_wrong_pin_used_up_is_no_wrong_one(
    counter: CertifiedCounter, burns: bool
) -> None:
    counter.fake.pin, counter.fake.burns = PIN, burns
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    with pytest.raises(ActivationPinRefused):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=WRONG)
    counter.restart()
    if burns:
        with pytest.raises(ActivationLapsed):
            await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=PIN)
        assert ((await row(counter)).state, (await row(counter)).wrong) == ("spent", 1)
        await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1], pin=PIN)
    assert (await row(counter)).wrong == 1 and len(set(counter.fake.signed)) == 1


async def test_a_new_code_may_be_asked_for_after_a_wrong_pin_and_then_each_wrong_one_counts(
    counter: CertifiedCounter,
) -> None:
    counter.fake.pin = PIN
    ceremony_id, sha256 = await counter.chosen()
    with pytest.raises(ActivationPinRefused):
        await counter.certificates.sign(
            CASE, ceremony_id, sha256, counter.fake.codes[-1], pin=WRONG
        )
    await counter.certificates.send_again(CASE, ceremony_id)
    with pytest.raises(ActivationRefused) as wrong:
        await counter.certificates.sign(CASE, ceremony_id, sha256, "000000", pin=PIN)
    assert wrong.type is ActivationRefused and (await row(counter)).wrong == 2


@both_versions
@pytest.mark.parametrize("call", ["credentials/authorize", "signatures/signHash"])
async def test_after_a_lost_answer_the_used_code_costs_no_try_and_a_wrong_pin_does(
    counter: CertifiedCounter, call: str
) -> None:
    counter.fake.pin = PIN
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.codes[-1]
    counter.fake.cuts = call
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=PIN)
    counter.fake.cuts = None
    counter.restart()
    with pytest.raises(ActivationPinRefused):  # a PIN is never used up: this one is wrong
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=WRONG)
    assert (await row(counter)).wrong == 1
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=PIN)
    assert (await row(counter)).wrong == 1
    await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1], pin=PIN)
    assert len(set(counter.fake.signed)) == 1 and counter.studio.begun.count("Citizen") == 1


@both_versions
@pytest.mark.parametrize("call", ["credentials/authorize", "signatures/signHash"])
async def test_a_pin_alone_is_typed_again_after_a_lost_answer(
    counter: CertifiedCounter, call: str
) -> None:
    counter.fake.pin, counter.fake.codes_come = PIN, "never"
    ceremony_id, sha256 = await counter.chosen()
    for _ in range(TRIES + 1):
        counter.fake.cuts = call
        with pytest.raises(ActivationUnanswered):
            await counter.certificates.sign(CASE, ceremony_id, sha256, pin=PIN)
        counter.restart()
    counter.fake.cuts = None
    with pytest.raises(ActivationPinRefused):  # nothing can be used up: it is a wrong one
        await counter.certificates.sign(CASE, ceremony_id, sha256, pin=WRONG)
    with pytest.raises(NotAllowedNow):
        await counter.certificates.send_again(CASE, ceremony_id)
    await counter.certificates.sign(CASE, ceremony_id, sha256, pin=PIN)
    assert ((await row(counter)).state, (await row(counter)).wrong) == ("signed", 1)


@pytest.mark.parametrize("codes_come", ["never", "own"])
async def test_an_activation_that_became_too_old_is_said_and_typed_again_without_a_new_code(
    counter: CertifiedCounter, codes_come: Any
) -> None:
    counter.fake.pin, counter.fake.codes_come = PIN, codes_come
    code = {"never": "", "own": counter.fake.otp}[codes_come]
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.fault = "expire"
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code, pin=PIN)
    assert ((await row(counter)).state, (await row(counter)).wrong) == ("coded", 0)
    counter.fake.fault = None
    counter.fake.otp = "777777"  # the next one on his device
    await counter.certificates.sign(CASE, ceremony_id, sha256, code and counter.fake.otp, pin=PIN)


async def test_a_code_of_his_own_device_that_a_lost_answer_used_up_is_no_wrong_one(
    counter: CertifiedCounter,
) -> None:
    counter.fake.codes_come = "own"
    ceremony_id, sha256 = await counter.chosen()
    code = counter.fake.otp
    counter.fake.cuts = "signatures/signHash"
    with pytest.raises(ActivationUnanswered):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    counter.fake.cuts = None
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    with pytest.raises(ActivationRefused) as wrong:  # from here on each wrong one counts
        await counter.certificates.sign(CASE, ceremony_id, sha256, code)
    assert wrong.type is ActivationRefused and (await row(counter)).wrong == 1
    counter.fake.otp = "777777"
    await counter.certificates.sign(CASE, ceremony_id, sha256, "777777")


@both_versions
async def test_a_key_that_begins_to_want_a_pin_is_asked_about_anew(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()
    counter.fake.pin = PIN
    with pytest.raises(ActivationLapsed):
        await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])
    assert given(counter) == [] and len(counter.fake.codes) == 2
    assert ((await row(counter)).wants, (await row(counter)).wrong) == ("pin code", 0)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1], pin=PIN)


async def test_a_row_from_before_a_pin_could_be_typed_wants_a_code(
    counter: CertifiedCounter,
) -> None:
    ceremony_id, sha256 = await counter.chosen()

    def as_it_was(conn: Connection) -> None:
        conn.execute(update(ceremony_certificate).values(wants=None))

    await counter.executor.write(as_it_was)
    await counter.certificates.sign(CASE, ceremony_id, sha256, counter.fake.codes[-1])


async def test_the_agent_s_word_comes_before_a_pin_as_before_a_code(
    counter: CertifiedCounter,
) -> None:
    counter.identity.is_his = False
    counter.fake.pin, counter.fake.codes_come = PIN, "never"
    ceremony_id, sha256 = await counter.chosen()
    with pytest.raises(NotAllowedNow):
        await counter.certificates.sign(CASE, ceremony_id, sha256, pin=PIN)
    seen = counter.trust.asked[-1].sha256
    await counter.certificates.confirm(CASE, ceremony_id, seen, by="agent:a")
    await counter.certificates.sign(CASE, ceremony_id, sha256, pin=PIN)


NOWHERE: dict[int, list[dict[str, Any]]] = {
    1: [
        {"authMode": "implicit"},
        {"authMode": "oauth2code"},
        {"PIN": {"presence": "true", "format": "A"}},
        {"PIN": {"presence": "false"}, "OTP": {"presence": "false"}},
    ],
    2: [
        {"auth": {"mode": "oauth2code"}},
        {"auth": {"mode": "explicit", "objects": [{"type": "ChallengeResponseOOB", "id": "push"}]}},
        {"auth": {"mode": "explicit", "objects": [{"type": "Password", "id": "P", "format": "A"}]}},
        {"auth": {"mode": "explicit", "objects": []}},
    ],
}


@both_versions
@pytest.mark.parametrize("which", range(4))
async def test_a_key_that_is_opened_by_what_is_not_typed_here_is_refused_before_anything(
    counter: CertifiedCounter, which: int
) -> None:
    counter.fake.says = NOWHERE[counter.fake.version][which]
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert [call for call, _ in counter.fake.seen] == ["credentials/list", "credentials/info"]
    assert counter.studio.begun == ["Origin"]
    assert await rows(counter, ceremony_certificate) == []


async def test_a_question_of_the_service_s_own_is_no_code(counter: CertifiedCounter) -> None:
    counter.fake.question = "Your mother's name?"
    ceremony_id, sha256 = await counter.consented()
    with pytest.raises(CredentialUnfit, match="question"):
        await counter.certificates.choose(CASE, ceremony_id, sha256, USER)
    assert (await row(counter)).state == "chosen"


def test_what_is_used_up_by_a_wrong_pin_and_what_is_not() -> None:
    one = Activating(credential_id="c", state="coded", wrong=0, wants=("pin", "code"))
    assert one.refused(pin=True).state == "given"
    assert one.refused().state == "coded"
    assert one.used_up().state == "spent"
    alone = Activating(credential_id="c", state="given", wrong=2, wants=("pin",))
    assert alone.used_up().state == "coded"
    assert alone.refused(pin=True).state == "locked"
