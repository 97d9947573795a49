"""Numbers of identity papers."""

from counter.documents.paper_numbers import plain


def test_brackets_spaces_and_hyphens_make_no_other_number() -> None:
    assert plain("1234567(8)") == plain("1234567（8）") == plain("12345678")
    assert plain("h12345678 02") == plain("H12345678-02") == "H1234567802"
