"""When a paper lies still, and which advice is shown: the browser's rules, run by node."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "web/terminal/assets/parts/steady.ts"
PAGE = [[0.2, 0.1], [0.8, 0.1], [0.8, 0.9], [0.2, 0.9]]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the rules as a script of node."""
    built = tmp_path_factory.mktemp("rules") / "steady.mjs"
    esbuild = ROOT / "node_modules/.bin/esbuild"
    subprocess.run(
        [esbuild, RULES, "--bundle", "--format=esm", f"--outfile={built}", "--log-level=error"],
        check=True,
    )
    return built


def asked(rules: Path, calls: list[tuple[Any, ...]]) -> list[Any]:
    """What each function answers to its arguments, in one run of node."""
    script = (
        f"import * as rules from {json.dumps(str(rules))};"
        f"const calls = {json.dumps(calls)};"
        "console.log(JSON.stringify(calls.map(([name, ...given]) => rules[name](...given))));"
    )
    run = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, check=True, text=True
    )
    answers: list[Any] = json.loads(run.stdout)
    return answers


def preview(right: float = 0.0, down: float = 0.0, advice: str | None = None) -> dict[str, Any]:
    """The page, moved by shares of the width and height."""
    return {"corners": [[x + right, y + down] for x, y in PAGE], "advice": advice}


NOTHING = {"corners": None, "advice": "no_page_found"}


def test_four_previews_of_a_page_in_one_place_agree(rules: Path) -> None:
    calls = [
        ("steady", [preview()] * 4, 0.75),
        ("steady", [preview()] * 3, 0.75),
        ("steady", [preview(0.3)] + [preview(0.001 * n) for n in range(4)], 0.75),
        ("steady", [preview(0.002 * n) for n in range(4)], 0.75),
        ("steady", [preview(), preview(), preview(), preview(0.006)], 0.75),
        ("steady", [preview(), preview(), preview(), preview(advice="page_finger")], 0.75),
        ("steady", [preview(advice="page_glare"), *[preview()] * 3], 0.75),
        ("steady", [preview(), preview(), preview(), NOTHING], 0.75),
        ("steady", [{"corners": None, "advice": None}] * 4, 0.75),
    ]
    assert asked(rules, calls) == [True, False, True, False, False, False, False, False, False]


def test_motion_is_measured_in_widths_of_the_picture(rules: Path) -> None:
    still = [preview(), preview(), preview()]
    calls = [
        ("steady", [*still, preview(down=0.006)], 0.75),  # 0.0045 of the width
        ("steady", [*still, preview(down=0.006)], 1.5),  # 0.009 of the width
    ]
    assert asked(rules, calls) == [True, False]


def test_one_odd_preview_changes_no_advice(rules: Path) -> None:
    finger, glare = preview(advice="page_finger"), preview(advice="page_glare")
    calls = [
        ("shown", "", [finger]),
        ("shown", "", [finger, finger]),
        ("shown", "page_finger", [finger, finger, glare]),
        ("shown", "page_finger", [finger, glare, glare]),
        ("shown", "page_finger", [preview(), preview()]),
    ]
    assert asked(rules, calls) == ["", "page_finger", "page_finger", "page_glare", "still"]


def test_a_page_that_was_taken_is_new_when_it_was_laid_elsewhere_or_away(rules: Path) -> None:
    calls = [
        ("laidAnew", PAGE, [preview()], 0.75),
        ("laidAnew", PAGE, [preview(0.02)], 0.75),
        ("laidAnew", PAGE, [preview(0.06)], 0.75),
        ("laidAnew", PAGE, [NOTHING, NOTHING, preview()], 0.75),
        ("laidAnew", PAGE, [NOTHING], 0.75),
        ("laidAnew", PAGE, [NOTHING, preview(), NOTHING], 0.75),
        ("laidAnew", PAGE, [preview(), NOTHING, NOTHING], 0.75),
    ]
    assert asked(rules, calls) == [False, False, True, False, False, False, True]
