"""What the console's pages need; the composition root gives it."""

from dataclasses import dataclass
from typing import Protocol

from counter.protocol.desk_screen import DeskScreen
from counter.protocol.message import Language
from web.shared.access import Principal
from web.shared.live_page import Cookie


class ConsoleCounter(Protocol):
    """The counter, as the console's pages see it.  Refusals carry their stable code."""

    async def screen(self, agent_id: str, language: Language) -> DeskScreen:
        """What this desk shows now."""
        ...

    async def sign_in(self, name: str, passphrase: str) -> Cookie:
        """The session's cookie.  Raises a refusal that does not say which of the two was wrong."""
        ...

    async def sign_out(self, principal: Principal) -> Cookie:
        """End the session; the empty cookie that removes it from the browser."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleDeps:
    """What `routes` is given."""

    counter: ConsoleCounter
