"""The whole way of one photograph: decode, locate, measure, decide, flatten, clean, encode.

Runs in a worker process and trusts nothing about the bytes but their header, which was read before.
What comes out is drawn anew from pixels: no metadata, no tail, nothing of the file itself.
"""

import cv2
import numpy as np

from counter.documents.codes_zxing import read_codes
from counter.documents.page import Findings, Limits, Refused, ScanRefused, ScanResult, verdict
from counter.documents.refusals import PhotographRefused
from counter.documents.scan_opencv.arrays import Bgr, Quad
from counter.documents.scan_opencv.bow import BOWED, Bowed, bow_of
from counter.documents.scan_opencv.clean import clean
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.fingers import finger_share
from counter.documents.scan_opencv.flatten import Sheet, flatten, sheet_of
from counter.documents.scan_opencv.ink import ink_share
from counter.documents.scan_opencv.judge import JUDGED_PX, edge_width_px, glare_share
from counter.documents.scan_opencv.locate import Located, locate
from counter.documents.scan_opencv.mat import mat_of
from counter.documents.sniff import sniff

PAGE_PX = 2339
"Long side; A4 at 200 dpi."
PAGE_QUALITY = 75
THUMB_QUALITY = 70
THUMB_PX = 480


def scan(content: bytes, limits: Limits) -> ScanResult | ScanRefused:
    """Make a page of a photograph, or say by a code why not."""
    try:
        sniff(content, limits.files)
    except PhotographRefused as refused:
        return ScanRefused(code=refused.code, findings=None)
    photograph = decode(content)
    if photograph is None:
        return ScanRefused(code="image_damaged", findings=None)
    mat = mat_of(photograph)
    located = locate(photograph, mat)
    if located is None:
        return ScanRefused(code="no_page_found", findings=None)
    sheet = sheet_of(located.quad, photograph.shape, mat)
    bowed = bow_of(photograph, located.quad) if located.whole else None
    findings = measure(photograph, located, sheet, bowed)
    decision = verdict(findings, limits)
    if isinstance(decision, Refused):
        return ScanRefused(code=decision.code, findings=findings)
    if bowed is not None and bowed.share <= BOWED:
        bowed = None
    page = flatten(photograph, located.quad, sheet, PAGE_PX, bowed)
    if sheet.format != "id-1":
        page = clean(page)
    thumb, _ = shrink(page, THUMB_PX)
    return ScanResult(
        page_jpeg=encode(page, PAGE_QUALITY),
        thumb_jpeg=encode(thumb, THUMB_QUALITY),
        width_px=page.shape[1],
        height_px=page.shape[0],
        findings=findings,
        notes=decision.notes,
        codes=read_codes(page),
    )


def decode(content: bytes) -> Bgr | None:
    """Pixels of a JPEG or PNG, turned as its EXIF orientation says; `None` when it is damaged."""
    try:
        # A transparent PNG loses its transparency here; what is behind it was never on the paper.
        return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None


def measure(
    photograph: Bgr, located: Located, sheet: Sheet, bowed: Bowed | None = None
) -> Findings:
    """Everything that `verdict` asks about."""
    page = flatten(photograph, located.quad, sheet, JUDGED_PX)
    return Findings(
        score=located.score,
        corners=_points(located.quad),
        whole_frame=located.whole_frame,
        cut_sides=located.cut_sides,
        format=sheet.format,
        dpi=sheet.dpi,
        edge_width_px=edge_width_px(page),
        glare_share=glare_share(page),
        ink_share=ink_share(page),
        bow_share=0.0 if bowed is None else bowed.share,
        finger_share=_finger_share(photograph, located),
        size_mm=sheet.size_mm,
    )


def _finger_share(photograph: Bgr, located: Located) -> float:
    if not located.whole:
        return 0.0
    small, scale = shrink(photograph)
    return finger_share(small, (located.quad + 0.5) * scale - 0.5)


def encode(image: Bgr, quality: int) -> bytes:
    """A JPEG file that holds the pixels and nothing else."""
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV could not encode a picture that it made itself")
    return encoded.tobytes()


Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


def _points(quad: Quad) -> Corners:
    (a, b, c, d) = ((round(float(x), 2), round(float(y), 2)) for x, y in quad)
    return a, b, c, d
