"""What the media plane needs from its adapters: a leg, and the shared port that legs live on."""

from collections.abc import Callable
from typing import Protocol

from counter.media.routing import Hop

Address = tuple[str, int]
"IP address and UDP port."
Random32 = Callable[[], int]
"Makes unpredictable 32-bit numbers."


class Door(Protocol):
    """One leg's share of the UDP port."""

    def also(self, ufrag: str) -> None:
        """Let checks that name `ufrag` find this leg too."""

    def drop(self, ufrag: str) -> None:
        """Let checks that name `ufrag` no longer find this leg."""

    def admit(self, address: Address) -> bool:
        """Accept everything from `address`: it has passed an authenticated check.

        False when another leg is there.
        """

    def prove(self, address: Address) -> None:
        """A check of ours was answered from `address`: who is there wants to hear from us."""

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
        """Our offer, to be shown to the leg's browser.  Called once, first."""

    async def answer(self, text: str) -> None:
        """Take the browser's answer.  Raises `BadInput` or, the second time, `NotAllowedNow`."""

    async def restart(self) -> str:
        """An offer with new credentials, for the same streams (RFC 8445, section 9).

        Media goes on over the old path until the new one is there.  Raises `NotAllowedNow`.
        """

    async def close(self) -> None:
        """Hang up.  Harmless when repeated."""


class LegMaker(Protocol):
    """Makes a leg that calls `on_change` whenever its state has changed."""

    def __call__(self, on_change: Callable[[], None]) -> Leg: ...


class AskKeyFrame(Protocol):
    """Asks a leg for a whole picture, now or as soon as it may be asked again."""

    def __call__(self, hop: Hop, /) -> None: ...
