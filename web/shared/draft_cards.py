"""The form that citizen and agent fill in, as both screens show it and as it is presented."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Literal, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from booking.catalogue import Catalogue
from counter.case import Case
from counter.esign.draft import Draft, Filled, Told, digest_of, fill_in
from counter.esign.form_typst import shipped_glyphs
from counter.esign.forms import FormField, Forms, FormTemplate, Language
from counter.esign.glyphs import GlyphTable
from counter.esign.store_drafts import drafts_of, remembered
from counter.esign.typed import NO, YES, Problem
from counter.protocol.filling import DraftCard, FillChoice, FillField
from web.shared.i18n import N_
from web.shared.wording import say

ZONE = ZoneInfo("Asia/Macau")
"Of Macau and Hengqin alike; dates on paper are local."

SIDES: dict[str, Literal["macau", "hengqin"]] = {"MO": "macau", "CN": "hengqin"}

LONGEST = 120
"Characters that a form's line for a name has room for."

YES_NO = {YES: N_("Yes"), NO: N_("No")}


@cache
def glyphs() -> GlyphTable:
    """Of the one font there is; it is read once."""
    return shipped_glyphs()


def counter_fields(case: Case, catalogue: Catalogue) -> dict[str, str]:
    """What the counter itself writes into a form: in the language of its department."""
    department = catalogue.department(case.department_id)
    service = catalogue.service(case.service_id)
    chinese = "zh_Hant" if department.territory == "MO" else "zh_Hans"
    names = [department.names[chinese]]
    titles = [service.names[chinese]]
    if department.territory == "MO":  # both official languages
        names.append(department.names["pt"])
        titles.append(service.names["pt"])
    return {
        "department_name": _joined(names),
        "service_name": _joined(titles),
        "case_number": f"{case.number} / {case.id[:8]}",
    }


def _joined(names: Sequence[str]) -> str:
    both = " · ".join(names)
    return both if len(both) <= LONGEST else names[0][:LONGEST]


def filled(
    conn: Connection,
    case: Case,
    form: FormTemplate,
    draft: Draft,
    catalogue: Catalogue,
    now: datetime,
) -> tuple[Filled, ...]:
    """Every field of the draft with what the case knows."""
    told = {
        **{name: Told(text=text, source="counter") for name, text in _own(case, catalogue, now)},
        "name": Told(text=case.citizen, source="booking"),
        **{
            name: Told(text=text, source="identity")
            for name, text in remembered(conn, case.id).items()
        },
    }
    return fill_in(form, draft, told, glyphs())


def _own(case: Case, catalogue: Catalogue, now: datetime) -> list[tuple[str, str]]:
    today = f"{now.astimezone(ZONE):%Y-%m-%d}"
    return [*counter_fields(case, catalogue).items(), ("date", today)]


def draft_card(
    conn: Connection, case: Case, forms: Forms, catalogue: Catalogue, tag: str, now: datetime
) -> DraftCard | None:
    """The form on both screens; None when there is none, or it is gone."""
    draft = next((one for one in drafts_of(conn, case.id) if one.shown), None)
    if draft is None:
        return None
    form = forms.known(draft.form, draft.form_version)
    if form is None:
        return None
    fields = filled(conn, case, form, draft, catalogue, now)
    return DraftCard(
        draft_id=draft.draft_id,
        form=form.id,
        title=form.title.in_(cast(Language, tag)),
        fields=[_field(one, tag) for one in fields],
        digest=digest_of(form, fields),
        complete=all(one.problem is None for one in fields),
    )


def _field(one: Filled, tag: str) -> FillField:
    field = one.field
    names = names_of(one.field, tag)
    return FillField(
        name=field.name,
        label=field.label.in_(cast(Language, tag)),
        owner=field.filled_by,
        kind=field.kind,
        lines=field.lines,
        required=field.required,
        max_length=field.max_length,
        choices=[FillChoice(id=choice, name=name) for choice, name in names.items()],
        text=one.text,
        shown=names.get(one.text, one.text),
        version=one.version,
        source=one.source,
        whole=field.whole,
        minimum=field.minimum,
        problem=one.problem.value if one.problem else None,
        lost=glyphs().missing(one.text) if one.problem is Problem.GLYPH else "",
    )


def names_of(field: FormField, tag: str) -> Mapping[str, str]:
    """What may be chosen in a field, by its id; empty where it is written freely."""
    if field.kind == "yes_no":
        return {answer: say(word, tag) for answer, word in YES_NO.items()}
    return {choice.id: choice.label.in_(cast(Language, tag)) for choice in field.choices}
