"""What is read of a STUN request by a door that trusts nobody yet."""

import struct

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from counter.media.stun import COOKIE, MAX_ATTRIBUTES, leg_named


def attribute(number: int, value: bytes) -> bytes:
    return struct.pack("!HH", number, len(value)) + value + bytes(-len(value) % 4)


def request(*attributes: bytes, kind: int = 1) -> bytes:
    body = b"".join(attributes)
    return struct.pack("!HH", kind, len(body)) + COOKIE + bytes(12) + body


NAME = attribute(6, b"ourLegsFragment1:theirs")


def test_a_check_names_the_leg_it_is_for() -> None:
    assert leg_named(request(NAME)) == "ourLegsFragment1"
    assert leg_named(request(attribute(0x24, bytes(4)), NAME)) == "ourLegsFragment1"


def test_a_check_as_a_browser_sends_it_names_its_leg() -> None:
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes["USERNAME"] = "ours:theirs"
    check.attributes["PRIORITY"] = 1
    check.attributes["ICE-CONTROLLING"] = 5
    check.add_message_integrity(b"p" * 22)
    assert leg_named(bytes(check)) == "ours"


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x00\x01",
        request(NAME)[:-1],
        request(NAME) + b"\0",
        request(NAME, kind=0x101),
        request(NAME, kind=0x11),
        request(NAME).replace(COOKIE, b"\0\0\0\0"),
        request(),
        request(attribute(6, b"\xff\xfe:theirs")),
        request(*[attribute(0x8022, b"")] * MAX_ATTRIBUTES, NAME),
        request(b"\x80\x22\xff\xff", NAME),
    ],
    ids=lambda datagram: datagram.hex()[:24] or "nothing",
)
def test_what_is_no_check_for_a_leg_names_none(datagram: bytes) -> None:
    assert leg_named(datagram) is None


@given(st.binary(max_size=1500))
def test_any_bytes_are_read_without_an_error(datagram: bytes) -> None:
    leg_named(datagram)
    leg_named(request(datagram[: len(datagram) & ~3]))


@given(name=st.text("abc/+9", min_size=4, max_size=256), before=st.lists(st.binary(max_size=40)))
def test_the_name_is_found_behind_other_attributes(name: str, before: list[bytes]) -> None:
    others = [attribute(0x8022, value) for value in before[: MAX_ATTRIBUTES - 1]]
    assert leg_named(request(*others, attribute(6, f"{name}:far".encode()))) == name
