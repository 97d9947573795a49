"""A photograph taken at home: always drawn as a page, with what could be better about it.

At the counter a page that cannot be read is refused, since the paper lies there; at home somebody
may have no better light.  Runs in a worker process, as `scan` does, and is as distrustful.
"""

import cv2
import numpy as np

from counter.documents.advance import Look, advice
from counter.documents.page import Accepted, Limits, ScanRefused, verdict
from counter.documents.refusals import PhotographRefused
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.clean import clean
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.flatten import flatten, sheet_of
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.scan import (
    PAGE_PX,
    PAGE_QUALITY,
    THUMB_PX,
    THUMB_QUALITY,
    decode,
    encode,
    measure,
)
from counter.documents.sniff import sniff

BRIGHT_PERCENT = 90


def look(content: bytes, limits: Limits) -> Look | ScanRefused:
    """Make a page of a photograph with advice; a code only for what is no picture."""
    try:
        sniff(content, limits.files)
    except PhotographRefused as refused:
        return ScanRefused(code=refused.code, findings=None)
    photograph = decode(content)
    if photograph is None:
        return ScanRefused(code="image_damaged", findings=None)
    located, found = locate(photograph), None
    page, _ = shrink(photograph, PAGE_PX)
    light = light_of(page)
    if located is not None and (located.whole_frame or located.score >= limits.score_min):
        sheet = sheet_of(located.quad, photograph.shape)
        found = measure(photograph, located, sheet)
        page = flatten(photograph, located.quad, sheet, PAGE_PX)
        light = light_of(page)
        if sheet.format != "id-1" and not found.cut_sides:
            page = clean(page)
    thumb, _ = shrink(page, THUMB_PX)
    decision = verdict(found, limits) if found is not None else None
    return Look(
        page_jpeg=encode(page, PAGE_QUALITY),
        thumb_jpeg=encode(thumb, THUMB_QUALITY),
        width_px=page.shape[1],
        height_px=page.shape[0],
        light=light,
        findings=found,
        notes=decision.notes if isinstance(decision, Accepted) else (),
        advice=advice(found, light, limits),
    )


def light_of(page: Bgr) -> float:
    """Grey level that a tenth of the picture exceeds: paper, where there is any."""
    return float(np.percentile(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), BRIGHT_PERCENT))
