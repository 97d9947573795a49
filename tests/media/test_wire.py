"""What somebody on the wire sees of a call: connectivity checks, handshakes and sealed packets."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from counter.media.sdp import OPUS, VIDEO_CODECS
from tests.media.scenes import captured
from tests.private_network import NEAR, OUTSIDE, play
from tests.servers import NotInstalled
from tools.services import found

FIELDS = ("frame.interface_name", "frame.protocols", "udp.srcport", "udp.dstport", "udp.payload")
AEAD_AES_256_GCM = "0x0008"
"As `use_srtp` has it (RFC 7714)."
LEAST_PACKETS = 100
MOST_ALIKE = 0.1
"""Of sealed packets hardly any begin alike: of a hundred, one in 256 by chance.  Opus and VP8 in
clear nearly all do: the one begins with its configuration, the other with its descriptor."""


class Packet(NamedTuple):
    """One UDP packet, as tshark tells of it."""

    wire: str
    protocols: str
    source: str
    target: str
    payload: bytes


def tshark(pcap: Path, *words: str) -> list[str]:
    """What tshark has to say, a line per packet."""
    program = found("tshark")
    if program is None:
        raise NotInstalled("tshark is not installed: apt-get install tshark")
    done = subprocess.run(
        [program, "-n", "-r", str(pcap), "--enable-heuristic", "rtp_udp", *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def packets(pcap: Path, udp_port: int) -> Iterator[Packet]:
    """All that goes to or comes from the media process."""
    fields = [word for field in FIELDS for word in ("-e", field)]
    for line in tshark(pcap, "-Y", f"udp.port == {udp_port} && !icmp", "-T", "fields", *fields):
        wire, protocols, source, target, payload = line.split("\t")
        yield Packet(wire, protocols.split(":udp:")[1], source, target, bytes.fromhex(payload))


def rtp_payload(packet: bytes) -> bytes:
    """What is behind the header (RFC 3550, section 5.1)."""
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    return packet[start:]


def alike(packets: list[bytes]) -> float:
    """The share of RTP packets whose payload begins with the most frequent octet."""
    first = Counter(rtp_payload(packet)[0] for packet in packets if rtp_payload(packet))
    return first.most_common(1)[0][1] / first.total()


def test_media_in_clear_would_be_noticed() -> None:
    header = bytes([0x90, 97, 0, 1, *bytes(8), 0xBE, 0xDE, 0, 1, 0x32, 0, 0, 0])
    vp8 = [header + bytes([0x90, 0x80, number]) for number in range(100)]
    assert alike(vp8) == 1.0
    assert alike([header + bytes([number % 256, 7]) for number in range(1000)]) < MOST_ALIKE


class Call(NamedTuple):
    """What was on the wires while two pages saw and heard each other."""

    pcap: Path
    udp_port: int


@pytest.fixture(scope="module")
async def call(tmp_path_factory: pytest.TempPathFactory) -> Call:
    pcap = tmp_path_factory.mktemp("wire") / "call.pcapng"
    played = await play(captured, within_s=110, pcap=str(pcap), seconds=8)
    return Call(pcap, played["udp_port"])


def test_a_call_is_checks_handshakes_and_sealed_packets_and_nothing_else(call: Call) -> None:
    pcap = call.pcap
    kinds: Counter[str] = Counter()
    media: dict[int, list[bytes]] = {}
    for packet in packets(pcap, call.udp_port):
        assert packet.wire == "lo"
        kind = packet.protocols.split(":")[0]
        control = 128 <= packet.payload[0] < 192 and 192 <= packet.payload[1] < 224
        if control:  # also what tshark does not guess: feedback alone (RFC 5506)
            kind = "rtcp"
            assert packet.payload[-4] & 0x80, "SRTCP says that it is not encrypted"
        elif kind == "rtp" or (kind == "data" and 128 <= packet.payload[0] < 192):
            kind = "rtp"  # by its first octet (RFC 7983), where tshark has no guess
            media.setdefault(packet.payload[1] & 127, []).append(packet.payload)
        kinds[kind] += 1
    print(dict(kinds), {number: len(sent) for number, sent in media.items()})
    assert set(kinds) == {"stun", "dtls", "rtp", "rtcp"}

    pictures = next(number for number, (name, _) in VIDEO_CODECS.items() if "VP8" in name)
    assert media.keys() <= {OPUS, pictures, pictures + 1}
    for number in (OPUS, pictures):
        assert len(media[number]) >= LEAST_PACKETS
        assert alike(media[number]) < MOST_ALIKE

    chosen = ("-e", "dtls.use_srtp.protection_profile")
    profiles = tshark(pcap, "-Y", "dtls.handshake.type == 2", "-T", "fields", *chosen)
    assert profiles == [AEAD_AES_256_GCM] * 2
    records = ("-T", "fields", "-e", "dtls.record.content_type")
    contents = {kind for line in tshark(pcap, "-Y", "dtls", *records) for kind in line.split(",")}
    assert contents <= {"", "20", "21", "22"}, "DTLS carries something besides its handshake"


def test_nobody_outside_is_asked_for_anything(call: Call) -> None:
    assert asked_outside(call.pcap) == []


async def test_a_question_to_somebody_outside_would_be_noticed(tmp_path: Path) -> None:
    pcap = tmp_path / "call.pcapng"
    name = "stun.outside.example"
    await play(captured, within_s=110, pcap=str(pcap), seconds=1, stranger=name)
    assert any(name in line for line in asked_outside(pcap))


def asked_outside(pcap: Path) -> list[str]:
    """Every name that was looked up, and every packet for another machine.

    Not what a kernel says by itself when a cable is plugged in.
    """
    greetings = "arp || icmpv6 || igmp"
    away = f'(frame.interface_name == "{NEAR}" || frame.interface_name == "{OUTSIDE}")'
    return tshark(pcap, "-Y", f"dns || mdns || ({away} && !({greetings}))")
