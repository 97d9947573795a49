"""Pages as the scanner makes them, and what a reader of words makes of one."""

from functools import lru_cache
from io import BytesIO

import cv2
import numpy as np
from pikepdf import Dictionary, Name, Pdf

from counter.documents.sample_page import draw_letter
from counter.documents.scan_opencv.clean import clean

HEIGHT_PX = 2339


@lru_cache
def letter_jpeg(seed: int, *, grain: float = 3.0) -> bytes:
    """An A4 letter at 200 dpi as a page of a case: drawn, with a camera's grain, cleaned."""
    rng = np.random.default_rng(seed)
    sheet = draw_letter(rng, HEIGHT_PX).astype(np.float32)
    noisy = np.clip(sheet + rng.normal(0, grain, sheet.shape), 0, 255).astype(np.uint8)
    return jpeg(clean(cv2.GaussianBlur(noisy, (0, 0), 0.7)))


def jpeg(picture: np.ndarray) -> bytes:
    """As the scanner encodes it."""
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])
    return encoded.tobytes()


def words_pdf() -> bytes:
    """A page of words without a picture, as a reader of words gives it; invisible letters."""
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(595.28, 841.89))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
        page.obj.Contents = pdf.make_stream(b"BT 3 Tr /F1 12 Tf 72 720 Td (SPECIMEN) Tj ET")
        out = BytesIO()
        pdf.save(out)
    return out.getvalue()
