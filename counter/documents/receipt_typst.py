"""Draws what was handed in as a PDF of one sheet, for a terminal's printer.

The font is that of our forms; a character it lacks is an error, never a box.  Runs in a worker
process.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import typst

TEMPLATE = Path(__file__).parent / "templates" / "receipt.typ"
LANGUAGES = {
    "zh-Hant": ("zh", "TW"),
    "zh-Hans": ("zh", "CN"),
    "pt": ("pt", "PT"),
    "en": ("en", "GB"),
}


def draw_receipt(title: str, lines: Sequence[str], language: str, fonts: Path) -> bytes:
    """The PDF.  fonts: the folder with the font.  Raises `typst.TypstError`."""
    lang, region = LANGUAGES[language]
    said = {"title": title, "lines": list(lines), "lang": lang, "region": region}
    pdf = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"data": json.dumps(said, ensure_ascii=False)},
    )
    assert isinstance(pdf, bytes)  # a list is for one image per page
    return pdf
