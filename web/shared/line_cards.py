"""How the lines of a conversation are, on the screens of those who have it."""

from typing import Literal

from sqlalchemy import Connection

from counter.media.store_quality_reading import has_picture, lines_of
from counter.media.thrift import picture_fits, voice_helps
from counter.protocol.calling import CallCard, LineCard

Whose = Literal["own", "citizen", "agent", "colleague"]


def with_lines(conn: Connection, card: CallCard | None, own: str) -> CallCard | None:
    """The conversation's card with its lines, as `own` (`agent:lei`) sees them."""
    if card is None:
        return None
    told = lines_of(conn, [card.call_id])[card.call_id]
    picture = has_picture(conn, card.call_id)
    cards = [
        LineCard(whose=_whose(owner, own), verdict=one.verdict, cause=one.cause)
        for owner, one in sorted(told.items(), key=lambda line: line[0] != own)
        if one.verdict != "good" and one.cause is not None
    ]
    advice: Literal["voice", "picture"] | None = None
    if picture and voice_helps(told.values()):
        advice = "voice"
    if not picture and picture_fits(told.values()):
        advice = "picture"
    update = {"lines": cards, "picture": picture, "advice": advice}
    return card.model_copy(update=update)


def _whose(owner: str, own: str) -> Whose:
    if owner == own:
        return "own"
    if owner.startswith("terminal:"):
        return "citizen"
    return "agent" if own.startswith("terminal:") else "colleague"
