"""A far end of a leg: what a browser does until media flows, in few microseconds.

It owns its socket, does the connectivity checks (aioice's messages), the DTLS handshake as the
client (OpenSSL) and derives the keys (RFC 5764).  It blocks: one end is connected after the other.
"""

import secrets
import select
import socket
import time
from typing import Any, Final

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate
from OpenSSL import SSL

from tests.bench import description as sdp
from tests.bench.checks import answer_check, check, is_success, nominates
from tests.bench.engine import Wire

CONNECT_WITHIN_S: Final = 10.0
CHECK_EVERY_S: Final = 0.05
PROFILE_NAME: Final = b"SRTP_AEAD_AES_256_GCM"
PROFILE: Final = pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM
KEY_BYTES, SALT_BYTES = 32, 12


class NotConnected(RuntimeError):
    """A far end did not get through its handshakes in time."""


class FarEnd:
    """One end; offer or answer, then connect."""

    _context: SSL.Context | None = None
    _fingerprint = ""

    def __init__(self, ip: str = "127.0.0.1") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.socket.setblocking(False)
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._ssrcs = {"audio": _ssrc(), "video": _ssrc()}
        self._sections: tuple[sdp.Section, ...] = sdp.OFFERED
        self._remote: sdp.Description | None = None
        self._controlling = True
        self._ssl: Any = SSL.Connection(self._shared_context(), None)
        self._ssl.set_connect_state()

    def offer(self) -> str:
        return self._write(setup="active")

    def accept(self, answer: str) -> None:
        """Take the answer to our offer."""
        self._remote = sdp.read(answer)
        self._sections = sdp.mirrored(self._remote.sections)

    def answer(self, offer: str) -> str:
        """Take an offer and write the answer to it."""
        self._remote = sdp.read(offer)
        self._controlling = self._remote.lite
        self._sections = sdp.mirrored(self._remote.sections)
        return self._write(setup="active")

    def connect(self) -> Wire:
        """Get through the handshakes.  Raises `NotConnected`."""
        remote = self._remote
        assert remote is not None, "offer and answer come first"
        deadline = time.monotonic() + CONNECT_WITHIN_S
        self._check_until_through(remote, deadline)
        self._handshake(remote.address, deadline)
        return self._wire(remote)

    def close(self) -> None:
        self.socket.close()

    def _write(self, *, setup: str) -> str:
        description = sdp.Description(
            ufrag=self._ufrag,
            password=self._password,
            address=self.socket.getsockname(),
            fingerprint=self._fingerprint,
            setup=setup,
            sections=self._sections,
        )
        return sdp.write(description, self._ssrcs, session=secrets.randbits(31))

    def _check_until_through(self, remote: sdp.Description, deadline: float) -> None:
        through, nominated = False, self._controlling
        tie_breaker = secrets.randbits(64)
        due = 0.0
        while not (through and nominated):
            now = time.monotonic()
            if now > deadline:
                raise NotConnected(f"no answer to checks from {remote.address}")
            if now >= due and not through:
                due = now + CHECK_EVERY_S
                request = check(
                    username=f"{remote.ufrag}:{self._ufrag}",
                    password=remote.password,
                    controlling=self._controlling,
                    tie_breaker=tie_breaker,
                )
                self.socket.sendto(request, remote.address)
            for data in self._received(CHECK_EVERY_S):
                through = through or is_success(data)
                nominated = nominated or nominates(data)

    def _handshake(self, address: tuple[str, int], deadline: float) -> None:
        while True:
            try:
                self._ssl.do_handshake()
                done = True
            except SSL.WantReadError:
                done = False
            self._flush(address)
            if done:
                return
            if time.monotonic() > deadline:
                raise NotConnected(f"no handshake with {address}")
            wait = self._ssl.DTLSv1_get_timeout()
            for data in self._received(CHECK_EVERY_S if wait is None else wait):
                if 20 <= data[0] < 64:
                    self._ssl.bio_write(data)
            self._ssl.DTLSv1_handle_timeout()

    def _flush(self, address: tuple[str, int]) -> None:
        while True:
            try:
                self.socket.sendto(self._ssl.bio_read(1500), address)
            except SSL.WantReadError:
                return

    def _received(self, within: float) -> list[bytes]:
        """What comes in, with checks answered on the side."""
        readable, _, _ = select.select([self.socket], [], [], within)
        found = []
        while readable:
            try:
                data, sender = self.socket.recvfrom(2048)
            except BlockingIOError:
                break
            answer = answer_check(data, sender, self._password) if data[0] < 4 else None
            if answer is not None:
                self.socket.sendto(answer, sender)
            found.append(data)
        return found

    def _wire(self, remote: sdp.Description) -> Wire:
        material = self._ssl.export_keying_material(
            b"EXTRACTOR-dtls_srtp", 2 * (KEY_BYTES + SALT_BYTES)
        )
        salts = 2 * KEY_BYTES
        client = material[:KEY_BYTES] + material[salts : salts + SALT_BYTES]
        server = material[KEY_BYTES:salts] + material[salts + SALT_BYTES :]
        first = {
            kind: next(
                section
                for section in self._sections
                if section.kind == kind and section.direction.startswith("send")
            )
            for kind in ("video", "audio")
        }
        video, audio = first["video"], first["audio"]
        return Wire(
            socket=self.socket,
            peer=remote.address,
            profile=PROFILE,
            tx_key=client,
            rx_key=server,
            ssrcs=(self._ssrcs["video"], self._ssrcs["audio"]),
            payload_types=(video.payload_type, audio.payload_type),
            mids=(video.mid, audio.mid),
            mid_extension=video.extensions.get(sdp.MID, 0),
            time_extension=video.extensions.get(sdp.SEND_TIME, 0),
            wide_extension=video.extensions.get(sdp.WIDE, 0),
            password=self._password,
        )

    @classmethod
    def _shared_context(cls) -> SSL.Context:
        """One certificate for all ends: making it is not what is measured."""
        if cls._context is None:
            certificate = RTCCertificate.generateCertificate()
            cls._context = _context(certificate)
            cls._fingerprint = next(
                print_.value
                for print_ in certificate.getFingerprints()
                if print_.algorithm == "sha-256"
            )
        return cls._context


def _context(certificate: RTCCertificate) -> SSL.Context:
    private: Any = certificate
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_options(SSL.OP_NO_TICKET)
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
    context.use_certificate(private._cert)
    context.use_privatekey(private._key)
    context.set_cipher_list(b"ECDHE+AESGCM")
    context.set_tlsext_use_srtp(PROFILE_NAME)
    return context


def _ssrc() -> int:
    return secrets.randbits(31) | 1
