"""A page that was drawn from a PDF: it is the page, so nothing is looked for in it.

Runs in a worker process, as `look` does.
"""

from counter.documents.advance import Look
from counter.documents.page import Limits, ScanRefused
from counter.documents.refusals import PhotographRefused
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.ink import ink_trace
from counter.documents.scan_opencv.judge import JUDGED_PX
from counter.documents.scan_opencv.look import light_of
from counter.documents.scan_opencv.scan import (
    PAGE_PX,
    PAGE_QUALITY,
    THUMB_PX,
    THUMB_QUALITY,
    decode,
    encode,
)
from counter.documents.sniff import sniff


def look_at_drawn(content: bytes, limits: Limits) -> Look | ScanRefused:
    """The page as it is; the only advice is that nothing is on it."""
    try:
        sniff(content, limits.files)
    except PhotographRefused as refused:
        return ScanRefused(code=refused.code, findings=None)
    drawn = decode(content)
    if drawn is None:
        return ScanRefused(code="image_damaged", findings=None)
    page, _ = shrink(drawn, PAGE_PX)
    thumb, _ = shrink(page, THUMB_PX)
    judged, _ = shrink(page, JUDGED_PX)
    blank = min(judged.shape[:2]) < 8 or ink_trace(judged) < limits.ink_share_min
    return Look(
        page_jpeg=encode(page, PAGE_QUALITY),
        thumb_jpeg=encode(thumb, THUMB_QUALITY),
        width_px=page.shape[1],
        height_px=page.shape[0],
        light=light_of(page),
        findings=None,
        notes=(),
        advice="page_blank" if blank else None,
    )
