"""A preview: found and measured in some tens of milliseconds, since it is small already."""

from counter.documents.page import ScanRefused
from counter.documents.preview import PREVIEW_FILES, Glance
from counter.documents.refusals import PhotographRefused
from counter.documents.scan_opencv.arrays import Quad
from counter.documents.scan_opencv.find import shrink
from counter.documents.scan_opencv.fingers import finger_share
from counter.documents.scan_opencv.flatten import flatten, sheet_of
from counter.documents.scan_opencv.ink import ink_trace
from counter.documents.scan_opencv.judge import glare_share
from counter.documents.scan_opencv.locate import locate
from counter.documents.scan_opencv.mat import mat_of
from counter.documents.scan_opencv.scan import decode
from counter.documents.sniff import sniff

GLANCED_PX = 480


def preview(content: bytes, finer: float) -> Glance | ScanRefused:
    """Look at one preview; a code only for what is no picture.

    finer: how many times as wide the camera's own picture is.
    """
    try:
        sniff(content, PREVIEW_FILES)
    except PhotographRefused as refused:
        return ScanRefused(code=refused.code, findings=None)
    picture = decode(content)
    if picture is None:
        return ScanRefused(code="image_damaged", findings=None)
    mat = mat_of(picture)
    located = locate(picture, mat)
    if located is None:
        return NOTHING
    sheet = sheet_of(located.quad, picture.shape, mat)
    page = flatten(picture, located.quad, sheet, GLANCED_PX)
    small, scale = shrink(picture)
    return Glance(
        corners=_shares(located.quad, picture.shape),
        score=located.score,
        whole_frame=located.whole_frame,
        cut_sides=located.cut_sides,
        format=sheet.format,
        dpi=sheet.dpi * finer,
        glare_share=glare_share(page),
        finger_share=finger_share(small, (located.quad + 0.5) * scale - 0.5),
        ink_share=ink_trace(page),
    )


NOTHING = Glance(
    corners=None,
    score=0.0,
    whole_frame=False,
    cut_sides=0,
    format="free",
    dpi=0.0,
    glare_share=0.0,
    finger_share=0.0,
    ink_share=0.0,
)
"Of a picture in which nothing with four sides is."

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


def _shares(quad: Quad, shape: tuple[int, ...]) -> Corners:
    height, width = shape[:2]
    a, b, c, d = (
        (round(float(x + 0.5) / width, 4), round(float(y + 0.5) / height, 4)) for x, y in quad
    )
    return a, b, c, d
