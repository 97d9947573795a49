"""Papers with a code printed on them, drawn."""

import numpy as np
import zxingcpp

from counter.documents.sample_page import draw_letter, draw_mat, lay
from counter.documents.scan_opencv.arrays import Bgr
from counter.documents.scan_opencv.scan import encode

TEXT = "https://example.org/certificado?n=0123456789"

LETTER_PX, LETTER_MM = 2400, 297
"Height of the letter of `photograph_with`."


def code(kind: str = "QRCode", scale: int = 4, text: str = TEXT) -> Bgr:
    """A code, `scale` pixels a module."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(kind))
    grey = np.array(made.to_image(scale=scale, add_quiet_zones=True))
    return np.repeat(grey[:, :, None], 3, axis=2)


def on_paper(picture: Bgr, width: int = 1280, height: int = 720) -> Bgr:
    """A white frame with the picture near its top left."""
    paper = np.full((height, width, 3), 245, np.uint8)
    paper[40 : 40 + picture.shape[0], 60 : 60 + picture.shape[1]] = picture
    return paper


def photograph_with(text: str, seed: int = 3, *, scale: int = 8) -> bytes:
    """A JPEG of a letter on the mat, with a QR code at its foot, `scale` pixels of it a module."""
    rng = np.random.default_rng(seed)
    letter = draw_letter(rng, LETTER_PX)
    small = code(scale=scale, text=text)
    letter[-small.shape[0] - 200 : -200, 200 : 200 + small.shape[1]] = small
    desk = draw_mat(rng, 3000, 2250)
    corners = np.array([[760, 60], [2240, 60], [2240, 2153], [760, 2153]], np.float64)
    return encode(lay(letter, desk, corners, rng), 92)
