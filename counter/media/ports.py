"""What the media plane needs from its adapters: a leg, and the shared port that legs live on."""

from collections.abc import Callable
from typing import Protocol

from counter.media.routing import Hop

Address = tuple[str, int]
"IPv4 address and UDP port."
Random32 = Callable[[], int]
"Makes unpredictable 32-bit numbers."


class Door(Protocol):
    """One leg's share of the UDP port."""

    def admit(self, address: Address) -> None:
        """Accept everything from `address`: it has passed an authenticated check."""

    def aim(self, address: Address) -> None:
        """Send media to `address` from now on."""

    def open(self, hop: Hop) -> None:
        """Let the leg's media through; `hop` has its keys."""

    def send(self, data: bytes, address: Address) -> None:
        """Send one datagram that ICE or DTLS made."""

    def close(self) -> None:
        """Forget the leg."""


class SharedPort(Protocol):
    """The one UDP port of the process."""

    number: int

    def door(
        self,
        ufrag: str,
        on_stun: Callable[[bytes, Address], None],
        on_dtls: Callable[[bytes], None],
    ) -> Door:
        """A door for the leg whose ICE user name fragment is `ufrag`."""


class Leg(Protocol):
    """One WebRTC connection of a call."""

    @property
    def hop(self) -> Hop: ...

    @property
    def state(self) -> str:
        """`"new"`, then `"connected"`, then `"gone"`; or `"gone"` at once."""

    async def offer(self) -> str:
        """Our offer, to be shown to the leg's browser.  Called once."""

    async def answer(self, text: str) -> None:
        """Take the browser's answer.  Raises `BadInput` or, the second time, `NotAllowedNow`."""

    async def close(self) -> None:
        """Hang up.  Harmless when repeated."""


class LegMaker(Protocol):
    """Makes a leg that calls `on_change` whenever its state has changed."""

    def __call__(self, on_change: Callable[[], None]) -> Leg: ...


class SendRtcp(Protocol):
    """Encrypts a compound RTCP packet and sends it to a leg."""

    def __call__(self, hop: Hop, packet: bytes, /) -> None: ...
