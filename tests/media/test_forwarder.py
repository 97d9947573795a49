"""The packet loop on real sockets and real SRTP: what goes in, and what comes out."""

import os
import socket
import struct
from collections.abc import Iterator
from typing import Any, cast

import pytest
from aiortc.rtp import RtcpPacket, RtcpRrPacket
from pylibsrtp import Error, Policy, Session

from counter.media.batch import Target, address_key
from counter.media.forwarder import Forwarder
from counter.media.repair import MAX_GAP, KeyFrames
from counter.media.routing import MAX_JUMP, Hop, disconnect
from counter.media.rtcp import key_frame_request, repeat_request
from counter.media.rtcp_exchange import MAX_REPORTERS
from tests.media.test_routing import VP8_RTX, WHOLE, hop, join, packet

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

    def remembers(self, ssrc: int, *, sent_to: bool = False) -> bool:
        """Whether our context for what this end sends, or is sent, keeps state of this stream."""
        try:
            self._ours[sent_to].remove_stream(ssrc)
        except Error:
            return False
        return True

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
        join(self.terminal.hop, self.agent.hop)
        join(self.agent.hop, self.terminal.hop)

    def third(self) -> End:
        """One more end, not yet joined to anybody."""
        end = End(hop(300))
        self.forwarder.open[address_key(*end.address)] = end.hop
        return end

    def _other(self, data: bytes, key: int, hop: Hop | None) -> None:
        self.strange.append(data)
        if hop is not None:
            self.forwarder.rtcp.came(data, hop, 1.0)

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
    disconnect(wire.terminal.hop, wire.agent.hop)
    join(wire.terminal.hop, wire.agent.hop)
    wire.carry(wire.terminal, packet(sequence=500, ssrc=102), packet(sequence=499, ssrc=102))
    wire.carry(wire.terminal, packet(sequence=501, ssrc=102))
    assert [numbers(wire.agent.takes())[0] for _ in range(2)] == [first + 1, first + 2]


def test_a_new_source_is_shown_from_its_first_whole_picture_on(wire: Wire) -> None:
    """What comes earlier would be decoded onto the last picture of the source before."""
    part = b"\x10\x01part"
    for number in (7, 8):
        wire.carry(wire.terminal, packet(sequence=number, ssrc=102, payload=part), now=1.0)
    wire.forwarder.rtcp.tick(1.1)
    asked = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert asked == key_frame_request(wire.terminal.hop.inbound[102])
    wire.carry(wire.terminal, packet(sequence=9, ssrc=102, payload=WHOLE), now=1.2)
    wire.carry(wire.terminal, packet(sequence=10, ssrc=102, payload=part), now=1.2)
    assert [wire.agent.takes()[12:] for _ in range(2)] == [WHOLE, part]
    assert wire.agent.hop.sent == 2


def test_a_source_that_never_sends_a_whole_picture_is_let_through_after_a_while(
    wire: Wire,
) -> None:
    for number, now in ((7, 1.0), (8, 1.9), (9, 2.1)):
        wire.carry(wire.terminal, packet(sequence=number, ssrc=102, payload=b"\x10\x01"), now=now)
    assert wire.agent.takes() and wire.agent.hop.sent == 1


def test_after_a_long_loss_a_whole_picture_is_waited_for_again(wire: Wire) -> None:
    part = b"\x10\x01part"
    for number, payload in ((7, part), (8, WHOLE)):
        wire.carry(wire.terminal, packet(sequence=number, ssrc=102, payload=payload), now=1.0)
    assert wire.agent.takes()[12:] == WHOLE
    late = 9 + MAX_JUMP
    for number, payload, now in ((late, part, 60.0), (late + 1, part, 60.5), (late + 2, WHOLE, 61)):
        wire.carry(wire.terminal, packet(sequence=number, ssrc=102, payload=payload), now=now)
    assert wire.agent.takes()[12:] == WHOLE


def test_packets_out_of_order_keep_their_order_numbers(wire: Wire) -> None:
    wire.carry(wire.terminal, *(packet(sequence=n, ssrc=102) for n in (10, 12, 11)))
    got = [numbers(wire.agent.takes())[0] for _ in range(3)]
    assert got == [got[0], got[0] + 2, got[0] + 1]


def test_the_senders_retransmissions_share_our_counter_and_name_our_numbers(wire: Wire) -> None:
    output = wire.agent.hop.outputs[1]
    wire.carry(wire.terminal, packet(sequence=300, ssrc=102), packet(sequence=302, ssrc=102))
    first, _ = (numbers(wire.agent.takes())[0] for _ in range(2))
    assert output.retransmission(first) is not None
    mine = output.rtx_sequence
    repair = packet(
        sequence=9, ssrc=103, payload_type=VP8_RTX, payload=(301).to_bytes(2, "big") + b"lost"
    )
    wire.carry(wire.terminal, repair)
    got = wire.agent.takes()
    assert numbers(got)[::2] == (mine + 1, 213)
    assert got[12:] == (first + 1).to_bytes(2, "big") + b"lost"


def test_a_retransmission_from_before_a_switch_is_dropped(wire: Wire) -> None:
    """Under the number that it would bear, the receiver was sent something else."""
    wire.carry(wire.agent, packet(sequence=300, ssrc=202))
    third = wire.third()
    join(third.hop, wire.terminal.hop)
    wire.carry(third, packet(sequence=50, ssrc=302))
    first, base = (numbers(wire.terminal.takes())[0] for _ in range(2))
    assert base == first + 1
    for original in (49, 50):
        again = packet(
            sequence=original, ssrc=303, payload_type=VP8_RTX, payload=original.to_bytes(2) + b"x"
        )
        wire.carry(third, again)
    assert wire.terminal.takes()[12:] == base.to_bytes(2) + b"x"
    third.socket.close()


def test_a_nack_is_answered_at_once_without_troubling_the_sender(wire: Wire) -> None:
    wire.carry(wire.terminal, packet(sequence=300, ssrc=102, payload=WHOLE))
    number = numbers(wire.agent.takes())[0]
    ask = bytes.fromhex("81cd0003000000c9000000d4") + number.to_bytes(2, "big") + bytes(2)
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    got = wire.agent.takes()
    assert got[12:] == number.to_bytes(2, "big") + WHOLE
    assert numbers(got)[2] == 213


def test_feedback_reaches_the_other_leg_encrypted_for_it(wire: Wire) -> None:
    ask = bytes.fromhex("81ce0002000000c9000000d4")
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    got = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert got == key_frame_request(wire.terminal.hop.inbound[102])


def test_a_gap_is_asked_for_as_soon_as_it_is_seen_and_again_when_nothing_comes(
    wire: Wire,
) -> None:
    stream = wire.terminal.hop.inbound[102]
    wire.carry(wire.terminal, *(packet(sequence=n, ssrc=102) for n in (65_534, 1)), now=1.0)
    missing = repeat_request(stream, [65_535, 65_536])
    assert wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048)) == missing
    wire.forwarder.rtcp.tick(1.01)
    wire.carry(wire.terminal, packet(sequence=65_535, ssrc=102), now=1.02)
    wire.forwarder.rtcp.tick(1.2)
    again = repeat_request(stream, [65_536])
    assert wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048)) == again
    repair = packet(sequence=9, ssrc=103, payload_type=VP8_RTX, payload=bytes(2) + b"lost")
    wire.carry(wire.terminal, repair, now=1.3)
    assert stream.gaps.missing == {}


@pytest.mark.parametrize(("ssrc", "payload_type"), [(102, 97), (101, 96)], ids=["video", "audio"])
def test_instead_of_a_long_gap_a_whole_picture_is_asked_for(
    wire: Wire, ssrc: int, payload_type: int
) -> None:
    stream = wire.terminal.hop.inbound[ssrc]
    for number in (1, MAX_GAP + 3):
        sent = packet(sequence=number, ssrc=ssrc, payload_type=payload_type)
        wire.carry(wire.terminal, sent)
    wire.terminal.socket.setblocking(False)
    if stream.kind == "video":
        asked = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
        assert asked == key_frame_request(stream)
    wire.forwarder.rtcp.tick(2.0)
    with pytest.raises(BlockingIOError):
        wire.terminal.socket.recv(2048)


def test_the_packet_that_shows_a_gap_arrives_whole(wire: Wire) -> None:
    """It is still in work while what is missing before it is asked for."""
    long = WHOLE + bytes(range(256)) * 4
    wire.carry(wire.terminal, *(packet(sequence=n, ssrc=102, payload=long) for n in (5, 7, 8)))
    assert [wire.agent.takes()[12:] for _ in range(3)] == [long] * 3


def test_a_second_receiver_gets_every_packet_under_its_own_numbers_without_estimators(
    wire: Wire,
) -> None:
    third = wire.third()
    join(wire.terminal.hop, third.hop, slot=1, feedback=False)
    sent = packet(sequence=7, timestamp=70, ssrc=102, extension=b"\x41\x01\x02\x00")
    wire.carry(wire.terminal, sent)
    to_agent, to_third = wire.agent.takes(), third.takes()
    assert numbers(to_agent)[1:] == (70, 212) and to_agent[12:] == sent[12:]
    assert numbers(to_third)[1:] == (70, 322)
    assert to_third[16:20] == bytes(4), "two senders' numbers on one transport would mislead"
    assert to_third[20:] == sent[20:]
    third.socket.close()


def test_the_senders_retransmissions_reach_every_receiver(wire: Wire) -> None:
    third = wire.third()
    join(wire.terminal.hop, third.hop, slot=1, feedback=False)
    wire.carry(wire.terminal, packet(sequence=300, ssrc=102), packet(sequence=302, ssrc=102))
    firsts = [min(numbers(end.takes())[0] for _ in range(2)) for end in (wire.agent, third)]
    repair = packet(
        sequence=9, ssrc=103, payload_type=VP8_RTX, payload=(301).to_bytes(2, "big") + b"lost"
    )
    wire.carry(wire.terminal, repair)
    for end, first, ssrc in zip((wire.agent, third), firsts, (213, 323), strict=True):
        got = end.takes()
        assert numbers(got)[2] == ssrc and got[12:] == (first + 1).to_bytes(2, "big") + b"lost"
    third.socket.close()


def test_sound_that_got_lost_is_repeated_as_the_same_packet(wire: Wire) -> None:
    wire.carry(wire.terminal, packet(sequence=5, ssrc=101, payload_type=96, payload=b"word"))
    got = wire.agent.takes()
    ask = bytes.fromhex("81cd0003000000c9000000d3") + got[2:4] + bytes(2)
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    again = wire.agent.socket.recv(2048)
    with pytest.raises(Error, match="replay"):
        wire.agent.rx.unprotect(again)


def test_who_gets_feedback_of_nobody_gets_ours(wire: Wire) -> None:
    disconnect(wire.terminal.hop, wire.agent.hop)
    join(wire.terminal.hop, wire.agent.hop, feedback=False)
    for n in range(3):
        extension = b"\x41\x00" + bytes([n]) + b"\x00"
        sent = packet(sequence=n, ssrc=102, extension=extension)
        wire.carry(wire.terminal, sent, now=1.0 + n / 100)
    wire.forwarder.rtcp.tick(2.5)
    got = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert [got[1], got[33]] == [201, 205] and got[32] & 31 == 15
    report, arrivals = RtcpPacket.parse(got[:32])[0], got[32:]
    assert isinstance(report, RtcpRrPacket)
    assert (report.reports[0].ssrc, report.reports[0].fraction_lost) == (102, 0)
    first, count = struct.unpack_from("!HH", arrivals, 12)
    assert (first, count) == (0, 3)


def test_who_is_given_feedback_again_by_a_receiver_gets_no_more_of_ours(wire: Wire) -> None:
    """Of what that receiver is sent we count nothing: ours would call it all lost."""
    join(wire.terminal.hop, wire.agent.hop, feedback=False)
    for n in range(3):
        wide = b"\x41\x00" + bytes([n]) + b"\x00"
        wire.carry(wire.terminal, packet(sequence=n, ssrc=102, extension=wide), now=1.0 + n / 100)
    wire.forwarder.rtcp.tick(1.2)
    told = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert told[1] == 205
    join(wire.terminal.hop, wire.agent.hop, feedback=True)
    probe = packet(
        sequence=1, ssrc=103, payload_type=VP8_RTX, payload=b"", extension=b"\x41\x00\x20\x00"
    )
    wire.carry(wire.terminal, packet(sequence=3, ssrc=102), probe, now=1.3)
    wire.forwarder.rtcp.tick(1.5)
    assert wire.forwarder.rtcp.arrivals == {}
    wire.terminal.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        wire.terminal.socket.recv(2048)


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


def test_nothing_is_kept_of_streams_that_were_not_announced(wire: Wire) -> None:
    """libsrtp would keep each for as long as the leg lives, and there are 2^32 names for them."""
    for ssrc in range(1000, 1100):
        wire.carry(wire.terminal, packet(sequence=1, ssrc=ssrc))
    wire.carry(wire.terminal, packet(sequence=1, ssrc=102, payload=WHOLE))
    assert wire.agent.takes()[12:] == WHOLE
    kept = [ssrc for ssrc in (102, *range(1000, 1100)) if wire.terminal.remembers(ssrc)]
    assert kept == [102]
    assert (wire.terminal.hop.received, wire.terminal.hop.refused) == (1, 100)


def test_what_is_replayed_or_spoiled_is_counted_apart(wire: Wire) -> None:
    good = wire.terminal.tx.protect(packet(sequence=1, ssrc=102))
    for each in (good, good, good, good[:-1] + bytes([good[-1] ^ 1])):
        wire.terminal.socket.sendto(each, wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    assert (wire.terminal.hop.received, wire.terminal.hop.refused) == (1, 3)


def test_only_so_many_senders_of_reports_are_known_beside_the_announced(wire: Wire) -> None:
    """A browser reports on what it only receives under names that it does not announce."""

    def asks(sender: int) -> None:
        ask = struct.pack("!BBHII", 0x81, 206, 2, sender, 212)
        wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(ask), wire.socket.getsockname())
        wire.forwarder.turn(1.0)

    for sender in range(1000, 1100):
        asks(sender)
    others = [sender for sender in range(1000, 1100) if wire.agent.remembers(sender)]
    assert others == list(range(1000, 1000 + MAX_REPORTERS))
    stream = wire.terminal.hop.inbound[102]
    for sender, heard in ((1000, True), (201, True), (1099, False)):
        stream.key_frames = KeyFrames()
        asks(sender)
        assert (stream.key_frames.asked_at is not None) is heard


def test_a_forged_report_takes_nobodys_place(wire: Wire) -> None:
    for sender in range(1000, 1100):
        forged = struct.pack("!BBHII", 0x81, 206, 2, sender, 212) + bytes(20)
        wire.agent.socket.sendto(forged, wire.socket.getsockname())
        wire.forwarder.turn(1.0)
    assert wire.agent.hop.reporters == set()


def test_who_was_not_announced_is_passed_on_under_a_name_of_ours(wire: Wire) -> None:
    """Each name would be kept for the receiver of the report."""
    wire.carry(wire.terminal, packet(sequence=1, ssrc=102))
    number = numbers(wire.agent.takes())[0]
    report = struct.pack("!BBHIIIIIII", 0x81, 201, 7, 999, 212, 0, number, 0, 0, 0)
    wire.agent.socket.sendto(wire.agent.tx.protect_rtcp(report), wire.socket.getsockname())
    wire.forwarder.turn(1.0)
    got = wire.terminal.rx.unprotect_rtcp(wire.terminal.socket.recv(2048))
    assert got[4:12] == struct.pack("!II", 111, 102)
    assert not wire.terminal.remembers(999, sent_to=True)


def test_a_leg_whose_address_is_not_known_is_sent_nothing(wire: Wire) -> None:
    wire.agent.hop.address = 0
    wire.carry(wire.terminal, packet(sequence=1, ssrc=102))
    wire.forwarder.rtcp.send(wire.agent.hop, key_frame_request(wire.agent.hop.inbound[202]))
    assert wire.agent.hop.sent == 0
