"""Nobody leaves a paper behind: the rule, its rows, and what a camera sees of the bed."""

from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import Connection, select

from counter.documents.originals import Bed, Seen, items_lying, worth_a_look
from counter.documents.page import PageState
from counter.documents.papers import PageRow
from counter.documents.sample_page import draw_letter, draw_mat, lay
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.bed import bed_state
from counter.documents.store_originals import (
    bed_of,
    forgotten_since,
    see_bed,
    see_place,
    take_originals,
)
from counter.ids import Digest, PageId, RequestId
from counter.store.executor import Executor
from counter.store.journal_sql import check
from counter.store.session_log import session_log
from tests.documents.synth import draw_card


def row(item: str, at: datetime) -> PageRow:
    return PageRow(
        page_id=PageId(item),
        request_id=RequestId(item),
        seq=1,
        item=item,
        state=PageState.REJECTED,
        page_sha256=Digest("a" * 64),
        thumb_sha256=Digest("b" * 64),
        width_px=1,
        height_px=1,
        notes=(),
        stored_at=at,
    )


def test_a_paper_lies_there_until_it_is_said_to_be_taken(now: datetime) -> None:
    later = now + timedelta(minutes=1)
    pages = [row("bir", now), row("purpose", later), row("bir", later)]
    assert items_lying([], Bed()) == ()
    assert items_lying(pages, Bed()) == ("bir", "purpose")
    assert items_lying(pages, Bed(taken_at=now)) == ("purpose", "bir")
    assert items_lying(pages, Bed(taken_at=later)) == ()


def test_what_a_sensor_sees_settles_it(now: datetime) -> None:
    pages = [row("bir", now)]
    later = now + timedelta(minutes=1)
    empty = Bed(seen=Seen.EMPTY, seen_at=later)
    assert items_lying(pages, empty) == ()
    assert items_lying([*pages, row("photo", later + timedelta(seconds=1))], empty) == ("photo",)
    assert items_lying(pages, Bed(taken_at=now, seen=Seen.PAPER, seen_at=later)) == ("bir",)
    assert items_lying(pages, Bed(taken_at=now, seen_at=later)) == ()


def test_the_place_is_looked_at_until_it_was_empty_after_the_last_page(now: datetime) -> None:
    pages, later = [row("bir", now)], now + timedelta(seconds=1)
    assert not worth_a_look([], Bed())
    assert worth_a_look(pages, Bed())
    assert worth_a_look(pages, Bed(taken_at=later))
    assert worth_a_look(pages, Bed(seen=Seen.PAPER, seen_at=later))
    assert worth_a_look(pages, Bed(seen=Seen.EMPTY, seen_at=now - timedelta(seconds=1)))
    assert not worth_a_look(pages, Bed(seen=Seen.EMPTY, seen_at=later))


async def test_both_screens_hear_that_it_was_taken(executor: Executor, now: datetime) -> None:
    def audiences(conn: Connection, case_id: str) -> list[str]:
        return ["terminal:t-1", "agent:a-1"]

    def told(conn: Connection) -> list[str]:
        return list(
            conn.execute(
                select(session_log.c.kind).where(session_log.c.audience == "agent:a-1")
            ).scalars()
        )

    by = "device:t-1"
    assert await executor.read(bed_of, "case-1") == Bed()

    def saw(seen: Seen, at: datetime) -> Any:
        def command(conn: Connection) -> None:
            see_bed(conn, audiences, "case-1", seen, by=by, now=at)

        return executor.write(command)

    await saw(Seen.PAPER, now)
    await saw(Seen.PAPER, now)
    assert await executor.read(bed_of, "case-1") == Bed(seen=Seen.PAPER, seen_at=now)
    for _ in range(2):
        await executor.write(take_originals, audiences, "case-1", by="terminal:t-1", now=now)
    assert await executor.read(bed_of, "case-1") == Bed(taken_at=now)
    later = now + timedelta(minutes=1)
    await saw(Seen.EMPTY, now)
    await saw(Seen.EMPTY, later)
    assert await executor.read(bed_of, "case-1") == Bed(
        taken_at=now, seen=Seen.EMPTY, seen_at=later
    )
    assert await executor.read(bed_of, "case-2") == Bed()
    assert await executor.read(told) == [
        *("originals.seen", "originals.taken", "originals.taken"),
        *("originals.seen", "originals.seen"),
    ]
    assert await executor.read(check) == (4, []), "empty as before is no news for the journal"


async def test_what_lies_at_a_terminal_is_known_since_when(
    executor: Executor, now: datetime
) -> None:
    later = now + timedelta(minutes=1)
    for seen, at, since in (
        (Seen.UNKNOWN, now, None),
        (Seen.EMPTY, now, None),
        (Seen.PAPER, now, now),
        (Seen.PAPER, later, now),
        (Seen.UNKNOWN, later, now),
        (Seen.EMPTY, later, None),
    ):
        await executor.write(see_place, "t-1", seen, at)
        assert await executor.read(forgotten_since, "t-1") == since
    assert await executor.read(forgotten_since, "t-2") is None


def mat(seed: int, light: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    dark = np.full((480, 640, 3), (70, 66, 62), np.float32)
    return np.clip((dark + rng.standard_normal(dark.shape) * 3) * light, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [0.6, 1.0, 1.5])
def test_an_empty_bed_is_empty_in_another_light(light: float) -> None:
    assert bed_state(mat(2, light), mat(1)) is Seen.EMPTY


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("light", [0.7, 1.3])
def test_a_card_that_is_left_is_seen(seed: int, light: float) -> None:
    left = mat(2, light)
    card = cv2.resize(draw_card(np.random.default_rng(seed)), (130, 82))
    rng = np.random.default_rng(seed)
    x, y = int(rng.integers(0, 640 - 130)), int(rng.integers(0, 480 - 82))
    left[y : y + 82, x : x + 130] = np.clip(card * light, 0, 255)
    assert bed_state(left, mat(1)) is Seen.PAPER


def test_in_the_dark_nothing_is_said() -> None:
    assert bed_state(mat(2, 0.1), mat(1)) is Seen.UNKNOWN


WIDE, HIGH = 648, 486


def lit(bed: Bgr, seed: int) -> Bgr:
    """The bed in the light of another hour: brighter or darker, from one side, tinted."""
    rng = np.random.default_rng(seed)
    height, width = bed.shape[:2]
    side, top = rng.uniform(-0.2, 0.2, 2)
    light = (
        1
        + side * np.linspace(-0.5, 0.5, width)[None, :, None]
        + top * np.linspace(-0.5, 0.5, height)[:, None, None]
    )
    tint = rng.uniform(0.6, 1.4) * (1 + rng.uniform(-0.06, 0.06, 3))
    noise = rng.standard_normal((height, width, 1)) * 3
    seen: Bgr = np.clip(bed * light * tint + noise, 0, 255).astype(np.uint8)
    return seen


def shadowed(bed: Bgr, seed: int) -> Bgr:
    """Somebody leans over it."""
    rng = np.random.default_rng(seed)
    shadow = np.zeros(bed.shape[:2], np.float32)
    at = (int(rng.uniform(0, WIDE)), int(rng.uniform(0, HIGH)))
    cv2.ellipse(shadow, at, (WIDE // 4, HIGH // 5), float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(shadow, (0, 0), WIDE / 14)[..., None]
    dimmed: Bgr = np.clip(bed * (1 - 0.35 * soft), 0, 255).astype(np.uint8)
    return dimmed


def with_sheet(bed: Bgr, what: str, seed: int) -> Bgr:
    """A sheet anywhere on it, also half outside."""
    rng = np.random.default_rng(seed)
    sheets = {
        "letter": lambda: draw_letter(rng, round(HIGH * 0.85)),
        "small letter": lambda: draw_letter(rng, round(HIGH * 0.6)),
        "blank": lambda: np.full((round(HIGH * 0.8), round(HIGH * 0.57), 3), 248, np.uint8),
        "slip": lambda: np.full((58, 146, 3), 245, np.uint8),
        "card": lambda: cv2.resize(draw_card(rng), (115, 72)),
    }
    sheet = np.asarray(sheets[what](), np.uint8)
    tall, wide = sheet.shape[:2]
    turn = rng.uniform(0, 2 * np.pi) if what in ("slip", "card") else rng.uniform(-0.15, 0.15)
    square = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]]) / 2
    turned = square @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    reach = np.abs(turned).max(0) * 0.6
    middle = rng.uniform(reach, np.array([WIDE, HIGH]) - reach)
    return lay(sheet, bed, turned + middle, rng)


def rate(what: str, beds: int = 12, first: int = 1000) -> float:
    """Share of drawn beds on which a paper is seen."""
    bed = draw_mat(np.random.default_rng(1), WIDE, HIGH)
    empty = lit(bed, 7)
    found = 0
    for seed in range(first, first + beds):
        if what in ("nothing", "shadow"):
            now = lit(bed, seed)
            now = shadowed(now, seed) if what == "shadow" else now
        else:
            now = lit(with_sheet(bed, what, seed), seed + 500)
        found += bed_state(now, empty) is Seen.PAPER
    return found / beds


@pytest.mark.parametrize("what", ["letter", "small letter", "blank", "slip", "card"])
def test_whatever_is_left_on_a_dark_mat_is_seen_in_any_light(what: str) -> None:
    assert rate(what) == 1.0


@pytest.mark.parametrize("what", ["nothing", "shadow"])
def test_neither_lamps_nor_shadows_are_papers(what: str) -> None:
    assert rate(what) == 0.0


def test_what_is_too_bright_to_tell_is_not_called_empty() -> None:
    white = np.full((HIGH, WIDE, 3), 200, np.uint8)
    assert bed_state(np.full_like(white, 255), white) is Seen.UNKNOWN
