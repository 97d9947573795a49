"""DTLS and the keys of one leg: every private name of aiortc 1.16 and pylibsrtp that we touch.

aiortc makes ICE, DTLS and the SRTP keys; packets must not pass through it (it decodes, it opens a
socket for each leg, and it gives any stranger's datagram to DTLS).  What we replace has no public
seam, so `check_libraries` runs at start and refuses a version whose insides are not as expected.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any, Final, Literal, cast

import pylibsrtp
from aiortc import (
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from counter.media.aioice_private import (
    MediaLibraryChanged,
    SharedPortConnection,
    absent,
    check_library,
    refuse_without,
)
from counter.media.ports import SharedPort

EXPECTED: Final = {"aiortc": "1.16.", "pylibsrtp": "1.0."}
CIPHERS: Final = (
    b"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305"
)

# None when there is none: `check_libraries` says so, and an import cannot.
srtp_ffi: Any = getattr(pylibsrtp, "ffi", None)
srtp_lib: Any = getattr(pylibsrtp, "lib", None)


class _Certificate(RTCCertificate):
    """aiortc's certificate, without its two CBC suites, and with one context for all legs."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            self._context.set_cipher_list(CIPHERS)
            # A leg's handshake is over in a second; its buffers would stay for hours.
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
            # No leg resumes another's session, and kept ones would add up.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return self._context


def new_certificate() -> RTCCertificate:
    """A key and a certificate for the handshakes of a process, valid for 30 days."""
    return _Certificate.generateCertificate()


class SecuredTransport:
    """ICE and DTLS of one leg, over the shared port; packets do not pass here."""

    def __init__(
        self,
        port: SharedPort,
        announced_ip: str,
        certificate: RTCCertificate,
        on_change: Callable[[], None],
    ) -> None:
        # An empty list: without one aiortc asks a public STUN server.
        gatherer = RTCIceGatherer(iceServers=[])
        self.connection = SharedPortConnection(port, announced_ip)
        self._gatherer = gatherer
        self._ice = RTCIceTransport(gatherer)
        private = cast(Any, self._ice)
        private._connection = cast(Any, gatherer)._connection = self.connection
        private._recv, private._send = self.connection.recv, self.connection.send
        self.dtls = RTCDtlsTransport(self._ice, [certificate])
        self.dtls.on("statechange", on_change)
        self._ice.on("statechange", on_change)

    @property
    def state(self) -> Literal["new", "connected", "gone"]:
        """Where the handshakes are."""
        if self.dtls.state in ("failed", "closed") or self._ice.state in ("failed", "closed"):
            return "gone"
        return "connected" if self.dtls.state == "connected" else "new"

    def fingerprint(self) -> str:
        """SHA-256 of our certificate, in colon-separated hexadecimal."""
        prints = self.dtls.getLocalParameters().fingerprints
        return next(found.value for found in prints if found.algorithm == "sha-256")

    async def open(self) -> None:
        """Be ready for checks."""
        await self._gatherer.gather()

    async def connect(
        self, *, ufrag: str, password: str, fingerprints: Iterable[tuple[str, str]], active: bool
    ) -> None:
        """Shake hands with whoever has these credentials; `state` says how it went.

        active: the other side begins the DTLS handshake.
        """
        await self._ice.start(RTCIceParameters(usernameFragment=ufrag, password=password))
        if self._ice.state != "completed" or self.dtls.state != "new":
            return
        # Both sides have been told who begins; aiortc would guess it from the ICE role.
        cast(Any, self.dtls)._set_role("server" if active else "client")
        await self.dtls.start(
            RTCDtlsParameters(
                fingerprints=[
                    RTCDtlsFingerprint(algorithm=algorithm, value=value)
                    for algorithm, value in fingerprints
                ]
            )
        )

    async def close(self) -> None:
        """Say goodbye and let go.  Harmless when repeated."""
        await self.dtls.stop()
        await self._ice.stop()

    def keys(self) -> tuple[Any, Any, str]:
        """libsrtp contexts for receiving and sending, and the profile's name.

        The contexts live as long as this object.  Call when the state is connected.
        """
        private = cast(Any, self.dtls)
        profile = private._ssl.get_selected_srtp_profile().decode()
        return private._rx_srtp._srtp[0], private._tx_srtp._srtp[0], profile


def check_libraries() -> None:
    """Raise `MediaLibraryChanged` unless the libraries are as their adapters expect them."""
    check_library()
    for name, expected in EXPECTED.items():
        if not version(name).startswith(expected):
            raise MediaLibraryChanged(f"{name} {version(name)} is installed; {expected}x is needed")
    refuse_without(*absent("pylibsrtp", pylibsrtp, "ffi", "lib"))
    gatherer = RTCIceGatherer(iceServers=[])
    ice = RTCIceTransport(gatherer)
    dtls = RTCDtlsTransport(ice, [RTCCertificate.generateCertificate()])
    sealing = ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp")
    refuse_without(
        *absent("RTCDtlsTransport", dtls, "_rx_srtp", "_tx_srtp", "_ssl", "_set_role"),
        *absent("RTCIceTransport", ice, "_connection", "_recv", "_send"),
        *absent("RTCIceGatherer", gatherer, "_connection"),
        *absent("RTCCertificate", RTCCertificate, "_create_ssl_context"),
        *absent("pylibsrtp.Session", pylibsrtp.Session(), "_srtp"),
        *absent("pylibsrtp.lib", srtp_lib, *sealing),
    )
    if not SRTP_PROFILES or b"GCM" not in SRTP_PROFILES[0].openssl_profile:
        raise MediaLibraryChanged("pylibsrtp was built without AES-GCM; use the wheel")
