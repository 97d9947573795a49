import pytest

from booking.seed_toml import seed
from counter.esign.form_refusals import (
    DataMissing,
    DataTooLong,
    FieldUnknown,
    FormUnknown,
    GlyphMissing,
    PhysicalPresence,
)
from counter.esign.form_typst import TEMPLATES
from counter.esign.forms import Forms, check
from counter.esign.glyphs import GlyphTable
from tests.esign.conftest import FILLED

MACAU = "certificate_application"


GENERAL = {"macau": MACAU, "hengqin": "hengqin_application"}
OWN = {
    ("dsi", "dsi-kinship"): "dsi_certificate",
    ("fss", "fss-proof-of-life"): "fss_proof_of_life",
    ("dsf", "dsf-salaries-tax-group2"): "dsf_tax_registration",
    ("dsaj", "dsaj-power-of-attorney"): "dsaj_power_of_attorney",
    ("hq_commerce", "hq_commerce-change"): "hq_business_change",
    ("hq_livelihood", "hq_livelihood-enrolment"): "hq_address_declaration",
}
"The six forms that are somebody's own, by a service of theirs."


@pytest.mark.parametrize(("where", "form"), OWN.items())
def test_a_service_is_offered_its_own_form_first_and_the_general_one_after(
    forms: Forms, where: tuple[str, str], form: str
) -> None:
    department, service = where
    side = "hengqin" if department.startswith("hq_") else "macau"
    offered = [one.id for one in forms.for_service(side, department, service)]
    assert offered == [form, GENERAL[side]]


def test_a_service_without_a_form_of_its_own_is_offered_the_general_one(forms: Forms) -> None:
    assert [one.id for one in forms.for_service("macau", "iam", "iam-dog-licence")] == [MACAU]
    offered = forms.for_service("hengqin", "hq_tax", "hq_tax-invoice-quota")
    assert [one.id for one in offered] == ["hengqin_application"]


def test_every_service_that_a_form_names_is_in_the_catalogue(forms: Forms) -> None:
    services = seed([2026]).catalogue.services
    for form in forms.all():
        for service in form.services:
            assert services[service].department in form.departments


def test_a_form_that_wants_the_signer_there_is_refused_whatever_it_holds(
    forms: Forms, glyphs: GlyphTable
) -> None:
    with pytest.raises(PhysicalPresence) as refused:
        check(forms.of("dsaj_power_of_attorney"), {}, glyphs)
    assert refused.value.code == "physical_presence"
    assert [one.id for one in forms.all() if one.physical_presence] == ["dsaj_power_of_attorney"]


def test_every_form_has_its_template_and_a_title_in_every_language(forms: Forms) -> None:
    for form in forms.all():
        assert (TEMPLATES / f"{form.id}.typ").exists()
        titles = {form.title.in_(language) for language in ("zh-Hant", "zh-Hans", "pt", "en")}
        assert len(titles) == 4


def test_an_unknown_form_is_refused(forms: Forms) -> None:
    with pytest.raises(FormUnknown):
        forms.of("../../etc/passwd")


def test_a_retired_form_is_called_by_its_id(forms: Forms) -> None:
    assert forms.title("retired_form", "pt") == "retired_form"
    assert forms.title(MACAU, "en") == forms.of(MACAU).title.en


def test_all_missing_fields_are_named_at_once(forms: Forms, glyphs: GlyphTable) -> None:
    empty = {**FILLED, "applicant_name": "  \n ", "purpose": ""}
    with pytest.raises(DataMissing) as refused:
        check(forms.of(MACAU), empty, glyphs)
    assert refused.value.names == ("applicant_name", "purpose")
    assert refused.value.code == "data_missing"


def test_what_is_too_long_is_named(forms: Forms, glyphs: GlyphTable) -> None:
    with pytest.raises(DataTooLong) as refused:
        check(forms.of(MACAU), {**FILLED, "document_number": "1" * 25}, glyphs)
    assert refused.value.names == ("document_number",)


def test_a_field_that_the_form_does_not_have_is_refused(forms: Forms, glyphs: GlyphTable) -> None:
    with pytest.raises(FieldUnknown):
        check(forms.of(MACAU), {**FILLED, "region": "x"}, glyphs)


@pytest.mark.parametrize("character", ["한", "😀", "\ue000", "\x07", "\u200b", "𠀀"])
def test_a_character_without_a_glyph_is_refused_and_never_in_the_message(
    forms: Forms, glyphs: GlyphTable, character: str
) -> None:
    with pytest.raises(GlyphMissing) as refused:
        check(forms.of(MACAU), {**FILLED, "applicant_name": f"陳{character}文"}, glyphs)
    assert refused.value.by_field == {"applicant_name": character}
    assert refused.value.code == "glyph_missing"
    assert character not in str(refused.value)
    assert "陳" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("\u00ad", "\u00ad"),
        ("LEI\u00ad CHI", "\u00ad"),
        ("\u0301LEI", "\u0301"),
        ("x\u0301\u0301\u0301", "\u0301"),
    ],
)
def test_what_is_drawn_as_nothing_or_heaped_up_is_refused(
    glyphs: GlyphTable, name: str, lost: str
) -> None:
    assert all(one in glyphs for one in lost), "the font says that it can"
    assert glyphs.missing(name) == lost
    assert glyphs.missing("x\u0301\u0301") == ""


@pytest.mark.parametrize("name", ["龘", "𠮷野家", "嚿啲㗎", "𰻞", "Nuñez Ãõç", "（陳）"])
def test_rare_characters_that_the_font_has_are_taken(
    forms: Forms, glyphs: GlyphTable, name: str
) -> None:
    assert (
        check(forms.of(MACAU), {**FILLED, "applicant_name": name}, glyphs)["applicant_name"] == name
    )


def test_accents_are_composed_but_no_han_character_is_changed(
    forms: Forms, glyphs: GlyphTable
) -> None:
    clean = check(
        forms.of(MACAU),
        {**FILLED, "applicant_name": "\uf90a\u91d1", "applicant_name_latin": "Joa\u0303o  Lei"},
        glyphs,
    )
    assert clean["applicant_name"] == "\uf90a\u91d1"
    assert clean["applicant_name_latin"] == "Jo\u00e3o Lei"


def test_only_fields_of_several_lines_keep_their_lines(forms: Forms, glyphs: GlyphTable) -> None:
    clean = check(
        forms.of(MACAU), {**FILLED, "applicant_name": "陳\n大文", "purpose": "a\r\nb"}, glyphs
    )
    assert clean["applicant_name"] == "陳 大文"
    assert clean["purpose"] == "a\nb"
    assert clean["remarks"] == ""
