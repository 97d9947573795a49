"""A form that is being filled in by two people at once, field by field.

Who owns a field writes it and nobody else; what the case knows stands in it until then.  What both
screens show is what will be printed: one digest stands for all of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from counter.esign.form_refusals import DraftChanged, FieldNotYours
from counter.esign.forms import FormField, FormTemplate, Owner
from counter.esign.glyphs import GlyphTable
from counter.esign.typed import Problem, problem_of, tidy

Source = Literal["identity", "booking", "counter", "typed", "none"]
"Where a text comes from: identity paper, booking, the counter itself, a person, nowhere yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person has written into a field."""

    text: str
    version: int
    "Rises by one each time; from 1."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form of a case, as far as it is filled in."""

    draft_id: str
    form: str
    form_version: int
    shown: bool
    "It is on both screens; one of a case at most."
    typed: Mapping[str, Typed]
    "By name of the field."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the case knows without asking."""

    text: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A field as both screens show it."""

    field: FormField
    text: str
    version: int
    source: Source
    problem: Problem | None


def fill_in(
    form: FormTemplate, draft: Draft, told: Mapping[str, Told], glyphs: GlyphTable
) -> tuple[Filled, ...]:
    """Every field of the form, in its order.

    told: by `FormField.known`, and for the counter's own fields by their name.
    """
    return tuple(_filled(field, draft, told, glyphs) for field in form.fields)


def _filled(field: FormField, draft: Draft, told: Mapping[str, Told], glyphs: GlyphTable) -> Filled:
    own = draft.typed.get(field.name) if field.filled_by != "counter" else None
    known = told.get(field.name if field.filled_by == "counter" else field.known or "")
    source: Source
    if own is not None:
        text, version, source = own.text, own.version, "typed"
    elif known is not None and known.text:
        text, version, source = known.text, 0, known.source
    else:
        text, version, source = "", 0, "none"
    problem = problem_of(field.rule, tidy(text, lines=field.lines), glyphs)
    return Filled(field=field, text=text, version=version, source=source, problem=problem)


def texts_of(fields: tuple[Filled, ...]) -> dict[str, str]:
    """What is presented: the text of every field."""
    return {one.field.name: one.text for one in fields}


def digest_of(form: FormTemplate, fields: tuple[Filled, ...]) -> str:
    """SHA-256 of the form in its version, with all texts by name."""
    whole = [form.id, form.version, texts_of(fields)]
    made = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(made.encode()).hexdigest()


def require_same(form: FormTemplate, fields: tuple[Filled, ...], digest: str) -> None:
    """Raise `DraftChanged` unless this is what somebody looked at."""
    if digest_of(form, fields) != digest:
        raise DraftChanged("a field was written since it was looked at; look again")


def require_owner(form: FormTemplate, name: str, writes: Owner) -> None:
    """Raise `FieldNotYours` when somebody else owns this field, `FieldUnknown` for none."""
    owner = form.field(name).filled_by
    if owner != writes:
        raise FieldNotYours(f"{form.id}: a field of the {owner} is not the {writes}'s to write")


def next_version(known: Typed | None, text: str, version: int) -> int | None:
    """The version that a write makes; None: it is there already, a repeat.

    version: the one that the writer has seen, 0 for none.  Raises `DraftChanged` for another.
    """
    stands = known.version if known else 0
    if version == stands:
        return stands + 1
    if known is not None and known.text == text:
        return None
    raise DraftChanged(f"the field is at version {stands}, not {version}; look again")
