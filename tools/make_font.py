"""Make the one font that forms are printed with, from Debian's Noto Sans CJK collection.

The product ships its own font, so that a form looks the same on every machine and needs no system
font.  This takes the Traditional Chinese face, keeps every Han character, Latin with the Portuguese
accents, punctuation and kana, and leaves out Hangul and the glyph variants nobody can reach.

Run it in an environment of its own; fontTools is not a dependency of the counter:

    python3 -m venv /tmp/font && /tmp/font/bin/pip install fonttools
    /tmp/font/bin/python tools/make_font.py NotoSansCJK-Regular.ttc NotoSansCJKtc-Regular.otf
"""

import argparse
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

TRADITIONAL_CHINESE = 3
"Number of the face inside Noto's collection: Japanese, Korean, Simplified, Traditional, Hong Kong."

HANGUL = (
    range(0x1100, 0x1200),
    range(0x302E, 0x3030),
    range(0x3130, 0x3190),
    range(0x3200, 0x3220),
    range(0x3260, 0x3280),
    range(0xA960, 0xA980),
    range(0xAC00, 0xD800),
    range(0xFFA0, 0xFFDD),
)


def kept(font: TTFont) -> set[int]:
    """Code points that stay: everything the face can draw except Hangul."""
    return {point for point in font.getBestCmap() if not any(point in block for block in HANGUL)}


def shrink(font: TTFont) -> None:
    """Cut `font` down in place.

    Only the language system of mainland Chinese keeps its `locl` glyphs: a form in Simplified
    Chinese is set in the mainland's shapes, one in Traditional Chinese in the face's own.
    """
    options = subset.Options()
    options.layout_features = ["locl", "ccmp", "kern", "mark", "mkmk"]
    options.layout_scripts = ["DFLT.dflt", "hani.dflt", "hani.ZHS", "latn.dflt", "latn.ZHS"]
    options.hinting = False
    options.desubroutinize = False
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.drop_tables += ["VORG", "vhea", "vmtx", "BASE"]
    cut = subset.Subsetter(options)
    cut.populate(unicodes=kept(font))
    cut.subset(font)


def main() -> None:
    """Read the collection, write the cut face."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection", type=Path)
    parser.add_argument("result", type=Path)
    asked = parser.parse_args()
    with TTFont(asked.collection, fontNumber=TRADITIONAL_CHINESE, recalcTimestamp=False) as font:
        shrink(font)
        font.save(asked.result)
    print(f"{asked.result}: {asked.result.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
