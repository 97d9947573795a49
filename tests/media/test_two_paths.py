"""A far end with two paths, of which one is passable only after the other was chosen."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from counter.media.batch import address_key
from counter.media.leg_aiortc import AiortcLeg
from counter.media.udp_port import UdpPort
from tests.media.legs import Legs
from tests.media.test_sdp import answer

FAR_UFRAG, FAR_PASSWORD = "abcd", "q" * 24
"As in the answer."
CHECK_EVERY_S = 0.05


class Path:
    """A socket of the far end: it sends checks, and answers ours while the path is passable."""

    def __init__(self, leg: AiortcLeg, port: UdpPort, *, passable: bool) -> None:
        self.passable = passable
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.key = address_key(*self.socket.getsockname())
        self._leg, self._server = leg, ("127.0.0.1", port.number)
        asyncio.get_running_loop().add_reader(self.socket, self._answer)

    def check(self, *, nominates: bool = False) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._leg.ufrag}:{FAR_UFRAG}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        if nominates:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._leg.connection.local_password.encode())
        self.socket.sendto(bytes(message), self._server)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()

    def _answer(self) -> None:
        data = self.socket.recv(1500)
        if not self.passable or data[0] > 3:
            return
        asked = stun.parse_message(data)
        if asked.message_class is stun.Class.REQUEST:
            message = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
            message.attributes["XOR-MAPPED-ADDRESS"] = self._server
            message.add_message_integrity(FAR_PASSWORD.encode())
            self.socket.sendto(bytes(message), self._server)


@pytest.fixture
async def port() -> AsyncIterator[UdpPort]:
    made = UdpPort(ip="127.0.0.1", udp_port=0, clock=asyncio.get_running_loop().time)
    yield made
    made.close()


async def test_a_path_that_was_slow_is_proven_and_used_when_it_is_nominated(port: UdpPort) -> None:
    """A telephone has its wireless network first, and seconds later the mobile one."""
    legs = Legs(port)
    leg = legs.make()
    await leg.offer()
    door = port.door_of(leg.ufrag)
    assert door is not None
    quick, slow = Path(leg, port, passable=True), Path(leg, port, passable=False)
    slow.check()
    await legs.until(lambda: slow.key in door.keys)
    await leg.answer(answer())
    quick.check(nominates=True)
    await legs.until(lambda: leg.connection._query_consent_task is not None)
    assert quick.key in door.proven and slow.key not in door.proven
    slow.passable = True
    async with asyncio.timeout(30):
        while slow.key not in door.proven:
            slow.check()
            await asyncio.sleep(CHECK_EVERY_S)
        while door._aimed != slow.key:
            slow.check(nominates=True)
            await asyncio.sleep(CHECK_EVERY_S)
    await leg.close()
    quick.close()
    slow.close()
