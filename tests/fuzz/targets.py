"""What strangers and hostile far ends may send, and what must hold whatever they send.

A target takes any bytes, makes them into something to send, and asserts.  Raising anything is a
finding.  `seeds` are where a fuzzer begins.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from unittest.mock import patch

from aioice import stun
from aioice.stun import message_fingerprint, message_integrity, set_body_length
from pylibsrtp import Error

from counter.documents.admit import AdmitLimits, sniff_file
from counter.documents.refusals import PhotographRefused
from counter.errors import BadInput
from counter.media import forwarder, rtcp_exchange
from counter.media.aioice_private import MAX_CANDIDATES, MAX_QUEUE, SharedPortConnection
from counter.media.aiortc_private import srtp_lib
from counter.media.batch import address_key
from counter.media.output import Output
from counter.media.routing import disconnect
from counter.media.sdp import SECTIONS, read_answer
from counter.media.stun import COOKIE
from counter.media.udp_port import ADDRESSES_PER_LEG, UdpPort
from tests.media.test_forwarder import End, Wire
from tests.media.test_routing import VP8_RTX, join, packet
from tests.media.test_sdp import answer

MAX_PARTS: Final = 40
LOOP: Final = asyncio.new_event_loop()
"One for all runs: to make one takes longer than a run."


def parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Cut the input into pieces, each with a number that says what to do with it."""
    for _ in range(MAX_PARTS):
        if len(data) < 3:
            return
        size = int.from_bytes(data[1:3], "big") % 1501
        yield data[0], data[3 : 3 + size]
        data = data[3 + size :]


def joined(*pieces: tuple[int, bytes]) -> bytes:
    """The input that is cut into these pieces."""
    return b"".join(bytes([what]) + len(piece).to_bytes(2, "big") + piece for what, piece in pieces)


# -- the door -----------------------------------------------------------------------------------

RAW, NAMED, AUTHENTIC, RESTART, ANSWERED = range(5)
UFRAG: Final = "fuzzedLegsName01"


def door(data: bytes) -> None:
    """Datagrams of strangers and of the leg's own far end, from eight addresses."""
    LOOP.run_until_complete(_door(data))


async def _door(data: bytes) -> None:
    now = 1000.0
    port = UdpPort(ip="127.0.0.1", udp_port=0, clock=lambda: now)
    ice = SharedPortConnection(port, "127.0.0.1")
    ice._local_username = UFRAG
    await ice.gather_candidates()
    assert ice.door is not None
    for what, piece in parts(data):
        now += 1
        kind = what % 5
        key = address_key("127.0.0.1", 20_000 + what // 5 % 8)
        bound = port.counts()[1]
        if kind == ANSWERED:
            ice.remote_username, ice.remote_password = "far", "p" * 22
            ice._early_checks_done = True
        elif kind == RESTART and ice._next is None:
            ice.restart()
        elif kind == RESTART:
            ice.restarted("far", "q" * 22)
        else:
            made = piece if kind == RAW else _check(piece, ice, authentic=kind == AUTHENTIC)
            if len(made) >= 12:  # the packet loop drops what is shorter
                port._other(made, key, None)
            if kind != AUTHENTIC:
                assert port.counts()[1] == bound, "a stranger was let in"
        await asyncio.sleep(0)
        assert port.counts()[0] <= 3
        assert port.counts()[1] <= ADDRESSES_PER_LEG
        assert ice._queue.qsize() <= MAX_QUEUE
        assert len(ice._remote_candidates) <= MAX_CANDIDATES
        assert len(ice._protocols[0].transactions) <= MAX_CANDIDATES + 1
        for pair in ice._check_list:
            if pair.task is not None and pair.task.done() and not pair.task.cancelled():
                pair.task.result()
    await ice.close()
    assert port.counts() == (0, 0, 0)
    port.close()


def _check(attributes: bytes, ice: SharedPortConnection, *, authentic: bool) -> bytes:
    """A binding request for the leg with any attributes, and with its integrity if wanted."""
    ufrag, password = ice.offered
    name = f"{ufrag}:far".encode()
    body = struct.pack("!HH", 6, len(name)) + name + bytes(-len(name) % 4) + attributes
    body += bytes(-len(body) % 4)
    made = struct.pack("!HH", 1, len(body)) + COOKIE + bytes(12) + body
    if not authentic:
        return made
    made += struct.pack("!HH", 8, 20) + message_integrity(made, password.encode())
    made = set_body_length(made, len(made) - 20)
    fingerprint = struct.pack("!HHI", 0x8028, 4, message_fingerprint(made))
    return set_body_length(made, len(made) - 20 + 8) + fingerprint


def _door_seeds() -> Iterator[bytes]:
    usual = bytes.fromhex("002400040000000180290008" + "00" * 8)
    nominates = usual + bytes.fromhex("00250000")
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
    response.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 20_000)
    response.add_message_integrity(b"p" * 22)
    hello = bytes([22, 254, 253]) + bytes(8) + b"\0\x10\x01" + bytes(15)
    yield joined((AUTHENTIC, usual), (ANSWERED, b""), (AUTHENTIC, nominates), (RAW, hello))
    yield joined((NAMED, usual), (NAMED + 5, usual), (RAW, bytes(response)), (RAW + 5, hello))
    yield joined(
        *[(ANSWERED, b""), (AUTHENTIC, nominates), (RESTART, b""), (AUTHENTIC + 5, nominates)],
        *[(RESTART, b""), (AUTHENTIC + 5, nominates), (RAW + 5, bytes(response))],
    )
    yield joined(*((AUTHENTIC + 5 * number, usual) for number in range(8)))


# -- the packet loop ----------------------------------------------------------------------------

TERMINAL, AGENT, REPORT, MOMENT, SWITCH = range(5)


class Unsealed:
    """libsrtp that opens what comes in and leaves what goes out as it is."""

    srtp_unprotect = staticmethod(srtp_lib.srtp_unprotect)
    srtp_unprotect_rtcp = staticmethod(srtp_lib.srtp_unprotect_rtcp)
    srtp_protect = srtp_protect_rtcp = staticmethod(lambda context, packet, length: 0)


class Listening(Wire):
    """A call that a third leg listens to; everything that comes out is checked."""

    def __init__(self) -> None:
        super().__init__()
        self.listener = self.third()
        self.ends = (self.terminal, self.agent, self.listener)
        join(self.terminal.hop, self.listener.hop, feedback=False)
        self._sent: dict[tuple[Output, int], bytes] = {}
        for end in self.ends:
            end.socket.setblocking(False)

    def pass_on(self, now: float, turn: Callable[[float], object]) -> None:
        """Let the loop work without sealing what it sends: we look at it as it is."""
        with (
            patch.object(forwarder, "srtp_lib", Unsealed),
            patch.object(rtcp_exchange, "srtp_lib", Unsealed),
        ):
            turn(now)
        self.look()

    def send(self, end: End, plain: bytes, now: float, *, report: bool) -> None:
        try:
            sealed = end.tx.protect_rtcp(plain) if report else end.tx.protect(plain)
        except (Error, ValueError):
            return  # libsrtp takes no such packet, on our side either
        if len(sealed) <= 1500:
            end.socket.sendto(sealed, self.socket.getsockname())
            self.pass_on(now, self.forwarder.turn)

    def look(self) -> None:
        """Take what every end was sent."""
        for end in self.ends:
            while True:
                try:
                    plain = end.socket.recv(2048)
                except BlockingIOError:
                    break
                if 192 <= plain[1] <= 223:
                    whole_compound(plain)
                else:
                    self._look_at_packet(end, plain)

    def _look_at_packet(self, end: End, plain: bytes) -> None:
        ssrc, sequence = int.from_bytes(plain[8:12], "big"), int.from_bytes(plain[2:4], "big")
        for output in end.hop.outputs:
            if ssrc == output.ssrc:
                place = (output, output.extended(sequence))
                before = self._sent.setdefault(place, plain)
                assert before == plain, "one number for two different packets"
                return
            if ssrc == output.rtx_ssrc:
                return
        raise AssertionError(f"{ssrc} is no stream of ours")

    def shut(self) -> None:
        for each in (self.socket, *(end.socket for end in self.ends)):
            each.close()


def whole_compound(compound: bytes) -> None:
    """Assert that packets of whole words follow each other to the very end."""
    start = 0
    while start < len(compound):
        assert compound[start] >> 6 == 2
        start += 4 + 4 * int.from_bytes(compound[start + 2 : start + 4], "big")
    assert start == len(compound)


def packets(data: bytes) -> None:
    """RTP and RTCP of hostile ends, after a handshake, while sources are switched."""
    wire, now = Listening(), 1.0
    try:
        for ssrc in (101, 102):
            wire.send(wire.terminal, packet(sequence=1, ssrc=ssrc), now, report=False)
        for what, piece in parts(data):
            kind, end = what % 5, wire.ends[what // 5 % 3]
            now += 0.003
            if kind == MOMENT:
                now += what / 100
                wire.pass_on(now, wire.forwarder.rtcp.tick)
            elif kind == SWITCH:
                disconnect(wire.terminal.hop, wire.agent.hop)
                join(wire.listener.hop, wire.agent.hop)
                join(wire.terminal.hop, wire.agent.hop)
            elif kind == REPORT:
                wire.send(end, piece, now, report=True)
            else:
                end = wire.terminal if kind == TERMINAL else end
                wire.send(end, piece, now, report=False)
    finally:
        wire.shut()


def _packet_seeds() -> Iterator[bytes]:
    picture = packet(sequence=2, ssrc=102, extension=b"\x40\x01\x00\x00")
    sound = packet(sequence=2, ssrc=101, payload_type=96)
    repaired = packet(sequence=9, ssrc=103, payload_type=VP8_RTX, payload=b"\0\x01again")
    nack = struct.pack("!BBHIIHH", 0x81, 205, 3, 201, 212, 2049, 0xFFFF)
    pli = struct.pack("!BBHII", 0x81, 206, 2, 201, 212)
    sender = struct.pack("!BBHIQIII", 0x80, 200, 6, 102, 1 << 40, 77, 1, 9)
    receiver = struct.pack("!BBHIIIIIII", 0x81, 201, 7, 201, 212, 0, 2049, 0, 256, 1)
    wide = struct.pack("!BBHIIHHIHH", 0x8F, 205, 5, 201, 212, 1, 2, 0, 0x2002, 0)
    remb = struct.pack("!BBHII4sII", 0x8F, 206, 5, 201, 0, b"REMB", 1 << 24, 212)
    yield joined((TERMINAL, picture), (TERMINAL, sound), (TERMINAL, repaired), (MOMENT, b""))
    for report in (nack, pli, receiver, wide, remb, receiver + nack + pli):
        yield joined((TERMINAL, picture), (REPORT + 5, report), (MOMENT, b""), (REPORT, sender))
    yield joined((TERMINAL, picture), (SWITCH, b""), (TERMINAL, picture), (AGENT + 10, picture))
    late = [packet(sequence=n & 0xFFFF, ssrc=102) for n in (65_500, 20, 3, 33_000, 70_000, 90_000)]
    yield joined(*((TERMINAL, each) for each in late))
    yield joined((TERMINAL, late[0]), (TERMINAL, packet(sequence=1, ssrc=102, payload=b"other")))


# -- what a browser answers ---------------------------------------------------------------------


def answered(data: bytes) -> None:
    """An answer, as text."""
    try:
        read = read_answer(data.decode(errors="replace"))
    except BadInput:
        return
    assert read.setup in ("active", "passive")
    assert len(read.ufrag) <= 256 and read.ufrag.isascii()
    assert read.fingerprints and all(len(value) >= 95 for _, value in read.fingerprints)
    ssrcs = [ssrc for source in read.sources for ssrc in (source.ssrc, source.rtx_ssrc)]
    known = [ssrc for ssrc in ssrcs if ssrc is not None]
    assert len(known) == len(set(known)) and all(0 < ssrc < 1 << 32 for ssrc in known)
    assert [source.kind for source in read.sources] == [kind for kind, _ in SECTIONS[:2]]


def _answer_seeds() -> Iterator[bytes]:
    yield answer().encode()
    yield answer(lambda text: text.replace("ssrc-group:FID", "ssrc-group:SIM")).encode()
    yield answer(lambda text: text.replace("a=sendrecv", "a=recvonly")).encode()
    yield answer(lambda text: text.replace("\r\n", "\n")).encode()


# -- files of strangers -------------------------------------------------------------------------

LIMITS: Final = AdmitLimits()


def admitted(data: bytes) -> None:
    """A file's header: taken within limits, or refused by a code; never anything else."""
    try:
        header = sniff_file(data, LIMITS)
    except PhotographRefused:
        return
    if header.kind != "pdf":
        assert 0 < header.width_px * header.height_px <= LIMITS.pictures.pixels_max
        assert max(header.width_px, header.height_px) <= LIMITS.pictures.side_max_px


def _file_seeds() -> Iterator[bytes]:
    yield b"%PDF-1.7\n"
    yield b"\xff\xd8\xff\xe1\0\x06exif\xff\xff\xc0\0\x11\x08\0\x64\0\x64\x03"
    ihdr = struct.pack(">I4sII5B", 13, b"IHDR", 100, 100, 8, 2, 0, 0, 0) + bytes(4)
    yield b"\x89PNG\r\n\x1a\n" + ihdr + b"\0\0\0\x08acTL" + bytes(12) + b"\0\0\0\0IDAT"
    for kind, head in (
        (b"VP8X", bytes([0, 0, 0, 0, 99, 0, 0, 99, 0, 0])),
        (b"VP8 ", b"\0\0\0\x9d\x01\x2a\x64\0\x64\0"),
        (b"VP8L", b"\x2f\x63\xc0\x18\0" + bytes(5)),
    ):
        yield b"RIFF" + bytes(4) + b"WEBP" + kind + struct.pack("<I", 10) + head
    ispe = struct.pack(">I4sIII", 20, b"ispe", 0, 640, 480)
    ipco = struct.pack(">I4s", 28, b"ipco") + ispe
    iprp = struct.pack(">I4s", 36, b"iprp") + ipco
    meta = struct.pack(">I4sI", 48, b"meta", 0) + iprp
    yield struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + meta


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that strangers may send to."""

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]


TARGETS: Final = {
    "door": Target(door, _door_seeds),
    "packets": Target(packets, _packet_seeds),
    "answer": Target(answered, _answer_seeds),
    "admit": Target(admitted, _file_seeds),
}
