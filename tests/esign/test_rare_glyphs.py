"""Rare characters of names: drawn as they are, or refused by name; never a box on the paper."""

from pathlib import Path

import pytest
from typst import TypstError

from counter.esign.form_refusals import GlyphMissing
from counter.esign.form_typst import FONTS, Press, shipped_forms, shipped_glyphs
from counter.esign.forms import check
from counter.esign.sign_pool import SignPool
from tests.esign.conftest import NOW, filled_in
from tests.esign.pack_words import told_of_a_pack
from tests.esign.test_form_typst import text_of

GLYPHS = shipped_glyphs()
FORM = shipped_forms().of("certificate_application")
DRAWN = "𠮷𡃁𠝹𨋢𠺢𠹌𡁻𢫏𨳊𤴓"
"Of Extension B: names, and Cantonese as HKSCS has it."
NOT_DRAWN = "𠀀𪛖𪚥"
"Of Extension B, and not in the face."


def hkscs() -> set[str]:
    """Every Han character of Big5 with HKSCS-2004, by Python's codec."""
    found = set()
    for lead in range(0x87, 0xFF):
        for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
            pair = bytes((lead, trail))
            try:
                text = pair.decode("big5hkscs")
            except UnicodeDecodeError:
                continue
            if len(text) == 1 and ord(text) > 0x2E7F:
                found.add(text)
    return found


@pytest.mark.parametrize("character", DRAWN)
def test_a_rare_character_of_the_face_is_on_the_paper(character: str, tmp_path: Path) -> None:
    data = {**filled_in(FORM), "applicant_name": f"陳{character}文"}
    clean = check(FORM, data, GLYPHS)
    pdf = Press().form(FORM, clean, NOW).pdf
    assert f"陳{character}文" in text_of(pdf, tmp_path)


@pytest.mark.parametrize("character", NOT_DRAWN)
def test_another_one_is_refused_by_name(character: str) -> None:
    with pytest.raises(GlyphMissing) as refused:
        check(FORM, {**filled_in(FORM), "applicant_name": f"陳{character}文"}, GLYPHS)
    assert refused.value.by_field == {"applicant_name": character}


def test_what_the_fonts_page_says_of_its_coverage_is_so() -> None:
    readme = (FONTS / "README.md").read_text(encoding="utf-8")
    extension_b = sum(chr(point) in GLYPHS for point in range(0x20000, 0x2A6E0))
    all_of_hkscs = hkscs()
    lost = sorted(one for one in all_of_hkscs if one not in GLYPHS)
    assert f"{extension_b:,} of the 42,720" in readme
    assert f"{len(all_of_hkscs) - len(lost):,} of {len(all_of_hkscs):,}" in readme


@pytest.mark.parametrize("character", [*NOT_DRAWN, "ส"])
def test_no_block_is_drawn_with_a_box_for_a_character(character: str) -> None:
    words = {
        "region": "TW",
        "width_pt": 200,
        "height_pt": 80,
        "department_name": f"身份證明局{character}",
        "case_number": "A-1",
        "sealed_at": "2026-11-23 10:00:00 CST",
    }
    press = Press()
    with pytest.raises(TypstError, match="lacks"):
        press.seal(words, NOW)
    assert press.seal({**words, "department_name": "身份證明局"}, NOW).startswith(b"%PDF")


@pytest.mark.parametrize("name", ["สมชาย", *(f"陳{one}文" for one in NOT_DRAWN)])
async def test_a_name_that_cannot_be_drawn_stops_no_audit_pack(
    pool: SignPool, name: str, tmp_path: Path
) -> None:
    said = told_of_a_pack(signer=name, officer=name, sentence=f"{name} agrees")
    text = text_of(await pool.audit_summary(said, NOW), tmp_path)
    assert "1a2b3c" in text and "Selo" in text and "4d5e6f" not in text
    assert "a-7" in text and "events.json" in text
