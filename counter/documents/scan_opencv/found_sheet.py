"""Find a sheet again in a preview: guess where it went, lay it back, ask whether it is the same.

A guess is cheap and may be wrong; nothing is believed that `same_sheet` does not confirm.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from counter.documents.marks import Corners, SheetLook, Tied
from counter.documents.scan_opencv.arrays import Bgr, Floats
from counter.documents.scan_opencv.follow import follow, look_at, to_pixels
from counter.documents.scan_opencv.same_sheet import (
    Compared,
    better,
    cell_mask,
    compare,
    is_same,
    written_on,
)

EDGE_PX = 3
"Of the sheet's rim is not asked: there the desk shines in."


def remember(picture: Bgr, page: Corners) -> SheetLook:
    """What the sheet looks like.  page: in shares of the picture."""
    height, width = picture.shape[:2]
    quad = np.array(page) * (width, height)
    left, top = np.clip(np.floor(quad.min(0)), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(quad.max(0)), (left + 1, top + 1), (width, height)).astype(int)
    return SheetLook(
        corners=page,
        picture_px=(width, height),
        left_px=int(left),
        top_px=int(top),
        width_px=int(right - left),
        height_px=int(bottom - top),
        bgr=np.ascontiguousarray(picture[top:bottom, left:right]).tobytes(),
    )


def find_sheet(one: Tied, picture: Bgr, page: Corners | None) -> tuple[Floats, Tied] | None:
    """Where it has gone: (3, 3), shares of the picture it was tied in to shares of this one.

    page: where the finder saw one.  Also returns the sheet as it is to be remembered now.
    """
    before = _pixels(one.look, one.look.bgr)
    latest = None if one.look.latest is None else _pixels(one.look, one.look.latest)
    for moved in _guesses(one, picture, page):
        now, seen = _laid_back(one.look, picture, moved)
        found = compare(before, now, seen)
        if latest is not None:
            found = better(found, compare(latest, now, seen))
        if is_same(found, vouched=one.vouched):
            return moved, replace(one, look=_learnt(one, found, before, latest, now))
    return None


def _guesses(one: Tied, picture: Bgr, page: Corners | None) -> Iterator[Floats]:
    """By the four corners, whichever way round it lies; then by what is printed on it."""
    if page is not None:
        there = np.array(one.look.corners, np.float32)
        for turned in range(4):
            here = np.roll(np.array(page, np.float32), turned, 0)
            yield cv2.getPerspectiveTransform(there, here).astype(np.float64)
    moved = follow(one.sheet, look_at(picture))
    if moved is not None:
        yield moved


def _laid_back(look: SheetLook, picture: Bgr, moved: Floats) -> tuple[Bgr, Floats]:
    """The sheet as if it had not moved, and where it is seen, as `compare` takes them."""
    height, width = picture.shape[:2]
    size = (look.width_px, look.height_px)
    at_once = (
        to_pixels(width, height)
        @ moved
        @ np.linalg.inv(to_pixels(*look.picture_px))
        @ np.array([[1, 0, look.left_px], [0, 1, look.top_px], [0, 0, 1.0]])
    )
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    now = cv2.warpPerspective(picture, at_once, size, flags=how)
    whole = np.ones((height, width), np.float32)
    there = cv2.warpPerspective(whole, at_once, size, flags=how)
    sheet = np.zeros((look.height_px, look.width_px), np.float32)
    quad = np.array(look.corners) * look.picture_px - 0.5 - (look.left_px, look.top_px)
    cv2.fillConvexPoly(sheet, np.round(quad).astype(np.int32), 1.0)
    rim = np.ones((2 * EDGE_PX + 1, 2 * EDGE_PX + 1), np.uint8)
    inner = cv2.erode(sheet, rim, borderType=cv2.BORDER_CONSTANT, borderValue=(0.0,))
    return np.asarray(now, np.uint8), np.asarray(there * inner, np.float32)


def _learnt(one: Tied, found: Compared, before: Bgr, latest: Bgr | None, now: Bgr) -> SheetLook:
    """What was written meanwhile belongs to it; what was there first is never forgotten."""
    if one.vouched:
        return replace(one.look, bgr=now.tobytes(), latest=None)
    fresh = cell_mask(written_on(found), before.shape)
    if not fresh.any():
        return one.look
    after = np.where(fresh[..., None], now, before if latest is None else latest)
    return replace(one.look, latest=np.ascontiguousarray(after).tobytes())


def _pixels(look: SheetLook, bgr: bytes) -> Bgr:
    return np.frombuffer(bgr, np.uint8).reshape(look.height_px, look.width_px, 3)
