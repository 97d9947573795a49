"""The rows of signalling.

Two partial unique indexes carry the promise of dispatch: a ticket has at most one live pairing,
and so has an agent.  The engine keeps it, whatever the code does.
"""

from collections.abc import Iterable

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    literal_column,
)

from counter.signaling.dispatch import LIVE_PAIRING, LIVE_TICKET, TicketState
from counter.signaling.party import LIVE_PARTY
from counter.store.metadata import UtcDateTime, metadata


def _is_one_of(column: Column[str], states: Iterable[str]) -> ColumnElement[bool]:
    """Written into the statement: with bound values no engine sees that a partial index fits."""
    return column.in_([literal_column(f"'{state}'") for state in states])


ticket = Table(
    "ticket",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, unique=True),
    Column("terminal_id", String(40), nullable=False),
    Column("department_id", String(40), nullable=False),
    Column("service_id", String(80), nullable=False),
    Column("language", String(10), nullable=False),
    Column("number", String(12), nullable=False),
    Column("booked", Boolean, nullable=False),
    Column("starts_at", UtcDateTime),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("state", String(10), nullable=False),
    Column("rev", Integer, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("requeued", Boolean, nullable=False),
)
ticket_waits = ticket.c.state == literal_column(f"'{TicketState.WAITING}'")
ticket_lives = _is_one_of(ticket.c.state, LIVE_TICKET)
Index(
    "ix_ticket_waiting",
    ticket.c.department_id,
    ticket.c.due,
    ticket.c.id,
    sqlite_where=ticket_waits,
    postgresql_where=ticket_waits,
)
Index(
    "uq_ticket_live_on_terminal",
    ticket.c.terminal_id,
    unique=True,
    sqlite_where=ticket_lives,
    postgresql_where=ticket_lives,
)

agent = Table(
    "agent",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", Text, nullable=False),
    Column("department_id", String(40), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("misses", Integer, nullable=False),
)

skill = Table(
    "skill",
    metadata,
    Column("agent_id", String(40), ForeignKey(agent.c.id), primary_key=True),
    Column("department_id", String(40), primary_key=True),
    Column("language", String(10), primary_key=True),
    Column("level", Integer, nullable=False),
)
"An agent with no row for a department serves his own one in every language."

pairing = Table(
    "pairing",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("ticket_id", String(40), ForeignKey(ticket.c.id), nullable=False, index=True),
    Column("agent_id", String(40), ForeignKey(agent.c.id), nullable=False, index=True),
    Column("epoch", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("deadline", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),
)
pairing_lives = _is_one_of(pairing.c.state, LIVE_PAIRING)
for _column in (pairing.c.ticket_id, pairing.c.agent_id):
    Index(
        f"uq_pairing_live_{_column.name}",
        _column,
        unique=True,
        sqlite_where=pairing_lives,
        postgresql_where=pairing_lives,
    )

ticket_counter = Table(
    "ticket_counter",
    metadata,
    Column("department_id", String(40), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

call = Table(
    "call",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("case_id", String(40), nullable=False, index=True),
    Column("pairing_id", String(40), ForeignKey(pairing.c.id), nullable=False),
    Column("agent_id", String(40), nullable=False, index=True),
    Column("worker", String(80)),
    Column("state", String(10), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("arranged", Integer, nullable=False, server_default="0"),
    Column("held_since", UtcDateTime),
    Column("hands", String(8), nullable=False, server_default="allowed"),
)
"""`rev` rises whenever who takes part, how, or the worker changes; `arranged` is the one that the
worker was told.  `held_since`: the citizen waits, and neither hears nor is heard.  `hands`: whether
the agent may do something to the terminal."""
call_unreleased = and_(call.c.state == literal_column("'ended'"), call.c.worker.is_not(None))
"Ended, and a media worker may still carry it."
Index(
    "ix_call_unreleased",
    call.c.id,
    sqlite_where=call_unreleased,
    postgresql_where=call_unreleased,
)
Index("ix_call_started_at", call.c.started_at)
call_is_on = call.c.state == literal_column("'active'")
call_unarranged = and_(call_is_on, call.c.worker.is_not(None), call.c.arranged < call.c.rev)
Index(
    "ix_call_unarranged",
    call.c.id,
    sqlite_where=call_unarranged,
    postgresql_where=call_unarranged,
)
Index(
    "uq_call_active_case",
    call.c.case_id,
    unique=True,
    sqlite_where=call_is_on,
    postgresql_where=call_is_on,
)

party = Table(
    "party",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("call_id", String(40), ForeignKey(call.c.id), nullable=False, index=True),
    Column("agent_id", String(40), ForeignKey(agent.c.id), nullable=False, index=True),
    Column("asked_by", String(40), nullable=False),
    Column("purpose", String(12), nullable=False),
    Column("mode", String(8), nullable=False),
    Column("state", String(10), nullable=False),
    Column("aside", Boolean, nullable=False),
    Column("stays", Boolean, nullable=False),
    Column("was", String(10), nullable=False),
    Column("deadline", UtcDateTime),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("joined_at", UtcDateTime),
)
"""Whoever was asked into a call beside its citizen and its agent.  `aside`: the citizen waits
meanwhile; `stays`: after a transfer, the one who hands over; `was`: the agent's state before."""
party_lives = _is_one_of(party.c.state, LIVE_PARTY)
Index(
    "uq_party_live_agent_id",
    party.c.agent_id,
    unique=True,
    sqlite_where=party_lives,
    postgresql_where=party_lives,
)

restraint = Table(
    "restraint",
    metadata,
    Column("call_id", String(40), ForeignKey(call.c.id), primary_key=True),
    Column("owner", String(80), primary_key=True),
    Column("muted", Boolean, nullable=False),
    Column("hidden", Boolean, nullable=False),
)
"Whom the agent has silenced or hidden in a call, by the owner of the leg."

hand = Table(
    "hand",
    metadata,
    Column("call_id", String(40), ForeignKey(call.c.id), primary_key=True),
    Column("hand", String(12), primary_key=True),
    Column("value", JSON(none_as_null=True)),
    Column("rev", Integer, nullable=False),
    Column("done_rev", Integer, nullable=False),
    Column("cannot", String(24)),
)
"""How the agent wants the terminal.  `rev` rises with each wish; `done_rev` is the one that the
terminal has answered, with `cannot` when it could not."""

hand_use = Table(
    "hand_use",
    metadata,
    Column("call_id", String(40), ForeignKey(call.c.id), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("word", String(20), nullable=False),
    Column("by", String(80), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"What the terminal announced, while the call lasts."

mark = Table(
    "mark",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("call_id", String(40), ForeignKey(call.c.id), nullable=False, index=True),
    Column("surface", String(72), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("x0", Double, nullable=False),
    Column("y0", Double, nullable=False),
    Column("x1", Double, nullable=False),
    Column("y1", Double, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("hidden", String(8)),
    Column("vouched_at", UtcDateTime),
)
"""What an agent drew on a page; places are shares of its width and height.

Under the camera a mark is hidden when its sheet `left` or was never known (`lost`); `vouched_at` is
when the agent last said that it is the same sheet."""

leg = Table(
    "leg",
    metadata,
    Column("owner", String(80), primary_key=True),
    Column("tag", Integer, nullable=False),
    Column("worker", String(80)),
    Column("leg_id", String(80)),
    Column("opened_at", UtcDateTime),
)
"""Where the leg of a terminal or a desk is, or shall be made.  `tag` rises whenever its page shall
make a new one; `leg_id` is the one that was made, none before."""

terminal_state = Table(
    "terminal_state",
    metadata,
    Column("terminal_id", String(40), primary_key=True),
    Column("stage", String(12), nullable=False),
    Column("language", String(10), nullable=False),
    Column("text_size", String(4), nullable=False),
    Column("department_id", String(40)),
    Column("draft", JSON(none_as_null=True)),
    Column("version", Integer, nullable=False),
    Column("camera", String(10)),
    Column("microphone", String(10)),
    Column("epoch", Integer, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
)
"""The screen before arrival.  `draft` is the appointment that was found; it is wiped when it was
used or the citizen leaves."""

device_state = Table(
    "device_state",
    metadata,
    Column("terminal_id", String(40), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("beat_at", UtcDateTime, nullable=False),
    Column("health", JSON, nullable=False),
)
"The program beside a terminal's page.  `health`: see `counter.signaling.device_health`."
