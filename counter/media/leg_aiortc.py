"""A leg on aiortc: ICE, DTLS and the keys are its; the packets go through the shared port."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from aiortc import RTCCertificate

from counter.errors import BadInput, NotAllowedNow
from counter.media.aioice_private import SharedPortConnection
from counter.media.aiortc_private import SecuredTransport
from counter.media.ports import Random32, SharedPort
from counter.media.routing import Hop
from counter.media.sdp import (
    SECTIONS,
    Answer,
    Transport,
    new_output,
    read_answer,
    write_offer,
)

logger = logging.getLogger(__name__)

CLOSE_WITHIN_SECONDS: Final = 5.0
"aiortc's close has been seen to hang on a connection that was lost half-way."


class AiortcLeg:
    """Implements `ports.Leg`."""

    def __init__(
        self,
        *,
        port: SharedPort,
        announced_ip: str,
        announced_ip6: str | None = None,
        certificate: RTCCertificate,
        random32: Random32,
        start_kbps: int,
        on_change: Callable[[], None],
    ) -> None:
        self.state = "new"
        self.hop = Hop()
        self._announced_ip, self._announced_ip6 = announced_ip, announced_ip6
        self._port = port
        self._random32 = random32
        self._start_kbps = start_kbps
        self._on_change = on_change
        self._transport = SecuredTransport(port, announced_ip, certificate, self._changed)
        self._session = random32()
        self._version = 0
        "Of the offer, which counts on with each."
        self._answered: Answer | None = None
        self._restarting = False
        "An offer of `restart` waits for its answer."
        self._connecting: asyncio.Task[None] | None = None

    @property
    def connection(self) -> SharedPortConnection:
        """The leg's ICE agent."""
        return self._transport.connection

    @property
    def ufrag(self) -> str:
        """The ICE user name fragment by which checks find this leg."""
        return self.connection.local_username

    async def offer(self) -> str:
        self.hop.outputs = tuple(
            new_output(
                kind,
                slot,
                ssrc=self._random32() | 1,
                rtx_ssrc=self._random32() & ~1 or 2,
                start=self._random32(),
                rtx_start=self._random32(),
            )
            for kind, slot in SECTIONS
        )
        await self._transport.open()
        return self._write_offer()

    async def answer(self, text: str) -> None:
        if self.state == "gone" or (self._answered is not None and not self._restarting):
            raise NotAllowedNow("this leg was answered or closed already; join again")
        answer = read_answer(text)
        if self._answered is not None:
            self._take_new_path(answer, self._answered)
            return
        self._answered = answer
        self.hop.accept(answer.sources)
        self.hop.transport_wide = answer.transport_wide
        self._connecting = asyncio.get_running_loop().create_task(
            self._transport.connect(
                ufrag=answer.ufrag,
                password=answer.password,
                fingerprints=answer.fingerprints,
                active=answer.setup == "active",
            )
        )
        self._connecting.add_done_callback(_look_at)

    async def restart(self) -> str:
        if self.state != "connected":
            raise NotAllowedNow(
                "this leg is not connected, so it has no path to change; join again"
            )
        self.connection.restart()
        self._restarting = True
        return self._write_offer()

    async def close(self) -> None:
        self.state = "gone"
        door = self.connection.door
        try:
            async with asyncio.timeout(CLOSE_WITHIN_SECONDS):
                await self._transport.close()
                if self._connecting is not None:
                    self._connecting.cancel()
                    await asyncio.gather(self._connecting, return_exceptions=True)
        except TimeoutError:
            logger.warning("a leg did not close within %s s", CLOSE_WITHIN_SECONDS)
        if door is not None:
            door.close()

    def _take_new_path(self, answer: Answer, before: Answer) -> None:
        """A new path leads to whom we have shaken hands with already."""
        if set(answer.fingerprints) != set(before.fingerprints):
            raise BadInput("answer: a restarted leg has its old certificate; join again instead")
        if (answer.ufrag, answer.password) == (before.ufrag, before.password):
            raise BadInput("answer: a restarted leg needs new ICE credentials")
        self._answered = answer
        self._restarting = False
        self.connection.restarted(answer.ufrag, answer.password)

    def _write_offer(self) -> str:
        self._version += 1
        ufrag, password = self.connection.offered
        return write_offer(
            Transport(
                ip=self._announced_ip,
                ip6=self._announced_ip6,
                udp_port=self._port.number,
                ufrag=ufrag,
                password=password,
                fingerprint=self._transport.fingerprint(),
            ),
            self.hop.outputs,
            session=self._session,
            version=self._version,
            start_kbps=self._start_kbps,
        )

    def _changed(self) -> None:
        state = self._transport.state
        if state == "connected" and self.state == "new":
            self.hop.rx, self.hop.tx, profile = self._transport.keys()
            logger.info("leg connected with %s", profile)
            if self.connection.door is not None:
                self.connection.door.open(self.hop)
            self.state = "connected"
            self._on_change()
        elif state == "gone" and self.state != "gone":
            self.state = "gone"
            self._on_change()


def _look_at(task: "asyncio.Task[None]") -> None:
    """A handshake that ended in an error is told by the transport's state; log what it was."""
    if not task.cancelled() and (problem := task.exception()) is not None:
        logger.info("a leg did not connect: %s", type(problem).__name__)
