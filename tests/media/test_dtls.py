"""The handshake of a leg: long hellos, small datagrams, lost ones, and what is agreed on."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest
from aiortc import rtcdtlstransport, rtcpeerconnection
from aiortc.rtcdtlstransport import (
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from OpenSSL import SSL

from counter.media.aiortc_private import check_libraries
from counter.media.leg_aiortc import AiortcLeg
from counter.media.ports import Address
from counter.media.udp_port import UdpPort
from tests.media.endpoint import Endpoint, only_loopback
from tests.media.legs import AddressTranslation, Legs

PATH_BYTES = 1200
"What every path carries, also one through tunnels."


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[UdpPort]:
    only_loopback(monkeypatch)
    made = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    yield made
    made.close()


class LongHello(RTCCertificate):
    """Says hello in more octets than one datagram carries.

    A browser's is long because of its post-quantum key share; here it is a list of protocols.
    """

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_options(SSL.OP_NO_QUERY_MTU)
        context.set_alpn_protos([bytes([letter]) * 200 for letter in b"abcdefgh"])
        return context


class SmallDatagrams(RTCDtlsTransport):
    """Sends no datagram of more than `PATH_BYTES`."""

    sent: list[bytes]

    async def _do_handshake(self) -> None:
        assert self._ssl is not None
        self._ssl.set_ciphertext_mtu(PATH_BYTES)
        await super()._do_handshake()

    async def _write_ssl(self) -> None:
        assert self._ssl is not None
        try:
            data = self._ssl.bio_read(65_536)
        except SSL.Error:
            return
        for datagram in packed(records(data)):
            self.sent.append(datagram)
            await self.transport._send(datagram)


def records(data: bytes) -> Iterator[bytes]:
    """DTLS records, each 13 octets of head and a body (RFC 6347, section 4.1)."""
    while data:
        size = 13 + int.from_bytes(data[11:13], "big")
        yield data[:size]
        data = data[size:]


def packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    datagram = b""
    for part in parts:
        if len(datagram) + len(part) > PATH_BYTES:
            yield datagram
            datagram = b""
        datagram += part
    if datagram:
        yield datagram


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Handshake datagrams of far ends, which all say long hellos."""
    datagrams: list[bytes] = []
    monkeypatch.setattr(SmallDatagrams, "sent", datagrams, raising=False)
    monkeypatch.setattr(rtcpeerconnection, "RTCDtlsTransport", SmallDatagrams)
    return datagrams


def far_end() -> Endpoint:
    far = Endpoint()
    cast(Any, far.peer)._RTCPeerConnection__certificates = [LongHello.generateCertificate()]
    return far


async def test_a_hello_in_two_datagrams_is_understood(port: UdpPort, sent: list[bytes]) -> None:
    far = far_end()
    leg = await Legs(port).connected(far)
    hello = [datagram for datagram in sent if datagram[13] == 1][:2]
    assert [datagram[0] for datagram in hello] == [22, 22]
    assert sum(map(len, hello)) > PATH_BYTES and max(map(len, hello)) <= PATH_BYTES
    await asyncio.gather(leg.close(), far.close())


@pytest.mark.parametrize("lost", [0, 1], ids=["first", "second"])
async def test_a_hello_of_which_a_part_was_lost_is_said_again(
    port: UdpPort, sent: list[bytes], monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    far, router = far_end(), AddressTranslation(port.number)
    router.lose_outward(lambda data: 20 <= data[0] < 64, number=lost)
    leg = await Legs(port).connected(
        far, lambda offer: offer.replace(str(port.number), str(router.number))
    )
    assert router.lost == 1
    await asyncio.gather(leg.close(), far.close())
    router.close()


async def test_our_handshake_fits_every_path(
    port: UdpPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    send = port.send

    def watched(data: bytes, address: Address) -> None:
        sizes.append(len(data))
        send(data, address)

    monkeypatch.setattr(port, "send", watched)
    far = Endpoint()
    leg = await Legs(port).connected(far)
    assert 500 < max(sizes) <= PATH_BYTES, "our certificate and all that goes with it"
    await asyncio.gather(leg.close(), far.close())


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (slice(None), "SRTP_AEAD_AES_256_GCM"),
        (slice(1, None), "SRTP_AEAD_AES_128_GCM"),
        (slice(None, None, -1), "SRTP_AEAD_AES_256_GCM"),
        (slice(2, None), "SRTP_AES128_CM_SHA1_80"),
    ],
    ids=["all", "no 256", "all, the weakest first", "only the one that all must know"],
)
async def test_the_strongest_protection_that_both_know_is_agreed_on_and_logged(
    port: UdpPort,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    offered: slice,
    agreed: str,
) -> None:
    legs = Legs(port)
    leg: AiortcLeg = legs.make()
    offer = await leg.offer()
    # Both ends are of one library in one process: ours has its list already.
    monkeypatch.setattr(rtcdtlstransport, "SRTP_PROFILES", SRTP_PROFILES[offered])
    far = Endpoint()
    with caplog.at_level(logging.INFO, "counter.media.leg_aiortc"):
        await leg.answer(await far.answer(offer))
        await legs.until(lambda: leg.state == "connected")
    assert f"leg connected with {agreed}" in caplog.messages
    await asyncio.gather(leg.close(), far.close())


async def test_the_handshake_is_of_tls_1_2_or_newer(port: UdpPort) -> None:
    far = Endpoint()
    leg = await Legs(port).connected(far)
    ssl = cast(Any, leg)._transport.dtls._ssl
    assert ssl.get_protocol_version() in (0xFEFD, 0xFEFC)
    assert "GCM" in ssl.get_cipher_name() or "CHACHA20" in ssl.get_cipher_name()
    await asyncio.gather(leg.close(), far.close())


def test_gcm_comes_first_or_we_do_not_start() -> None:
    assert [b"GCM" in profile.openssl_profile for profile in SRTP_PROFILES] == [True, True, False]
    check_libraries()
