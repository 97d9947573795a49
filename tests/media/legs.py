"""Legs of ours on a port of their own, and far ends that change their network, for tests."""

import asyncio
import re
import secrets
import socket
from collections.abc import Callable

from aioice import Candidate, Connection

from counter.media.aiortc_private import new_certificate
from counter.media.arrangement import Link
from counter.media.leg_aiortc import AiortcLeg
from counter.media.ports import Address
from counter.media.routing import connect
from counter.media.udp_port import UdpPort
from tests.media.endpoint import Endpoint

PER_TURN = 50


class Legs:
    """Makes legs that live on one port."""

    def __init__(self, port: UdpPort) -> None:
        self.port = port
        self.changed = asyncio.Event()
        self.certificate = new_certificate()

    def make(self) -> AiortcLeg:
        return AiortcLeg(
            port=self.port,
            announced_ip="127.0.0.1",
            announced_ip6="::1" if self.port.ip6 else None,
            certificate=self.certificate,
            random32=lambda: secrets.randbits(32),
            start_kbps=1500,
            on_change=self.changed.set,
        )

    async def connected(
        self, far: Endpoint, through: Callable[[str], str] = lambda offer: offer
    ) -> AiortcLeg:
        """A leg that has shaken hands with `far`.  through: changes the offer on its way."""
        leg = self.make()
        await leg.answer(await far.answer(through(await leg.offer())))
        await self.until(lambda: leg.state == "connected")
        return leg

    async def until(self, condition: Callable[[], bool], *, within: float = 30.0) -> None:
        """Wait for what no event tells of."""
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.005)


def link_both(one: AiortcLeg, other: AiortcLeg) -> None:
    """Let two legs hear and see each other."""
    for source, sink in ((one, other), (other, one)):
        link = Link(source="one", sink="other", slot=0, sound=True, picture=True, feedback=True)
        connect(source.hop, sink.hop, link)


class NewNetwork:
    """A second network of a far end: another socket, and ICE that begins again (RFC 8445, 9)."""

    def __init__(self) -> None:
        self.ice = Connection(ice_controlling=True)
        self.received = 0
        "Datagrams of ours that came through this network while it was used."
        self._bridge: asyncio.Task[None] | None = None

    async def take(self, offer: str, before: str) -> str:
        """Take a restart's offer; the answer is the one given `before`, with new credentials."""
        await self.ice.gather_candidates()
        self.ice.remote_username = _value(offer, "ice-ufrag")
        self.ice.remote_password = _value(offer, "ice-pwd")
        for text in dict.fromkeys(re.findall(r"a=candidate:(.+?)\r?\n", offer)):
            await self.ice.add_remote_candidate(Candidate.from_sdp(text))
        await self.ice.add_remote_candidate(None)
        answer = re.sub(r"a=ice-ufrag:\S+", f"a=ice-ufrag:{self.ice.local_username}", before)
        return re.sub(r"a=ice-pwd:\S+", f"a=ice-pwd:{self.ice.local_password}", answer)

    def use(self, far: Endpoint) -> None:
        """Send through this network from now on, and receive from it too."""
        ice = far.peer.getTransceivers()[0].sender.transport.transport
        ice._send = self.ice.send
        self._bridge = asyncio.create_task(self._receive(ice._connection))

    async def _receive(self, old: Connection) -> None:
        while True:
            old.data_received(await self.ice.recv(), 1)
            self.received += 1

    async def close(self) -> None:
        if self._bridge is not None:
            self._bridge.cancel()
        await self.ice.close()


def _value(text: str, attribute: str) -> str:
    found = re.search(rf"a={attribute}:(.+?)\r?\n", text)
    assert found is not None
    return found[1]


class AddressTranslation:
    """A router between a far end and us that gives the far end other outer ports when told."""

    def __init__(self, udp_port: int, ip: str = "127.0.0.1") -> None:
        self._ip = ip
        self._server = (ip, udp_port)
        self._inner = self._opened()
        self._outer: dict[Address, socket.socket] = {}
        "By the far end's own address: it may send from several."
        self.media_inward = 0
        "Media datagrams that reached the far end."
        self.lost = 0
        self._lose: Callable[[bytes], bool] = lambda data: False
        asyncio.get_running_loop().add_reader(self._inner, self._outward)

    @property
    def number(self) -> int:
        """The port that the far end sends to."""
        return int(self._inner.getsockname()[1])

    @property
    def outside(self) -> set[Address]:
        """What we see of the far end."""
        return {outer.getsockname() for outer in self._outer.values()}

    def lose_outward(self, kind: Callable[[bytes], bool], *, number: int | None = None) -> None:
        """Lose what the far end sends of a kind, or one of that: number, from 0."""
        seen = -1

        def lose(data: bytes) -> bool:
            nonlocal seen
            seen += kind(data)
            return kind(data) and number in (None, seen)

        self._lose = lose

    def rebind(self) -> None:
        """What comes to the old outer ports is lost from now on."""
        self._close_outer()

    def close(self) -> None:
        self._close_outer()
        asyncio.get_running_loop().remove_reader(self._inner)
        self._inner.close()

    def _close_outer(self) -> None:
        for outer in self._outer.values():
            asyncio.get_running_loop().remove_reader(outer)
            outer.close()
        self._outer.clear()

    def _outward(self) -> None:
        for _ in range(PER_TURN):
            try:
                data, client = self._inner.recvfrom(2048)
            except BlockingIOError:
                return
            if self._lose(data):
                self.lost += 1
                continue
            outer = self._outer.get(client)
            if outer is None:
                outer = self._outer[client] = self._opened()
                asyncio.get_running_loop().add_reader(outer, self._inward, outer, client)
            outer.sendto(data, self._server)

    def _inward(self, outer: socket.socket, client: Address) -> None:
        for _ in range(PER_TURN):
            try:
                data = outer.recv(2048)
            except BlockingIOError:
                return
            self._inner.sendto(data, client)
            self.media_inward += data[0] >= 128

    def _opened(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((self._ip, 0))
        made.setblocking(False)
        return made
