"""Barcodes of a page by ZXing.  Runs in a scan worker's process: it parses a stranger's picture."""

import zxingcpp

from counter.documents.codes import Code, told
from counter.documents.scan_opencv.arrays import Bgr

_FORMATS = zxingcpp.barcode_formats_from_str("QRCode|DataMatrix|Aztec|PDF417|Code128")
"Those with check words that hold; the short linear ones are read out of lines of text."


def read_codes(page: Bgr) -> tuple[Code, ...]:
    """What stands in the codes of a flattened page; upright, turned, light on dark.

    A code over which the library fails costs the codes, never the page.
    """
    try:
        found = zxingcpp.read_barcodes(page, formats=_FORMATS, text_mode=zxingcpp.TextMode.Plain)
        return told((str(one.format), one.text) for one in found if one.valid)
    except (RuntimeError, ValueError):
        return ()
