"""Runs in the peer's own environment: draws forms with WeasyPrint, one after the other.

    python sign_weasyprint_alone.py FORMS

FORMS: a JSON list of HTML texts, the first of which is cold.  Says the median in milliseconds of
CPU.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

from weasyprint import HTML  # type: ignore[import-not-found]
from weasyprint.text.fonts import FontConfiguration  # type: ignore[import-not-found]


def main(forms: str) -> None:
    """Measure and tell."""
    spent = []
    for page in json.loads(Path(forms).read_text(encoding="utf-8")):
        used = time.process_time()
        fonts = FontConfiguration()  # one for each document, as its manual has it
        pdf = HTML(string=page).write_pdf(font_config=fonts, pdf_variant="pdf/ua-1")
        spent.append((time.process_time() - used) * 1000)
        assert pdf.startswith(b"%PDF-")
    print(round(median(spent[1:]), 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
