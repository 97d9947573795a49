"""The counter as the console's pages see it, when both run in one process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from counter.identity.service import IdentityService
from counter.identity.store_identity import at_work_since
from counter.ids import AgentId
from counter.protocol.desk_screen import DeskScreen
from counter.protocol.message import Language
from counter.signaling.store_desk import leave_desk
from counter.store.executor import Executor
from web.console.screen import DeskScreens
from web.shared.access import Principal
from web.shared.live_page import Cookie
from web.shared.sessions_identity import IdentitySessions

PAGES_ARE_SEEN = timedelta(minutes=3)
"Of an open page is noted about once a minute that it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConsoleCounter:
    """See `web.console.ports.ConsoleCounter`."""

    executor: Executor
    screens: DeskScreens
    identity: IdentityService
    sessions: IdentitySessions
    clock: Callable[[], datetime]

    async def screen(self, agent_id: str, language: Language) -> DeskScreen:
        """What this desk shows now."""

        def read(conn: Connection) -> DeskScreen:
            return self.screens.screen(conn, agent_id, language, self.clock())

        return await self.executor.read(read)

    async def sign_in(self, name: str, passphrase: str) -> Cookie:
        """Raises `WrongPassphrase`, `TooManyTries`."""
        return self.sessions.cookie(await self.identity.sign_in(name, passphrase, self.clock()))

    async def sign_out(self, principal: Principal) -> Cookie:
        """End the session; who works nowhere else is rung no more."""
        now, agent_id = self.clock(), AgentId(principal.subject)
        await self.identity.end(principal.session_id, now)

        def leave(conn: Connection) -> None:
            if not at_work_since(conn, agent_id, now - PAGES_ARE_SEEN):
                leave_desk(conn, agent_id, now)

        await self.executor.write(leave)
        return self.sessions.no_cookie()
