"""Every private name of aiortc 1.16, aioice 0.13 and pylibsrtp that we touch, in this one file.

aiortc makes ICE, DTLS and the SRTP keys; packets must not pass through it (it decodes, it opens a
socket for each leg, and it gives any stranger's datagram to DTLS).  What we replace has no public
seam, so `check_libraries` runs at start and refuses a version whose insides are not as expected.
"""

import asyncio
import struct
from collections import deque
from importlib.metadata import version
from typing import Any, Final, cast

import pylibsrtp
from aioice import Candidate, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import CandidatePair, Connection, StunProtocol
from aioice.utils import random_string
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.exceptions import InvalidStateError
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from aiortc.stats import RTCStatsReport
from OpenSSL import SSL

from counter.errors import Refusal
from counter.media.ports import Address, Door, SharedPort

EXPECTED: Final = {"aiortc": "1.16.", "aioice": "0.13.", "pylibsrtp": "1.0."}
CIPHERS: Final = (
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
)
MAX_QUEUE: Final = 512
"Datagrams that may wait for a leg's handshake."
MAX_CANDIDATES: Final = 12
"Addresses of one leg, learned from its authenticated checks."
HOSTILE: Final = (ValueError, KeyError, IndexError, TypeError, AssertionError, struct.error)
"What the libraries raise on datagrams that no honest peer sends."

srtp_ffi: Any = cast(Any, pylibsrtp).ffi
srtp_lib: Any = cast(Any, pylibsrtp).lib


class MediaLibraryChanged(Refusal):
    """An installed media library is not the one that this file was written for."""

    code = "media_library_changed"
    status = 500


def stun_username(datagram: bytes) -> str:
    """USERNAME of a STUN request; empty when there is none or the datagram is not STUN."""
    try:
        name = stun.parse_message(datagram).attributes.get("USERNAME", "")
    except HOSTILE:
        return ""
    return str(name)


class _Transport(asyncio.DatagramTransport):
    """What aioice takes for its own socket: a door of the shared port."""

    def __init__(self, door: Door, protocol: StunProtocol, local: Address) -> None:
        super().__init__(extra={"sockname": local})
        self._door = door
        self._protocol = protocol
        self._closing = False

    def sendto(self, data: Any, addr: Any = None) -> None:
        self._door.send(bytes(data), addr)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._door.close()
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()


class SharedPortConnection(Connection):
    """ICE for one leg, with one candidate: the shared port."""

    def __init__(self, port: SharedPort, announced_ip: str) -> None:
        super().__init__(
            ice_controlling=False,
            # Legs are told apart by it, so it is longer than aioice's own four characters.
            local_username=random_string(16),
        )
        self._port = port
        self._announced_ip = announced_ip
        self.door: Door | None = None

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109 - as in the library
    ) -> list[Candidate]:
        protocol = StunProtocol(self)
        self.door = self._port.door(
            self.local_username,
            on_stun=lambda data, address: self._on_stun(protocol, data, address),
            on_dtls=self._on_dtls,
        )
        local = (self._announced_ip, self._port.number)
        protocol.connection_made(_Transport(self.door, protocol, local))
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", local[0]),
            component=component,
            transport="udp",
            priority=candidate_priority(component, "host"),
            host=local[0],
            port=local[1],
            type="host",
        )
        self._protocols.append(protocol)
        return [protocol.local_candidate]

    def _on_stun(self, protocol: StunProtocol, data: bytes, address: Address) -> None:
        try:
            protocol.datagram_received(data, address)
        except HOSTILE:
            return

    def _on_dtls(self, data: bytes) -> None:
        if self._queue.qsize() < MAX_QUEUE:
            self.data_received(data, 1)

    def request_received(
        self, message: stun.Message, addr: Address, protocol: StunProtocol
    ) -> None:
        super().request_received(message, addr, protocol)
        # A check that comes before the answer is authenticated too; it waits in this queue.
        if self.door and self._early_checks and self._early_checks[-1][0] is message:
            self.door.admit(addr)

    def check_incoming(self, message: stun.Message, addr: Address, protocol: StunProtocol) -> None:
        known = any(
            (candidate.host, candidate.port) == addr for candidate in self._remote_candidates
        )
        if not known and len(self._remote_candidates) >= MAX_CANDIDATES:
            return  # every new address would be sent checks of ours
        if self.door is not None:
            self.door.admit(addr)
        super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: CandidatePair) -> None:
        super().check_complete(pair)
        nominated = self._nominated.get(1)
        if nominated is not None and self.door is not None:
            self.door.aim(nominated.remote_addr)


class _Inert:
    """Stands where aiortc has a sender or a receiver: no decoder threads, no RTCP timers."""

    track = None

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        self.kind = kind
        self.transport = transport
        self._ssrc = self._rtx_ssrc = 0
        self._stream_id = self._track_id = "-"
        self._enabled = True
        self._track = None

    def setTransport(self, transport: RTCDtlsTransport) -> None:  # noqa: N802 - theirs
        self.transport = transport

    async def send(self, parameters: object) -> None:
        """Nothing: packets do not pass here."""

    async def receive(self, parameters: object) -> None:
        """Nothing: packets do not pass here."""

    async def stop(self) -> None:
        """Nothing was started."""

    async def getStats(self) -> RTCStatsReport:  # noqa: N802 - theirs
        return RTCStatsReport()


class _Certificate(RTCCertificate):
    """aiortc's certificate, without its two CBC suites."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        return context


class ForwardingPeerConnection(RTCPeerConnection):
    """A peer connection that negotiates and leaves the packets to the shared port."""

    def __init__(self, port: SharedPort, announced_ip: str) -> None:
        # An empty list: without one aiortc asks a public STUN server.
        super().__init__(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        private = cast(Any, self)
        private._RTCPeerConnection__certificates = [_Certificate.generateCertificate()]
        self.connection = SharedPortConnection(port, announced_ip)
        self.dtls: RTCDtlsTransport = private._RTCPeerConnection__createDtlsTransport()
        ice = cast(Any, self.dtls.transport)
        ice._connection = ice.iceGatherer._connection = self.connection
        ice._recv, ice._send = self.connection.recv, self.connection.send
        # We call ourselves ICE-lite: the browser decides, and follows its own network changes.
        ice._role_set = True

    def _RTCPeerConnection__createTransceiver(  # noqa: N802 - overrides a mangled name
        self, direction: str, kind: str, sender_track: object = None
    ) -> RTCRtpTransceiver:
        transceiver = RTCRtpTransceiver(
            direction=direction,
            kind=kind,
            sender=cast(Any, _Inert(kind, self.dtls)),
            receiver=cast(Any, _Inert(kind, self.dtls)),
        )
        transceivers = cast(Any, self)._RTCPeerConnection__transceivers
        transceiver._bundled = bool(transceivers)
        transceivers.append(transceiver)
        return transceiver

    async def _RTCPeerConnection__connect(self) -> None:  # noqa: N802 - overrides a mangled name
        try:
            await cast(Any, super())._RTCPeerConnection__connect()
        except InvalidStateError:
            return  # closed before it was connected, which is nobody's mistake

    def keys(self) -> tuple[Any, Any, str]:
        """libsrtp contexts for receiving and sending, and the profile's name.

        The contexts live as long as this object.  Call when the connection is connected.
        """
        private = cast(Any, self.dtls)
        profile = private._ssl.get_selected_srtp_profile().decode()
        return private._rx_srtp._srtp[0], private._tx_srtp._srtp[0], profile


def check_libraries() -> None:
    """Raise `MediaLibraryChanged` unless the libraries are as this file expects them."""
    for name, expected in EXPECTED.items():
        if not version(name).startswith(expected):
            raise MediaLibraryChanged(f"{name} {version(name)} is installed; {expected}x is needed")
    base = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transport = cast(Any, base)._RTCPeerConnection__createDtlsTransport()
    connection = Connection(ice_controlling=False)
    needed: dict[object, tuple[str, ...]] = {
        base: (
            "_RTCPeerConnection__certificates",
            "_RTCPeerConnection__transceivers",
            "_RTCPeerConnection__createTransceiver",
            "_RTCPeerConnection__connect",
        ),
        transport: ("_rx_srtp", "_tx_srtp", "_ssl"),
        transport.transport: ("_connection", "_recv", "_send", "_role_set"),
        transport.transport.iceGatherer: ("_connection",),
        connection: (
            *("_early_checks", "_nominated", "_protocols", "_queue", "_remote_candidates"),
            "data_received",
            *("request_received", "check_incoming", "check_complete", "get_component_candidates"),
        ),
        RTCCertificate: ("_create_ssl_context",),
        pylibsrtp.Session(): ("_srtp",),
        srtp_lib: ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"),
    }
    missing = [
        f"{type(thing).__name__}.{name}"
        for thing, names in needed.items()
        for name in names
        if not hasattr(thing, name)
    ]
    if missing or not isinstance(connection._early_checks, deque):
        raise MediaLibraryChanged(f"the media libraries have no {', '.join(missing)}")
    if not SRTP_PROFILES or b"GCM" not in SRTP_PROFILES[0].openssl_profile:
        raise MediaLibraryChanged("pylibsrtp was built without AES-GCM; use the wheel")
