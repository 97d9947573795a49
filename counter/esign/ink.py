"""The citizen's handwriting: bounded, judged, reduced to its shape.

Only the drawn shape is kept.  When each point was drawn is biometric data and dropped at the door,
before anything else looks at it (design: dynamics off); how hard the pen was pressed becomes the
width of the line in five steps, where the device says it, as it would on paper.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from counter.esign.refusals import InkMissing, InkTooMuch

MAX_STROKES = 200
"A careful name of four rare letters has some 120."
MAX_POINTS = 5000
PRESSURE_STEPS = 4
"Into how many steps pressure is taken: enough for a line that swells, too coarse to tell a hand."
REAL_PX = 10.0
"A stroke whose box is smaller than this both ways is a dot, not writing."

Point = tuple[float, float, float, float]
"(x, y, t_ms, pressure): pixels of the pad from its top left, milliseconds, 0 to 1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """From pen down to pen up."""

    width: float
    "Line width in points, 0.8 to 2.0; of the whole stroke when `widths` is empty, else the mean."
    points: tuple[tuple[float, float], ...]
    "(x, y) in pixels of the pad from its top left, at least one."
    widths: tuple[float, ...] = ()
    "Line width at each point, in points; empty for a pen that does not feel pressure."


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """A signature as drawn."""

    strokes: tuple[Stroke, ...]

    def dump(self) -> str:
        """As JSON, the same text for the same ink."""
        rows = [
            [
                stroke.width,
                [[*point, *stroke.widths[at : at + 1]] for at, point in enumerate(stroke.points)],
            ]
            for stroke in self.strokes
        ]
        return json.dumps(rows, separators=(",", ":"))

    @classmethod
    def load(cls, text: str) -> "Ink":
        """What `dump` wrote, today or before points had widths."""
        return cls(
            strokes=tuple(
                Stroke(
                    width=width,
                    points=tuple((point[0], point[1]) for point in points),
                    widths=tuple(point[2] for point in points if len(point) > 2),
                )
                for width, points in json.loads(text)
            )
        )

    @property
    def sha256(self) -> str:
        """Digest of `dump()`, hexadecimal."""
        return hashlib.sha256(self.dump().encode()).hexdigest()


def ink(strokes: Sequence[Sequence[Point]]) -> Ink:
    """The shape of what came from the pad.  Raises `InkMissing`, `InkTooMuch`."""
    if len(strokes) > MAX_STROKES or sum(map(len, strokes)) > MAX_POINTS:
        raise InkTooMuch(f"at most {MAX_STROKES} strokes and {MAX_POINTS} points make a signature")
    drawn = [stroke for stroke in strokes if stroke]
    if not any(_is_real(stroke) for stroke in drawn):
        raise InkMissing("no stroke is longer than a dot; a signature has at least one")
    return Ink(strokes=tuple(_shape(stroke) for stroke in drawn))


def _is_real(stroke: Sequence[Point]) -> bool:
    xs = [point[0] for point in stroke]
    ys = [point[1] for point in stroke]
    return max(xs) - min(xs) >= REAL_PX or max(ys) - min(ys) >= REAL_PX


def _shape(stroke: Sequence[Point]) -> Stroke:
    pressures = [min(max(point[3], 0.0), 1.0) for point in stroke]
    widths = tuple(_width(round(one * PRESSURE_STEPS) / PRESSURE_STEPS) for one in pressures)
    return Stroke(
        width=round(sum(widths) / len(widths), 2),
        points=tuple((round(x, 1), round(y, 1)) for x, y, _, _ in stroke),
        # A finger or a mouse presses alike all along: one width says it.
        widths=widths if len(set(widths)) > 1 else (),
    )


def _width(pressure: float) -> float:
    return round(0.8 + 1.2 * pressure, 2)


def drawing(ink: Ink, *, width_pt: float, height_pt: float, margin_pt: float = 4.0) -> bytes:
    """The ink as a PDF content stream that fills a box without being stretched.

    Vector lines with round caps in dark blue; no font, no resource, so PDF/A stays PDF/A.
    Source: ISO 32000-2, 8.5 "Path construction and painting".
    """
    xs = [x for stroke in ink.strokes for x, _ in stroke.points]
    ys = [y for stroke in ink.strokes for _, y in stroke.points]
    left, top = min(xs), min(ys)
    scale = min(
        (width_pt - 2 * margin_pt) / max(1.0, max(xs) - left),
        (height_pt - 2 * margin_pt) / max(1.0, max(ys) - top),
    )

    def place(point: tuple[float, float]) -> str:
        x, y = point
        return (
            f"{margin_pt + (x - left) * scale:.1f} {height_pt - margin_pt - (y - top) * scale:.1f}"
        )

    lines = ["q 1 J 1 j 0 0 0.4 RG"]
    for stroke in ink.strokes:
        first, *rest = stroke.points
        # A line of no length with round caps is a dot.
        rest = rest or [first]
        if not stroke.widths:
            lines.append(f"{stroke.width:.2f} w {place(first)} m")
            lines += [f"{place(point)} l" for point in rest]
            lines.append("S")
            continue
        before, width = first, 0.0
        for point, wider in zip(rest, stroke.widths[1:] or stroke.widths, strict=True):
            if wider != width:
                lines += ["S"] * bool(width)
                lines.append(f"{wider:.2f} w {place(before)} m")
            lines.append(f"{place(point)} l")
            before, width = point, wider
        lines.append("S")
    lines.append("Q")
    return "\n".join(lines).encode("ascii")
