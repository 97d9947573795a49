"""What may stand in a field; and the published schema says the same as the check does."""

import re

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter.errors import Refusal
from counter.esign.form_refusals import DataWrong
from counter.esign.form_schema import schema_of
from counter.esign.form_typst import shipped_forms, shipped_glyphs
from counter.esign.forms import FormField, FormTemplate, check
from counter.esign.typed import Kind, NumberRule, Problem, TypedField, pattern_of, problem_of, tidy
from tests.esign.conftest import filled_in

GLYPHS = shipped_glyphs()
FORMS = [form for form in shipped_forms().all() if not form.physical_presence]
by_id = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.id)


def problem(kind: Kind, text: str, number: NumberRule = "any", **more: object) -> Problem | None:
    rule = {"kind": kind, "required": True, "max_length": 40, "number": number, **more}
    return problem_of(TypedField(**rule), text, GLYPHS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "", Problem.MISSING),
        ("text", "x" * 41, Problem.TOO_LONG),
        ("text", "陳\ue000", Problem.GLYPH),
        ("text", "陳大文", None),
        ("date", "2026-02-28", None),
        ("date", "2028-02-29", None),
        ("date", "2026-02-29", Problem.DATE),
        ("date", "2026-2-3", Problem.DATE),
        ("date", "20260203", Problem.DATE),
        ("yes_no", "no", None),
        ("yes_no", "No", Problem.CHOICE),
        ("number", "120.50", None),
        ("number", "-1", Problem.NUMBER),
        ("number", "１２", Problem.NUMBER),
        ("number", "1e3", Problem.NUMBER),
        ("phone", "+853 6612 3456", None),
        ("phone", "66123456", None),
        ("phone", "call me", Problem.PHONE),
        ("phone", "12", Problem.PHONE),
    ],
)
def test_a_text_by_its_kind(kind: Kind, text: str, expected: Problem | None) -> None:
    assert problem(kind, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", None),
        ("12", None),
        ("01", None),
        ("0", Problem.SMALL),
        ("00", Problem.SMALL),
        ("1.5", Problem.WHOLE),
        ("1.0", Problem.WHOLE),
        ("x", Problem.NUMBER),
    ],
)
def test_what_is_counted_is_whole_and_one_at_least(text: str, expected: Problem | None) -> None:
    assert problem("number", text, whole=True, minimum=1) is expected


def test_a_sum_has_cents_and_may_be_less_than_its_whole_part() -> None:
    assert problem("number", "120.50", minimum=120) is None
    assert problem("number", "119.99", minimum=120) is Problem.SMALL


@given(st.integers(0, 999_999), st.integers(0, 999_999_999_999), st.booleans(), st.integers(0, 2))
def test_pattern_and_check_of_a_number_accept_the_same(
    minimum: int, value: int, whole: bool, zeros: int
) -> None:
    rule = TypedField(kind="number", required=True, max_length=40, whole=whole, minimum=minimum)
    for number in (value, minimum, max(0, minimum - 1), minimum + 1):
        for text in ("0" * zeros + str(number), f"{number}.50"):
            by_pattern = re.fullmatch(str(pattern_of(rule)), text) is not None
            assert by_pattern == (problem_of(rule, text, GLYPHS) is None), text


@pytest.mark.parametrize(
    ("form_id", "name"),
    [("dsi_certificate", "copies"), ("hq_address_declaration", "household_size")],
)
def test_nobody_asks_for_no_copy_and_nobody_lives_nowhere(form_id: str, name: str) -> None:
    form = next(one for one in FORMS if one.id == form_id)
    data = {**filled_in(form), name: "0"}
    with pytest.raises(DataWrong) as refused:
        check(form, data, GLYPHS)
    assert list(refused.value.by_field) == [name]
    assert not jsonschema.Draft202012Validator(schema_of(form)).is_valid(data)


def test_only_a_number_is_whole_or_has_a_least() -> None:
    described = FORMS[0].fields[0].model_dump(by_alias=True)
    for more in ({"whole": True}, {"minimum": 1}):
        with pytest.raises(ValueError, match="kind number"):
            FormField.model_validate({**described, "kind": "text", **more})


@pytest.mark.parametrize(
    ("number", "text", "expected"),
    [
        ("bir", "1234567(8)", None),
        ("bir", "1234567", Problem.ID_SHAPE),
        ("bir", "12345678", Problem.ID_SHAPE),
        ("mainland_id", "11010519491231002X", None),
        ("mainland_id", "110105194912310021", Problem.ID_CHECK),
        ("mainland_id", "11010519491231002x", Problem.ID_SHAPE),
        ("home_permit", "H12345678", None),
        ("home_permit", "M1234567890", None),
        ("home_permit", "T12345678", Problem.ID_SHAPE),
        ("credit_code", "91440400MA4W1X2T3A", Problem.ID_CHECK),
        ("credit_code", "91440400MA4W1X2T", Problem.ID_SHAPE),
        ("paper", "MA1234567", None),
        ("paper", "110105194912310021", Problem.ID_CHECK),
        ("paper", "陳", Problem.ID_SHAPE),
        ("any", "A-1", Problem.ID_SHAPE),
        ("any", "110105194912310021", Problem.ID_CHECK),
    ],
)
def test_a_number_by_its_shape_and_its_check_digit(
    number: NumberRule, text: str, expected: Problem | None
) -> None:
    assert problem("id_number", text, number) is expected


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_of_a_mainland_number_is_always_found(at: int, more: int) -> None:
    right = "11010519491231002X"
    digit = str((int(right[at]) + more) % 10)
    wrong = right[:at] + digit + right[at + 1 :]
    assert problem("id_number", wrong, "mainland_id") in (Problem.ID_CHECK, Problem.ID_SHAPE)


def test_an_answer_that_is_not_offered_is_none() -> None:
    assert problem("choice", "b", choices=("a", "b")) is None
    assert problem("choice", "c", choices=("a", "b")) is Problem.CHOICE


def test_what_is_empty_and_not_required_is_right() -> None:
    assert problem("date", "", required=False) is None


def test_wrong_fields_are_named_with_what_is_wrong_and_never_with_their_text() -> None:
    form = next(one for one in FORMS if one.id == "fss_proof_of_life")
    data = {**filled_in(form), "birth_date": "1958-02-30", "phone": "none"}
    with pytest.raises(DataWrong) as refused:
        check(form, data, GLYPHS)
    assert refused.value.by_field == {"birth_date": "field_date", "phone": "field_phone"}
    assert "none" not in str(refused.value) and "1958" not in str(refused.value)


@by_id
def test_a_form_that_is_filled_in_passes_the_check_and_the_schema(form: FormTemplate) -> None:
    data = filled_in(form)
    assert check(form, data, GLYPHS) == data
    schema = schema_of(form)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(data)


TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "x",
            "yes",
            "no",
            "2026-02-29",
            "2028-02-29",
            "1900-02-29",
            "0000-01-01",
            "12.5",
            "0",
            "012",
            "7",
            "66123456",
            "+86 13800138000",
            "1234567(8)",
            "H12345678",
            "work",
            "macau",
            "company",
        ]
    ),
    st.dates().map(str),
    st.text("0123456789-+. ()ABX", max_size=12),
)


@by_id
@given(data=st.data())
def test_schema_and_check_accept_the_same(form: FormTemplate, data: st.DataObject) -> None:
    changed = data.draw(
        st.dictionaries(st.sampled_from([one.name for one in form.typed]), TEXTS, max_size=4)
    )
    tidied = {
        name: tidy(text, lines=form.field(name).lines)
        for name, text in {**filled_in(form), **changed}.items()
    }
    by_schema = jsonschema.Draft202012Validator(schema_of(form)).is_valid(tidied)
    try:
        check(form, tidied, GLYPHS)
    except DataWrong as wrong:
        # A check digit is what a schema cannot say.
        by_check = set(wrong.by_field.values()) == {"field_id_check"}
    except Refusal:
        by_check = False
    else:
        by_check = True
    assert by_schema == by_check
