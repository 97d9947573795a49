"""What a form asks for, and whether it has got it: checked before anything is drawn.

A form is a template (`templates/<id>.typ`) and this description (`templates/<id>.json`).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from counter.esign.glyphs import GlyphTable
from counter.esign.refusals import (
    DataMissing,
    DataTooLong,
    FieldUnknown,
    FormUnknown,
    GlyphMissing,
)

Language = Literal["zh-Hant", "zh-Hans", "pt", "en"]

FormData = Mapping[str, str]
"Text by field name."


COMPATIBILITY = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
"Han characters that NFC would replace by another shape: names are left as they are written."


class _Described(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InLanguages(_Described):
    """One text in the four languages of every face."""

    zh_hant: Annotated[str, Field(alias="zh-Hant", min_length=1)]
    zh_hans: Annotated[str, Field(alias="zh-Hans", min_length=1)]
    pt: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def in_(self, language: Language) -> str:
        """The text in `language`."""
        texts = {"zh-Hant": self.zh_hant, "zh-Hans": self.zh_hans, "pt": self.pt, "en": self.en}
        return texts[language]


class FormField(_Described):
    """One field of a form."""

    name: str
    label: InLanguages
    required: bool
    max_length: int
    filled_by: Literal["agent", "counter"]
    """The counter fills in what it knows itself: department, service, case number, date."""
    lines: bool = False
    """Whether it may hold more than one line."""


class FormTemplate(_Described):
    """A form as departments know it."""

    id: str
    version: int
    title: InLanguages
    region: Literal["TW", "CN"]
    """Whose shapes of Han characters its letters take: Traditional or Simplified."""
    jurisdictions: tuple[Literal["macau", "hengqin"], ...]
    """Whose departments use it."""
    fields: tuple[FormField, ...]
    statements: tuple[InLanguages, ...] = ()
    """What the paper says beside its fields, in its order: read out, and to screen readers."""


class Forms:
    """The forms there are."""

    def __init__(self, templates: Iterable[FormTemplate]) -> None:
        self._by_id = {template.id: template for template in templates}

    def all(self) -> tuple[FormTemplate, ...]:
        """Every form, in the order of their ids."""
        return tuple(self._by_id[form_id] for form_id in sorted(self._by_id))

    def of(self, form_id: str) -> FormTemplate:
        """The form of this id.  Raises `FormUnknown`."""
        if form_id not in self._by_id:
            raise FormUnknown("there is no such form; see what forms() offers")
        return self._by_id[form_id]

    def for_service(self, department_side: str) -> tuple[FormTemplate, ...]:
        """Forms of a department's side: `macau` or `hengqin`."""
        return tuple(form for form in self.all() if department_side in form.jurisdictions)


def check(form: FormTemplate, data: FormData, glyphs: GlyphTable) -> dict[str, str]:
    """The data as it will be printed: normalised (NFC), trimmed, every field present.

    Raises `FieldUnknown`, `DataMissing`, `DataTooLong`, `GlyphMissing`, in this order, each naming
    all fields it is about.
    """
    known = {field.name: field for field in form.fields}
    if set(data) - set(known):
        raise FieldUnknown(
            f"{form.id} has no field of {len(set(data) - set(known))} that were sent"
        )
    clean = {name: _tidy(data.get(name, ""), lines=field.lines) for name, field in known.items()}
    if missing := [name for name, text in clean.items() if known[name].required and not text]:
        raise DataMissing(missing)
    if long := [name for name, text in clean.items() if len(text) > known[name].max_length]:
        raise DataTooLong(long)
    if boxes := {name: lost for name, text in clean.items() if (lost := glyphs.missing(text))}:
        raise GlyphMissing(boxes)
    return clean


def _tidy(text: str, *, lines: bool) -> str:
    text = _composed(text).replace("\r\n", "\n").strip()
    return text if lines else " ".join(text.split())


def _composed(text: str) -> str:
    parts = COMPATIBILITY.split(text)
    return "".join(
        part if COMPATIBILITY.match(part) else unicodedata.normalize("NFC", part) for part in parts
    )
