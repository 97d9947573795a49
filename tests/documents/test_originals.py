"""Nobody leaves a paper behind: the rule, its rows, and what a camera sees of the bed."""

from datetime import datetime, timedelta

import cv2
import numpy as np
import pytest
from sqlalchemy import Connection, select

from counter.documents.originals import Seen, items_lying
from counter.documents.page import PageState
from counter.documents.papers import PageRow
from counter.documents.scan_opencv.bed import bed_state
from counter.documents.store_originals import see_bed, take_originals, taken_of
from counter.ids import Digest, PageId, RequestId
from counter.store.executor import Executor
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
    assert items_lying([], None) == ()
    assert items_lying(pages, None) == ("bir", "purpose")
    assert items_lying(pages, now) == ("purpose", "bir")
    assert items_lying(pages, later) == ()


def test_what_a_sensor_sees_settles_it(now: datetime) -> None:
    pages = [row("bir", now)]
    assert items_lying(pages, None, Seen.EMPTY) == ()
    assert items_lying(pages, now, Seen.PAPER) == ("bir",)
    assert items_lying(pages, now, Seen.UNKNOWN) == ()


async def test_both_screens_hear_that_it_was_taken(executor: Executor, now: datetime) -> None:
    def audiences(conn: Connection, case_id: str) -> list[str]:
        return ["terminal:t-1", "agent:a-1"]

    def told(conn: Connection) -> list[str]:
        return list(
            conn.execute(
                select(session_log.c.kind).where(session_log.c.audience == "agent:a-1")
            ).scalars()
        )

    assert await executor.read(taken_of, "case-1") == (None, Seen.UNKNOWN)
    await executor.write(see_bed, audiences, "case-1", Seen.PAPER, now=now)
    await executor.write(see_bed, audiences, "case-1", Seen.PAPER, now=now)
    assert await executor.read(taken_of, "case-1") == (None, Seen.PAPER)
    for _ in range(2):
        await executor.write(take_originals, audiences, "case-1", by="terminal:t-1", now=now)
    assert await executor.read(taken_of, "case-1") == (now, Seen.UNKNOWN)
    assert await executor.read(taken_of, "case-2") == (None, Seen.UNKNOWN)
    assert await executor.read(told) == ["originals.seen", "originals.taken", "originals.taken"]


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
