"""What the terminal's pages need; the composition root gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from counter.protocol.terminal_screen import TerminalScreen
from web.shared.live_page import Cookie


class TerminalCounter(Protocol):
    """The counter, as the terminal's pages see it.  Refusals carry their stable code."""

    async def screen(self, terminal_id: str) -> TerminalScreen:
        """What this terminal shows now."""
        ...

    async def enrol(self, token: str) -> Cookie:
        """Exchange a one-time token for the device's cookie.  Raises a refusal for a wrong one."""
        ...

    async def enrol_device(self, token: str) -> str:
        """The same for the program beside the page: its bearer secret."""
        ...

    async def receive_page(
        self, terminal_id: str, request_id: str, photograph: bytes, sha256: str
    ) -> None:
        """Judge and keep a photograph that was asked for.

        sha256: of `photograph`, compared already.  Raises a refusal with advice when it will not
        do; the request then stays open.
        """
        ...

    async def preview(
        self, terminal_id: str, request_id: str, picture: bytes, finer: float
    ) -> Mapping[str, object]:
        """Where the page and marks on it lie in a small picture, and what would make it better.

        finer: how many times as wide the camera's own picture is.  Raises a refusal when nobody
        asks for it, and when previews come too fast.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalDeps:
    """What `routes` is given."""

    counter: TerminalCounter
    document_camera: str = ""
    printing: Literal["page", "none"] = "page"
    "Whether the terminals' browsers print."
    "Part of the document camera's label; empty when the face camera photographs papers as well."
    photograph_limit_bytes: int = 16 * 1024 * 1024
