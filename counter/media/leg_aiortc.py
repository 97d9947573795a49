"""A leg on aiortc: ICE, DTLS and the keys are its; the packets go through the shared port."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiortc import RTCSessionDescription
from aiortc.exceptions import (
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)

from counter.errors import BadInput, NotAllowedNow
from counter.media.aiortc_private import (
    HOSTILE,
    ForwardingPeerConnection,
    SharedPortConnection,
)
from counter.media.ports import Random32, SharedPort
from counter.media.routing import Hop
from counter.media.sdp import KINDS, Transport, new_output, read_answer, write_offer

logger = logging.getLogger(__name__)

CLOSE_WITHIN_SECONDS: Final = 5.0
"aiortc's close has been seen to hang on a connection that was lost half-way."
REFUSED: Final = (
    *HOSTILE,
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)


class AiortcLeg:
    """Implements `ports.Leg`."""

    def __init__(
        self,
        *,
        port: SharedPort,
        announced_ip: str,
        random32: Random32,
        start_kbps: int,
        on_change: Callable[[], None],
    ) -> None:
        self.state = "new"
        self.hop = Hop()
        self._announced_ip = announced_ip
        self._port = port
        self._random32 = random32
        self._start_kbps = start_kbps
        self._on_change = on_change
        self._answered = False
        self._peer = ForwardingPeerConnection(port, announced_ip)
        self._peer.on("connectionstatechange", self._changed)

    @property
    def connection(self) -> SharedPortConnection:
        """The leg's ICE agent."""
        return self._peer.connection

    @property
    def ufrag(self) -> str:
        """The ICE user name fragment by which checks find this leg."""
        return self._peer.connection.local_username

    async def offer(self) -> str:
        self.hop.outputs = tuple(
            new_output(
                kind,
                ssrc=self._random32() | 1,
                rtx_ssrc=self._random32() & ~1 or 2,
                start=self._random32(),
                rtx_start=self._random32(),
            )
            for kind in KINDS
        )
        for kind in KINDS:
            self._peer.addTransceiver(kind, direction="sendrecv")
        await self._peer.createOffer()  # gives the transceivers their sections; its text is unused
        ice = self._peer.connection
        fingerprints = self._peer.dtls.getLocalParameters().fingerprints
        text = write_offer(
            Transport(
                ip=self._announced_ip,
                udp_port=self._port.number,
                ufrag=ice.local_username,
                password=ice.local_password,
                fingerprint=next(f.value for f in fingerprints if f.algorithm == "sha-256"),
            ),
            self.hop.outputs,
            session=self._random32(),
            start_kbps=self._start_kbps,
        )
        await self._peer.setLocalDescription(RTCSessionDescription(sdp=text, type="offer"))
        return text

    async def answer(self, text: str) -> None:
        if self._answered or self.state == "gone":
            raise NotAllowedNow("this leg was answered or closed already; join again")
        answer = read_answer(text)
        try:
            self._answered = True
            self.hop.sources = answer.sources
            await self._peer.setRemoteDescription(
                RTCSessionDescription(sdp=answer.text, type="answer")
            )
        except REFUSED as error:
            self._answered = False
            raise BadInput(f"answer: not accepted ({type(error).__name__})") from error

    async def close(self) -> None:
        self.state = "gone"
        door = self._peer.connection.door
        try:
            async with asyncio.timeout(CLOSE_WITHIN_SECONDS):
                await self._peer.close()
        except TimeoutError:
            logger.warning("a leg did not close within %s s", CLOSE_WITHIN_SECONDS)
        if door is not None:
            door.close()

    def _changed(self) -> None:
        state = self._peer.connectionState
        if state == "connected" and self.state == "new":
            self.hop.rx, self.hop.tx, profile = self._peer.keys()
            logger.info("leg connected with %s", profile)
            if self._peer.connection.door is not None:
                self._peer.connection.door.open(self.hop)
            self.state = "connected"
            self._on_change()
        elif state in ("failed", "closed") and self.state != "gone":
            self.state = "gone"
            self._on_change()
