"""The packet loop on real sockets and real SRTP: what goes in, and what comes out."""

import os
import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest
from pylibsrtp import Policy, Session

from counter.media.batch import Target, address_key
from counter.media.forwarder import Forwarder
from counter.media.routing import Hop, link
from counter.media.rtcp import key_frame_request
from tests.media.test_routing import VP8_RTX, hop, packet

PROFILE = Policy.SRTP_PROFILE_AEAD_AES_256_GCM


def context(key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=PROFILE)
    policy.allow_repeat_tx, policy.window_size = True, 1024
    return Session(policy)


class End:
    """One leg's far end: a socket and its two SRTP contexts."""

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(5)
        self.address = self.socket.getsockname()
        up, down = os.urandom(44), os.urandom(44)
        self.tx, self.rx = (
            context(up, Policy.SSRC_ANY_OUTBOUND),
            context(down, Policy.SSRC_ANY_INBOUND),
        )
        self._ours = (context(up, Policy.SSRC_ANY_INBOUND), context(down, Policy.SSRC_ANY_OUTBOUND))
        hop.rx, hop.tx = (cast(Any, session)._srtp[0] for session in self._ours)
        self._target = Target()
        self._target.point_to(*self.address)
        hop.address = self._target.pointer

    def takes(self) -> bytes:
        return self.rx.unprotect(self.socket.recv(2048))


class Wire:
    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.strange: list[bytes] = []
        self.forwarder = Forwarder(self.socket.fileno(), self._other)
        self.terminal, self.agent = End(hop(100)), End(hop(200))
        for end in (self.terminal, self.agent):
            self.forwarder.open[address_key(*end.address)] = end.hop
        link(self.terminal.hop, self.agent.hop)
        link(self.agent.hop, self.terminal.hop)

    def _other(self, data: bytes, key: int, hop: Hop | None) -> None:
        self.strange.append(data)
        if hop is not None:
            self.forwarder.rtcp(data, hop)

    def carry(self, sender: End, *plain: bytes, now: float = 1.0) -> None:
        """Send packets, and let the loop see all of them in one turn."""
        for each in plain:
            sender.socket.sendto(sender.tx.protect(each), self.socket.getsockname())
        self.forwarder.turn(now)


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    for each in (made.socket, made.terminal.socket, made.agent.socket):
        each.close()


def numbers(plain: bytes) -> tuple[int, int, int]:
    """Sequence number, time stamp, SSRC."""
    return tuple(int.from_bytes(plain[a:b], "big") for a, b in ((2, 4), (4, 8), (8, 12)))  # type: ignore[return-value]


def test_a_packet_arrives_with_its_payload_and_new_numbers(wire: Wire) -> None:
    start = wire.agent.hop.outputs[1].highest + 1
    sent = packet(
        sequence=65_535, timestamp=77, ssrc=102, extension=b"\x10\x31\x00\x00", marker=True
    )
    wire.carry(wire.terminal, sent, packet(sequence=0, timestamp=78, ssrc=102), now=9.0)
    got = wire.agent.takes()
    assert numbers(got) == (start, 77, 212)
    assert (got[:2], got[12:]) == (sent[:2], sent[12:])
    assert numbers(wire.agent.takes()) == (start + 1, 78, 212)
    assert (wire.terminal.hop.received, wire.agent.hop.sent) == (2, 2)
    assert wire.terminal.hop.heard_at == 9.0


def test_both_directions_and_both_kinds_pass_in_one_turn(wire: Wire) -> None:
    wire.agent.socket.sendto(
        wire.agent.tx.protect(packet(sequence=5, ssrc=201, payload_type=96)),
        wire.socket.getsockname(),
    )
    wire.carry(wire.terminal, packet(sequence=5, ssrc=102))
    assert numbers(wire.agent.takes())[2] == 212
    assert numbers(wire.terminal.takes())[2] == 111


def test_a_packet_older_than_the_first_of_a_new_source_is_dropped(wire: Wire) -> None:
    """Its number was used by the source before: sending it again would repeat a nonce."""
    wire.carry(wire.terminal, packet(sequence=10, ssrc=102))
    first = numbers(wire.agent.takes())[0]
    del wire.terminal.hop.routes[102]
    link(wire.terminal.hop, wire.agent.hop)
    wire.carry(wire.terminal, packet(sequence=500, ssrc=102), packet(sequence=499, ssrc=102))
    wire.carry(wire.terminal, packet(sequence=501, ssrc=102))
    assert [numbers(wire.agent.takes())[0] for _ in range(2)] == [first + 1, first + 2]


def test_packets_out_of_order_keep_their_order_numbers(wire: Wire) -> None:
    wire.carry(wire.terminal, *(packet(sequence=n, ssrc=102) for n in (10, 12, 11)))
    got = [numbers(wire.agent.takes())[0] for _ in range(3)]
    assert got == [got[0], got[0] + 2, got[0] + 1]


def test_the_senders_retransmissions_share_our_counter_and_name_our_numbers(wire: Wire) -> None:
    output = wire.agent.hop.outputs[1]
    wire.carry(wire.terminal, packet(sequence=300, ssrc=102))
    first = numbers(wire.agent.takes())[0]
    assert output.retransmission(first) is not None
    mine = output.rtx_sequence
    repair = packet(
        sequence=9, ssrc=103, payload_type=VP8_RTX, payload=(299).to_bytes(2, "big") + b"lost"
    )
    wire.carry(wire.terminal, repair)
    got = wire.agent.takes()
    assert numbers(got)[::2] == (mine + 1, 213)
    assert got[12:] == (first - 1).to_bytes(2, "big") + b"lost"


def test_a_nack_is_answered_at_once_without_troubling_the_sender(wire: Wire) -> None:
    wire.carry(wire.terminal, packet(sequence=300, ssrc=102, payload=b"picture"))
    number = numbers(wire.agent.takes())[0]
    ask = bytes.fromhex("81cd0003000000c9000000d4") + number.to_bytes(2, "big") + bytes(2)
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    got = wire.agent.takes()
    assert got[12:] == number.to_bytes(2, "big") + b"picture"
    assert numbers(got)[2] == 213


def test_feedback_reaches_the_other_leg_encrypted_for_it(wire: Wire) -> None:
    ask = key_frame_request(sender_ssrc=201, media_ssrc=212)
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    got = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert got == key_frame_request(sender_ssrc=111, media_ssrc=102)


def test_forged_repeated_foreign_and_oversized_packets_go_nowhere(wire: Wire) -> None:
    here = wire.socket.getsockname()
    good = wire.terminal.tx.protect(packet(sequence=1, ssrc=102))
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.sendto(good, here)
    for each in (good[:-1] + bytes([good[-1] ^ 1]), good[:11], good + bytes(1600), good, good):
        wire.terminal.socket.sendto(each, here)
    wire.carry(
        wire.terminal, packet(sequence=2, ssrc=999), packet(sequence=3, ssrc=102, payload_type=99)
    )
    stranger.close()
    wire.carry(wire.terminal, packet(sequence=4, ssrc=102, payload=b"end"))
    first, last = wire.agent.takes(), wire.agent.takes()
    assert last[12:] == b"end"
    assert numbers(last)[0] == numbers(first)[0] + 3
    assert wire.strange == [good]


def test_a_leg_whose_address_is_not_known_is_sent_nothing(wire: Wire) -> None:
    wire.agent.hop.address = 0
    wire.carry(wire.terminal, packet(sequence=1, ssrc=102))
    wire.forwarder.send_rtcp(wire.agent.hop, key_frame_request(sender_ssrc=1, media_ssrc=2))
    assert wire.agent.hop.sent == 0
