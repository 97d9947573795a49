"""What opens a credential at a remote signing service, as the service says it.

Covered: a PIN, a one-time code that the service sends or that the person's own device or app shows,
and a PIN with either; all of them in digits, which is what a keypad has.  Anything else is
`KeyUnusable`, before anything is sent: what the service asks the person itself (`implicit`,
`oauth2code`, out of band), letters, a challenge that a machine answers, two PINs or two codes, a
key that opens with nothing.
Source: CSC API 1.0.4.0, 11.5; 2.0.0.2, 8.3.1 and 11.4.
"""

import operator
import re
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, Literal

from counter.esign.certificate import Wanted
from counter.esign.signing_refusals import KeyUnusable

MAX_OBJECTS: Final = 10
MAX_EXPRESSION: Final = 200
OPERATORS: Final[dict[str, Callable[[bool, bool], bool]]] = {
    "OR": operator.or_,
    "XOR": operator.xor,
    "AND": operator.and_,
}
"The loosest first."
RANK: Final = {name: rank for rank, name in enumerate(OPERATORS, 1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """One thing that the person types."""

    wanted: Wanted
    name: str
    "By which the service knows it, to be said back."


def openers(said: Mapping[str, Any], version: Literal[1, 2]) -> tuple[Opener, ...]:
    """What has to be typed, a PIN first.

    said: the answer of credentials/info.  Raises `KeyUnusable`; what Python raises for an answer of
    another shape.
    """
    found = _presences(said) if version == 1 else _objects(said["auth"])
    if not found:
        raise KeyUnusable("nothing that can be typed here opens the key")
    return found


def _presences(said: Mapping[str, Any]) -> tuple[Opener, ...]:
    _require_explicit(said.get("authMode", "explicit"))
    asked = {name: _presence(said.get(name) or {}) for name in ("PIN", "OTP")}
    kinds: dict[str, Wanted | None] = {}
    for name, presence in asked.items():
        if presence != "false":
            kinds[name] = _of_version_1(name, said[name])
    needed = [name for name, presence in asked.items() if presence == "true"]
    if any(kinds[name] is None for name in needed):
        raise KeyUnusable(f"{' and '.join(needed)}: not to be typed in digits")
    # Of what may be left out, one thing is asked if nothing else is: the code first.
    spare = [name for name in ("OTP", "PIN") if kinds.get(name) is not None]
    return tuple(
        Opener(wanted=kind, name=name)
        for name in needed or spare[:1]
        if (kind := kinds[name]) is not None
    )


def _presence(one: Mapping[str, Any]) -> str:
    presence = str(one.get("presence", "false")).lower()  # some say it as a JSON boolean
    if presence not in ("true", "false", "optional"):
        raise ValueError("no such presence")
    return presence


def _of_version_1(name: str, one: Mapping[str, Any]) -> Wanted | None:
    if one.get("format", "N") != "N":
        return None
    if name == "PIN":
        return "pin"
    kinds: dict[str, Wanted] = {"online": "code", "offline": "own_code"}
    return kinds.get(one.get("type", "online"))


def _objects(auth: Mapping[str, Any]) -> tuple[Opener, ...]:
    _require_explicit(auth["mode"])
    if len(auth["objects"]) > MAX_OBJECTS:
        raise KeyUnusable(f"more than {MAX_OBJECTS} things open the key")
    kinds = {str(one["id"]): _of_version_2(one) for one in auth["objects"]}
    expression = auth.get("expression") or ""
    for choice in _choices(kinds):
        names = [one.name for one in choice]
        if holds(expression, kinds, names) if expression else set(names) == set(kinds):
            return choice
    return ()


def _of_version_2(one: Mapping[str, Any]) -> Wanted | None:
    """By what it is: its id is the service's own word."""
    if one.get("format", "N") != "N":
        return None
    if one["type"] == "Password":
        return "own_code" if one.get("generator") else "pin"
    if one["type"] == "ChallengeResponse" and not one.get("generator"):
        return "code"
    return None


def _choices(kinds: Mapping[str, Wanted | None]) -> Iterator[tuple[Opener, ...]]:
    """One code, one PIN, or one of each; as little as possible first."""
    every = [Opener(wanted=kind, name=name) for name, kind in kinds.items() if kind is not None]
    pins = [one for one in every if one.wanted == "pin"]
    codes = [one for one in every if one.wanted != "pin"]
    yield from ((one,) for one in codes + pins)
    yield from product(pins, codes)


def holds(expression: str, known: Collection[str], given: Collection[str]) -> bool:
    """Whether what is given satisfies the expression: `PIN AND (SMS OR App)`.

    AND binds closer than XOR, and XOR than OR.  Raises `KeyUnusable` for one that is none.
    """
    names = sorted(map(re.escape, filter(None, known)), key=len, reverse=True)
    words = "|".join([*OPERATORS, *names])
    token = re.compile(rf"\s*(?:([()])|({words})(?=[\s()]|$))\s*")
    tokens: deque[str] = deque()
    at = 0
    while at < len(expression) <= MAX_EXPRESSION:
        found = token.match(expression, at)
        if found is None:
            break
        tokens.append(found[1] or found[2])
        at = found.end()
    try:
        if at < len(expression):
            raise ValueError
        value = _value(tokens, given, 0)
        if tokens:
            raise ValueError
    except (IndexError, ValueError) as error:
        raise KeyUnusable("what opens the key is said in no way that we understand") from error
    return value


def _value(tokens: deque[str], given: Collection[str], above: int) -> bool:
    """Of the operators that bind closer than `above`."""
    first = tokens.popleft()
    if first == "(":
        value = _value(tokens, given, 0)
        if tokens.popleft() != ")":
            raise ValueError
    elif first == ")" or first in RANK:
        raise ValueError
    else:
        value = first in given
    while tokens and RANK.get(tokens[0], 0) > above:
        combine = tokens.popleft()
        value = OPERATORS[combine](value, _value(tokens, given, RANK[combine]))
    return value


def _require_explicit(mode: object) -> None:
    if mode != "explicit":
        raise KeyUnusable(f"the service itself asks the person ({str(mode)[:20]})")
