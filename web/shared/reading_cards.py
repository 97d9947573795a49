"""How a document is being read, on both screens: times, deadlines, and what it says."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from counter.esign.forms import Forms, FormTemplate
from counter.esign.reading_ports import Watched
from counter.esign.record_ports import CeremonyState
from counter.protocol.ceremonies import CeremonyCard, FormField
from counter.protocol.filling import FillChoice
from counter.protocol.message import Language
from counter.protocol.reading import SaidLine
from web.shared.draft_cards import names_of
from web.shared.wording import instant


def with_reading(
    cards: Sequence[CeremonyCard],
    ceremonies: Sequence[CeremonyState],
    watched: Mapping[str, Watched],
    forms: Forms,
    tag: Language | str,
    *,
    desk: bool = False,
) -> list[CeremonyCard]:
    """The cards, each with how its document is read.

    ceremonies: of the same cards, in the same order.  desk: the agent's; else the citizen's, who
    gets what the document says as text.
    """
    return [
        card
        if (seen := watched.get(one.ceremony_id)) is None
        else _with(
            card, seen, forms.known(one.form, one.form_version), cast(Language, tag), desk=desk
        )
        for card, one in zip(cards, ceremonies, strict=True)
    ]


def _with(
    card: CeremonyCard, seen: Watched, form: FormTemplate | None, tag: Language, *, desk: bool
) -> CeremonyCard:
    reading = card.state in ("presented", "consented")
    attendance = seen.attendance
    described = form.fields if form is not None else ()
    labels = {field.name: field.label.in_(tag) for field in described}
    more: dict[str, Any] = {
        "sheets": [
            sheet.model_copy(
                update={
                    "seconds": seen.seconds.get(sheet.number, 0),
                    "shown": reading and sheet.number == seen.page,
                }
            )
            for sheet in card.sheets
        ],
        "reason": seen.reason,
        "revision": seen.revision,
        "read_aloud": seen.aloud,
    }
    if card.state == "voided":
        more["signed_sha256"] = None  # it is given out no more
    if reading:
        more |= {
            "corrected": [labels.get(name, name) for name in seen.corrected],
            "asks_at": instant(attendance.warning_at) if attendance.warning_at else None,
            "ends_at": instant(attendance.deadline) if attendance.deadline else None,
            "paused": attendance.paused,
            "may_resume": seen.may_resume,
        }
        more |= {"fields": _fields(form, seen, tag)} if desk else {"said": said(form, seen, tag)}
    return card.model_copy(update=more)


def said(form: FormTemplate | None, seen: Watched, tag: Language) -> list[SaidLine]:
    """What the paper says, from the very data that it was drawn with, in the reader's language.

    Of a form that is gone, the texts alone.
    """
    if form is None:
        return [SaidLine(label="", text=text) for text in seen.data.values() if text]
    filled = []
    for field in form.fields:
        text = seen.data.get(field.name, "")
        shown = names_of(field, tag).get(text, text)  # as on the paper: a choice by its name
        filled.append(SaidLine(label=field.label.in_(tag), text=shown))
    return filled + [SaidLine(label="", text=one.in_(tag)) for one in form.statements]


def _fields(form: FormTemplate | None, seen: Watched, tag: Language) -> list[FormField]:
    if form is None:
        return []
    return [
        FormField(
            name=field.name,
            label=field.label.in_(tag),
            required=field.required,
            value=seen.data.get(field.name, ""),
            max_length=field.max_length,
            choices=[FillChoice(id=one, name=name) for one, name in names_of(field, tag).items()],
        )
        for field in form.fields
        if field.filled_by == "agent"
    ]
