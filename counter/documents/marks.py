"""Marks on a sheet that lies under the camera: they are tied to the sheet, not to the picture.

A mark is a row elsewhere.  The first preview after it was drawn ties it to the sheet that is seen
there; from then on each preview says where the sheet, and so the mark, lies.  A sheet that was away
may have been changed for another like it, so its marks stay hidden until the agent vouches for it.
Which sheet it was only that node knows that looked when it was drawn: another one ties it to none.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from counter.documents.page import Point

TIED_WITHIN_S = 3.0
"A mark that is older when it is first seen may have been drawn on what has moved since."
LOOKED_S = 1.0
"Who had not looked for so long when a mark was drawn does not know on what it was drawn."
AWAY_S = 2.5
"A sheet that was not seen for so long is away; it takes longer to lay another one there."
PAUSE_S = 20.0
"A terminal looks at nothing while it sends a photograph; after a longer pause a sheet was away."
PAUSE_LOOKS = 2
"So many previews after a pause may not find a sheet where it lay before it is away."
MOVED_MAX = 0.02
"A sheet that lies still is seen within so much of the picture of where it lay."
SHEETS_MAX = 3
"So many sheets with marks are remembered at once; of more, the newest."
REMEMBERED_S = 60.0
"What sheets look like is forgotten when no preview came for so long."
Points = tuple[Point, ...]
Corners = tuple[Point, Point, Point, Point]
Hidden = Literal["left", "lost"]
"The sheet is away, or it is not known which one it was."


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMark:
    """A mark as the agent drew it."""

    mark_id: str
    points: Points
    "Shares of the picture; two for a line, four for a frame."
    age_s: float
    hidden: bool = False
    vouched_s: float | None = None
    "So long ago the agent said that it is the same sheet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The previews of one request that came to this node one after the other."""

    since_s: float
    "The first of those with no gap longer than `AWAY_S`."
    closely_s: float
    "The first of those with no gap longer than `LOOKED_S`."
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What is found again of a picture: places, and what is around each."""

    width_px: int
    height_px: int
    places: bytes
    "n pairs of float32, in pixels."
    words: bytes
    "n times 32 bytes."


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLook:
    """A part of a picture that holds the sheet, to be compared with later ones."""

    corners: Corners
    "Of the sheet, in shares of the whole picture."
    picture_px: tuple[int, int]
    "Width and height of the whole picture."
    left_px: int
    top_px: int
    width_px: int
    height_px: int
    bgr: bytes
    "When it was marked."
    latest: bytes | None = None
    "With what was written on it since; `None`: nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A sheet and what was drawn on it."""

    sheet: Sighting
    look: SheetLook
    marks: Mapping[str, Points]
    "By id, in shares of the picture in which the sheet was first seen."
    seen_s: float = 0.0
    "When it was seen last, or vouched for since; by the clock of `PreviewService`."
    vouched: bool = False
    "The agent says that it is there now: its print alone is asked."
    lay: Mapping[str, Points] = field(default_factory=dict)
    "Where its marks lay when it was seen last."
    again: int = 0
    "After a pause: so many previews may still not find it there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """One preview: the sheets, with what is tied to them now, and where the marks lie."""

    sheets: tuple[Tied, ...]
    places: Mapping[str, Points]
    "By id, in shares of the preview; a mark whose sheet is not there has no place."


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done about the marks in one preview."""

    follow: tuple[Tied, ...]
    apart: tuple[Tied, ...]
    "Away: remembered, and not looked for."
    new: tuple[DrawnMark, ...]
    "To be tied to what is seen now."
    hide: Mapping[str, Hidden]


def outline(kind: str, x0: float, y0: float, x1: float, y1: float) -> Points:
    """What of a mark is moved with the sheet: a frame's corners, a line's ends."""
    if kind == "rect":
        return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    if kind == "underline":
        return ((x0, max(y0, y1)), (x1, max(y0, y1)))
    return ((x0, y0), (x1, y1))


def looked(before: Looks | None, at_s: float) -> Looks:
    """With the one that came now."""
    if before is None:
        return Looks(since_s=at_s, closely_s=at_s, last_s=at_s)
    gap_s = at_s - before.last_s
    return Looks(
        since_s=before.since_s if gap_s <= AWAY_S else at_s,
        closely_s=before.closely_s if gap_s <= LOOKED_S else at_s,
        last_s=at_s,
    )


def plan(
    sheets: tuple[Tied, ...], drawn: Collection[DrawnMark], at_s: float, before: Looks | None
) -> Plan:
    """Decide about one preview.  sheets, before: as they were after the last one of this node."""
    by_id = {one.mark_id: one for one in drawn}
    follow, apart = [], []
    hide: dict[str, Hidden] = {}
    for one in sheets:
        marks = {key: points for key, points in one.marks.items() if key in by_id}
        if not marks:
            continue
        rows = [by_id[key] for key in marks]
        word_s = max((at_s - row.vouched_s for row in rows if row.vouched_s is not None), default=0)
        vouched = one.vouched or word_s > one.seen_s
        one = replace(one, marks=marks, vouched=vouched, seen_s=max(one.seen_s, word_s))
        if not vouched and before and AWAY_S < at_s - before.last_s <= PAUSE_S:
            one = replace(one, again=PAUSE_LOOKS if before.last_s - one.seen_s <= AWAY_S else 0)
        away = at_s - one.seen_s > AWAY_S and not one.again
        if away or all(row.hidden for row in rows):
            apart.append(replace(one, vouched=False, again=0))
            hide |= {row.mark_id: "left" for row in rows if not row.hidden}
        else:
            follow.append(one)
    known = {key for one in sheets for key in one.marks}
    loose = [row for row in drawn if row.mark_id not in known and not row.hidden]
    new = tuple(row for row in loose if _seen_drawn(row, at_s, before))
    rest = [row for row in loose if row not in new]
    hide |= {row.mark_id: "lost" for row in rest if _unknown(row, at_s, before)}
    return Plan(follow=tuple(follow), apart=tuple(apart), new=new, hide=hide)


def _seen_drawn(row: DrawnMark, at_s: float, before: Looks | None) -> bool:
    """Whether this node looked when it was drawn, and looks again soon enough."""
    if before is None or row.age_s > TIED_WITHIN_S:
        return False
    drawn_s = at_s - row.age_s
    return before.closely_s <= drawn_s <= before.last_s + LOOKED_S


def _unknown(row: DrawnMark, at_s: float, before: Looks | None) -> bool:
    """Whether a node that knew its sheet would have been asked by now, and not this one."""
    return min(row.age_s, at_s - looked(before, at_s).since_s) > AWAY_S


def unmoved(lying: Lying) -> Lying:
    """Without the sheets that after a pause lie elsewhere: nobody saw them on their way."""
    gone = {
        key
        for one in lying.sheets
        if one.again and any(_far(lying.places.get(key), one.lay[key]) for key in one.lay)
        for key in one.marks
    }
    places = {key: points for key, points in lying.places.items() if key not in gone}
    return replace(lying, places=places)


def _far(here: Points | None, lay: Points) -> bool:
    if here is None:
        return False
    pairs = zip(here, lay, strict=True)
    return max(abs(a - b) for one in pairs for a, b in zip(*one, strict=True)) > MOVED_MAX


def after(done: Plan, lying: Lying, at_s: float) -> tuple[Tied, ...]:
    """The sheets to remember."""
    sheets = (_seen(one, lying.places, at_s) for one in lying.sheets)
    return (*done.apart, *sheets)[-SHEETS_MAX:]


def _seen(one: Tied, places: Mapping[str, Points], at_s: float) -> Tied:
    lay = {key: places[key] for key in one.marks if key in places}
    if not lay:
        return replace(one, again=max(one.again - 1, 0))
    return replace(one, seen_s=at_s, vouched=False, lay=lay, again=0)
