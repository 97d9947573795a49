"""A short request cannot make us send thousands of packets."""

import struct

import pytest

from counter.media.output import REPEATS_AT_ONCE, Output
from counter.media.routing import Hop
from counter.media.rtcp import translate
from tests.media.test_routing import hop, join, packet, sent_as

KEPT = 100


@pytest.fixture
def agent() -> Hop:
    """A leg that was sent `KEPT` packets of a picture."""
    terminal, agent = hop(100), hop(200)
    join(terminal, agent)
    output = agent.outputs[1]
    output.highest = 1000
    agent.fed_by[212].rebase(5000, 0, now=0.0)
    for _ in range(KEPT):
        sent(output)
    return agent


def sent(output: Output) -> None:
    output.highest += 1
    made = packet(sequence=output.highest & 0xFFFF, ssrc=212)
    output.cache[output.highest % len(output.cache)] = sent_as(made)


def asked(agent: Hop, *entries: tuple[int, int]) -> int:
    """How many packets a request with these entries makes us send; they are of 17 numbers each."""
    body = b"".join(struct.pack("!HH", *entry) for entry in entries)
    request = struct.pack("!BBHII", 0x81, 205, 2 + len(entries), 201, 212) + body
    return len(translate(agent, request, 50.0).resend)


def test_a_packet_that_is_named_over_and_over_is_repeated_once(agent: Hop) -> None:
    first = agent.outputs[1].highest - 40
    assert asked(agent, *[(first, 0xFFFF)] * 300) == 17


def test_who_asks_again_and_again_gets_no_more_than_what_was_sent_since(agent: Hop) -> None:
    output = agent.outputs[1]
    wanted = (output.highest - 16, 0xFFFF)
    got = sum(asked(agent, wanted) for _ in range(1000))
    assert got == REPEATS_AT_ONCE
    for _ in range(5):
        sent(output)
    assert sum(asked(agent, (output.highest - 16, 0xFFFF)) for _ in range(1000)) == 5


def test_a_receiver_that_loses_every_other_packet_is_still_helped(agent: Hop) -> None:
    output = agent.outputs[1]
    for _ in range(2000):
        sent(output)
        sent(output)
        assert asked(agent, (output.highest, 0)) == 1
