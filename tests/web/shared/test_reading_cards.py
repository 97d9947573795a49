"""What a form says is read out as it stands on the paper."""

from typing import Any, cast

import pytest

from counter.esign.form_typst import shipped_forms
from counter.esign.reading_ports import Watched
from web.shared.reading_cards import said

CHOSEN = [
    (form.id, field.name)
    for form in shipped_forms().all()
    for field in form.fields
    if field.kind in ("choice", "yes_no")
]


def test_there_is_something_to_choose() -> None:
    assert len(CHOSEN) >= 2


@pytest.mark.parametrize(("form_id", "name"), CHOSEN)
def test_an_answer_is_said_by_its_name_in_the_readers_language(form_id: str, name: str) -> None:
    form = shipped_forms().of(form_id)
    field = next(one for one in form.fields if one.name == name)
    answer = field.choices[0].id if field.choices else "yes"
    unseen = dict.fromkeys(Watched.__dataclass_fields__)
    seen = Watched(**cast(dict[str, Any], {**unseen, "data": {name: answer}}))
    lines = {
        tag: next(line.text for line in said(form, seen, tag) if line.label == field.label.in_(tag))
        for tag in ("zh-Hant", "pt", "en")
    }
    assert answer not in lines.values() and len(set(lines.values())) >= 2
