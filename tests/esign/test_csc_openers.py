"""What opens a credential: read from the service's own words, and nothing is guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.esign.csc_openers import MAX_OBJECTS, holds, openers
from counter.esign.signing_refusals import KeyUnusable

NO = {"presence": "false"}
PIN = {"presence": "true", "format": "N"}
SENT = {"presence": "true", "type": "online", "format": "N"}
OWN = {"presence": "true", "type": "offline", "format": "N"}


def maybe(one: dict[str, str]) -> dict[str, str]:
    return one | {"presence": "optional"}


def version_1(pin: Any, otp: Any, **more: Any) -> dict[str, Any]:
    return {"authMode": "explicit", "PIN": pin, "OTP": otp} | more


@pytest.mark.parametrize(
    ("pin", "otp", "wanted"),
    [
        (PIN, SENT, ["pin", "code"]),
        (PIN, OWN, ["pin", "own_code"]),
        (PIN, NO, ["pin"]),
        (PIN, None, ["pin"]),
        (NO, SENT, ["code"]),
        (NO, OWN, ["own_code"]),
        (PIN, maybe(SENT), ["pin"]),
        (maybe(PIN), SENT, ["code"]),
        (maybe(PIN), maybe(SENT), ["code"]),
        (maybe(PIN), maybe(SENT) | {"format": "A"}, ["pin"]),
        (PIN | {"presence": True}, NO, ["pin"]),
        (NO, {"presence": "true"}, ["code"]),
        (maybe(PIN) | {"format": "A"}, SENT, ["code"]),
    ],
)
def test_version_1_says_it_of_the_pin_and_of_the_code(pin: Any, otp: Any, wanted: Any) -> None:
    names = {"pin": "PIN", "code": "OTP", "own_code": "OTP"}
    found = openers(version_1(pin, otp), 1)
    assert [one.wanted for one in found] == wanted
    assert [one.name for one in found] == [names[one] for one in wanted]


@pytest.mark.parametrize(
    "said",
    [
        version_1(NO, NO),
        version_1(None, None),
        {},
        version_1(PIN, SENT, authMode="implicit"),
        version_1(PIN, SENT, authMode="oauth2code"),
        version_1(PIN | {"format": "A"}, NO),
        version_1(PIN, SENT | {"format": "A"}),
        version_1(NO, SENT | {"type": "voice"}),
        version_1(maybe(PIN) | {"format": "A"}, NO),
    ],
)
def test_version_1_is_refused_when_it_cannot_be_typed(said: dict[str, Any]) -> None:
    with pytest.raises(KeyUnusable):
        openers(said, 1)


def test_a_presence_that_is_none_is_no_answer() -> None:
    with pytest.raises(ValueError, match="presence"):
        openers(version_1({"presence": "perhaps"}, NO), 1)


def password(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "Password", "id": name, "format": "N"} | more


def challenge(name: str, **more: Any) -> dict[str, Any]:
    return password(name, **({"type": "ChallengeResponse"} | more))


def version_2(*objects: dict[str, Any], expression: str = "", **more: Any) -> dict[str, Any]:
    return {"auth": {"mode": "explicit", "expression": expression, "objects": objects} | more}


SAMPLE = version_2(password("PIN"), password("OTP", generator="totp"), expression="PIN AND OTP")
"The standard's own."


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (SAMPLE, [("pin", "PIN"), ("own_code", "OTP")]),
        (version_2(challenge("OTP")), [("code", "OTP")]),
        (version_2(password("OTP")), [("pin", "OTP")]),  # by what it is, not by its name
        (version_2(challenge("PIN"), password("code")), [("pin", "code"), ("code", "PIN")]),
        (version_2({"type": "Password", "id": "PIN"}), [("pin", "PIN")]),
        (
            version_2(password("P"), challenge("SMS"), expression="P OR SMS"),
            [("code", "SMS")],
        ),
        (
            version_2(
                password("P"),
                challenge("my phone"),
                password("app", generator="totp"),
                expression="P AND (my phone XOR app)",
            ),
            [("pin", "P"), ("code", "my phone")],
        ),
        (
            version_2(password("P"), challenge("SMS", type="PasswordOOB"), expression="P OR SMS"),
            [("pin", "P")],
        ),
    ],
)
def test_version_2_says_what_its_objects_are_and_how_they_go_together(
    said: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert [(one.wanted, one.name) for one in openers(said, 2)] == found


@pytest.mark.parametrize(
    "said",
    [
        version_2(),
        version_2(password("P"), mode="oauth2code"),
        version_2(password("P"), password("Q")),
        version_2(challenge("S"), password("app", generator="totp")),
        version_2(password("P", format="A")),
        version_2(password("P"), challenge("S", type="PasswordOOB")),
        version_2(password("P"), challenge("S", type="ChallengeResponseOOB")),
        version_2(password("P"), challenge("S", generator="card reader")),
        version_2(password("P"), challenge("S", type="Biometric")),
        version_2(password("P"), expression="P AND unknown"),
        version_2(password("P"), expression="P P"),
        version_2(password("P"), expression="(P"),
        version_2(password("P"), expression="P)"),
        version_2(password("P"), expression="AND P"),
        version_2(password("P"), expression="P AND"),
        version_2(password("P"), expression="()"),
        version_2(password("P"), expression=" " * 201),
        version_2(password("P"), expression="(" * 100 + "P" + ")" * 100),
        version_2(password(""), expression="P"),
        version_2(*(password(f"P{one}") for one in range(MAX_OBJECTS + 1)), expression="P1"),
    ],
)
def test_version_2_is_refused_when_it_cannot_be_typed(said: dict[str, Any]) -> None:
    with pytest.raises(KeyUnusable):
        openers(said, 2)


@pytest.mark.parametrize(
    ("expression", "given_", "true"),
    [
        ("a OR b AND c", "a", True),
        ("a OR b AND c", "b", False),
        ("(a OR b) AND c", "a", False),
        ("a XOR b", "ab", False),
        ("a XOR b AND c", "ab", True),
        ("a OR b XOR b", "ab", True),
        ("(a)AND(b)", "ab", True),
        ("(" * 99 + "a" + ")" * 99, "a", True),
    ],
)
def test_and_binds_closest_then_xor(expression: str, given_: str, true: bool) -> None:
    assert holds(expression, "abc", given_) is true


NAMES = ["PIN", "OTP", "PIN 2", "ANDROID", "a.b", "OR1"]
TREES = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "XOR"]), inner),
    max_leaves=8,
)


def written(tree: Any) -> str:
    return tree if isinstance(tree, str) else f"({written(tree[0])} {tree[1]} {written(tree[2])})"


def reckoned(tree: Any, said: set[str]) -> bool:
    if isinstance(tree, str):
        return tree in said
    left, right = reckoned(tree[0], said), reckoned(tree[2], said)
    return {"AND": left and right, "OR": left or right, "XOR": left != right}[tree[1]]


@given(TREES, st.sets(st.sampled_from(NAMES)))
def test_an_expression_is_worth_what_its_tree_is(tree: Any, said: set[str]) -> None:
    assert holds(written(tree), NAMES, said) is reckoned(tree, said)
