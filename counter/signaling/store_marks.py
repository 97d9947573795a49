"""Marks that an agent draws on what both look at: rows until they are cleared or the call ends."""

from sqlalchemy import Connection, delete, func, select

from counter.errors import NotAllowedNow
from counter.ids import AgentId
from counter.protocol.pointing import MarkCard, MarkDraw
from counter.signaling.store_desk import locked_desk
from counter.signaling.store_hands import announce, require_allowed
from counter.signaling.store_party_rows import call_led_by
from counter.signaling.store_step import Step
from counter.signaling.tables import mark

MOST: int = 50
"Marks in a call; more would hide the page."
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


def clear(step: Step, agent_id: AgentId, epoch: int, surface: str) -> None:
    """Take all marks off it, also when hands were stopped.  Harmless when there are none."""
    locked_desk(step, agent_id, epoch)
    found = call_led_by(step, agent_id)
    gone = step.conn.execute(
        delete(mark).where(mark.c.call_id == found.id, mark.c.surface == surface)
    ).rowcount
    if not gone:
        return
    for audience in (f"terminal:{found.terminal_id}", f"agent:{agent_id}"):
        step.news.tell(audience, "mark.cleared", count=gone)
    step.news.note(
        f"agent:{agent_id}", "mark.cleared", f"case:{found.case_id}", surface=surface[:18]
    )


def marks_of(conn: Connection, call_id: str) -> list[MarkCard]:
    """In the order in which they were drawn."""
    rows = conn.execute(
        select(mark).where(mark.c.call_id == call_id).order_by(mark.c.at, mark.c.id)
    )
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
            }
        )
        for row in rows
    ]
