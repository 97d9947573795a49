"""A call between a citizen and an agent, with others near who may take part."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from counter.ids import CallId
from counter.protocol import parties as asks
from counter.protocol import terminal
from counter.signaling.media_ports import CallParty, CallShape
from counter.signaling.store_party_rows import shape_of
from counter.signaling.tables import agent, call, party
from counter.store.session_log import tail
from tests.signaling.floor import Commands, Floor, seed, state_of, violations

AGENTS = {"a-1": "d-1", "a-2": "d-1", "a-3": "d-2", "a-4": "d-2", "a-boss": "d-1"}
CITIZEN = CallParty(owner="terminal:t-1", role="citizen")
LEADING = CallParty(owner="agent:a-1", role="agent")
SECOND = CallParty(owner="agent:a-2", role="colleague")


class Talk:
    """A call of the citizen at `t-1` with agent `a-1`, while the others are idle."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.conn = conn
        self.now = now
        self.commands = Commands(Floor())
        self.commands.supervisors = {"a-boss"}
        seed(conn, now, AGENTS)
        self.commands.ready(conn, "a-1", now)
        self.case_id = self.commands.walk_in(conn, "t-1", now)
        self.commands.accept(conn, "a-1", now)
        for one in ("a-2", "a-3", "a-4"):
            self.commands.ready(conn, one, now)
        self.commands.attach(conn, "a-boss", now)
        self.call_id = CallId(conn.execute(select(call.c.id)).scalar_one())

    def ask(self, subject: str, kind: Callable[..., Any], **body: Any) -> Any:
        """Ask with a key of its own; contradictions fail at once."""
        ask = kind(key=self.commands.floor.key(), **body)
        facts = self.commands.ask(self.conn, subject, ask, self.now)
        assert violations(self.conn) == []
        return facts

    def invite(self, whom: str, purpose: str = "colleague", **more: Any) -> str:
        facts = self.ask("a-1", asks.PartyInvite, agent=whom, purpose=purpose, **more)
        return str(facts["party_id"])

    def join(self, whom: str, purpose: str = "colleague", **more: Any) -> str:
        party_id = self.invite(whom, purpose, **more)
        self.ask(whom, asks.PartyAccept, party_id=party_id)
        return party_id

    def later(self, span: timedelta, *alive: str) -> list[str]:
        """Time passes; these beat.  Returns what the sweeper settled."""
        self.now += span
        for one in alive:
            kind = terminal.TerminalBeat if one.startswith("t-") else None
            if kind:
                self.commands.ask(self.conn, one, kind(key=self.commands.floor.key()), self.now)
            else:
                self.commands.attach(self.conn, one, self.now)
        kinds = self.commands.sweep(self.conn, self.now)
        assert violations(self.conn) == []
        return kinds

    def shape(self) -> CallShape:
        return shape_of(self.conn, self.call_id)

    def state(self, subject: str) -> str:
        return state_of(self.conn, agent, subject)

    def party_state(self, party_id: str) -> str:
        return state_of(self.conn, party, party_id)

    def rev(self) -> int:
        rev: int = self.conn.execute(select(call.c.rev)).scalar_one()
        return rev

    def told(self, audience: str) -> list[str]:
        return [row.kind for row in tail(self.conn, [audience], {})]


Scene = Callable[[Talk], None]
