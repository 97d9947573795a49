"""Pointing at one page from both sides: a pointer that is never kept, marks that are.

Places are shares of the page, so that they fit at any size.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.hands import Share
from counter.protocol.message import Ask, Ident, Model, Tell

Surface = Annotated[str, Field(pattern=r"^((page|sheet):[0-9a-f]{64}|scan:[A-Za-z0-9_:-]{1,40})$")]
"A stored page or a page of a form, by its digest; what lies under the camera, by its request."
MarkKind = Literal["rect", "arrow", "underline"]
Hidden = Literal["left", "lost"]
"The sheet left the camera, or it is not known which one it was."


class PointerMove(Ask):
    """I point here; null: nowhere any more.  Not kept, and told to the other side only."""

    event: ClassVar[str] = "pointer.move"
    surface: Surface
    x: Share | None
    y: Share | None


class MarkDraw(Ask):
    """Draw this, from the first place to the second; an arrow's head is at the second."""

    event: ClassVar[str] = "mark.draw"
    surface: Surface
    kind: MarkKind
    x0: Share
    y0: Share
    x1: Share
    y1: Share


class MarkClear(Ask):
    """Take all marks off this page."""

    event: ClassVar[str] = "mark.clear"
    surface: Surface
    hidden_only: bool = False
    """Only those that are hidden."""


class MarkShow(Ask):
    """It is the same sheet that lay there: show the marks that were hidden when it left."""

    event: ClassVar[str] = "mark.show"
    surface: Surface


class MarkCard(Model):
    """A mark, on either screen."""

    mark_id: Ident
    surface: Surface
    kind: MarkKind
    x0: float
    y0: float
    x1: float
    y1: float
    hidden: Hidden | None = None
    """Why it is not seen; only the agent is told of such marks."""


class PointerMoved(Tell):
    """The other side points here; null: nowhere any more."""

    event: ClassVar[str] = "pointer.moved"
    surface: Surface
    x: float | None
    y: float | None


class Spot(Model):
    """A place, in shares of the camera's picture; it may lie beside it."""

    x: float
    y: float


class LyingMark(Model):
    """Where a mark lies that was drawn on a sheet under the camera."""

    mark_id: Ident
    points: list[Spot]
    """Two for a line, four for a frame."""


class MarksLie(Tell):
    """The sheet under the camera has moved; a mark that is not named is not to be seen."""

    event: ClassVar[str] = "marks.lie"
    surface: Surface
    marks: list[LyingMark]


def lying_marks(places: Mapping[str, Sequence[tuple[float, float]]]) -> list[LyingMark]:
    """places: points by the mark's id."""
    return [
        LyingMark(mark_id=key, points=[Spot(x=x, y=y) for x, y in points])
        for key, points in places.items()
    ]


DESK_ASKS: tuple[type[Ask], ...] = (PointerMove, MarkDraw, MarkClear, MarkShow)
TERMINAL_ASKS: tuple[type[Ask], ...] = (PointerMove,)
