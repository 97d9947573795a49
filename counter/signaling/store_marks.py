"""Marks that an agent draws on what both look at: rows until they are cleared or the call ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, or_, select, update

from counter.errors import NotAllowedNow
from counter.ids import AgentId
from counter.protocol.pointing import Hidden, MarkCard, MarkDraw
from counter.signaling.store_desk import locked_desk
from counter.signaling.store_hands import announce, require_allowed
from counter.signaling.store_party_rows import call_led_by
from counter.signaling.store_step import Step
from counter.signaling.tables import call, call_is_on, mark
from counter.store.cases import case_table
from counter.store.session_log import tell

MOST: int = 50
"Marks in a call; more would hide the page."
VOUCHED = timedelta(seconds=1)
"Nothing is hidden so soon after the agent has said that it is the same sheet."
UNDER_CAMERA: str = "scan:"
"Before the request, in the surface of a sheet that is still under the camera."


def draw(step: Step, agent_id: AgentId, epoch: int, ask: MarkDraw) -> str:
    """Draw it; returns its id.  Raises what `use` of a hand raises, and when there are too many."""
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    require_allowed(step, found)
    if ask.surface.startswith(UNDER_CAMERA):
        # One paper is asked for at a time: what was drawn on the one before has gone with it.
        step.conn.execute(
            delete(mark).where(
                mark.c.call_id == found.id,
                mark.c.surface.startswith(UNDER_CAMERA),
                mark.c.surface != ask.surface,
            )
        )
    drawn: int = step.conn.execute(
        select(func.count()).where(mark.c.call_id == found.id)
    ).scalar_one()
    if drawn >= MOST:
        raise NotAllowedNow(f"call {found.id} has {drawn} marks; clear some first")
    mark_id = step.hooks.new_id()
    step.conn.execute(
        mark.insert().values(
            id=mark_id,
            call_id=found.id,
            surface=ask.surface,
            kind=ask.kind,
            x0=ask.x0,
            y0=ask.y0,
            x1=ask.x1,
            y1=ask.y1,
            at=step.now,
        )
    )
    announce(step, found, "mark", by=f"agent:{agent_id}")
    step.news.note(
        f"agent:{agent_id}",
        "mark.drawn",
        f"case:{found.case_id}",
        kind=ask.kind,
        surface=ask.surface[:18],
    )
    return mark_id


def clear(
    step: Step, agent_id: AgentId, epoch: int, surface: str, hidden_only: bool = False
) -> None:
    """Take all marks off it, also when hands were stopped.  Harmless when there are none."""
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    away = delete(mark).where(mark.c.call_id == found.id, mark.c.surface == surface)
    gone = step.conn.execute(
        away.where(mark.c.hidden.is_not(None)) if hidden_only else away
    ).rowcount
    if not gone:
        return
    for audience in (f"terminal:{found.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "mark.cleared", count=gone)
    step.news.note(
        f"agent:{agent_id}", "mark.cleared", f"case:{found.case_id}", surface=surface[:18]
    )


def show(step: Step, agent_id: AgentId, epoch: int, surface: str) -> None:
    """The agent says that it is the same sheet.  Harmless when nothing is hidden that can be shown.

    Raises what `use` of a hand raises.
    """
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    require_allowed(step, found)
    shown = step.conn.execute(
        update(mark)
        .where(mark.c.call_id == found.id, mark.c.surface == surface, mark.c.hidden == "left")
        .values(hidden=None, vouched_at=step.now)
    ).rowcount
    if not shown:
        return
    announce(step, found, "mark", by=f"agent:{agent_id}")
    step.news.note(f"agent:{agent_id}", "mark.shown", f"case:{found.case_id}", surface=surface[:18])


def hide(conn: Connection, case_id: str, ids: Mapping[str, Hidden], now: datetime) -> None:
    """Hide these marks, by id.  What was cleared, hidden or vouched for meanwhile stays so."""
    row = conn.execute(
        select(call.c.id, call.c.agent_id, case_table.c.terminal_id)
        .join(case_table, case_table.c.id == call.c.case_id)
        .where(call_is_on, call.c.case_id == case_id)
    ).one_or_none()
    if row is None:
        return
    gone = 0
    for mark_id, why in ids.items():
        gone += conn.execute(
            update(mark)
            .where(mark.c.id == mark_id, mark.c.call_id == row.id, mark.c.hidden.is_(None))
            .where(or_(mark.c.vouched_at.is_(None), mark.c.vouched_at < now - VOUCHED))
            .values(hidden=why)
        ).rowcount
    if gone:
        for audience in (f"terminal:{row.terminal_id}", f"agent:{row.agent_id}"):
            tell(conn, audience, "mark.hidden", {"count": gone}, now)


def marks_of(conn: Connection, call_id: str, *, hidden: bool = True) -> list[MarkCard]:
    """In the order in which they were drawn.  hidden: those too."""
    wanted = select(mark).where(mark.c.call_id == call_id).order_by(mark.c.at, mark.c.id)
    rows = conn.execute(wanted if hidden else wanted.where(mark.c.hidden.is_(None)))
    return [
        MarkCard.model_validate(
            {
                "mark_id": row.id,
                "surface": row.surface,
                "kind": row.kind,
                "x0": row.x0,
                "y0": row.y0,
                "x1": row.x1,
                "y1": row.y1,
                "hidden": row.hidden,
            }
        )
        for row in rows
    ]
